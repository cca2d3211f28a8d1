/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.sipwire.registrar.auth.AuthCounter;
import org.sipwire.registrar.location.LocationService;

/**
 * A registrar's counts for any Micrometer registry: they are summed over the loops when somebody reads them, and cost nothing before.
 *
 * <p>Bound once, on any thread. Shared. Needs micrometer-core, which is optional.
 */
public final class RegistrarMetrics implements MeterBinder {

    private final Registrar registrar;

    /** The metrics of a registrar. */
    public RegistrarMetrics(Registrar registrar) {
        this.registrar = registrar;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (RegistrarCounter counter : RegistrarCounter.values()) {
            FunctionCounter.builder("sip.registrar.requests", registrar, r -> r.count(counter))
                    .description("Requests by what the registrar made of them")
                    .tag("outcome", counter.outcome())
                    .register(registry);
        }
        for (AuthCounter counter : AuthCounter.values()) {
            FunctionCounter.builder("sip.auth.requests", registrar, r -> r.count(counter))
                    .description("REGISTERs by what authentication made of them")
                    .tag("outcome", counter.outcome())
                    .register(registry);
        }
        LocationService locations = registrar.locations();
        Gauge.builder("sip.bindings", locations, LocationService::bindingCount)
                .description("Bindings that stand")
                .register(registry);
        Gauge.builder("sip.addresses.of.record", locations, LocationService::addressCount)
                .description("Addresses-of-record with a binding")
                .register(registry);
        FunctionCounter.builder("sip.store.failures", locations, LocationService::failedCalls)
                .description("Calls the store of bindings did not do: it was away, full or too slow")
                .register(registry);
        Gauge.builder("sip.store.pending", locations, LocationService::pendingCalls)
                .description("Calls that wait for the store of bindings")
                .register(registry);
        Gauge.builder("sip.store.available", locations, l -> l.isAvailable() ? 1 : 0)
                .description("0 while registrations are refused since the store is away or full")
                .register(registry);
    }
}

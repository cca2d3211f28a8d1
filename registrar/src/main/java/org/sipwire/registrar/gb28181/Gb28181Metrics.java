/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Locale;
import java.util.function.ToIntFunction;

/** A platform's counts for any Micrometer registry. Bound once, on any thread. Shared. Needs micrometer-core, which is optional. */
public final class Gb28181Metrics implements MeterBinder {

    private final Gb28181Platform platform;

    /** The metrics of a platform. */
    public Gb28181Metrics(Gb28181Platform platform) {
        this.platform = platform;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (GbCounter counter : GbCounter.values()) {
            FunctionCounter.builder("sip.gb28181.events", platform, p -> p.count(counter))
                    .description("What happened between the platform and its devices")
                    .tag("event", counter.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
        Gauge.builder("sip.gb28181.devices", platform, p -> p.registry().onlineCount())
                .description("Devices known, by whether they live")
                .tag("state", "online")
                .register(registry);
        Gauge.builder(
                        "sip.gb28181.devices",
                        platform,
                        p -> p.registry().size() - p.registry().onlineCount())
                .description("Devices known, by whether they live")
                .tag("state", "offline")
                .register(registry);
        pending(registry, "exchange", PlatformLoop.Pending::exchanges);
        pending(registry, "catalog", PlatformLoop.Pending::catalogs);
        pending(registry, "subscription", PlatformLoop.Pending::subscriptions);
        pending(registry, "session", PlatformLoop.Pending::sessions);
    }

    private void pending(MeterRegistry registry, String kind, ToIntFunction<PlatformLoop.Pending> count) {
        Gauge.builder("sip.gb28181.pending", platform, p -> p.pending(count))
                .description("What waits: answers, devices to be asked for their catalogue, subscriptions, streams")
                .tag("kind", kind)
                .register(registry);
    }
}

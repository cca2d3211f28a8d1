/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.util.concurrent.Executor;
import org.sipwire.registrar.auth.DigestAuthenticator;
import org.sipwire.registrar.location.BindingUpdate;
import org.sipwire.registrar.location.LocationResult;
import org.sipwire.transaction.LoopCounters;
import org.sipwire.transaction.LoopHistogram;
import org.sipwire.transaction.ServerTransaction;
import org.sipwire.transport.Flow;

/**
 * What a registrar keeps for one event loop. All methods but {@link #execute} are called on it; as an executor it runs tasks there.
 */
final class RegistrarLoop implements Executor {

    private final Registrar registrar;
    private final int index;
    private final DigestAuthenticator authenticator;
    private final LoopCounters counters = new LoopCounters(RegistrarCounter.values().length);
    private final FlowBindings flows = new FlowBindings();
    private final BindingUpdate lost = new BindingUpdate();
    private final LoopHistogram storing = new LoopHistogram();
    private final LoopHistogram authenticating = new LoopHistogram();
    private boolean everyFlow;
    private RegisterHandler register;

    RegistrarLoop(Registrar registrar, int index, DigestAuthenticator authenticator) {
        this.registrar = registrar;
        this.index = index;
        this.authenticator = authenticator;
        configure();
    }

    /** Begins to work by the registrar's present configuration; what waits for a store ends by the one it began with. On the loop. */
    void configure() {
        everyFlow = registrar.config().lostFlow() == RegistrarConfig.LostFlow.REMOVE_ALL;
        register = new RegisterHandler(this, authenticator);
    }

    /** How long updates take from the location service's call to its answer. */
    LoopHistogram storing() {
        return storing;
    }

    /** How long it takes to judge credentials. */
    LoopHistogram authenticating() {
        return authenticating;
    }

    Registrar registrar() {
        return registrar;
    }

    DigestAuthenticator authenticator() {
        return authenticator;
    }

    LoopCounters counters() {
        return counters;
    }

    RegisterHandler register() {
        return register;
    }

    @Override
    public void execute(Runnable task) {
        registrar.loops().execute(index, task);
    }

    /** A transaction of this loop that was deferred, or null when it is gone. */
    ServerTransaction transaction(long handle) {
        return registrar.loops().serverTransaction(handle);
    }

    /** Notes that an address-of-record was registered over a flow, if its bindings are to go with it. */
    void bound(Flow flow, AddressOfRecord aor, boolean outbound) {
        if ((outbound || everyFlow) && flow.transport().isReliable()) {
            flows.add(flow.id(), aor);
        }
    }

    /** RFC 5626 §6: when a flow is lost, the registrar removes the bindings made over it. */
    void onFlowClosed(Flow flow) {
        for (byte[] aor : flows.remove(flow.id())) {
            lost.begin(aor, 0, aor.length, registrar.nowMillis())
                    .removeFlow(flow.id(), !everyFlow)
                    .loop(this);
            Flow kept = flow.toShared();
            registrar.locations().update(lost, (result, current) -> {
                if (result == LocationResult.REMOVED) {
                    counters.increment(RegistrarCounter.REMOVED);
                    registrar.listener().removed(new AddressOfRecord().wrap(aor, 0, aor.length), kept);
                }
            });
        }
    }
}

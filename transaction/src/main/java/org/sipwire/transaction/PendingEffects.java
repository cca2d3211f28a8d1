/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import org.sipwire.transport.Flow;

/**
 * What both sides of the layer do for a machine: timers at once, and what has to wait until the machine is done,
 * remembered. Confined to one event loop; one input at a time.
 */
abstract class PendingEffects implements Effects {

    final TransactionStore store;
    final LoopCounters counters;
    int slot;
    Flow flow;
    private Notice notice = Notice.NONE;
    private boolean over;
    private boolean failed;

    PendingEffects(TransactionStore store, LoopCounters counters) {
        this.store = store;
        this.counters = counters;
    }

    /** Begins an input to a transaction that sends on this flow. */
    void begin(int newSlot, Flow newFlow) {
        assert notice == Notice.NONE && !over && !failed : "an input within an input";
        slot = newSlot;
        flow = newFlow;
    }

    /** Notes what {@link Flow#send} returned. */
    final void sent(int result) {
        // A datagram that the socket has no room for is a datagram lost, and repeated by a timer. What is not written
        // to
        // a stream will never be, and what is too long for a datagram is so the next time too.
        if (result != Flow.SENT
                && (result != Flow.BACK_PRESSURED || flow.transport().isReliable())) {
            failed = true;
            counters.increment(TransactionCounter.TRANSPORT_ERRORS);
        }
    }

    @Override
    public final void startTimer(TransactionTimer timer, int millis) {
        store.startTimer(slot, timer, millis);
    }

    @Override
    public final boolean cancelTimer(TransactionTimer timer) {
        return store.cancelTimer(slot, timer);
    }

    @Override
    public final void notifyUser(Notice what) {
        notice = what;
    }

    @Override
    public final void terminated() {
        over = true;
    }

    /** True once when a message could not be sent. */
    final boolean takeFailure() {
        boolean was = failed;
        failed = false;
        return was;
    }

    final Notice takeNotice() {
        Notice was = notice;
        notice = Notice.NONE;
        return was;
    }

    final boolean takeOver() {
        boolean was = over;
        over = false;
        return was;
    }
}

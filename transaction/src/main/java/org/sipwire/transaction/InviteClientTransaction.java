/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.sipwire.transaction.TransactionTimer.A;
import static org.sipwire.transaction.TransactionTimer.B;
import static org.sipwire.transaction.TransactionTimer.C;
import static org.sipwire.transaction.TransactionTimer.D;
import static org.sipwire.transaction.TransactionTimer.M;

/**
 * INVITE client transaction, RFC 3261 §17.1.1, Figure 5 as replaced by RFC 6026 §7.2. Confined to one event loop.
 *
 * <pre>
 *                                   |INVITE from TU
 *                 Timer A fires     |INVITE sent
 *                 Reset A,          V                     Timer B fires
 *                 INVITE sent +-----------+               or Transport Err.
 *                   +---------|           |---------------+ inform TU
 *                   +--------&gt;|  Calling  |               |
 *                             |           |-----------+   |
 *   300-699                   +-----------+ 2xx       |   |
 *   ACK sent, resp. to TU       |  |        2xx to TU |   |
 *   +---------------------------+  |1xx               |   |
 *   |                              |1xx to TU         |   |
 *   |                 1xx          V                  |   |
 *   |                 1xx to TU +-----------+         |   | Timer B after a CANCEL
 *   |                  +--------|           |         |   | or lost connection
 *   |                  +-------&gt;|Proceeding |---------|--&gt;| inform TU
 *   |                           |           |         |   |
 *   |                           +-----------+         |   |
 *   |    300-699                  |       | 2xx       |   |
 *   |    ACK sent, resp. to TU    |       | 2xx to TU |   |
 *   |&lt;----------------------------+       +----------&gt;|   |
 *   V                                                 V   |
 * +-----------+ 300-699                     +-----------+ |
 * |           |--+ ACK sent                 |           |-|-+ 2xx
 * | Completed |&lt;-+                          | Accepted  |&lt;|-+ 2xx to TU
 * |           |-----+ Transport Err.        |           | |
 * +-----------+     | inform TU             +-----------+ |
 *   |Timer D fires  |                         |Timer M    |
 *   |-              V                         |fires      |
 *   |            +------------+               |-          |
 *   +-----------&gt;| Terminated |&lt;--------------+-----------+
 *                +------------+
 * </pre>
 *
 * <p>A flyweight of its loop: {@link #at} puts it on a transaction, {@link #state()} is stored back after each input.
 */
final class InviteClientTransaction {

    enum State {
        CALLING,
        PROCEEDING,
        COMPLETED,
        ACCEPTED,
        TERMINATED;

        private static final State[] ALL = values();

        static State of(int ordinal) {
            return ALL[ordinal];
        }
    }

    private final TransactionTimers timers;
    private final Effects effects;
    private State state = State.TERMINATED;
    private boolean reliable;

    InviteClientTransaction(TransactionTimers timers, Effects effects) {
        this.timers = timers;
        this.effects = effects;
    }

    InviteClientTransaction at(State current, boolean overReliableTransport) {
        state = current;
        reliable = overReliableTransport;
        return this;
    }

    State state() {
        return state;
    }

    /** The user's INVITE. */
    void start() {
        state = State.CALLING;
        // If an unreliable transport is being used, the client transaction MUST start timer A with a value of T1. If
        // a reliable transport is being used, the client transaction SHOULD NOT start timer A.
        if (!reliable) {
            effects.startTimer(A, timers.t1Millis());
        }
        // For any transport, the client transaction MUST start timer B with a value of 64*T1 seconds.
        effects.startTimer(B, timers.sixtyFourT1());
        effects.send();
    }

    void onResponse(int status) {
        if (status < 200) {
            onProvisional();
        } else if (status < 300) {
            onSuccess();
        } else {
            onFailure();
        }
    }

    private void onProvisional() {
        switch (state) {
            case CALLING -> {
                // If the client transaction receives a provisional response while in the "Calling" state, it
                // transitions to "Proceeding". In the "Proceeding" state, the client transaction SHOULD NOT
                // retransmit the request any longer.
                state = State.PROCEEDING;
                effects.cancelTimer(A);
                effects.startTimer(C, timers.proceedingMillis());
                effects.notifyUser(Effects.Notice.RESPONSE);
            }
            case PROCEEDING -> {
                // Any further provisional responses MUST be passed up to the TU while in the "Proceeding" state.
                effects.notifyUser(Effects.Notice.RESPONSE);
                // §16.7: Timer C starts again with each provisional response. After a CANCEL it no longer runs.
                if (effects.cancelTimer(C)) {
                    effects.startTimer(C, timers.proceedingMillis());
                }
            }
            case COMPLETED, ACCEPTED, TERMINATED -> {}
        }
    }

    private void onSuccess() {
        switch (state) {
            case CALLING, PROCEEDING -> {
                // RFC 6026 §7.2: when a 2xx response is received while in either the "Calling" or "Proceeding"
                // states, the client transaction MUST transition to the "Accepted" state, and Timer M MUST be started
                // with a value of 64*T1.
                state = State.ACCEPTED;
                effects.cancelTimer(A);
                effects.startTimer(M, timers.sixtyFourT1());
                effects.notifyUser(Effects.Notice.RESPONSE);
            }
            // RFC 6026 §7.2: the "Accepted" state passes the additional 2xx responses it receives to the TU.
            case ACCEPTED -> effects.notifyUser(Effects.Notice.RESPONSE);
            case COMPLETED, TERMINATED -> {}
        }
    }

    private void onFailure() {
        switch (state) {
            case CALLING, PROCEEDING -> {
                // When in either the "Calling" or "Proceeding" states, reception of a response with status code from
                // 300-699 MUST cause the client transaction to transition to "Completed". It MUST pass the response
                // up to the TU, and generate an ACK.
                state = State.COMPLETED;
                effects.cancelTimer(A);
                effects.sendAck();
                effects.notifyUser(Effects.Notice.RESPONSE);
                int d = timers.d(reliable);
                if (d > 0) {
                    effects.startTimer(D, d);
                } else {
                    terminate();
                }
            }
            // Any retransmissions of the final response that are received while in the "Completed" state MUST cause
            // the ACK to be re-passed to the transport layer, but the newly received response MUST NOT be passed up
            // to the TU.
            case COMPLETED -> effects.sendAck();
            case ACCEPTED, TERMINATED -> {}
        }
    }

    /** @param firedMillis the interval that has just passed */
    void onTimerA(int firedMillis) {
        switch (state) {
            case CALLING -> {
                // When timer A fires, the client transaction MUST retransmit the request, and MUST reset the timer
                // with 2*T1, 4*T1..
                effects.startTimer(A, 2 * firedMillis);
                effects.send();
            }
            case PROCEEDING, COMPLETED, ACCEPTED, TERMINATED -> {}
        }
    }

    /** 64*T1 have passed since the INVITE, or since the CANCEL that follows a provisional response. */
    void onTimerB() {
        switch (state) {
            // If the client transaction is still in the "Calling" state when timer B fires, it SHOULD inform the TU
            // that a timeout has occurred. The client transaction MUST NOT generate an ACK. §9.1: if there is no
            // final response for the original request in 64*T1 seconds, the client SHOULD then consider the original
            // transaction cancelled and SHOULD destroy it.
            case CALLING, PROCEEDING -> {
                effects.notifyUser(Effects.Notice.TIMEOUT);
                terminate();
            }
            case COMPLETED, ACCEPTED, TERMINATED -> {}
        }
    }

    /** The layer sends a CANCEL for this transaction, which has a provisional response (§9.1). */
    void onCancel() {
        if (state == State.PROCEEDING) {
            effects.startTimer(B, timers.sixtyFourT1());
        }
    }

    void onTimerD() {
        if (state == State.COMPLETED) {
            terminate();
        }
    }

    void onTimerM() {
        if (state == State.ACCEPTED) {
            terminate();
        }
    }

    void onTransportError() {
        switch (state) {
            case CALLING, COMPLETED -> {
                effects.notifyUser(Effects.Notice.TRANSPORT_ERROR);
                terminate();
            }
            // The figure has no arrow: nothing is sent here. A lost connection can bring no response either, and
            // Timer C would end this minutes later.
            case PROCEEDING -> {
                effects.notifyUser(Effects.Notice.TRANSPORT_ERROR);
                terminate();
            }
            case ACCEPTED, TERMINATED -> {}
        }
    }

    private void terminate() {
        state = State.TERMINATED;
        effects.terminated();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.sipwire.transaction.TransactionTimer.E;
import static org.sipwire.transaction.TransactionTimer.F;
import static org.sipwire.transaction.TransactionTimer.K;

/**
 * Non-INVITE client transaction, RFC 3261 §17.1.2, Figure 6. Confined to one event loop.
 *
 * <pre>
 *                               |Request from TU
 *                               |send request
 *           Timer E             V
 *           send request  +-----------+
 *               +---------|           |-------------------+
 *               +--------&gt;|  Trying   |  Timer F          |
 *                         |           |  or Transport Err.|
 *                         +-----------+  inform TU        |
 *            200-699         |  |                         |
 *            resp. to TU     |  |1xx                      |
 *            +---------------+  |resp. to TU              |
 *            |   Timer E        V       Timer F           |
 *            |   send req +-----------+ or Transport Err. |
 *            |  +---------|           | inform TU         |
 *            |  +--------&gt;|Proceeding |------------------&gt;|
 *            |            |           |-----+             |
 *            |            +-----------+     |1xx          |
 *            |              |      ^        |resp to TU   |
 *            | 200-699      |      +--------+             |
 *            | resp. to TU  |                             |
 *            |              V                             |
 *            |            +-----------+                   |
 *            +-----------&gt;| Completed |                   |
 *                         +-----------+                   |
 *                           |   Timer K                   |
 *                           V   -                         |
 *                         +------------+                  |
 *                         | Terminated |&lt;-----------------+
 *                         +------------+
 * </pre>
 *
 * <p>A flyweight of its loop: {@link #at} puts it on a transaction, {@link #state()} is stored back after each input.
 */
final class NonInviteClientTransaction {

    enum State {
        TRYING,
        PROCEEDING,
        COMPLETED,
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

    NonInviteClientTransaction(TransactionTimers timers, Effects effects) {
        this.timers = timers;
        this.effects = effects;
    }

    NonInviteClientTransaction at(State current, boolean overReliableTransport) {
        state = current;
        reliable = overReliableTransport;
        return this;
    }

    State state() {
        return state;
    }

    /** The user's request. */
    void start() {
        // The "Trying" state is entered when the TU initiates a new client transaction with a request. When entering
        // this state, the client transaction SHOULD set timer F to fire in 64*T1 seconds. The request MUST be passed
        // to the transport layer.
        state = State.TRYING;
        effects.startTimer(F, timers.sixtyFourT1());
        // If an unreliable transport is in use, the client transaction MUST set timer E to fire in T1 seconds.
        if (!reliable) {
            effects.startTimer(E, timers.t1Millis());
        }
        effects.send();
    }

    void onResponse(int status) {
        switch (state) {
            case TRYING, PROCEEDING -> {
                effects.notifyUser(Effects.Notice.RESPONSE);
                if (status < 200) {
                    state = State.PROCEEDING;
                } else {
                    complete();
                }
            }
            // The "Completed" state exists to buffer any additional response retransmissions that may be received.
            case COMPLETED, TERMINATED -> {}
        }
    }

    private void complete() {
        state = State.COMPLETED;
        effects.cancelTimer(E);
        // Once the client transaction enters the "Completed" state, it MUST set Timer K to fire in T4 seconds for
        // unreliable transports, and zero seconds for reliable transports.
        int k = timers.t4(reliable);
        if (k > 0) {
            effects.startTimer(K, k);
        } else {
            terminate();
        }
    }

    /** @param firedMillis the interval that has just passed */
    void onTimerE(int firedMillis) {
        switch (state) {
            case TRYING -> {
                // If timer E fires while still in this state, the timer is reset, but this time with a value of
                // MIN(2*T1, T2).
                effects.startTimer(E, timers.doubledToT2(firedMillis));
                effects.send();
            }
            case PROCEEDING -> {
                // If Timer E fires while in the "Proceeding" state, the request MUST be passed to the transport layer
                // for retransmission, and Timer E MUST be reset with a value of T2 seconds.
                effects.startTimer(E, timers.t2Millis());
                effects.send();
            }
            case COMPLETED, TERMINATED -> {}
        }
    }

    void onTimerF() {
        switch (state) {
            case TRYING, PROCEEDING -> {
                // If timer F fires, the client transaction SHOULD inform the TU about the timeout, and then it SHOULD
                // enter "Terminated".
                effects.notifyUser(Effects.Notice.TIMEOUT);
                terminate();
            }
            case COMPLETED, TERMINATED -> {}
        }
    }

    void onTimerK() {
        if (state == State.COMPLETED) {
            terminate();
        }
    }

    void onTransportError() {
        switch (state) {
            case TRYING, PROCEEDING -> {
                effects.notifyUser(Effects.Notice.TRANSPORT_ERROR);
                terminate();
            }
            case COMPLETED, TERMINATED -> {}
        }
    }

    private void terminate() {
        state = State.TERMINATED;
        effects.terminated();
    }
}

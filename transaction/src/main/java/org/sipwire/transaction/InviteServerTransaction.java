/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.sipwire.transaction.TransactionTimer.G;
import static org.sipwire.transaction.TransactionTimer.H;
import static org.sipwire.transaction.TransactionTimer.I;
import static org.sipwire.transaction.TransactionTimer.L;
import static org.sipwire.transaction.TransactionTimer.TRYING;
import static org.sipwire.transaction.TransactionTimer.USER;

/**
 * INVITE server transaction, RFC 3261 §17.2.1, Figure 7 as replaced by RFC 6026 §7.1. Confined to one event loop.
 *
 * <pre>
 *                                      |INVITE
 *                                      |pass INVITE to TU
 *                   INVITE             V send 100 if TU won't in 200 ms
 *                   send response +------------+
 *                        +--------|            |--------+ 101-199 from TU
 *                        +-------&gt;| Proceeding |&lt;-------+ send response
 *                        +--------|            |
 *       Transport Err.   +-------&gt;|            |
 *       Inform TU                 +------------+
 *                 300-699 from TU   |        | 2xx from TU
 *                 send response     |        | send response
 *                    +--------------+        +--------------+
 *   INVITE           V          Timer G fires               |
 *   send response +-----------+ send response               |
 *        +--------|           |--------+                    |
 *        +-------&gt;| Completed |&lt;-------+                    V
 *        +--------|           |             +------------------+
 *        +-------&gt;|           |             |                  |--+ INVITE: -
 *   Transport Err.+-----------+             |     Accepted     |  | ACK: pass to TU
 *   Inform TU       |   |                   |                  |  | 2xx from TU: send response
 *     Timer H fires |   | ACK               |                  |&lt;-+ Transport Err.: Inform TU
 *     Inform TU     |   | -                 +------------------+
 *                   |   V                              |
 *                   | +-----------+                    |
 *                   | | Confirmed |--+ ACK, INVITE: -  |
 *                   | |           |&lt;-+                 |
 *                   | +-----------+                    |
 *                   |   | Timer I fires                | Timer L fires
 *                   V   V -                            | -
 *                 +------------+                       |
 *                 | Terminated |&lt;----------------------+
 *                 +------------+
 * </pre>
 *
 * <p>A flyweight of its loop: {@link #at} puts it on a transaction, {@link #state()} is stored back after each input.
 */
final class InviteServerTransaction {

    enum State {
        PROCEEDING,
        COMPLETED,
        CONFIRMED,
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

    InviteServerTransaction(TransactionTimers timers, Effects effects) {
        this.timers = timers;
        this.effects = effects;
    }

    InviteServerTransaction at(State current, boolean overReliableTransport) {
        state = current;
        reliable = overReliableTransport;
        return this;
    }

    State state() {
        return state;
    }

    /** The INVITE that creates the transaction. */
    void start() {
        state = State.PROCEEDING;
        // The server transaction MUST generate a 100 (Trying) response unless it knows that the TU will generate a
        // provisional or final response within 200 ms, in which case it MAY generate a 100 (Trying) response.
        effects.startTimer(TRYING, timers.tryingMillis());
        effects.startTimer(USER, timers.proceedingMillis());
    }

    /** 200 ms have passed and the user has sent nothing; the layer has made the 100 the most recent response. */
    void onTimerTrying() {
        switch (state) {
            case PROCEEDING -> effects.send();
            case COMPLETED, CONFIRMED, ACCEPTED, TERMINATED -> {}
        }
    }

    /** A retransmission of the INVITE. */
    void onInvite() {
        switch (state) {
            // If a request retransmission is received while in the "Proceeding" state, the most recent provisional
            // response that was received from the TU MUST be passed to the transport layer for retransmission.
            // Furthermore, while in the "Completed" state, if a request retransmission is received, the server SHOULD
            // pass the response to the transport for retransmission.
            case PROCEEDING, COMPLETED -> effects.send();
            // RFC 6026 §7.1: any retransmissions of the INVITE received in "Accepted" are absorbed: the TU repeats
            // its 2xx.
            case ACCEPTED -> {}
            // The purpose of the "Confirmed" state is to absorb.
            case CONFIRMED, TERMINATED -> {}
        }
    }

    /** Whether the figure has an arrow here for this response of the user. */
    boolean takesResponse(int status) {
        return state == State.PROCEEDING || state == State.ACCEPTED && status >= 200 && status < 300;
    }

    /** The user's response, which the layer has stored already. */
    void onResponse(int status) {
        switch (state) {
            case PROCEEDING -> {
                effects.cancelTimer(TRYING);
                effects.send();
                if (status < 200) {
                    // The TU sends a provisional response each minute to keep the INVITE alive (§13.3.1.1).
                    effects.startTimer(USER, timers.proceedingMillis());
                } else if (status < 300) {
                    accept();
                } else {
                    complete();
                }
            }
            case ACCEPTED -> {
                // RFC 6026 §7.1: if the TU passes a 2xx while in "Accepted", the response MUST be passed to the
                // transport layer.
                if (status >= 200 && status < 300) {
                    effects.send();
                }
            }
            case COMPLETED, CONFIRMED, TERMINATED -> {}
        }
    }

    private void accept() {
        // RFC 6026 §7.1: when the "Accepted" state is entered, Timer L is set to fire in 64*T1 for all transports.
        state = State.ACCEPTED;
        effects.startTimer(L, timers.sixtyFourT1());
    }

    private void complete() {
        state = State.COMPLETED;
        // For unreliable transports, timer G is set to fire in T1 seconds, and is not set to fire for reliable
        // transports.
        if (!reliable) {
            effects.startTimer(G, timers.t1Millis());
        }
        // When the "Completed" state is entered, timer H MUST be set to fire in 64*T1 seconds for all transports.
        effects.startTimer(H, timers.sixtyFourT1());
    }

    void onAck() {
        switch (state) {
            case COMPLETED -> {
                // If an ACK is received while in the "Completed" state, the server transaction MUST transition to
                // "Confirmed". As Timer G is ignored in this state, any retransmissions of the response will cease.
                state = State.CONFIRMED;
                effects.cancelTimer(G);
                int i = timers.t4(reliable);
                if (i > 0) {
                    effects.startTimer(I, i);
                } else {
                    terminate();
                }
            }
            // RFC 6026 §7.1: an ACK received in "Accepted" is passed to the TU.
            case ACCEPTED -> effects.notifyUser(Effects.Notice.ACK);
            case PROCEEDING, CONFIRMED, TERMINATED -> {}
        }
    }

    /** @param firedMillis the interval that has just passed */
    void onTimerG(int firedMillis) {
        switch (state) {
            case COMPLETED -> {
                // If timer G fires, the response is passed to the transport layer once more, and timer G is set to
                // MIN(2*T1, T2).
                effects.send();
                effects.startTimer(G, timers.doubledToT2(firedMillis));
            }
            case PROCEEDING, CONFIRMED, ACCEPTED, TERMINATED -> {}
        }
    }

    void onTimerH() {
        switch (state) {
            case COMPLETED -> {
                // If timer H fires while in the "Completed" state, it implies that the ACK was never received. The
                // server transaction MUST transition to the "Terminated" state, and MUST indicate to the TU that a
                // transaction failure has occurred.
                effects.cancelTimer(G);
                effects.notifyUser(Effects.Notice.TIMEOUT);
                terminate();
            }
            case PROCEEDING, CONFIRMED, ACCEPTED, TERMINATED -> {}
        }
    }

    void onTimerI() {
        if (state == State.CONFIRMED) {
            terminate();
        }
    }

    void onTimerL() {
        if (state == State.ACCEPTED) {
            terminate();
        }
    }

    void onTransportError() {
        switch (state) {
            // RFC 6026 §8.8: the transaction is not ended by this error; its timers do that.
            case PROCEEDING, COMPLETED, ACCEPTED -> effects.notifyUser(Effects.Notice.TRANSPORT_ERROR);
            case CONFIRMED, TERMINATED -> {}
        }
    }

    private void terminate() {
        state = State.TERMINATED;
        effects.terminated();
    }
}

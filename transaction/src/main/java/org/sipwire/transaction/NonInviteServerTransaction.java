/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.sipwire.transaction.TransactionTimer.J;

/**
 * Non-INVITE server transaction, RFC 3261 §17.2.2, Figure 8. Confined to one event loop.
 *
 * <pre>
 *                      |Request received
 *                      |pass to TU
 *                      V
 *                +-----------+
 *                |  Trying   |-------------------+
 *                +-----------+                   |
 *            1xx from TU |                       |200-699 from TU
 *          send response |                       |send response
 *                        V                       |
 *    Request       +------------+  1xx from TU   |
 *    send response |            | send response  |
 *         +--------| Proceeding |--------+       |
 *         +-------&gt;|            |&lt;-------+       |
 *                  +------------+                |
 *   Transport Err.  |     |200-699 from TU       |
 *   Inform TU       |     |send response         |
 *       +-----------+     V                      |
 *       |    Request       +-----------+         |
 *       |    send response |           |         |
 *       |         +--------| Completed |&lt;--------+
 *       |         +-------&gt;|           |
 *       |                  +-----------+
 *       |  Transport Err.    |       |
 *       |  Inform TU         |       |Timer J fires
 *       |&lt;-------------------+       |-
 *       |                            V
 *       |                  +------------+
 *       +-----------------&gt;| Terminated |
 *                          +------------+
 * </pre>
 *
 * <p>A flyweight of its loop: {@link #at} puts it on a transaction, {@link #state()} is stored back after each input.
 */
final class NonInviteServerTransaction {

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

    NonInviteServerTransaction(TransactionTimers timers, Effects effects) {
        this.timers = timers;
        this.effects = effects;
    }

    NonInviteServerTransaction at(State current, boolean overReliableTransport) {
        state = current;
        reliable = overReliableTransport;
        return this;
    }

    State state() {
        return state;
    }

    /** A retransmission of the request. */
    void onRequest() {
        switch (state) {
            // In the "Trying" state, the request is passed to the TU; retransmissions are discarded.
            case TRYING, TERMINATED -> {}
            // While in the "Proceeding" state: the most recently sent provisional response MUST be passed to the
            // transport layer for retransmission. While in the "Completed" state, the server transaction MUST pass
            // the final response to the transport layer for retransmission whenever a retransmission of the request
            // is received.
            case PROCEEDING, COMPLETED -> effects.send();
        }
    }

    /** Whether the figure has an arrow here for a response of the user. */
    boolean takesResponse() {
        return state == State.TRYING || state == State.PROCEEDING;
    }

    /** The user's response, which the layer has stored already. */
    void onResponse(int status) {
        switch (state) {
            case TRYING, PROCEEDING -> {
                effects.send();
                if (status < 200) {
                    state = State.PROCEEDING;
                } else {
                    complete();
                }
            }
            // Any other final responses passed by the TU to the server transaction MUST be discarded while in the
            // "Completed" state.
            case COMPLETED, TERMINATED -> {}
        }
    }

    private void complete() {
        // When the server transaction enters the "Completed" state, it MUST set Timer J to fire in 64*T1 seconds for
        // unreliable transports, and zero seconds for reliable transports.
        state = State.COMPLETED;
        int j = timers.j(reliable);
        if (j > 0) {
            effects.startTimer(J, j);
        } else {
            onTimerJ();
        }
    }

    /**
     * RFC 4320 §4.1: "an element MUST respond to a non-INVITE request with a Status-Code of 100 if it has not
     * otherwise responded after the amount of time it takes a client transaction's Timer E to be reset to T2."
     */
    void onTimerTrying() {
        switch (state) {
            case TRYING -> {
                state = State.PROCEEDING;
                effects.send();
            }
            case PROCEEDING, COMPLETED, TERMINATED -> {}
        }
    }

    void onTimerJ() {
        switch (state) {
            case COMPLETED -> terminate();
            case TRYING, PROCEEDING, TERMINATED -> {}
        }
    }

    /**
     * The user has not answered for 64*T1. No figure has this arrow: by then the client's timer F has fired, and RFC
     * 4320 §4.2 rules out a 408 that nobody waits for.
     */
    void onUserTimeout() {
        switch (state) {
            case TRYING, PROCEEDING -> {
                effects.notifyUser(Effects.Notice.TIMEOUT);
                terminate();
            }
            case COMPLETED, TERMINATED -> {}
        }
    }

    /** The user gives 408, which RFC 4320 §4.2 forbids to send: the client gave up long ago. */
    void onAbandoned() {
        if (takesResponse()) {
            terminate();
        }
    }

    void onTransportError() {
        switch (state) {
            // The figure has this arrow for "Proceeding" and "Completed"; in "Trying" nothing was sent, but a lost
            // connection leaves nobody to answer.
            case TRYING, PROCEEDING, COMPLETED -> {
                effects.notifyUser(Effects.Notice.TRANSPORT_ERROR);
                terminate();
            }
            case TERMINATED -> {}
        }
    }

    private void terminate() {
        state = State.TERMINATED;
        effects.terminated();
    }
}

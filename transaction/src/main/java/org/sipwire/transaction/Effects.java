/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

/**
 * The only way out of the state machines: what their figures write below the line of an arrow. The machines do no
 * input and output of their own, so a test reads their effects from a list.
 *
 * <p>An implementation carries out a notice and the end only after the machine's method has returned and the state is
 * stored, since the user who is told may act on the same transaction. Confined to the event loop.
 */
interface Effects {

    /** What the user is told. */
    enum Notice {
        /** Nothing. */
        NONE,
        /** The ACK that was just received. */
        ACK,
        /** The response that was just received. */
        RESPONSE,
        /** The transaction waited in vain. */
        TIMEOUT,
        /** A message could not be sent. */
        TRANSPORT_ERROR
    }

    /** Sends the transaction's message, new or again: the request of a client, the most recent response of a server. */
    void send();

    /** Sends the ACK to the non-2xx response that was just received (RFC 3261 §17.1.1.3). */
    void sendAck();

    /**
     * Starts a timer and replaces the one of its lane. A time of 0 means at once, and then only this call ends the
     * transaction.
     */
    void startTimer(TransactionTimer timer, int millis);

    /** Stops the timer if it is the one that runs in its lane; says whether it was. */
    boolean cancelTimer(TransactionTimer timer);

    /** Tells the user; at most one notice for an input. */
    void notifyUser(Notice notice);

    /** The transaction is over: its memory is released. */
    void terminated();
}

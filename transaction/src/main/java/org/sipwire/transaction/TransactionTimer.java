/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

/**
 * The timers of RFC 3261 Table 4 and RFC 6026 by their letters, and three the layer needs beside them. Shared.
 *
 * <p>A transaction has at most two timers at a time: one that sends again and one that ends it. {@link #lane} says
 * which of the two a letter is; starting a timer replaces the one of its lane.
 */
enum TransactionTimer {
    /** INVITE request retransmit interval, UDP only. */
    A(0),
    /** INVITE transaction timeout. */
    B(1),
    /** Proxy's INVITE transaction timeout (§16.6): a call that rings for ever is cancelled. */
    C(1),
    /** Wait time for response retransmits. */
    D(1),
    /** Non-INVITE request retransmit interval, UDP only. */
    E(0),
    /** Non-INVITE transaction timeout. */
    F(1),
    /** INVITE response retransmit interval, UDP only. */
    G(0),
    /** Wait time for ACK receipt. */
    H(1),
    /** Wait time for ACK retransmits. */
    I(1),
    /** Wait time for non-INVITE request retransmits. */
    J(1),
    /** Wait time for response retransmits. */
    K(1),
    /** RFC 6026: wait time for accepted INVITE request retransmits. */
    L(1),
    /** RFC 6026: wait time for retransmission of 2xx to INVITE or additional 2xx from other branches. */
    M(1),
    /** 100 Trying: 200 ms for INVITE (§17.2.1), when Timer E would reach T2 for others (RFC 4320 §4.1). */
    TRYING(0),
    /** The transaction user never answered. */
    USER(1),
    /** The first request could not be sent: the user is told in the next tick, not while it sends. */
    LOST(1);

    private static final TransactionTimer[] ALL = values();

    private final int lane;

    TransactionTimer(int lane) {
        this.lane = lane;
    }

    /** 0: sends again; 1: ends the transaction. */
    int lane() {
        return lane;
    }

    static TransactionTimer of(int ordinal) {
        return ALL[ordinal];
    }
}

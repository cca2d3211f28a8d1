/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

/** What the transaction layer counts, one cell of {@link LoopCounters} each. Shared. */
public enum TransactionCounter {
    /** Level: server transactions alive. */
    SERVER_TRANSACTIONS,
    /** Level: client transactions alive. */
    CLIENT_TRANSACTIONS,
    /** Server transactions created. */
    SERVER_TRANSACTIONS_CREATED,
    /** Client transactions created. */
    CLIENT_TRANSACTIONS_CREATED,
    /** Requests that matched a server transaction and were absorbed or answered from it. */
    REQUEST_RETRANSMISSIONS_RECEIVED,
    /** Requests this side sent again. */
    REQUEST_RETRANSMISSIONS_SENT,
    /** Responses this side sent again. */
    RESPONSE_RETRANSMISSIONS_SENT,
    /** Responses sent without a transaction (RFC 3261 §8.2.7). */
    STATELESS_RESPONSES,
    /** Stateless responses over UDP that lost lines, since they were longer than one and a half times their request. */
    SHORTENED_RESPONSES,
    /** Stateless responses over UDP that were not sent, since no response is as short as one and a half times their request. */
    WITHHELD_RESPONSES,
    /** Requests answered 503 since the table or the memory was full. */
    SHED_AT_CAPACITY,
    /** Requests of this side that were not sent since the table or the memory was full. */
    CLIENT_REFUSED_AT_CAPACITY,
    /** Requests answered 482 since they came twice by two ways (RFC 3261 §8.2.2.2). */
    MERGED_REQUESTS,
    /** CANCELs that matched no INVITE, answered 481. */
    CANCEL_UNMATCHED,
    /** ACKs that belong to no transaction and no dialog, dropped. */
    STRAY_ACKS,
    /** Responses that matched no client transaction, dropped. */
    UNMATCHED_RESPONSES,
    /** Responses with a Via this side did not put there, dropped (RFC 3261 §8.1.3.3). */
    MISROUTED_RESPONSES,
    /** Responses that arrived on another loop than their transaction's and were handed over. */
    HANDED_OVER_RESPONSES,
    /** Messages that could not be parsed and were answered. */
    MALFORMED_ANSWERED,
    /** Messages that could not be parsed and were dropped. */
    MALFORMED_DROPPED,
    /** Timers B and F: nobody answered this side's request. */
    CLIENT_TIMEOUTS,
    /** Timer H: nobody acknowledged a final response to INVITE. */
    ACK_TIMEOUTS,
    /** The transaction user never answered. */
    USER_TIMEOUTS,
    /** The transaction user threw an exception. */
    USER_ERRORS,
    /** A message could not be sent: the connection was lost or its buffer was full. */
    TRANSPORT_ERRORS,
    /** Responses the user gave that RFC 4320 forbids to send: provisional or 408 to a non-INVITE request. */
    FORBIDDEN_RESPONSES;

    private static final int SIZE = values().length;

    /** A row with a cell for each of these. */
    public static LoopCounters newRow() {
        return new LoopCounters(SIZE);
    }
}

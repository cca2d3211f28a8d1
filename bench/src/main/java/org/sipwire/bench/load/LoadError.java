/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

/** Why a cycle failed, or what arrived that nobody asked for. */
enum LoadError {
    /** No final answer within the timeout, or before the run ended. */
    TIMEOUT,
    /** A final answer with another status than the cycle wants. */
    STATUS,
    /** An answer to our branch whose CSeq or Call-ID is not ours, or a 200 that does not show the binding as it should be. */
    MISMATCH,
    /** A challenge that cannot be answered: no nonce, an unknown algorithm, qop without auth. */
    CHALLENGE,
    /** Bytes that are no SIP message. */
    MALFORMED,
    /** The connection was closed with cycles in flight, or was not open. */
    CLOSED,
    /** Nobody listens at the target. */
    REFUSED,
    /** The generator could take no more: its slots were full, or every user was busy. */
    OVERFLOW
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipMethod;
import org.sipwire.transport.Flow;

/**
 * The server side of a transaction (RFC 3261 §17.2): a flyweight of its loop over the slab. All methods are called on
 * that loop; from elsewhere come back by {@link Flow#execute} and {@link SipStack#serverTransaction} with the {@link
 * #handle()}.
 *
 * <p>Borrowed: valid until the callback returns, or the next transaction is looked up.
 */
public final class ServerTransaction {

    private final ServerTransactions server;
    private int slot = TransactionSlab.NONE;

    ServerTransaction(ServerTransactions server) {
        this.server = server;
    }

    ServerTransaction at(int newSlot) {
        slot = newSlot;
        return this;
    }

    /** The slot is over: this flyweight is on nothing if it was on it. */
    void forget(int oldSlot) {
        if (slot == oldSlot) {
            slot = TransactionSlab.NONE;
        }
    }

    /** Names this transaction as long as it lives, on every thread. Never 0. */
    public long handle() {
        return server.handle(slot);
    }

    /** The method of the request. */
    public SipMethod method() {
        return server.method(slot);
    }

    /** True until a final response was given. */
    public boolean isPending() {
        return server.isPending(slot);
    }

    /**
     * Where the request came from.
     *
     * @return Borrowed while the request is being handled, Shared afterwards; null when a final response was given
     *     and nothing more is sent unasked
     */
    public Flow flow() {
        return server.flow(slot);
    }

    /**
     * Begins a response as {@link RequestContext#response} does. After {@code onRequest} has returned it is made from
     * what was kept of the request.
     *
     * @param status 100..699
     * @return the loop's writer
     */
    public ResponseWriter response(int status) {
        return server.response(slot, status);
    }

    /**
     * The octets of the layer's own 100 Trying (RFC 4320 §4.1) over an unreliable transport when the request had come but once until then,
     * else 0: who bounds what an unproven sender's request may cause counts them too.
     */
    public int unaskedOctets() {
        return server.unaskedOctets(slot);
    }

    /**
     * Sends what {@link #response} or {@link RequestContext#response} wrote and keeps it for retransmissions. What no
     * figure has an arrow for is not sent: a second final response, a 408 or a provisional response to a non-INVITE
     * request (RFC 4320 §4).
     */
    public void respond() {
        server.respond(slot);
    }

    /**
     * Keeps the request's Via, From, To, Call-ID and CSeq and its flow, so that {@link #response} works after {@code
     * onRequest} has returned. The layer does so by itself for a transaction that is left without a final response;
     * calling it says that this is meant.
     */
    public void defer() {
        server.defer(slot);
    }
}

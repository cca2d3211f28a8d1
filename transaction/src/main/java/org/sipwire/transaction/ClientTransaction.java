/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import org.sipwire.codec.SipMethod;
import org.sipwire.transport.Flow;

/**
 * The client side of a transaction (RFC 3261 §17.1): a flyweight of its loop over the slab. All methods are called on
 * that loop.
 *
 * <p>Borrowed: valid until the callback returns, or the next transaction is looked up.
 */
public final class ClientTransaction {

    private final ClientTransactions client;
    private int slot = TransactionSlab.NONE;

    ClientTransaction(ClientTransactions client) {
        this.client = client;
    }

    ClientTransaction at(int newSlot) {
        slot = newSlot;
        return this;
    }

    /** The slot is over: this flyweight is on nothing if it was on it. */
    void forget(int oldSlot) {
        if (slot == oldSlot) {
            slot = TransactionSlab.NONE;
        }
    }

    /** What {@link SipStack#send} returned. */
    public long handle() {
        return client.handle(slot);
    }

    /** The method of the request. */
    public SipMethod method() {
        return client.method(slot);
    }

    /** What the user gave to {@link SipStack#send}. */
    public Object attachment() {
        Object given = client.attachment(slot);
        return given instanceof TargetedRequest request ? request.attachment() : given;
    }

    /** The request to a destination that this is an attempt of, or whatever the user gave. */
    Object request() {
        return client.attachment(slot);
    }

    /** Where the request went. Shared. */
    public Flow flow() {
        return client.flow(slot);
    }

    /**
     * Cancels an INVITE: sends a CANCEL, at once or as soon as a provisional response has come (RFC 3261 §9.1). The
     * final response, a 487 as a rule, comes as any other. Nothing happens to another method or after a final
     * response.
     */
    public void cancel() {
        client.cancel(slot);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.io.IOException;
import org.sipwire.codec.SipResponse;

/**
 * The user of single requests of this side: given as the attachment of a request, it hears of that request in place of the stack's {@link
 * TransactionUser}. So a part of a program that sends requests of its own, a registration client for example, needs no place among the
 * program's other traffic.
 *
 * <p>All methods are called on the transaction's loop; arguments are Borrowed.
 */
public interface ClientTransactionUser {

    /** As {@link TransactionUser#onResponse}. */
    void onResponse(SipResponse response, ClientTransaction transaction);

    /** As {@link TransactionUser#onTimeout(ClientTransaction)}. */
    void onTimeout(ClientTransaction transaction);

    /** As {@link TransactionUser#onTransportError(ClientTransaction)}. */
    void onTransportError(ClientTransaction transaction);

    /** As {@link TransactionUser#onUnreachable}. */
    void onUnreachable(IOException cause);
}

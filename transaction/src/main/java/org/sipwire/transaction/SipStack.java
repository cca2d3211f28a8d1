/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import org.sipwire.codec.RequestWriter;
import org.sipwire.transport.Flow;

/** A SIP stack: listening points, event loops and transactions for one {@link TransactionUser}. */
public abstract class SipStack {

    SipStack() {}

    /** The writer of the loop that the flow belongs to. On that loop. */
    public abstract RequestWriter request(Flow flow);

    /** Sends a request in a new client transaction, as {@link TransactionLayer#send}. On the flow's loop. */
    public abstract long send(Flow flow, RequestWriter request, Object attachment);

    /** The loop's flyweight on a server transaction, or null when it is over. On its loop. */
    public abstract ServerTransaction serverTransaction(long handle);

    /** The number of event loops. */
    public abstract int loopCount();
}

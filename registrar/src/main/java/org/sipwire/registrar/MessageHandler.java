/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import org.sipwire.codec.SipRequest;
import org.sipwire.transaction.RequestContext;

/** Takes the requests outside a dialog that a registrar does not serve itself: MESSAGE and NOTIFY. */
@FunctionalInterface
public interface MessageHandler {

    /**
     * A MESSAGE or NOTIFY that matched no transaction. Called on the event loop of its flow; both arguments are Borrowed.
     *
     * @return true when the handler has answered or will; false to have it answered 405
     */
    boolean onMessage(SipRequest request, RequestContext context);
}

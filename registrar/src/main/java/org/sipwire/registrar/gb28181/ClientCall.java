/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import org.sipwire.codec.SipResponse;
import org.sipwire.transaction.ClientTransaction;

/**
 * What a request of this side hangs on its client transaction. The transaction's callbacks come on the loop of the flow; the call is told
 * on the home loop of what it concerns.
 */
interface ClientCall {
    /** Nobody waits for the outcome. */
    ClientCall IGNORE = new ClientCall() {
        @Override
        public int home(int here) {
            return here;
        }

        @Override
        public void onStatus(int status) {}

        @Override
        public void onNoResponse() {}
    };

    /** The loop to be told on; {@code here} when it does not matter. */
    int home(int here);

    /** A response, provisional or final: its status. */
    void onStatus(int status);

    /** Nobody answered, or the request could not be sent. */
    void onNoResponse();

    /** Takes from a response what is to be known of it, on the loop of the flow, before {@link #onStatus}. Borrowed. */
    default void onResponse(SipResponse response, ClientTransaction transaction) {}
}

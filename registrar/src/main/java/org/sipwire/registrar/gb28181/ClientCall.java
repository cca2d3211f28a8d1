/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import org.sipwire.codec.SipResponse;

/**
 * What a request of this side hangs on its client transaction. The transaction's callbacks come on the loop of the flow; the call is told
 * on the home loop of what it concerns.
 */
interface ClientCall {
    /** Nobody waits for the outcome. */
    ClientCall IGNORE = new Quiet();

    /** Takes an outcome that changes nothing. */
    final class Quiet implements ClientCall {
        @Override
        public int home(int here) {
            return here;
        }

        @Override
        public void onStatus(int status, Object kept) {}

        @Override
        public void onNoResponse() {}
    }

    /** The loop to be told on; {@code here} when it does not matter. */
    int home(int here);

    /** Takes from a response what {@link #onStatus} needs besides its status. On the loop of the flow; the response is Borrowed. */
    default Object keep(SipResponse response) {
        return null;
    }

    /** A response, provisional or final: its status and what {@link #keep} took from it. */
    void onStatus(int status, Object kept);

    /** Nobody answered, or the request could not be sent. */
    void onNoResponse();
}

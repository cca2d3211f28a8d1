/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.client;

import org.sipwire.codec.SipResponse;

/** What a program hears of its registrations. Every method is called on the registration's loop and must not block. */
public interface RegistrationEvents {

    /**
     * The registrar has accepted, for the first time or again.
     *
     * @param seconds how long this stands; it is refreshed before
     * @param response Borrowed: for Service-Route, Date and what else it says
     */
    default void onRegistered(Registration registration, long seconds, SipResponse response) {}

    /**
     * An attempt failed; the next one follows by itself.
     *
     * @param status the registrar's answer, 0 when there was none
     * @param reason what it said, or why there was none
     * @param retryMillis when the next attempt follows
     */
    default void onFailed(Registration registration, int status, String reason, long retryMillis) {}

    /** The registration is over, as was asked for: nothing is sent for it any more. */
    default void onRemoved(Registration registration) {}
}

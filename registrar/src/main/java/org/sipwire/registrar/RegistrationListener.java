/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import org.sipwire.registrar.location.Bindings;
import org.sipwire.transport.Flow;

/**
 * Hears of registrations. Called after the answer was sent, on the event loop of the request's flow; {@link #expired} and the removal
 * by an operator come on the thread that found them. Arguments are Borrowed: {@link AddressOfRecord#toString},
 * {@link Flow#toShared} and {@link Binding} make what may be kept.
 */
public interface RegistrationListener {

    /** The address-of-record had no binding and has one now. */
    default void registered(AddressOfRecord aor, Bindings bindings, Flow flow) {}

    /** The address-of-record had bindings and has bindings; flow, contact or Call-ID may be others than before. */
    default void refreshed(AddressOfRecord aor, Bindings bindings, Flow flow) {}

    /** The device said by X-GB-Ver which edition of GB/T 28181 it speaks. Called after the two above. */
    default void gbVersion(AddressOfRecord aor, String version, Flow flow) {}

    /**
     * The address-of-record has no binding any more because someone asked for it.
     *
     * @param flow the flow of the REGISTER, or null when an operator removed the bindings
     */
    default void removed(AddressOfRecord aor, Flow flow) {}

    /**
     * The time of bindings is over.
     *
     * @param left what is left, maybe nothing
     */
    default void expired(AddressOfRecord aor, Bindings left) {}

    /**
     * A REGISTER was refused for a reason of its own, or the stack refused a message or a connection, whose ever they were: never for the want of credentials alone, which is how every registration begins.
     * Called before the answer is sent; whoever floods a registrar with wrong passwords makes it be called as often.
     *
     * @param aor of the To, as far as it was read: empty when the stack refused
     * @param reason a word for labels and people: {@code wrong}, {@code forbidden}
     * @param status the answer; 0 when there is none
     */
    default void refused(AddressOfRecord aor, String reason, int status, Flow flow) {}
}

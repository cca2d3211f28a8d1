/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

/** Hears of bindings that went without a REGISTER. Called on the thread that called the {@link LocationService}. */
public interface LocationListener {

    /** A listener that does nothing. */
    LocationListener NONE = new LocationListener() {};

    /**
     * The time of bindings is over.
     *
     * @param lapsed the bindings that went; Borrowed
     * @param left the bindings the address-of-record still has, maybe none; Borrowed
     */
    default void expired(Bindings lapsed, Bindings left) {}

    /**
     * An operator removed all bindings of an address-of-record.
     *
     * @param removed what went; Borrowed
     */
    default void removed(Bindings removed) {}
}

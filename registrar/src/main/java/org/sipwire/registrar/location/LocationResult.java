/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

/**
 * What became of a call to a {@link LocationService}.
 *
 * <p>Shared: an immutable constant.
 */
public enum LocationResult {
    /** The address-of-record had no binding and has at least one now. */
    REGISTERED,
    /** The address-of-record had bindings and has bindings, of which at least one was written. */
    REFRESHED,
    /** The address-of-record had bindings and has none now. */
    REMOVED,
    /** Nothing was to be written: a lookup, a repeated request, or the removal of what is not there. */
    UNCHANGED,
    /** The request is older than the binding it would change (RFC 3261 §10.3 step 7); nothing was written. */
    OUT_OF_ORDER,
    /** The address-of-record would get more bindings than are allowed; nothing was written. */
    TOO_MANY_CONTACTS,
    /** The store cannot take the write at present; the caller may try again later. */
    UNAVAILABLE;

    private static final LocationResult[] ALL = values();

    /** True when the call did what it was asked for. */
    public boolean isSuccess() {
        return ordinal() <= UNCHANGED.ordinal();
    }

    static LocationResult of(int ordinal) {
        return ALL[ordinal];
    }
}

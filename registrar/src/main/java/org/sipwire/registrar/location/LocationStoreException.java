/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

/** A store of bindings cannot be opened. The message says in one line which and why, for an operator to read. */
public final class LocationStoreException extends Exception {

    private static final long serialVersionUID = 1;

    /** A reason in one line. */
    public LocationStoreException(String message) {
        super(message);
    }

    /** A reason in one line, and where it came from. */
    public LocationStoreException(String message, Throwable cause) {
        super(message, cause);
    }
}

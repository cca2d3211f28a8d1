/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

/**
 * An option, a configuration entry or what one points at is not usable: the server says {@link #getMessage()}, one line, and
 * ends with status 2.
 */
final class BadOption extends Exception {
    private static final long serialVersionUID = 1;

    BadOption(String message) {
        super(message, null, false, false);
    }
}

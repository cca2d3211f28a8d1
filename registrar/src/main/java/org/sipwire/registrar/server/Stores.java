/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import org.sipwire.registrar.location.InMemoryLocationService;
import org.sipwire.registrar.location.LocationService;

/** Opens the location service that {@code --store} names. */
final class Stores {
    private static final String KNOWN = "memory";

    private Stores() {}

    /**
     * Opens it.
     *
     * @param sync whether an update completes only when it is on the disk
     * @throws BadOption when the store is unknown or does not open: the server then does not start with another
     */
    static LocationService open(String store, boolean sync) throws BadOption {
        if (store.equals("memory")) {
            return new InMemoryLocationService();
        }
        throw new BadOption("--store " + store + ": unknown store, one of " + KNOWN + " is needed");
    }
}

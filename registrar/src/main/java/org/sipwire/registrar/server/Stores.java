/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import java.nio.file.Path;
import org.sipwire.registrar.location.InMemoryLocationService;
import org.sipwire.registrar.location.LocationService;
import org.sipwire.registrar.location.LocationStoreException;
import org.sipwire.registrar.location.RedisLocationService;
import org.sipwire.registrar.location.RocksDbLocationService;

/** Opens the location service that {@code --store} names. */
final class Stores {
    private static final String KNOWN = "memory, rocksdb:DIR, redis://H:P (also rediss, redis-sentinel, redis-cluster)";

    private Stores() {}

    /** A store's name without the password that may be in it, for logs and errors. */
    static String shown(String store) {
        return store.replaceFirst("//[^@/]*@", "//***@");
    }

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
        try {
            if (store.startsWith("rocksdb:") && store.length() > "rocksdb:".length()) {
                return RocksDbLocationService.open(Path.of(store.substring("rocksdb:".length())), sync);
            }
            if (store.startsWith("redis")) {
                return RedisLocationService.open(store);
            }
        } catch (LocationStoreException e) {
            throw new BadOption("--store " + shown(store) + ": " + e.getMessage());
        }
        throw new BadOption("--store " + shown(store) + ": unknown store, one of " + KNOWN + " is needed");
    }
}

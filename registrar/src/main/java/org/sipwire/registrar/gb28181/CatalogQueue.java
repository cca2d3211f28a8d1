/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.ArrayDeque;

/**
 * The catalogue queries that the platform asks by itself: a window of them is in the air, the rest waits. Confined to one loop.
 *
 * <p>A storm of registrations thus becomes no storm of catalogues. A catalogue that did not come whole is asked for again, after a minute
 * at first and four times as long each time, as some devices have none to give.
 */
final class CatalogQueue {
    private static final long RETRY_MILLIS = 60_000;
    private static final int MAX_DOUBLINGS = 10;

    private final PlatformLoop loop;
    private final Gb28181Config config;
    private final ArrayDeque<Device> toAsk = new ArrayDeque<>();
    private int asking;
    private boolean filling;

    CatalogQueue(PlatformLoop loop, Gb28181Config config) {
        this.loop = loop;
        this.config = config;
    }

    /** Devices that wait for a place. */
    int waiting() {
        return toAsk.size();
    }

    /** Asks for the catalogue unless it is whole or was asked for too short a while ago. */
    void want(Device device) {
        long now = loop.now();
        if (config.catalogOnRegister()
                && device.catalogState() != CatalogState.COMPLETE
                && device.collector == null
                && device.catalogDueMillis <= now
                && device.isOnline()) {
            int doublings = Math.min(2 * device.catalogTries, MAX_DOUBLINGS);
            device.catalogTries = (byte) Math.min(device.catalogTries + 1, MAX_DOUBLINGS);
            device.catalogDueMillis = now + (RETRY_MILLIS << doublings);
            toAsk.add(device);
            next();
        }
    }

    private void next() {
        // Giving back a place comes here again: the outer call goes on.
        if (filling) {
            return;
        }
        filling = true;
        while (asking < config.timing().catalogWindow() && !toAsk.isEmpty()) {
            Device device = toAsk.poll();
            if (device.isOnline()) {
                asking++;
                Place place = new Place();
                Exchange exchange = loop.catalog(device, "", "", place);
                if (exchange != null) {
                    exchange.place = place;
                    exchange.placeUntilMillis = loop.now() + config.timing().idleSeconds() * 1000L;
                }
            }
        }
        filling = false;
    }

    /**
     * A place in the window. It is given back when the answer ends in any way, or earlier when nothing was heard for a while: a device
     * that takes the query and is silent then keeps nobody waiting.
     */
    final class Place implements Answer {
        private boolean held = true;

        @Override
        public void onDone(Outcome outcome) {
            free();
        }

        void free() {
            if (held) {
                held = false;
                asking--;
                next();
            }
        }
    }
}

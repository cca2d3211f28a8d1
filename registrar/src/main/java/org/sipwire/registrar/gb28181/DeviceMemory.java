/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.concurrent.Executor;
import org.sipwire.registrar.AddressOfRecord;
import org.sipwire.registrar.location.Bindings;
import org.sipwire.registrar.location.LocationResult;
import org.sipwire.registrar.location.LocationService;
import org.sipwire.transport.Transport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the devices back from the location service when a platform starts, so that a restart is no storm of registrations: a device that
 * goes on with its keep-alives, as if nothing had happened, is answered and asked as before.
 *
 * <pre>
 *   over UDP           online on trust for one time-out of its keep-alive; asked at the address it had
 *   over a connection  registered and offline: the connection went with the process
 *   its time is over   not there: the location service does not show it
 * </pre>
 *
 * <p>Bindings of another node of a fleet are left to that node. Used by one thread at a time: the starting one, or a loop of a store that
 * answers later.
 */
final class DeviceMemory implements LocationService.PageRequest {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceMemory.class);
    private static final int PAGE = 1024;
    private static final Transport[] TRANSPORTS = Transport.values();

    private final Gb28181Platform platform;
    private final LocationService locations;
    private final Executor loop;
    private final AddressOfRecord aor = new AddressOfRecord();
    private byte[] last = {};
    private int entries;
    private int devices;
    private boolean paging;
    private boolean again;

    DeviceMemory(Gb28181Platform platform, LocationService locations, Executor loop) {
        this.platform = platform;
        this.locations = locations;
        this.loop = loop;
    }

    /** Begins; done when this returns if the service answers from memory. */
    void recall() {
        // A service in memory ends each page inside the call: a loop then, not a recursion as deep as there are pages.
        again = true;
        if (!paging) {
            paging = true;
            while (again) {
                again = false;
                entries = 0;
                locations.page(last, 0, last.length, this);
            }
            paging = false;
        }
    }

    @Override
    public int limit() {
        return PAGE;
    }

    @Override
    public Executor loop() {
        return loop;
    }

    @Override
    public void entry(Bindings bindings) {
        entries++;
        last = java.util.Arrays.copyOfRange(
                bindings.array(), bindings.aorOffset(), bindings.aorOffset() + bindings.aorLength());
        if (latest(bindings)) {
            aor.wrap(last, 0, last.length);
            Transport transport = TRANSPORTS[bindings.transport()];
            if (platform.restore(aor, bindings, transport)) {
                devices++;
            }
        }
    }

    /** Goes to the binding that was registered last, as its end tells; false when it is another node's or there is none. */
    private static boolean latest(Bindings bindings) {
        long end = Long.MIN_VALUE;
        int at = -1;
        bindings.rewind();
        for (int i = 0; bindings.next(); i++) {
            if (bindings.node() == 0 && bindings.expiresAtSeconds() >= end) {
                end = bindings.expiresAtSeconds();
                at = i;
            }
        }
        bindings.rewind();
        for (int i = 0; i <= at; i++) {
            bindings.next();
        }
        return at >= 0;
    }

    @Override
    public void end(LocationResult result, boolean more) {
        if (result == LocationResult.UNAVAILABLE) {
            LOG.warn("The location service does not answer: {} devices were read back", devices);
        } else if (more && entries > 0) {
            recall();
        } else if (devices > 0) {
            LOG.info("{} devices were registered before and are expected back", devices);
        }
    }
}

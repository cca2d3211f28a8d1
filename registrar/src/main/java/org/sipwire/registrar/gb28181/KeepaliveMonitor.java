/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.function.Consumer;

/**
 * Finds the devices that have gone silent. Confined to one loop, the home of its devices.
 *
 * <p>A keep-alive does not come here: it stores the time in its device. A device lies in the slot of the second in which it would be
 * too late by what was known when it was put there; when that second comes, it is either silent indeed or is put into a later slot. So
 * each device is looked at once a time-out, not once a keep-alive or once a second, and nothing is allocated. 100,000 devices of 180 s are
 * some 560 looks a second.
 *
 * <pre>
 *   second   ... 1000 | 1001 | 1002 | ... | 1180 ...          slots go round; a slot is a list through Device.nextInSlot
 *                        |                    ^
 *                        +-- seen at 1000.4 --+               put there once, however many keep-alives came
 * </pre>
 *
 * <p>A loop that was stalled, or a machine that slept, has keep-alives waiting in its sockets: what seems silent then gets as long as
 * the stall was before it is judged.
 */
final class KeepaliveMonitor {
    private static final int SLOTS = 4096;
    private static final int MASK = SLOTS - 1;
    private static final long STALL_MILLIS = 2_000;
    private static final long MAX_GRACE_MILLIS = 120_000;

    private final Device[] slots = new Device[SLOTS];
    private final Consumer<Device> seen;
    private long second = Long.MIN_VALUE;
    private long lastTickMillis;
    private long graceUntilMillis;

    /** A monitor that finds the silent. */
    KeepaliveMonitor() {
        this(device -> {});
    }

    /**
     * A monitor that also shows those that live.
     *
     * @param seen told of each device that is looked at and lives: once a time-out or so
     */
    KeepaliveMonitor(Consumer<Device> seen) {
        this.seen = seen;
    }

    /** Watches an online device. Does nothing when it is watched already. */
    void watch(Device device) {
        if (!device.inWheel) {
            put(device, device.deadlineMillis());
        }
    }

    private void put(Device device, long atMillis) {
        long slot = Math.max(atMillis / 1000 + 1, second == Long.MIN_VALUE ? 0 : second + 1);
        if (second != Long.MIN_VALUE) {
            slot = Math.min(slot, second + SLOTS - 1);
        }
        int index = (int) slot & MASK;
        device.nextInSlot = slots[index];
        slots[index] = device;
        device.inWheel = true;
    }

    /**
     * Moves on to the time given.
     *
     * @param silent told of each online device that is too late
     * @return devices that were looked at
     */
    int tick(long nowMillis, Consumer<Device> silent) {
        long now = nowMillis / 1000;
        if (second == Long.MIN_VALUE) {
            second = now - 1;
            lastTickMillis = nowMillis;
        }
        long gap = nowMillis - lastTickMillis;
        if (gap > STALL_MILLIS) {
            graceUntilMillis = nowMillis + Math.min(gap, MAX_GRACE_MILLIS);
        }
        lastTickMillis = nowMillis;
        int looked = 0;
        long first = Math.max(second + 1, now - SLOTS + 1);
        for (long s = first; s <= now; s++) {
            second = s;
            Device device = slots[(int) s & MASK];
            slots[(int) s & MASK] = null;
            while (device != null) {
                Device next = device.nextInSlot;
                device.nextInSlot = null;
                device.inWheel = false;
                looked++;
                judge(device, nowMillis, silent);
                device = next;
            }
        }
        return looked;
    }

    private void judge(Device device, long nowMillis, Consumer<Device> silent) {
        if (!device.isOnline()) {
            return;
        }
        long deadline = device.deadlineMillis();
        if (deadline > nowMillis) {
            put(device, deadline);
            seen.accept(device);
        } else if (nowMillis < graceUntilMillis) {
            put(device, graceUntilMillis);
        } else {
            silent.accept(device);
        }
    }
}

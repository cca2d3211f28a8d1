/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.sipwire.codec.manscdp.CatalogItem;

/**
 * The devices of a platform. Everything public may be called on any thread: it gives immutable snapshots.
 *
 * <p>Only a registration that the registrar has authenticated makes an entry, so strangers cannot fill it.
 */
public final class DeviceRegistry {
    private final ConcurrentHashMap<DeviceId, Device> byId = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Long, Device> byFlow = new ConcurrentHashMap<>();
    private final LongAdder online = new LongAdder();

    DeviceRegistry() {}

    /** The device of that ID as it is now, or null. */
    public DeviceSnapshot find(String id) {
        Device device = byId.get(DeviceId.of(id));
        return device == null ? null : device.snapshot();
    }

    /** The entries of a device's catalogue as last published, in the order they first came; null when there is no such device. */
    public List<CatalogItem> catalog(String id) {
        Device device = byId.get(DeviceId.of(id));
        return device == null ? null : device.items();
    }

    /**
     * Devices in the order of their IDs: for an operator's page, not for a loop. Looks at every ID once.
     *
     * @param after only those behind this ID; null or empty to begin
     * @param limit at most so many
     */
    public List<DeviceSnapshot> page(String after, int limit) {
        String from = after == null ? "" : after;
        PriorityQueue<String> lowest = new PriorityQueue<>(Comparator.reverseOrder());
        for (DeviceId key : byId.keySet()) {
            String id = key.toString();
            if (id.compareTo(from) > 0) {
                lowest.add(id);
                if (lowest.size() > limit) {
                    lowest.remove();
                }
            }
        }
        List<String> ids = new ArrayList<>(lowest);
        ids.sort(null);
        List<DeviceSnapshot> page = new ArrayList<>(ids.size());
        for (String id : ids) {
            Device device = byId.get(DeviceId.of(id));
            if (device != null) {
                page.add(device.snapshot());
            }
        }
        return page;
    }

    /** Devices known, whether they live or not. */
    public int size() {
        return byId.size();
    }

    /** Devices that live. */
    public long onlineCount() {
        return online.sum();
    }

    Device get(DeviceId id) {
        return byId.get(id);
    }

    /** The device that registered last over that flow, or null. */
    Device onFlow(long flowId) {
        return byFlow.get(flowId);
    }

    /** Forgets a flow that is lost and gives all devices that were on it: those of one recorder or gateway share its connection. */
    List<Device> lost(long flowId) {
        List<Device> devices = new ArrayList<>(1);
        byFlow.computeIfPresent(flowId, (id, first) -> {
            for (Device device = first; device != null; ) {
                devices.add(device);
                Device next = device.nextOnFlow;
                device.nextOnFlow = null;
                device = next;
            }
            return null;
        });
        return devices;
    }

    /** Lists are changed under the map's lock of their key, which publishes {@link Device#nextOnFlow} too. */
    private void link(Device device) {
        byFlow.compute(device.flow().id(), (id, first) -> {
            device.nextOnFlow = first;
            return device;
        });
    }

    private void unlink(Device device, long flowId) {
        byFlow.computeIfPresent(flowId, (id, first) -> {
            Device rest = device.nextOnFlow;
            if (first == device) {
                device.nextOnFlow = null;
                return rest;
            }
            for (Device before = first; before.nextOnFlow != null; before = before.nextOnFlow) {
                if (before.nextOnFlow == device) {
                    before.nextOnFlow = rest;
                    device.nextOnFlow = null;
                    break;
                }
            }
            return first;
        });
    }

    /** Adds a device, or gives the one that another loop has added meanwhile. */
    Device add(Device device) {
        Device other = byId.putIfAbsent(device.id(), device);
        if (other == null) {
            link(device);
            return device;
        }
        return other;
    }

    /** The device is reached by its new flow from now on. */
    void moved(Device device, long oldFlowId) {
        unlink(device, oldFlowId);
        link(device);
    }

    void forget(Device device) {
        unlink(device, device.flow().id());
        byId.remove(device.id(), device);
    }

    /** Shows those that are not registered and were last heard before that time. */
    void unregisteredSince(long millis, Consumer<Device> found) {
        for (Device device : byId.values()) {
            if (!device.isRegistered() && device.lastSeenMillis() < millis) {
                found.accept(device);
            }
        }
    }

    void countOnline(int change) {
        online.add(change);
    }
}

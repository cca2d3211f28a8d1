/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sipwire.codec.manscdp.CatalogField;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.codec.manscdp.Manscdp;

/**
 * Puts a catalogue together from its parts and publishes it. Confined to the device's home loop; there is one as long as parts come in.
 *
 * <p>Parts come one to four items at a time, in any order, some twice. SumNum is a hint: a list is complete when as many <em>different</em>
 * items have come as it says, or partial when none came for a while. Only a complete answer may take items away; a partial one, an unasked
 * Response (some devices tell changes so) and a notification add and change. What comes twice is known by its DeviceID, never by its SN,
 * which devices use again.
 */
final class CatalogCollector {
    /** Items kept of one device: {@value}, as many as the standard lets one list have ten times over. */
    static final int MAX_ITEMS = 100_000;

    private static final int MAX_CHANGES = 1_000;

    private final Device device;
    private final Map<String, CatalogItem> items = new LinkedHashMap<>();
    private final boolean asked;
    private final List<Manscdp.Catalog> meanwhile = new ArrayList<>();
    private int expected = -1;
    private long quietAtMillis;

    /** Begins an answer to a query, or, unasked, a change of what is published. */
    CatalogCollector(Device device, boolean asked) {
        this.device = device;
        this.asked = asked;
    }

    boolean isAsked() {
        return asked;
    }

    int size() {
        return items.size();
    }

    /** Items announced; -1 when nothing has come yet. */
    int expected() {
        return expected;
    }

    long quietAtMillis() {
        return quietAtMillis;
    }

    /** Adds a part. */
    void add(Manscdp.Catalog part, long quietAt) {
        expected = Math.max(expected, part.sumNum());
        quietAtMillis = quietAt;
        for (CatalogItem item : part.items()) {
            if (items.size() < MAX_ITEMS || items.containsKey(item.deviceId())) {
                items.put(item.deviceId(), item);
            }
        }
    }

    /** A change that the device told while its catalogue comes in: it holds after the catalogue, whose parts may be older. */
    void meanwhile(Manscdp.Catalog notification) {
        if (meanwhile.size() < MAX_CHANGES) {
            meanwhile.add(notification);
        }
    }

    boolean isComplete() {
        return expected >= 0 && items.size() >= expected;
    }

    /** Publishes what has come. */
    void publish() {
        boolean whole = asked && isComplete();
        if (whole) {
            device.publish(items.values().toArray(CatalogItem[]::new));
        } else {
            device.publish(merge(device.catalog(), items));
        }
        meanwhile.forEach(change -> apply(device, change));
        if (whole) {
            device.catalogState(CatalogState.COMPLETE);
        } else if (asked || device.catalogState() == CatalogState.NONE) {
            device.catalogState(CatalogState.PARTIAL);
        }
    }

    private static CatalogItem[] merge(CatalogItem[] old, Map<String, CatalogItem> changes) {
        Map<String, CatalogItem> all = new LinkedHashMap<>(2 * (old.length + changes.size()));
        for (CatalogItem item : old) {
            all.put(item.deviceId(), item);
        }
        all.putAll(changes);
        return all.values().toArray(CatalogItem[]::new);
    }

    /**
     * Applies a notification: ADD and UPDATE carry the item, DEL takes it away, ON, OFF, VLOST and DEFECT change its Status. An event about
     * an item that is not known is an addition when it carries more than the event.
     */
    static void apply(Device device, Manscdp.Catalog notification) {
        Map<String, CatalogItem> all = new LinkedHashMap<>();
        for (CatalogItem item : device.catalog()) {
            all.put(item.deviceId(), item);
        }
        for (CatalogItem item : notification.items()) {
            String id = item.deviceId();
            CatalogItem old = all.get(id);
            Map<CatalogField, String> fields = item.fields();
            String event = fields.getOrDefault(CatalogField.EVENT, "UPDATE").toUpperCase(java.util.Locale.ROOT);
            fields.remove(CatalogField.EVENT);
            switch (event) {
                case "DEL" -> all.remove(id);
                case "ADD", "UPDATE" -> all.put(id, old == null ? CatalogItem.of(fields) : old.with(fields));
                default -> {
                    fields.put(CatalogField.STATUS, event.equals("ON") ? "ON" : event);
                    if (old != null || fields.containsKey(CatalogField.NAME)) {
                        all.put(id, old == null ? CatalogItem.of(fields) : old.with(fields));
                    }
                }
            }
        }
        device.publish(all.values().toArray(CatalogItem[]::new));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * One entry of a catalogue: a channel, a group, an administrative region.
 *
 * <p>A platform keeps hundreds of thousands of them, so an item is one array of bytes and no tree of Strings: for each
 * field that is there, in the order of {@link CatalogField}, its number, the length of its text in two octets, and the
 * text in UTF-8. The captured items of 14 fields take 130 to 200 octets so. Reading a field makes a String; that is for
 * people and HTTP, not for the signalling path.
 *
 * <p>Shared.
 */
public final class CatalogItem {
    /** Octets that a field takes beside its text. */
    static final int FIELD_OVERHEAD = 3;

    private final byte[] packed;

    private CatalogItem(byte[] packed) {
        this.packed = packed;
    }

    /** An item that takes ownership of well-formed packed bytes. */
    static CatalogItem wrap(byte[] packed) {
        return new CatalogItem(packed);
    }

    /** An item of these fields; empty values are left out, each text is cut at 65,535 octets. */
    public static CatalogItem of(Map<CatalogField, String> fields) {
        EnumMap<CatalogField, byte[]> texts = new EnumMap<>(CatalogField.class);
        int size = 0;
        for (Map.Entry<CatalogField, String> field : fields.entrySet()) {
            byte[] text = field.getValue().getBytes(StandardCharsets.UTF_8);
            if (text.length > 0 && text.length <= 0xffff) {
                texts.put(field.getKey(), text);
                size += FIELD_OVERHEAD + text.length;
            }
        }
        byte[] packed = new byte[size];
        int at = 0;
        for (Map.Entry<CatalogField, byte[]> field : texts.entrySet()) {
            byte[] text = field.getValue();
            packed[at++] = (byte) field.getKey().ordinal();
            packed[at++] = (byte) (text.length >>> 8);
            packed[at++] = (byte) text.length;
            System.arraycopy(text, 0, packed, at, text.length);
            at += text.length;
        }
        return new CatalogItem(packed);
    }

    /** A channel as a device announces its own: the fields that the standard stars. */
    public static CatalogItem channel(String deviceId, String name, String parentId) {
        EnumMap<CatalogField, String> fields = new EnumMap<>(CatalogField.class);
        fields.put(CatalogField.DEVICE_ID, deviceId);
        fields.put(CatalogField.NAME, name);
        fields.put(CatalogField.MANUFACTURER, "Sipwire");
        fields.put(CatalogField.MODEL, "Camera");
        fields.put(CatalogField.OWNER, "Owner");
        fields.put(CatalogField.CIVIL_CODE, deviceId.substring(0, Math.min(6, deviceId.length())));
        fields.put(CatalogField.ADDRESS, "Address");
        fields.put(CatalogField.PARENTAL, "0");
        fields.put(CatalogField.PARENT_ID, parentId);
        fields.put(CatalogField.REGISTER_WAY, "1");
        fields.put(CatalogField.SECRECY, "0");
        fields.put(CatalogField.STATUS, "ON");
        return of(fields);
    }

    /** The field's text; empty when it is absent or was empty. */
    public String get(CatalogField field) {
        int at = find(field);
        return at < 0 ? "" : new String(packed, at + FIELD_OVERHEAD, length(at), StandardCharsets.UTF_8);
    }

    public boolean has(CatalogField field) {
        return find(field) >= 0;
    }

    public String deviceId() {
        return get(CatalogField.DEVICE_ID);
    }

    public String name() {
        return get(CatalogField.NAME);
    }

    public String parentId() {
        return get(CatalogField.PARENT_ID);
    }

    /**
     * Whether it works. ON, OK and ONLINE say so in any case; an empty or missing Status is taken for ON, as equipment
     * leaves it out.
     */
    public boolean isOn() {
        return switch (get(CatalogField.STATUS).toUpperCase(Locale.ROOT)) {
            case "OFF", "OFFLINE", "ERROR", "DEFECT", "VLOST" -> false;
            default -> true;
        };
    }

    /** This item with other values for some fields; an empty value takes the field away. */
    public CatalogItem with(Map<CatalogField, String> changes) {
        Map<CatalogField, String> fields = fields();
        fields.putAll(changes);
        return of(fields);
    }

    /** All fields that are there, in order; a fresh map. */
    public Map<CatalogField, String> fields() {
        EnumMap<CatalogField, String> fields = new EnumMap<>(CatalogField.class);
        for (int at = 0; at < packed.length; at += FIELD_OVERHEAD + length(at)) {
            fields.put(
                    CatalogField.VALUES[packed[at]],
                    new String(packed, at + FIELD_OVERHEAD, length(at), StandardCharsets.UTF_8));
        }
        return fields;
    }

    /** Octets of the packed form: what the item costs beside two object headers. */
    public int packedLength() {
        return packed.length;
    }

    /** Whether both have the same DeviceID; makes no String. */
    public boolean isSameDevice(CatalogItem other) {
        int mine = find(CatalogField.DEVICE_ID);
        int its = other.find(CatalogField.DEVICE_ID);
        if (mine < 0 || its < 0) {
            return mine == its;
        }
        return Arrays.equals(
                packed,
                mine,
                mine + FIELD_OVERHEAD + length(mine),
                other.packed,
                its,
                its + FIELD_OVERHEAD + other.length(its));
    }

    private int find(CatalogField field) {
        int wanted = field.ordinal();
        for (int at = 0; at < packed.length; at += FIELD_OVERHEAD + length(at)) {
            if (packed[at] >= wanted) {
                return packed[at] == wanted ? at : -1;
            }
        }
        return -1;
    }

    private int length(int at) {
        return (packed[at + 1] & 0xff) << 8 | (packed[at + 2] & 0xff);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CatalogItem that && Arrays.equals(packed, that.packed);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(packed);
    }

    /** The fields without the Password. */
    @Override
    public String toString() {
        Map<CatalogField, String> fields = fields();
        fields.remove(CatalogField.PASSWORD);
        return fields.toString();
    }
}

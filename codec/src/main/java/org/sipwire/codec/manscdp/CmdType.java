/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import java.nio.charset.StandardCharsets;

/**
 * The commands of GB/T 28181-2016 Annex A and, marked so, of the 2022 edition. Found from bytes without allocation:
 * by a perfect hash of the length and three letters that is checked when the class loads. Shared.
 */
public enum CmdType {
    KEEPALIVE("Keepalive"),
    ALARM("Alarm"),
    MEDIA_STATUS("MediaStatus"),
    BROADCAST("Broadcast"),
    MOBILE_POSITION("MobilePosition"),
    CATALOG("Catalog"),
    DEVICE_INFO("DeviceInfo"),
    DEVICE_STATUS("DeviceStatus"),
    RECORD_INFO("RecordInfo"),
    CONFIG_DOWNLOAD("ConfigDownload"),
    PRESET_QUERY("PresetQuery"),
    DEVICE_CONTROL("DeviceControl"),
    DEVICE_CONFIG("DeviceConfig"),
    /** 2022. */
    HOME_POSITION_QUERY("HomePositionQuery"),
    /** 2022. */
    CRUISE_TRACK_LIST_QUERY("CruiseTrackListQuery"),
    /** 2022. */
    CRUISE_TRACK_QUERY("CruiseTrackQuery"),
    /** 2022. */
    PTZ_POSITION("PTZPosition"),
    /** 2022. */
    SD_CARD_STATUS("SDCardStatus"),
    /** 2022. */
    UPLOAD_SNAP_SHOT_FINISHED("UploadSnapShotFinished"),
    /** 2022. */
    VIDEO_UPLOAD_NOTIFY("VideoUploadNotify"),
    /** 2022. */
    DEVICE_UPGRADE_RESULT("DeviceUpgradeResult"),
    /** Any other name: a vendor's, or a later edition's. */
    UNKNOWN("");

    private static final CmdType[] TABLE = new CmdType[128];

    static {
        for (CmdType type : values()) {
            int slot = type == UNKNOWN ? -1 : hash(type.bytes, 0, type.bytes.length);
            if (slot >= 0) {
                if (TABLE[slot] != null) {
                    throw new AssertionError(type + " and " + TABLE[slot] + " share slot " + slot);
                }
                TABLE[slot] = type;
            }
        }
    }

    private final String element;
    private final byte[] bytes;

    CmdType(String element) {
        this.element = element;
        this.bytes = element.getBytes(StandardCharsets.US_ASCII);
    }

    /** The name as it stands in the CmdType element; empty for {@link #UNKNOWN}. */
    public String element() {
        return element;
    }

    /** The type of that exact name, or {@link #UNKNOWN}. Allocates nothing. */
    public static CmdType find(byte[] name, int offset, int length) {
        if (length < 5) {
            return UNKNOWN;
        }
        CmdType type = TABLE[hash(name, offset, length)];
        return type != null && type.bytes.length == length && matches(type.bytes, name, offset) ? type : UNKNOWN;
    }

    /** The type of that exact name, or {@link #UNKNOWN}. */
    public static CmdType find(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        return find(bytes, 0, bytes.length);
    }

    static boolean matches(byte[] expected, byte[] actual, int offset) {
        for (int i = 0; i < expected.length; i++) {
            if (actual[offset + i] != expected[i]) {
                return false;
            }
        }
        return true;
    }

    private static int hash(byte[] name, int offset, int length) {
        return (length + name[offset] + name[offset + 4] + 3 * name[offset + length - 3]) & 127;
    }
}

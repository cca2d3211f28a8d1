/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes the record of a body out of its elements. One thread; the records are Shared. */
final class RecordBuilder {
    private static final int ROOT = 0;
    private static final String[] HEAD = {"CmdType", "SN", "DeviceID"};

    private final ElementTable table;
    private final ManscdpLimits limits;
    private final int[] fieldElements = new int[CatalogField.VALUES.length];
    private byte[] packed = new byte[1024];
    private long sn;
    private String deviceId = "";

    RecordBuilder(ElementTable table, ManscdpLimits limits) {
        this.table = table;
        this.limits = limits;
    }

    static Manscdp unreadable(ManscdpError error) {
        return new Manscdp.Unreadable(error, ManscdpRoot.NOTIFY, CmdType.UNKNOWN, -1, "");
    }

    Manscdp build() {
        ManscdpRoot root = ManscdpRoot.find(table.name(ROOT));
        if (root == null) {
            return unreadable(ManscdpError.NOT_MANSCDP);
        }
        String command = table.text(ROOT, "CmdType");
        sn = table.number(ROOT, "SN");
        deviceId = table.text(ROOT, "DeviceID");
        if (command.isEmpty()) {
            return new Manscdp.Unreadable(ManscdpError.NO_COMMAND, root, CmdType.UNKNOWN, sn, deviceId);
        }
        CmdType type = CmdType.find(command);
        Manscdp known = type == CmdType.UNKNOWN
                ? null
                : switch (root) {
                    case NOTIFY -> notification(type);
                    case RESPONSE -> response(type);
                    case QUERY -> new Manscdp.Query(type, sn, deviceId, table.leaves(ROOT, HEAD));
                    case CONTROL -> control(type);
                };
        return known == null ? new Manscdp.Other(root, command, sn, deviceId, table.leaves(ROOT, HEAD)) : known;
    }

    private Manscdp notification(CmdType type) {
        return switch (type) {
            case KEEPALIVE -> new Manscdp.Keepalive(sn, deviceId, table.text(ROOT, "Status"), faulty());
            case ALARM -> alarm();
            case MEDIA_STATUS -> new Manscdp.MediaStatus(sn, deviceId, table.integer(ROOT, "NotifyType"));
            case BROADCAST -> new Manscdp.Broadcast(sn, table.text(ROOT, "SourceID"), table.text(ROOT, "TargetID"));
            case MOBILE_POSITION -> positions();
            case CATALOG -> catalog(ManscdpRoot.NOTIFY);
            default -> null;
        };
    }

    private Manscdp response(CmdType type) {
        boolean onlyResult = table.child(ROOT, "Result") >= 0 && table.child(ROOT, "SumNum") < 0;
        return switch (type) {
            case CATALOG ->
                onlyResult && table.child(ROOT, "DeviceList") < 0 ? result(type) : catalog(ManscdpRoot.RESPONSE);
            case DEVICE_INFO ->
                new Manscdp.DeviceInfo(
                        sn,
                        deviceId,
                        table.text(ROOT, "Result"),
                        table.text(ROOT, "DeviceName"),
                        table.text(ROOT, "Manufacturer"),
                        table.text(ROOT, "Model"),
                        table.text(ROOT, "Firmware"),
                        table.integer(ROOT, "Channel"));
            case DEVICE_STATUS -> deviceStatus();
            case RECORD_INFO -> onlyResult && table.child(ROOT, "RecordList") < 0 ? result(type) : recordings();
            case CONFIG_DOWNLOAD -> new Manscdp.ConfigDownload(sn, deviceId, table.text(ROOT, "Result"), blocks());
            case PRESET_QUERY -> onlyResult && table.child(ROOT, "PresetList") < 0 ? result(type) : presets();
            case ALARM, BROADCAST, DEVICE_CONTROL, DEVICE_CONFIG, MOBILE_POSITION -> result(type);
            default -> null;
        };
    }

    private Manscdp control(CmdType type) {
        return switch (type) {
            case DEVICE_CONTROL -> deviceControl();
            case DEVICE_CONFIG -> new Manscdp.DeviceConfig(sn, deviceId, blocks());
            default -> null;
        };
    }

    private Manscdp result(CmdType type) {
        return new Manscdp.Result(type, sn, deviceId, table.text(ROOT, "Result"));
    }

    private List<String> faulty() {
        int info = table.child(ROOT, "Info");
        if (info < 0 || table.isLeaf(info)) {
            return List.of();
        }
        List<String> ids = new ArrayList<>();
        for (int i = info + 1; i < table.next(info); i = table.next(i)) {
            if (table.name(i).equals("DeviceID")) {
                ids.add(table.text(i));
            }
        }
        return ids;
    }

    private Manscdp alarm() {
        int info = table.child(ROOT, "Info");
        int within = info < 0 ? ROOT : info;
        int parameters = table.child(within, "AlarmTypeParam");
        return new Manscdp.Alarm(
                sn,
                deviceId,
                table.integer(ROOT, "AlarmPriority"),
                table.integer(ROOT, "AlarmMethod"),
                table.text(ROOT, "AlarmTime"),
                table.text(ROOT, "AlarmDescription"),
                table.decimal(ROOT, "Longitude"),
                table.decimal(ROOT, "Latitude"),
                table.integer(within, "AlarmType"),
                parameters < 0 ? -1 : table.integer(parameters, "EventType"));
    }

    private Manscdp positions() {
        List<Manscdp.Position> positions = new ArrayList<>();
        if (table.child(ROOT, "Longitude") >= 0) {
            positions.add(position(ROOT, "Time"));
        }
        int list = table.child(ROOT, "DeviceList");
        if (list >= 0) {
            for (int i = list + 1; i < table.next(list); i = table.next(i)) {
                if (table.name(i).equals("Item")) {
                    positions.add(position(i, "CaptureTime"));
                }
            }
        }
        return new Manscdp.MobilePosition(sn, deviceId, positions);
    }

    private Manscdp.Position position(int parent, String timeElement) {
        return new Manscdp.Position(
                table.text(parent, "DeviceID"),
                table.text(parent, timeElement),
                table.decimal(parent, "Longitude"),
                table.decimal(parent, "Latitude"),
                table.decimal(parent, "Speed"),
                table.decimal(parent, "Direction"),
                table.decimal(parent, "Altitude"));
    }

    private Manscdp deviceStatus() {
        List<Manscdp.AlarmState> alarms = new ArrayList<>();
        int list = table.child(ROOT, "Alarmstatus");
        if (list >= 0) {
            for (int i = list + 1; i < table.next(list); i = table.next(i)) {
                alarms.add(new Manscdp.AlarmState(table.text(i, "DeviceID"), table.text(i, "DutyStatus")));
            }
        }
        return new Manscdp.DeviceStatus(
                sn,
                deviceId,
                table.text(ROOT, "Result"),
                table.text(ROOT, "Online"),
                table.text(ROOT, "Status"),
                table.text(ROOT, "Reason"),
                table.text(ROOT, "Encode"),
                table.text(ROOT, "Record"),
                table.text(ROOT, "DeviceTime"),
                alarms);
    }

    private Manscdp recordings() {
        List<Manscdp.Recording> recordings = new ArrayList<>();
        int list = table.child(ROOT, "RecordList");
        if (list >= 0) {
            for (int i = list + 1; i < table.next(list); i = table.next(i)) {
                if (!table.name(i).equals("Item")) {
                    continue;
                }
                if (recordings.size() == limits.maxItems()) {
                    return tooMany(CmdType.RECORD_INFO);
                }
                recordings.add(new Manscdp.Recording(
                        table.text(i, "DeviceID"),
                        table.text(i, "Name"),
                        table.text(i, "FilePath"),
                        table.text(i, "Address"),
                        table.text(i, "StartTime"),
                        table.text(i, "EndTime"),
                        table.integer(i, "Secrecy"),
                        table.text(i, "Type"),
                        table.text(i, "RecorderID"),
                        table.number(i, "FileSize")));
            }
        }
        return new Manscdp.RecordInfo(
                sn, deviceId, table.text(ROOT, "Name"), table.integer(ROOT, "SumNum"), recordings);
    }

    private Manscdp presets() {
        List<Manscdp.Preset> presets = new ArrayList<>();
        int list = table.child(ROOT, "PresetList");
        if (list >= 0) {
            for (int i = list + 1; i < table.next(list); i = table.next(i)) {
                presets.add(new Manscdp.Preset(table.text(i, "PresetID"), table.text(i, "PresetName")));
            }
        }
        return new Manscdp.PresetList(sn, deviceId, presets);
    }

    private Map<String, Map<String, String>> blocks() {
        Map<String, Map<String, String>> blocks = new LinkedHashMap<>();
        for (int i = ROOT + 1; i < table.next(ROOT); i = table.next(i)) {
            if (!table.isLeaf(i)) {
                blocks.put(table.name(i), table.leaves(i));
            }
        }
        return blocks;
    }

    private Manscdp deviceControl() {
        int command = -1;
        ControlCommand known = ControlCommand.UNKNOWN;
        for (int i = ROOT + 1; i < table.next(ROOT) && known == ControlCommand.UNKNOWN; i = table.next(i)) {
            known = ControlCommand.find(table.name(i));
            command = i;
        }
        if (known == ControlCommand.UNKNOWN) {
            return null;
        }
        Map<String, String> parameters = table.isLeaf(command) ? new LinkedHashMap<>() : table.leaves(command);
        int priority = table.integer(ROOT, "ControlPriority");
        for (String info : new String[] {"Info", "ExtraInfo"}) {
            int element = table.child(ROOT, info);
            if (element >= 0 && !table.isLeaf(element)) {
                parameters.putAll(table.leaves(element, "ControlPriority"));
                priority = Math.max(priority, table.integer(element, "ControlPriority"));
            }
        }
        return new Manscdp.DeviceControl(sn, deviceId, known, table.text(command), parameters, priority);
    }

    private Manscdp catalog(ManscdpRoot root) {
        List<CatalogItem> items = new ArrayList<>();
        for (int list = ROOT + 1; list < table.next(ROOT); list = table.next(list)) {
            if (!table.name(list).equals("DeviceList")) {
                continue;
            }
            for (int i = list + 1; i < table.next(list); i = table.next(i)) {
                if (table.name(i).equals("Item")) {
                    if (items.size() == limits.maxItems()) {
                        return tooMany(CmdType.CATALOG);
                    }
                    addItem(i, items);
                }
            }
        }
        return new Manscdp.Catalog(root, sn, deviceId, table.integer(ROOT, "SumNum"), items);
    }

    /** Packs an item; one without a DeviceID is none, for nothing could ever be said of it again. */
    private void addItem(int item, List<CatalogItem> items) {
        Arrays.fill(fieldElements, -1);
        int most = 0;
        for (int i = item + 1; i < table.next(item); i++) {
            CatalogField field = CatalogField.find(table.name(i));
            if (field != null && fieldElements[field.ordinal()] < 0 && table.textLength(i) > 0) {
                fieldElements[field.ordinal()] = i;
                most += CatalogItem.FIELD_OVERHEAD + 3 * table.textLength(i);
            }
        }
        if (fieldElements[CatalogField.DEVICE_ID.ordinal()] < 0) {
            return;
        }
        if (packed.length < most) {
            packed = new byte[most];
        }
        int at = 0;
        for (int field = 0; field < fieldElements.length; field++) {
            if (fieldElements[field] >= 0) {
                int end = table.writeUtf8(fieldElements[field], packed, at + CatalogItem.FIELD_OVERHEAD);
                int length = end - at - CatalogItem.FIELD_OVERHEAD;
                if (length <= 0xffff) {
                    packed[at] = (byte) field;
                    packed[at + 1] = (byte) (length >>> 8);
                    packed[at + 2] = (byte) length;
                    at = end;
                }
            }
        }
        items.add(CatalogItem.wrap(Arrays.copyOf(packed, at)));
    }

    private Manscdp tooMany(CmdType type) {
        return new Manscdp.Unreadable(ManscdpError.TOO_MANY, ManscdpRoot.RESPONSE, type, sn, deviceId);
    }
}

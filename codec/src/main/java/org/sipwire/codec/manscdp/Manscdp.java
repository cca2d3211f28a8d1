/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import java.util.List;
import java.util.Map;

/**
 * One MANSCDP body. A record for each command of GB/T 28181-2016 Annex A; what later editions and vendors add comes as
 * {@link Other}, and what cannot be read as {@link Unreadable}, so that a bad body is a value and not an exception.
 *
 * <p>Absent text is empty, an absent number -1, an absent coordinate NaN: equipment leaves out what the standard demands
 * and writes empty elements for the rest, so no field can be relied on. Every text is trimmed. Times stay as they were
 * written; {@link ManscdpTime} reads them. Shared.
 */
public sealed interface Manscdp {
    ManscdpRoot root();

    CmdType cmdType();

    /** The serial number that an answer repeats; -1 when absent. No key: devices send the same one for years. */
    long sn();

    /** The device or channel meant; empty when absent. */
    String deviceId();

    /** An answer's Result as a boolean; whatever is not ERROR is taken for OK. */
    static boolean isOk(String result) {
        return !result.equalsIgnoreCase("ERROR");
    }

    // ------------------------------------------------------------------------------------------------- Notify

    /** The sign of life, every 60 s by default. {@code faultyDevices} are sub-devices that do not work. */
    record Keepalive(long sn, String deviceId, String status, List<String> faultyDevices) implements Manscdp {
        public Keepalive {
            faultyDevices = List.copyOf(faultyDevices);
        }

        @Override
        public ManscdpRoot root() {
            return ManscdpRoot.NOTIFY;
        }

        @Override
        public CmdType cmdType() {
            return CmdType.KEEPALIVE;
        }
    }

    /**
     * An alarm. {@code method}: 1 telephone, 2 device, 3 text message, 4 GPS, 5 video, 6 device fault, 7 other; after
     * method 2 the device waits for an AlarmCmd ResetAlarm. {@code type} is counted within the method.
     */
    record Alarm(
            long sn,
            String deviceId,
            int priority,
            int method,
            String time,
            String description,
            double longitude,
            double latitude,
            int type,
            int eventType)
            implements Manscdp {
        @Override
        public ManscdpRoot root() {
            return ManscdpRoot.NOTIFY;
        }

        @Override
        public CmdType cmdType() {
            return CmdType.ALARM;
        }
    }

    /** The state of a media session; {@code notifyType} {@value #FILE_SENT} ends a playback or download. */
    record MediaStatus(long sn, String deviceId, int notifyType) implements Manscdp {
        /** The file has been sent to its end. */
        public static final int FILE_SENT = 121;

        @Override
        public ManscdpRoot root() {
            return ManscdpRoot.NOTIFY;
        }

        @Override
        public CmdType cmdType() {
            return CmdType.MEDIA_STATUS;
        }
    }

    /** The platform's announcement of a broadcast; the device answers a {@link Result} and then invites. */
    record Broadcast(long sn, String sourceId, String targetId) implements Manscdp {
        @Override
        public ManscdpRoot root() {
            return ManscdpRoot.NOTIFY;
        }

        @Override
        public CmdType cmdType() {
            return CmdType.BROADCAST;
        }

        /** The target: a Broadcast has no DeviceID. */
        @Override
        public String deviceId() {
            return targetId;
        }
    }

    /** Positions: one of the sender in the form of 2016, a list in that of 2022. */
    record MobilePosition(long sn, String deviceId, List<Position> positions) implements Manscdp {
        public MobilePosition {
            positions = List.copyOf(positions);
        }

        @Override
        public ManscdpRoot root() {
            return ManscdpRoot.NOTIFY;
        }

        @Override
        public CmdType cmdType() {
            return CmdType.MOBILE_POSITION;
        }
    }

    /** Where a device was. Degrees, km/h, degrees from north, metres; NaN for what was not said. */
    record Position(
            String deviceId,
            String time,
            double longitude,
            double latitude,
            double speed,
            double direction,
            double altitude) {}

    // --------------------------------------------------------------------------------- Notify and Response

    /**
     * One part of a catalogue: a Response to a query (also unasked), or a Notify whose items carry an Event.
     *
     * @param sumNum items over all parts by the sender's word, which is a hint: fewer may come, and more have
     */
    record Catalog(ManscdpRoot root, long sn, String deviceId, int sumNum, List<CatalogItem> items) implements Manscdp {
        public Catalog {
            items = List.copyOf(items);
        }

        @Override
        public CmdType cmdType() {
            return CmdType.CATALOG;
        }
    }

    // ------------------------------------------------------------------------------------------------ Response

    record DeviceInfo(
            long sn,
            String deviceId,
            String result,
            String deviceName,
            String manufacturer,
            String model,
            String firmware,
            int channels)
            implements Manscdp {
        @Override
        public ManscdpRoot root() {
            return ManscdpRoot.RESPONSE;
        }

        @Override
        public CmdType cmdType() {
            return CmdType.DEVICE_INFO;
        }
    }

    record DeviceStatus(
            long sn,
            String deviceId,
            String result,
            String online,
            String status,
            String reason,
            String encode,
            String record,
            String deviceTime,
            List<AlarmState> alarms)
            implements Manscdp {
        public DeviceStatus {
            alarms = List.copyOf(alarms);
        }

        @Override
        public ManscdpRoot root() {
            return ManscdpRoot.RESPONSE;
        }

        @Override
        public CmdType cmdType() {
            return CmdType.DEVICE_STATUS;
        }
    }

    /** An alarm input and whether it is ONDUTY, OFFDUTY or in ALARM. */
    record AlarmState(String deviceId, String dutyStatus) {}

    /** One part of a list of recordings; {@code sumNum} is a hint as for a catalogue. */
    record RecordInfo(long sn, String deviceId, String name, int sumNum, List<Recording> recordings)
            implements Manscdp {
        public RecordInfo {
            recordings = List.copyOf(recordings);
        }

        @Override
        public ManscdpRoot root() {
            return ManscdpRoot.RESPONSE;
        }

        @Override
        public CmdType cmdType() {
            return CmdType.RECORD_INFO;
        }
    }

    record Recording(
            String deviceId,
            String name,
            String filePath,
            String address,
            String startTime,
            String endTime,
            int secrecy,
            String type,
            String recorderId,
            long fileSize) {}

    /**
     * Configuration by block: BasicParam, VideoParamOpt and so on, whatever the device calls them (it may name another
     * block than was asked for). One Response a block, all with the SN of the query. Holds secrets: BasicParam of older
     * firmware carries the SIP password in clear, which {@link #toString} leaves out.
     */
    record ConfigDownload(long sn, String deviceId, String result, Map<String, Map<String, String>> blocks)
            implements Manscdp {
        public ConfigDownload {
            blocks = Blocks.copy(blocks);
        }

        @Override
        public ManscdpRoot root() {
            return ManscdpRoot.RESPONSE;
        }

        @Override
        public CmdType cmdType() {
            return CmdType.CONFIG_DOWNLOAD;
        }

        @Override
        public String toString() {
            return "ConfigDownload[sn=" + sn + ", deviceId=" + deviceId + ", result=" + result + ", blocks="
                    + Blocks.masked(blocks) + ']';
        }
    }

    record PresetList(long sn, String deviceId, List<Preset> presets) implements Manscdp {
        public PresetList {
            presets = List.copyOf(presets);
        }

        @Override
        public ManscdpRoot root() {
            return ManscdpRoot.RESPONSE;
        }

        @Override
        public CmdType cmdType() {
            return CmdType.PRESET_QUERY;
        }
    }

    record Preset(String id, String name) {}

    /** An answer that says only OK or ERROR: to a control, an alarm, a broadcast, a subscription. */
    record Result(CmdType cmdType, long sn, String deviceId, String result) implements Manscdp {
        @Override
        public ManscdpRoot root() {
            return ManscdpRoot.RESPONSE;
        }

        public boolean ok() {
            return isOk(result);
        }
    }

    // ------------------------------------------------------------------------------------------ Query, Control

    /** A question; the parameters are the elements after DeviceID, in order. */
    record Query(CmdType cmdType, long sn, String deviceId, Map<String, String> parameters) implements Manscdp {
        public Query {
            parameters = Blocks.ordered(parameters);
        }

        @Override
        public ManscdpRoot root() {
            return ManscdpRoot.QUERY;
        }
    }

    /**
     * A command to a device: exactly one of {@link ControlCommand}.
     *
     * @param value the command's text: a PTZCmd's hex digits, Boot, SetGuard; empty for those that have elements
     * @param parameters elements of the command (a drag zoom's) or of its Info (an alarm reset's)
     * @param priority ControlPriority; -1 when absent
     */
    record DeviceControl(
            long sn,
            String deviceId,
            ControlCommand command,
            String value,
            Map<String, String> parameters,
            int priority)
            implements Manscdp {
        public DeviceControl {
            parameters = Blocks.ordered(parameters);
        }

        @Override
        public ManscdpRoot root() {
            return ManscdpRoot.CONTROL;
        }

        @Override
        public CmdType cmdType() {
            return CmdType.DEVICE_CONTROL;
        }
    }

    /** New configuration by block, as {@link ConfigDownload} gives it. */
    record DeviceConfig(long sn, String deviceId, Map<String, Map<String, String>> blocks) implements Manscdp {
        public DeviceConfig {
            blocks = Blocks.copy(blocks);
        }

        @Override
        public ManscdpRoot root() {
            return ManscdpRoot.CONTROL;
        }

        @Override
        public CmdType cmdType() {
            return CmdType.DEVICE_CONFIG;
        }

        @Override
        public String toString() {
            return "DeviceConfig[sn=" + sn + ", deviceId=" + deviceId + ", blocks=" + Blocks.masked(blocks) + ']';
        }
    }

    // ------------------------------------------------------------------------------------------------- the rest

    /**
     * A body that has no record of its own: commands of 2022 and of vendors.
     *
     * @param command the text of CmdType
     * @param fields leaves after DeviceID; nested names are joined by a slash, repeated ones get {@code #2} and so on
     */
    record Other(ManscdpRoot root, String command, long sn, String deviceId, Map<String, String> fields)
            implements Manscdp {
        public Other {
            fields = Blocks.ordered(fields);
        }

        @Override
        public CmdType cmdType() {
            return CmdType.find(command);
        }
    }

    /** What could not be read, with as much as is known of it: worth a 400 and a count. */
    record Unreadable(ManscdpError error, ManscdpRoot root, CmdType cmdType, long sn, String deviceId)
            implements Manscdp {}
}

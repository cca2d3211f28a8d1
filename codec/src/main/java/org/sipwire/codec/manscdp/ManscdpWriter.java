/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CodingErrorAction;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Writes MANSCDP bodies into an array of its own: a line an element, ended by CRLF, as the platforms write that deployed
 * devices were tested with. The declaration names an encoding only when there is something to encode, or the body is a
 * device's; old firmware takes {@code <?xml version="1.0"?>} and chokes on more.
 *
 * <pre>
 *   array():  |. . . room for the declaration . . .|&lt;?xml version="1.0"?&gt;\r\n&lt;Query&gt;\r\n...&lt;/Query&gt;\r\n|
 *                                                  ^ offset()                                ^ offset() + length()
 * </pre>
 *
 * One thread at a time. <em>Borrowed</em>: a body is valid until the next is begun.
 */
public final class ManscdpWriter {
    /** Room before the root for the longest declaration. */
    private static final int HEAD = 64;

    private final ManscdpCharset charset;
    private final CharsetEncoder encoder;
    private byte[] array = new byte[1024];
    private int offset = HEAD;
    private int end = HEAD;
    private boolean ascii = true;
    private boolean edition2022;

    /** A writer for equipment of 2016: text that is not ASCII goes out as GB18030 under the label GB2312. */
    public ManscdpWriter() {
        this(ManscdpCharset.GB18030);
    }

    public ManscdpWriter(ManscdpCharset charset) {
        this.charset = charset == ManscdpCharset.AUTO ? ManscdpCharset.GB18030 : charset;
        this.encoder = this.charset
                .charset()
                .newEncoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE);
    }

    /**
     * Whether bodies are written as the edition of 2022 has them: IFrameCmd for IFameCmd, ExtraInfo for Info, GB18030 by its own name.
     * Returns this.
     */
    public ManscdpWriter edition2022(boolean value) {
        edition2022 = value;
        return this;
    }

    /** What the body is written in; another one after a body outgrew it. */
    public byte[] array() {
        return array;
    }

    /** Where the body begins. */
    public int offset() {
        return offset;
    }

    /** Its octets. */
    public int length() {
        return end - offset;
    }

    /** The body in an array of its own. */
    public byte[] toByteArray() {
        return Arrays.copyOfRange(array, offset, end);
    }

    /** The query for the catalogue, octet for octet as the captured platform writes it. Allocates nothing. */
    public ManscdpWriter catalogQuery(long sn, CharSequence deviceId) {
        return query(CmdType.CATALOG, sn, deviceId);
    }

    /** A query without parameters. Allocates nothing. */
    public ManscdpWriter query(CmdType type, long sn, CharSequence deviceId) {
        begin(ManscdpRoot.QUERY, type.element(), sn, deviceId);
        return finish(ManscdpRoot.QUERY);
    }

    /** A device's sign of life. Allocates nothing. */
    public ManscdpWriter keepalive(long sn, CharSequence deviceId) {
        begin(ManscdpRoot.NOTIFY, CmdType.KEEPALIVE.element(), sn, deviceId);
        leaf("Status", "OK");
        return finish(ManscdpRoot.NOTIFY);
    }

    /** An answer that says OK or ERROR. Allocates nothing. */
    public ManscdpWriter result(CmdType type, long sn, CharSequence deviceId, boolean ok) {
        begin(ManscdpRoot.RESPONSE, type.element(), sn, deviceId);
        leaf("Result", ok ? "OK" : "ERROR");
        return finish(ManscdpRoot.RESPONSE);
    }

    /**
     * Writes any body that can be read.
     *
     * @throws IllegalArgumentException for an {@link Manscdp.Unreadable}, and for a command or field whose name cannot be an element's
     */
    public ManscdpWriter write(Manscdp message) {
        if (message instanceof Manscdp.Unreadable) {
            throw new IllegalArgumentException("an unreadable body cannot be written");
        }
        String command = message instanceof Manscdp.Other other
                ? other.command()
                : message.cmdType().element();
        String deviceId = message instanceof Manscdp.Broadcast ? null : message.deviceId();
        begin(message.root(), command, message.sn(), deviceId);
        switch (message.root()) {
            case NOTIFY -> notification(message);
            case RESPONSE -> response(message);
            case QUERY, CONTROL -> command(message);
        }
        return finish(message.root());
    }

    private void notification(Manscdp message) {
        if (message instanceof Manscdp.Keepalive keepalive) {
            leaf("Status", keepalive.status());
            if (!keepalive.faultyDevices().isEmpty()) {
                open("Info");
                keepalive.faultyDevices().forEach(id -> leaf("DeviceID", id));
                close("Info");
            }
        } else if (message instanceof Manscdp.Alarm alarm) {
            alarm(alarm);
        } else if (message instanceof Manscdp.MediaStatus status) {
            number("NotifyType", status.notifyType());
        } else if (message instanceof Manscdp.Broadcast broadcast) {
            leaf("SourceID", broadcast.sourceId());
            leaf("TargetID", broadcast.targetId());
        } else if (message instanceof Manscdp.MobilePosition position) {
            positions(position);
        } else if (message instanceof Manscdp.Catalog catalog) {
            catalog(catalog);
        } else if (message instanceof Manscdp.Other other) {
            nested(other.fields());
        }
    }

    private void response(Manscdp message) {
        if (message instanceof Manscdp.Catalog catalog) {
            catalog(catalog);
        } else if (message instanceof Manscdp.DeviceInfo info) {
            optional("DeviceName", info.deviceName());
            optional("Result", info.result());
            optional("Manufacturer", info.manufacturer());
            optional("Model", info.model());
            optional("Firmware", info.firmware());
            number("Channel", info.channels());
        } else if (message instanceof Manscdp.DeviceStatus status) {
            deviceStatus(status);
        } else if (message instanceof Manscdp.RecordInfo recordings) {
            recordings(recordings);
        } else if (message instanceof Manscdp.ConfigDownload config) {
            optional("Result", config.result());
            blocks(config.blocks());
        } else if (message instanceof Manscdp.PresetList presets) {
            list("PresetList", presets.presets(), (writer, preset) -> {
                writer.leaf("PresetID", preset.id());
                writer.leaf("PresetName", preset.name());
            });
        } else if (message instanceof Manscdp.Result result) {
            leaf("Result", result.result());
        } else if (message instanceof Manscdp.Other other) {
            nested(other.fields());
        }
    }

    private void command(Manscdp message) {
        if (message instanceof Manscdp.Query query) {
            nested(query.parameters());
        } else if (message instanceof Manscdp.DeviceControl control) {
            control(control);
        } else if (message instanceof Manscdp.DeviceConfig config) {
            blocks(config.blocks());
        } else if (message instanceof Manscdp.Other other) {
            nested(other.fields());
        }
    }

    private void alarm(Manscdp.Alarm alarm) {
        number("AlarmPriority", alarm.priority());
        number("AlarmMethod", alarm.method());
        optional("AlarmTime", alarm.time());
        optional("AlarmDescription", alarm.description());
        decimal("Longitude", alarm.longitude());
        decimal("Latitude", alarm.latitude());
        if (alarm.type() >= 0 || alarm.eventType() >= 0) {
            open("Info");
            number("AlarmType", alarm.type());
            if (alarm.eventType() >= 0) {
                open("AlarmTypeParam");
                number("EventType", alarm.eventType());
                close("AlarmTypeParam");
            }
            close("Info");
        }
    }

    private void positions(Manscdp.MobilePosition message) {
        boolean single = message.positions().size() == 1
                && message.positions().get(0).deviceId().equals(message.deviceId());
        if (single) {
            position(message.positions().get(0), "Time");
            return;
        }
        number("SumNum", message.positions().size());
        list("DeviceList", message.positions(), (writer, position) -> {
            writer.leaf("DeviceID", position.deviceId());
            writer.position(position, "CaptureTime");
        });
    }

    private void position(Manscdp.Position position, String timeElement) {
        optional(timeElement, position.time());
        decimal("Longitude", position.longitude());
        decimal("Latitude", position.latitude());
        decimal("Speed", position.speed());
        decimal("Direction", position.direction());
        decimal("Altitude", position.altitude());
    }

    private void catalog(Manscdp.Catalog catalog) {
        number("SumNum", catalog.sumNum());
        if (catalog.items().isEmpty() && catalog.sumNum() == 0) {
            return;
        }
        list("DeviceList", catalog.items(), ManscdpWriter::item);
    }

    private void item(CatalogItem item) {
        boolean info = false;
        for (Map.Entry<CatalogField, String> field : item.fields().entrySet()) {
            if (field.getKey().isInInfo() && !info) {
                open("Info");
                info = true;
            }
            leaf(field.getKey().element(), field.getValue());
        }
        if (info) {
            close("Info");
        }
    }

    private void deviceStatus(Manscdp.DeviceStatus status) {
        optional("Result", status.result());
        optional("Online", status.online());
        optional("Status", status.status());
        optional("Reason", status.reason());
        optional("Encode", status.encode());
        optional("Record", status.record());
        optional("DeviceTime", status.deviceTime());
        if (!status.alarms().isEmpty()) {
            list("Alarmstatus", status.alarms(), (writer, alarm) -> {
                writer.leaf("DeviceID", alarm.deviceId());
                writer.leaf("DutyStatus", alarm.dutyStatus());
            });
        }
    }

    private void recordings(Manscdp.RecordInfo info) {
        optional("Name", info.name());
        number("SumNum", info.sumNum());
        if (info.recordings().isEmpty() && info.sumNum() == 0) {
            return;
        }
        list("RecordList", info.recordings(), (writer, recording) -> {
            writer.leaf("DeviceID", recording.deviceId());
            writer.leaf("Name", recording.name());
            writer.optional("FilePath", recording.filePath());
            writer.optional("Address", recording.address());
            writer.optional("StartTime", recording.startTime());
            writer.optional("EndTime", recording.endTime());
            writer.number("Secrecy", recording.secrecy());
            writer.optional("Type", recording.type());
            writer.optional("RecorderID", recording.recorderId());
            writer.number("FileSize", recording.fileSize());
        });
    }

    private void control(Manscdp.DeviceControl control) {
        boolean iFrame2022 = edition2022 && control.command() == ControlCommand.I_FRAME;
        String element = iFrame2022 ? "IFrameCmd" : control.command().element();
        String info = edition2022 ? "ExtraInfo" : "Info";
        boolean inInfo = control.command() == ControlCommand.ALARM;
        if (!inInfo && !control.parameters().isEmpty()) {
            open(element);
            nested(control.parameters());
            close(element);
        } else {
            leaf(element, control.value());
        }
        boolean infoParameters = inInfo && !control.parameters().isEmpty();
        if (infoParameters || control.priority() >= 0) {
            open(info);
            if (infoParameters) {
                nested(control.parameters());
            }
            number("ControlPriority", control.priority());
            close(info);
        }
    }

    private void blocks(Map<String, Map<String, String>> blocks) {
        blocks.forEach((name, fields) -> {
            open(name);
            nested(fields);
            close(name);
        });
    }

    /** Leaves by name; a slash in a name nests, as the reader joined it, and a number after it repeats. */
    private void nested(Map<String, String> fields) {
        String within = "";
        for (Map.Entry<String, String> field : fields.entrySet()) {
            String path = element(field.getKey());
            int slash = path.lastIndexOf('/');
            String parent = slash < 0 ? "" : path.substring(0, slash);
            if (!parent.equals(within)) {
                closeAll(within);
                openAll(parent);
                within = parent;
            }
            String name = path.substring(slash + 1);
            int repeated = name.indexOf('#');
            leaf(repeated < 0 ? name : name.substring(0, repeated), field.getValue());
        }
        closeAll(within);
    }

    /** A path of {@link Manscdp.Other#fields()}, each of whose names may be an element's (XML 1.0 section 2.3). */
    private String element(String path) {
        boolean first = true;
        boolean numbered = false;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            boolean inside = c == '-' || c == '.' || c >= '0' && c <= '9';
            boolean fits = numbered
                    ? c >= '0' && c <= '9'
                    : c == '_' || Character.isLetter(c) || !first && (inside || c == '/' || c == '#');
            if (!fits) {
                throw new IllegalArgumentException("no name of an element: " + path);
            }
            numbered |= c == '#';
            first = c == '/';
        }
        if (first || !encoder.canEncode(path)) {
            throw new IllegalArgumentException("no name of an element: " + path);
        }
        return path;
    }

    private void openAll(String path) {
        if (!path.isEmpty()) {
            for (String name : path.split("/")) {
                open(name);
            }
        }
    }

    private void closeAll(String path) {
        if (!path.isEmpty()) {
            String[] names = path.split("/");
            for (int i = names.length - 1; i >= 0; i--) {
                close(names[i]);
            }
        }
    }

    private <T> void list(String element, List<T> items, BiConsumer<ManscdpWriter, T> each) {
        ensure(element.length() + 32);
        put('<');
        raw(element);
        raw(" Num=\"");
        put(items.size());
        raw("\">\r\n");
        for (T item : items) {
            open("Item");
            each.accept(this, item);
            close("Item");
        }
        close(element);
    }

    // ------------------------------------------------------------------------------------------- elements

    private void begin(ManscdpRoot root, String command, long sn, CharSequence deviceId) {
        end = HEAD;
        ascii = true;
        open(root.element());
        leaf("CmdType", command);
        number("SN", sn);
        if (deviceId != null) {
            leaf("DeviceID", deviceId);
        }
    }

    private ManscdpWriter finish(ManscdpRoot root) {
        close(root.element());
        boolean bare = ascii && (root == ManscdpRoot.QUERY || root == ManscdpRoot.CONTROL);
        int stop = end;
        end = 0;
        raw("<?xml version=\"1.0\"");
        if (!bare) {
            raw(" encoding=\"");
            // The edition of 2022 names GB18030; equipment before it was tested with GB2312.
            raw(edition2022 && charset == ManscdpCharset.GB18030 ? "GB18030" : charset.label());
            put('"');
        }
        raw("?>\r\n");
        int declaration = end;
        offset = HEAD - declaration;
        System.arraycopy(array, 0, array, offset, declaration);
        end = stop;
        return this;
    }

    private void open(String name) {
        ensure(4);
        put('<');
        text(name);
        raw(">\r\n");
    }

    private void close(String name) {
        ensure(5);
        put('<');
        put('/');
        text(name);
        raw(">\r\n");
    }

    private void optional(String name, String value) {
        if (!value.isEmpty()) {
            leaf(name, value);
        }
    }

    private void number(String name, long value) {
        if (value >= 0) {
            ensure(2 * name.length() + 27);
            put('<');
            raw(name);
            put('>');
            put(value);
            close(name);
        }
    }

    private void decimal(String name, double value) {
        if (!Double.isNaN(value)) {
            leaf(name, Double.toString(value));
        }
    }

    private void leaf(String name, CharSequence value) {
        ensure(2);
        put('<');
        text(name);
        put('>');
        text(value);
        close(name);
    }

    /** Escapes what XML reserves, drops control characters, encodes the rest. */
    private void text(CharSequence value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            ensure(8);
            switch (c) {
                case '&' -> raw("&amp;");
                case '<' -> raw("&lt;");
                case '>' -> raw("&gt;");
                default -> {
                    if (c >= 0x80) {
                        i = encode(value, i) - 1;
                    } else if (c >= ' ') {
                        put(c);
                    }
                }
            }
        }
    }

    /** Encodes the run of characters above 127 that begins there; where it ends. */
    private int encode(CharSequence value, int from) {
        int to = from;
        while (to < value.length() && value.charAt(to) >= 0x80) {
            to++;
        }
        ascii = false;
        ensure((to - from) * 4 + 8);
        ByteBuffer out = ByteBuffer.wrap(array, end, array.length - end);
        encoder.reset();
        encoder.encode(CharBuffer.wrap(value, from, to), out, true);
        encoder.flush(out);
        end = out.position();
        return to;
    }

    private void ensure(int more) {
        if (end + more > array.length) {
            array = Arrays.copyOf(array, Math.max(array.length * 2, end + more));
        }
    }

    private void raw(String asciiText) {
        for (int i = 0; i < asciiText.length(); i++) {
            array[end++] = (byte) asciiText.charAt(i);
        }
    }

    private void put(char c) {
        array[end++] = (byte) c;
    }

    private void put(long value) {
        int digits = 1;
        for (long rest = value; rest >= 10; rest /= 10) {
            digits++;
        }
        int at = end + digits;
        end = at;
        long rest = value;
        do {
            array[--at] = (byte) ('0' + rest % 10);
            rest /= 10;
        } while (rest > 0);
    }
}

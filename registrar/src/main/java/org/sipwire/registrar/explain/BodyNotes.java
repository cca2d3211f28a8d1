/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.manscdp.CmdType;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.codec.manscdp.ManscdpReader;
import org.sipwire.registrar.explain.Explanation.Field;

/** What the fields of a body mean: MANSCDP of GB/T 28181, and SDP. Any thread. */
final class BodyNotes {
    private static final int MAX_FIELDS = 60;
    private static final Pattern ELEMENT = Pattern.compile("<([A-Za-z][\\w.]*)(?:\\s[^<>]*)?>([^<]*)</\\1\\s*>");
    private static final Map<String, String> ELEMENTS = Map.ofEntries(
            Map.entry("CmdType", "the command"),
            Map.entry("SN", "the serial number, which the answer repeats"),
            Map.entry("DeviceID", "whom it concerns"),
            Map.entry("SumNum", "how many items there are in all parts"),
            Map.entry("Name", "what people call it"),
            Map.entry("Status", "ON, OFF or OK: whether it works"),
            Map.entry("Result", "OK or ERROR"),
            Map.entry("ParentID", "the device or folder above it"),
            Map.entry("Parental", "1 when there are devices below it"),
            Map.entry("Manufacturer", "who made it"),
            Map.entry("Model", "its model"),
            Map.entry("Firmware", "its firmware"),
            Map.entry("Channel", "how many channels it has"),
            Map.entry("Online", "whether it is online"),
            Map.entry("CivilCode", "the region it is in"),
            Map.entry("IPAddress", "its own address"),
            Map.entry("Password", "a password in the clear"),
            Map.entry("PTZCmd", "eight octets that move the camera"),
            Map.entry("AlarmPriority", "1 is the most urgent, 4 the least"),
            Map.entry("AlarmMethod", "1 telephone, 2 device, 3 message, 4 GPS, 5 video, 6 fault, 7 other"),
            Map.entry("NotifyType", "121: the file was sent to its end"),
            Map.entry("Interval", "seconds between two reports"));
    private static final Map<String, String> SDP = Map.ofEntries(
            Map.entry("v", "version"),
            Map.entry("o", "who offers: ID, session, address"),
            Map.entry("s", "Play, Playback, Download or Talk"),
            Map.entry("c", "the address media goes to"),
            Map.entry("t", "begin and end of the recording, 0 0 for live"),
            Map.entry("m", "medium, port, transport, formats"),
            Map.entry("a", "attribute"),
            Map.entry("u", "channel and kind of the recording"),
            Map.entry("y", "GB/T 28181: the SSRC the stream has to carry"),
            Map.entry("f", "GB/T 28181: codec, resolution, rate"));

    private BodyNotes() {}

    static List<Field> of(ReadMessage message) {
        List<Field> fields = new ArrayList<>();
        if (message.body().length == 0) {
            return fields;
        }
        String text = MessageText.of(message.body());
        String type = message.first(SipHeader.CONTENT_TYPE);
        if (message.isManscdp()) {
            Matcher element = ELEMENT.matcher(text);
            while (element.find() && fields.size() < MAX_FIELDS) {
                fields.add(new Field(
                        element.group(1), element.group(2).strip(), ELEMENTS.getOrDefault(element.group(1), "")));
            }
        } else if (type != null && type.toLowerCase(Locale.ROOT).contains("sdp")) {
            for (String line : text.split("\\R")) {
                if (line.length() > 1 && line.charAt(1) == '=' && fields.size() < MAX_FIELDS) {
                    fields.add(new Field(
                            line.substring(0, 1), line.substring(2), SDP.getOrDefault(line.substring(0, 1), "")));
                }
            }
        }
        return fields;
    }

    /** What a MANSCDP body is for, as a sentence's predicate; null when it is none. */
    static String purpose(ReadMessage message) {
        if (!message.isManscdp()) {
            return null;
        }
        Manscdp body = new ManscdpReader().read(message.body(), 0, message.body().length);
        if (body instanceof Manscdp.Unreadable) {
            return "carries a MANSCDP body that cannot be read";
        }
        String command = label(body);
        if (body instanceof Manscdp.Catalog catalog) {
            return "brings " + catalog.items().size() + " of " + catalog.sumNum() + " items of the catalogue";
        }
        if (body instanceof Manscdp.Keepalive) {
            return "the device is alive";
        }
        return switch (body.root()) {
            case QUERY -> body.cmdType() == CmdType.CATALOG ? "asks for the channels" : "asks for " + command;
            case CONTROL -> "commands " + command;
            case NOTIFY -> "reports " + command;
            case RESPONSE -> "answers with " + command;
        };
    }

    /** {@code Query Catalog}; null when it is no MANSCDP body that can be read. */
    static String label(ReadMessage message) {
        if (!message.isManscdp()) {
            return null;
        }
        Manscdp body = new ManscdpReader().read(message.body(), 0, message.body().length);
        String root = body.root() == null ? "" : body.root().name();
        return body instanceof Manscdp.Unreadable
                ? null
                : root.charAt(0) + root.substring(1).toLowerCase(Locale.ROOT) + " " + label(body);
    }

    private static String label(Manscdp body) {
        StringBuilder words = new StringBuilder();
        for (String part : body.cmdType().name().split("_")) {
            words.append(part.charAt(0)).append(part.substring(1).toLowerCase(Locale.ROOT));
        }
        return words.toString();
    }

    /** Whether the request's answer is another request of the device. */
    static boolean isQuery(ReadMessage message) {
        String label = message == null ? null : label(message);
        return label != null && label.startsWith("Query ");
    }
}

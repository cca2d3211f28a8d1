/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import java.nio.charset.StandardCharsets;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.internal.Ascii;

/**
 * Root, CmdType, SN and DeviceID of a MANSCDP body, straight from the bytes: what a dispatcher needs, and all that a
 * Keepalive says, which is the most frequent body by far. Allocates nothing, knows no XML library.
 *
 * <pre>
 *   &lt;?xml version="1.0"?&gt;\r\n&lt;Notify&gt;\r\n&lt;CmdType&gt;Keepalive&lt;/CmdType&gt;\r\n&lt;SN&gt;43&lt;/SN&gt;\r\n&lt;DeviceID&gt;3401...0001&lt;/DeviceID&gt;
 *                            ^ depth 0      ^ depth 1: a child; by name, not by order   ^ all three seen: done
 * </pre>
 *
 * Elements are taken by name at depth one, so a DeviceID within an Info or an Item is not mistaken for the sender's.
 * What stands before the root's angle is passed over: a declaration, right or wrong, a byte order mark, blank lines.
 * Blanks around values are not part of them. The peek is no well-formedness check: it stops as soon as it knows enough.
 *
 * <p>One thread at a time. <em>Borrowed</em>: the offsets point into the bytes that were peeked.
 */
public final class ManscdpPeek {
    /** A peek without a body yet. */
    public ManscdpPeek() {}

    /** Children looked at before giving up; the three that matter are the first three in all that was ever captured. */
    private static final int MAX_ELEMENTS = 64;

    private static final int CMD_TYPE = 1;
    private static final int SN = 2;
    private static final int DEVICE_ID = 4;
    private static final int ALL = CMD_TYPE | SN | DEVICE_ID;

    private final AsciiView deviceId = new AsciiView();
    private byte[] bytes = new byte[0];
    private int end;
    private ManscdpRoot root = ManscdpRoot.NOTIFY;
    private CmdType cmdType = CmdType.UNKNOWN;
    private long sn;
    private int deviceIdOffset;
    private int deviceIdLength;
    private int valueStart;
    private int valueEnd;

    /**
     * Reads the head of a body.
     *
     * @return whether it has one of the four roots and a CmdType; SN and DeviceID may be absent, as they are in a
     *     Broadcast. False for anything else, also for a body with a DOCTYPE, which MANSCDP has no use for
     */
    public boolean peek(byte[] body, int offset, int length) {
        bytes = body;
        end = offset + length;
        cmdType = CmdType.UNKNOWN;
        sn = -1;
        deviceIdLength = -1;
        int angle = rootAngle(offset);
        if (angle < 0) {
            return false;
        }
        int nameEnd = nameEnd(angle + 1);
        ManscdpRoot found = ManscdpRoot.find(body, angle + 1, nameEnd - angle - 1);
        if (found == null) {
            return false;
        }
        root = found;
        return children(nameEnd);
    }

    public ManscdpRoot root() {
        return root;
    }

    /** The command; {@link CmdType#UNKNOWN} for a name that this edition does not know. */
    public CmdType cmdType() {
        return cmdType;
    }

    /** The serial number; -1 when it is absent or no number. */
    public long sn() {
        return sn;
    }

    /** Whether the body itself, not a part of it, names a device. */
    public boolean hasDeviceId() {
        return deviceIdLength >= 0;
    }

    /** Where the DeviceID stands in the bytes that were peeked. */
    public int deviceIdOffset() {
        return deviceIdOffset;
    }

    /** Octets of the DeviceID, blanks around it left out; -1 when it is absent. */
    public int deviceIdLength() {
        return deviceIdLength;
    }

    /** The DeviceID, blanks around it left out; {@link AsciiView#isPresent() absent} when the body has none. Borrowed. */
    public AsciiView deviceId() {
        return deviceId.wrap(bytes, deviceIdOffset, deviceIdLength);
    }

    /** The DeviceID as text; empty when it is absent. Allocates. */
    public String deviceIdText() {
        return deviceIdLength <= 0
                ? ""
                : new String(bytes, deviceIdOffset, deviceIdLength, StandardCharsets.ISO_8859_1);
    }

    /** The first angle that begins an element; -1 when there is none or a DOCTYPE stands before it. */
    private int rootAngle(int offset) {
        int at = offset;
        while ((at = nextAngle(at)) >= 0 && at + 1 < end) {
            byte next = bytes[at + 1];
            if (isLetter(next)) {
                return at;
            }
            if (next == '!') {
                if (!startsComment(at)) {
                    return -1;
                }
                at = afterComment(at);
                if (at < 0) {
                    return -1;
                }
            } else {
                at += 2;
            }
        }
        return -1;
    }

    private boolean children(int afterRootName) {
        int seen = 0;
        int depth = 1;
        int at = afterRootName;
        for (int i = 0; i < MAX_ELEMENTS && seen != ALL && depth > 0; i++) {
            int angle = nextAngle(at);
            if (angle < 0 || angle + 1 >= end) {
                break;
            }
            byte next = bytes[angle + 1];
            at = angle + 2;
            if (next == '/') {
                depth--;
            } else if (isLetter(next)) {
                int nameEnd = nameEnd(at);
                int close = tagEnd(nameEnd);
                if (close < 0) {
                    break;
                }
                at = close + 1;
                boolean empty = bytes[close - 1] == '/';
                if (depth == 1 && !empty) {
                    int bit = child(angle + 1, nameEnd, at);
                    seen |= bit;
                    if (bit != 0) {
                        // The value ends at its end tag's angle; that tag closes the child.
                        at = Math.min(end, valueEnd + 2);
                        continue;
                    }
                }
                depth += empty ? 0 : 1;
            } else if (next == '!') {
                int after = startsComment(angle) ? afterComment(angle) : at;
                if (after < 0) {
                    break;
                }
                at = after;
            }
        }
        return (seen & CMD_TYPE) != 0;
    }

    /** Takes the child's value if it is one of the three; its bit, or 0. Leaves the value's untrimmed end. */
    private int child(int name, int nameEnd, int value) {
        int length = nameEnd - name;
        if (length == 7 && bytes[name] == 'C' && is("CmdType", name)) {
            trim(value);
            cmdType = CmdType.find(bytes, valueStart, trimmedEnd() - valueStart);
            return CMD_TYPE;
        }
        if (length == 2 && bytes[name] == 'S' && bytes[name + 1] == 'N') {
            trim(value);
            sn = number(valueStart, trimmedEnd());
            return SN;
        }
        if (length == 8 && bytes[name] == 'D' && is("DeviceID", name)) {
            trim(value);
            deviceIdOffset = valueStart;
            deviceIdLength = trimmedEnd() - valueStart;
            return DEVICE_ID;
        }
        return 0;
    }

    private void trim(int value) {
        int angle = nextAngle(value);
        valueEnd = angle < 0 ? end : angle;
        int start = value;
        while (start < valueEnd && bytes[start] <= ' ' && bytes[start] >= 0) {
            start++;
        }
        valueStart = start;
    }

    private int trimmedEnd() {
        int last = valueEnd;
        while (last > valueStart && bytes[last - 1] <= ' ' && bytes[last - 1] >= 0) {
            last--;
        }
        return last;
    }

    private boolean is(String name, int at) {
        for (int i = 0; i < name.length(); i++) {
            if (bytes[at + i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private long number(int start, int stop) {
        if (start == stop || stop - start > 18) {
            return -1;
        }
        long value = 0;
        for (int i = start; i < stop; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value;
    }

    private int nameEnd(int at) {
        int i = at;
        while (i < end && bytes[i] != '>' && bytes[i] != '/' && (bytes[i] > ' ' || bytes[i] < 0)) {
            i++;
        }
        return i;
    }

    private int tagEnd(int at) {
        for (int i = at; i < end; i++) {
            if (bytes[i] == '>') {
                return i;
            }
        }
        return -1;
    }

    private boolean startsComment(int angle) {
        return angle + 3 < end && bytes[angle + 2] == '-' && bytes[angle + 3] == '-';
    }

    private int afterComment(int angle) {
        for (int i = angle + 4; i + 2 < end; i++) {
            if (bytes[i] == '-' && bytes[i + 1] == '-' && bytes[i + 2] == '>') {
                return i + 3;
            }
        }
        return -1;
    }

    private static boolean isLetter(byte b) {
        int folded = b | 0x20;
        return folded >= 'a' && folded <= 'z';
    }

    /** The next {@code <} from there on, eight octets at a time; -1 when none is left. */
    private int nextAngle(int from) {
        int angle = Ascii.indexOf(bytes, from, end, '<');
        return angle >= end ? -1 : angle;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A second chance for markup that an XML parser refused: what deployed equipment gets wrong, and nothing more.
 *
 * <ul>
 *   <li>An angle in free text (Name, Address and their like, where people type): everything up to the element's own end
 *       tag is text. Elsewhere an angle that opens no tag is text.
 *   <li>An end tag that nothing opened is dropped; one whose children were left open closes them.
 *   <li>A document cut short ends after its last whole Item.
 * </ul>
 *
 * Works on the UTF-8 that {@link BodyText} made. One thread; Borrowed.
 */
final class MarkupRepair {
    private static final int MAX_DEPTH = 32;
    private static final byte[] ITEM = "Item".getBytes(StandardCharsets.US_ASCII);
    private static final byte[][] FREE_TEXT = bytes(
            "Name",
            "Address",
            "DeviceName",
            "AlarmDescription",
            "Manufacturer",
            "Model",
            "Owner",
            "Block",
            "FilePath",
            "PresetName",
            "Description",
            "Firmware",
            "Reason");

    private final int[] nameStart = new int[MAX_DEPTH];
    private final int[] nameLength = new int[MAX_DEPTH];
    private byte[] in = new byte[0];
    private int end;
    private byte[] out = new byte[0];
    private int length;
    private int depth;
    private int wholeLength;
    private int wholeDepth;

    byte[] array() {
        return out;
    }

    int length() {
        return length;
    }

    /** Whether a repair could be tried; {@link #array()} and {@link #length()} hold its outcome. */
    boolean repair(byte[] bytes, int offset, int count) {
        in = bytes;
        end = offset + count;
        out = new byte[count + count / 2 + 64];
        length = 0;
        depth = 0;
        wholeDepth = 0;
        int at = offset;
        do {
            at = in[at] == '<' ? markup(at) : text(at);
        } while (at >= 0 && at < end && depth > 0);
        if (at < 0) {
            return false;
        }
        if (depth > 0) {
            if (wholeDepth == 0) {
                return false;
            }
            length = wholeLength;
            depth = wholeDepth;
            closeDownTo(0);
        }
        return true;
    }

    /** Takes what an angle begins; where to go on, or -1 when there is no hope. */
    private int markup(int at) {
        int next = at + 1 < end ? in[at + 1] : 0;
        if (next == '/') {
            return endTag(at);
        }
        if (next == '!') {
            return special(at);
        }
        int nameEnd = nameEnd(at + 1);
        int close = tagEnd(nameEnd);
        if (nameEnd == at + 1 || close < 0) {
            return escapeAngle(at);
        }
        copy(at, close + 1);
        if (in[close - 1] == '/') {
            return close + 1;
        }
        if (depth == MAX_DEPTH) {
            return -1;
        }
        nameStart[depth] = at + 1;
        nameLength[depth++] = nameEnd - at - 1;
        return isFreeText(at + 1, nameEnd) ? freeText(close + 1) : close + 1;
    }

    /** Copies text up to the end tag of the innermost element, escaped; or nothing when that tag never comes. */
    private int freeText(int from) {
        int start = nameStart[depth - 1];
        int count = nameLength[depth - 1];
        for (int i = from; i + count + 2 < end; i++) {
            if (in[i] != '<') {
                continue;
            }
            boolean closes = in[i + 1] == '/';
            int name = closes ? i + 2 : i + 1;
            if (in[name + count] == '>' && Arrays.equals(in, name, name + count, in, start, start + count)) {
                if (!closes) {
                    return from;
                }
                for (int k = from; k < i; k++) {
                    k = in[k] == '<' ? escapeAngle(k) - 1 : text(k) - 1;
                }
                return i;
            }
        }
        return from;
    }

    private int endTag(int at) {
        int nameEnd = nameEnd(at + 2);
        int close = tagEnd(nameEnd);
        if (nameEnd == at + 2 || close < 0) {
            return escapeAngle(at);
        }
        int count = nameEnd - at - 2;
        for (int level = depth - 1; level >= 0; level--) {
            if (nameLength[level] == count
                    && Arrays.equals(in, at + 2, nameEnd, in, nameStart[level], nameStart[level] + count)) {
                closeDownTo(level);
                if (count == ITEM.length && Arrays.equals(in, at + 2, nameEnd, ITEM, 0, count)) {
                    wholeLength = length;
                    wholeDepth = depth;
                }
                break;
            }
        }
        return close + 1;
    }

    private int special(int at) {
        boolean comment = at + 3 < end && in[at + 2] == '-' && in[at + 3] == '-';
        boolean cdata = at + 8 < end && in[at + 2] == '[';
        if (!comment && !cdata) {
            return escapeAngle(at);
        }
        byte mark = (byte) (comment ? '-' : ']');
        for (int i = at + 4; i + 2 < end; i++) {
            if (in[i] == mark && in[i + 1] == mark && in[i + 2] == '>') {
                if (cdata) {
                    copy(at, i + 3);
                }
                return i + 3;
            }
        }
        return cdata ? escapeAngle(at) : end;
    }

    private void closeDownTo(int level) {
        while (depth > level) {
            depth--;
            put((byte) '<');
            put((byte) '/');
            copy(nameStart[depth], nameStart[depth] + nameLength[depth]);
            put((byte) '>');
        }
    }

    private int escapeAngle(int at) {
        put((byte) '&');
        put((byte) 'l');
        put((byte) 't');
        put((byte) ';');
        return at + 1;
    }

    private int text(int at) {
        put(in[at]);
        return at + 1;
    }

    private int nameEnd(int from) {
        int i = from;
        while (i < end && isNameByte(in[i])) {
            i++;
        }
        return i;
    }

    private static boolean isNameByte(byte b) {
        int folded = b | 0x20;
        return folded >= 'a' && folded <= 'z' || b >= '0' && b <= '9' || b == '_' || b == '-' || b == '.' || b == ':';
    }

    /** The angle that ends a tag whose name ends there; -1 when what follows is no tag. */
    private int tagEnd(int from) {
        boolean attribute = false;
        boolean other = false;
        for (int i = from; i < end && in[i] != '<'; i++) {
            if (in[i] == '>') {
                return other && !attribute ? -1 : i;
            }
            attribute |= in[i] == '=';
            other |= in[i] > ' ' && in[i] != '/';
        }
        return -1;
    }

    private boolean isFreeText(int from, int to) {
        for (byte[] name : FREE_TEXT) {
            if (Arrays.equals(in, from, to, name, 0, name.length)) {
                return true;
            }
        }
        return false;
    }

    private void copy(int from, int to) {
        for (int i = from; i < to; i++) {
            put(in[i]);
        }
    }

    private void put(byte b) {
        if (length == out.length) {
            out = Arrays.copyOf(out, length * 2);
        }
        out[length++] = b;
    }

    private static byte[][] bytes(String... names) {
        byte[][] all = new byte[names.length][];
        for (int i = 0; i < names.length; i++) {
            all[i] = names[i].getBytes(StandardCharsets.US_ASCII);
        }
        return all;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * A cursor over all values of one header field: its lines in order, and within a line its comma-separated values where the field has
 * such (RFC 3261 section 7.3.1). Commas within quotes or angle brackets do not separate. One thread at a time. Borrowed.
 *
 * <pre>
 *   while (values.next()) { contact.wrap(values.array(), values.offset(), values.length()); }
 *   if (values.error() != 0) { .. }
 * </pre>
 */
public final class HeaderValues {

    private SipMessage message;
    private int slot = -1;
    private boolean list;
    private int limit;
    private int count;
    private int at;
    private int lineEnd;
    private int offset;
    private int length;
    private int error;

    HeaderValues() {}

    HeaderValues begin(SipMessage m, SipHeader header, int maxValues) {
        message = m;
        slot = m.first(header);
        list = header.isList();
        limit = maxValues;
        count = 0;
        error = 0;
        at = -1;
        return this;
    }

    /** Moves to the next value; false at the end, or when {@link #error()} is set. */
    public boolean next() {
        while (slot >= 0 && error == 0) {
            if (at < 0) {
                at = message.valueOffset(slot);
                lineEnd = at + message.valueLength(slot);
            }
            if (at <= lineEnd) {
                if (++count > limit) {
                    error = ParseError.TOO_MANY_VALUES.code();
                    return false;
                }
                return take();
            }
            slot = message.next(slot);
            at = -1;
        }
        return false;
    }

    private boolean take() {
        byte[] a = message.array();
        int from = Ascii.skipBlanks(a, at, lineEnd);
        int to = list ? valueEnd(a, from, lineEnd) : lineEnd;
        if (to < 0) {
            error = ParseError.QUOTE_UNTERMINATED.code();
            return false;
        }
        offset = from;
        length = Ascii.trimEnd(a, from, to) - from;
        // A comma at the line's end opens one more, empty value; the end of the line opens none.
        at = to < lineEnd ? to + 1 : lineEnd + 1;
        return true;
    }

    /** Index of the comma that ends the value at {@code i}, or {@code end}; -1 when a quote or angle bracket stays open. */
    static int valueEnd(byte[] a, int from, int end) {
        int i = from;
        while ((i = Ascii.indexOf(a, i, end, ',', '"', '<')) < end) {
            byte c = a[i];
            if (c == ',') {
                return i;
            }
            if (c == '"') {
                i = Parameters.quoteEnd(a, i, end);
                if (i < 0) {
                    return -1;
                }
            } else {
                i = Ascii.indexOf(a, i, end, '>');
                if (i >= end) {
                    return -1;
                }
            }
            i++;
        }
        return end;
    }

    /** The array beneath. */
    public byte[] array() {
        return message.array();
    }

    /** Index of the value's first octet. */
    public int offset() {
        return offset;
    }

    /** Octets of the value, without blanks around it. */
    public int length() {
        return length;
    }

    /** Points the view at the value. */
    public AsciiView value(AsciiView into) {
        return into.wrap(message.array(), offset, length);
    }

    /** Index of the header line the value stands in. */
    public int line() {
        return slot;
    }

    /** 0, or the code of the {@link ParseError} that ended the values. */
    public int error() {
        return error;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * A message over the octets it was parsed from. Confined to the thread of its parser. Borrowed: valid until the parser's next call or
 * the next change of the octets, whichever is first.
 *
 * <p>Header lines are slots of one long each, offsets counted from the message's first octet:
 *
 * <pre>
 *   63          48 47          32 31          16 15           0
 *   | header id   | name offset  | value offset | value length |
 * </pre>
 */
public abstract sealed class SipMessage permits SipRequest, SipResponse {

    final Head head;
    private final AsciiView contentType = new AsciiView();

    SipMessage(Head head) {
        this.head = head;
    }

    /** The array beneath; the message is {@link #length()} octets from {@link #offset()}. */
    public byte[] array() {
        return head.array;
    }

    /** Index of the message's first octet. */
    public int offset() {
        return head.base;
    }

    /** Octets of the message with its body. */
    public int length() {
        return head.bodyOffset + head.bodyLength - head.base;
    }

    /** Octets the parser was given with it: of a datagram all, also those behind the body or of a message that is malformed. */
    public int givenLength() {
        return head.given;
    }

    /** Index of the body's first octet. */
    public int bodyOffset() {
        return head.bodyOffset;
    }

    /** Octets of the body, 0 when there is none. */
    public int bodyLength() {
        return head.bodyLength;
    }

    /** Number of header lines; a folded one counts once. */
    public int headerCount() {
        return head.count;
    }

    /** The field of the i-th line. */
    public SipHeader header(int i) {
        return SipHeader.of((int) (head.slots[i] >>> 48));
    }

    /** The name of the i-th line as written. */
    public AsciiView name(int i, AsciiView into) {
        int from = head.base + head.nameOffset(i);
        int colon = Ascii.indexOf(head.array, from, valueOffset(i), ':');
        return into.wrap(head.array, from, Ascii.trimEnd(head.array, from, colon) - from);
    }

    /** Index of the first octet of the i-th line. */
    public int nameOffset(int i) {
        return head.base + head.nameOffset(i);
    }

    /** Index of the first octet of the i-th line's value. */
    public int valueOffset(int i) {
        return head.base + head.valueOffset(i);
    }

    /** Octets of the i-th line's value, without blanks around it. */
    public int valueLength(int i) {
        return head.valueLength(i);
    }

    /** The value of the i-th line, without blanks around it. */
    public AsciiView value(int i, AsciiView into) {
        return into.wrap(head.array, valueOffset(i), valueLength(i));
    }

    /** Index of the field's first line, or -1. */
    public int first(SipHeader header) {
        return head.first(header.ordinal());
    }

    /** Index of the next line of the same field as the i-th, or -1. Lines of unknown fields follow one another by name. */
    public int next(int i) {
        int id = (int) (head.slots[i] >>> 48);
        if (id == 0) {
            int from = nameOffset(i);
            return unknown(i + 1, head.array, from, Ascii.indexOf(head.array, from, valueOffset(i), ':') - from);
        }
        return head.next(id, i + 1);
    }

    /** Whether the field is there. */
    public boolean has(SipHeader header) {
        return head.first(header.ordinal()) >= 0;
    }

    /** Index of the first line of this name, given in small letters, or -1. For names that {@link SipHeader} does not know. */
    public int first(byte[] lowerCaseName) {
        SipHeader known = SipHeader.of(lowerCaseName, 0, lowerCaseName.length);
        return known != SipHeader.UNKNOWN ? first(known) : unknown(0, lowerCaseName, 0, lowerCaseName.length);
    }

    private int unknown(int from, byte[] name, int off, int len) {
        int length = Ascii.trimEnd(name, off, off + len) - off;
        for (int i = from; i < head.count; i++) {
            if (head.slots[i] >>> 48 == 0) {
                int at = nameOffset(i);
                int colon = Ascii.indexOf(head.array, at, valueOffset(i), ':');
                if (Ascii.trimEnd(head.array, at, colon) - at == length
                        && Ascii.equalsIgnoreCase(head.array, at, name, off, length)) {
                    return i;
                }
            }
        }
        return -1;
    }

    /** A cursor over the field's values, the message's only one: valid until the next call of this method. */
    public HeaderValues values(SipHeader header) {
        return head.values.begin(this, header, head.maxValues);
    }

    /** The first value of Via. */
    public Via topVia() {
        return head.via;
    }

    /** The From. */
    public NameAddr from() {
        return head.from;
    }

    /** The To. */
    public NameAddr to() {
        return head.to;
    }

    /** The Call-ID. */
    public AsciiView callId() {
        return head.callId;
    }

    /** The CSeq. */
    public CSeq cseq() {
        return head.cseq;
    }

    /** Seconds of Expires, at most 2^32-1; -1 when absent, -2 when malformed. */
    public long expires() {
        return number(SipHeader.EXPIRES);
    }

    /** Seconds of Min-Expires, at most 2^32-1; -1 when absent, -2 when malformed. */
    public long minExpires() {
        return number(SipHeader.MIN_EXPIRES);
    }

    /** Max-Forwards, -1 when absent, -2 when it is not 0..255. */
    public int maxForwards() {
        long n = number(SipHeader.MAX_FORWARDS);
        return n > 255 ? -2 : (int) n;
    }

    /** The Content-Length as written, -1 when absent. */
    public long contentLength() {
        return head.contentLength;
    }

    private long number(SipHeader header) {
        int i = head.first(header.ordinal());
        if (i < 0) {
            return -1;
        }
        long n = Ascii.parseUnsigned(head.array, valueOffset(i), valueLength(i));
        return n < 0 ? -2 : Math.min(n, 0xFFFF_FFFFL);
    }

    /** The Content-Type with its parameters; absent when there is none. */
    public AsciiView contentType() {
        int i = head.first(SipHeader.CONTENT_TYPE.ordinal());
        return i < 0 ? contentType.clear() : value(i, contentType);
    }

    /** The method of the request line, or of CSeq in a response. */
    public abstract SipMethod method();
}

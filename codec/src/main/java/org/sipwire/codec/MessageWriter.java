/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.sipwire.codec.internal.Ascii;

/**
 * What {@link ResponseWriter} and {@link RequestWriter} share: header lines and a body, written into the writer's own array, which grows
 * when a message needs more and is kept for the next. Confined to one thread; one a loop. Owned by its creator; the octets are valid
 * until the next {@code begin}.
 *
 * <p>Values are written as they are given: a CR or LF within them is refused by {@link IllegalArgumentException}, since it would begin a
 * line of the peer's choosing.
 *
 * @param <W> the writer itself
 */
public abstract sealed class MessageWriter<W extends MessageWriter<W>> permits ResponseWriter, RequestWriter {

    static final byte[] CONTENT_LENGTH = "Content-Length: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CONTENT_LENGTH_ZERO = "Content-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    byte[] out = new byte[2048];
    int at;
    private boolean inHeader;
    private int bodyStart;
    private boolean ended;
    private boolean hasVia;

    MessageWriter() {}

    abstract W self();

    /** Writes what has to stand before the first header line of the caller. */
    abstract void beforeHeaders();

    final void reset() {
        at = 0;
        inHeader = false;
        bodyStart = -1;
        ended = false;
        hasVia = false;
    }

    /** Whether a Via line was written by its name in {@link SipHeader} or copied from a message. */
    final boolean sawVia() {
        return hasVia;
    }

    final void room(int n) {
        if (out.length - at < n) {
            out = Arrays.copyOf(out, Math.max(out.length * 2, at + n));
        }
    }

    final void raw(byte[] b, int off, int len) {
        room(len);
        System.arraycopy(b, off, out, at, len);
        at += len;
    }

    /** Moves the octets from {@code from} on so that {@code n} more fit before them. */
    final void insert(int from, byte[] b, int off, int n) {
        room(n);
        System.arraycopy(out, from, out, from + n, at - from);
        System.arraycopy(b, off, out, from, n);
        at += n;
    }

    /** Writes a line. */
    public W header(SipHeader name, byte[] value, int off, int len) {
        return headerStart(name).put(value, off, len).headerEnd();
    }

    /** Writes a line; an absent view writes an empty value. */
    public W header(SipHeader name, AsciiView value) {
        return headerStart(name).put(value).headerEnd();
    }

    /** Writes a line of ISO-8859-1 characters. */
    public W header(SipHeader name, CharSequence value) {
        return headerStart(name).put(value).headerEnd();
    }

    /** Writes a line with a number that is not negative. */
    public W header(SipHeader name, long value) {
        return headerStart(name).put(value).headerEnd();
    }

    /** Writes a line of a field that {@link SipHeader} does not know. */
    public W header(CharSequence name, CharSequence value) {
        open();
        room(name.length() + 2);
        at = Ascii.put(out, at, name);
        colon();
        return put(value).headerEnd();
    }

    /** Copies the i-th line of a message: the name as written there, the value unfolded. */
    public W header(SipMessage message, int i) {
        open();
        hasVia |= message.header(i) == SipHeader.VIA;
        byte[] a = message.array();
        int from = message.nameOffset(i);
        int to = Ascii.trimEnd(a, from, Ascii.indexOf(a, from, message.valueOffset(i), ':'));
        raw(a, from, to - from);
        room(2);
        colon();
        return put(a, message.valueOffset(i), message.valueLength(i)).headerEnd();
    }

    /** Begins a line; its value follows by {@code put}, its end by {@link #headerEnd()}. */
    public W headerStart(SipHeader name) {
        open();
        hasVia |= name == SipHeader.VIA;
        byte[] octets = name.bytes();
        room(octets.length + 2);
        System.arraycopy(octets, 0, out, at, octets.length);
        at += octets.length;
        colon();
        return self();
    }

    private void open() {
        assert !inHeader : "headerEnd() is missing";
        assert bodyStart < 0 && !ended : "the body has begun";
        beforeHeaders();
        inHeader = true;
    }

    private void colon() {
        out[at] = ':';
        out[at + 1] = ' ';
        at += 2;
    }

    /** Goes on with one octet. */
    public W put(byte octet) {
        check(octet);
        room(1);
        out[at++] = octet;
        return self();
    }

    /** Goes on with octets. */
    public W put(byte[] b, int off, int len) {
        if (bodyStart < 0 && Ascii.indexOf(b, off, off + len, '\r', '\n') < off + len) {
            throw new IllegalArgumentException("a header value holds a line end");
        }
        raw(b, off, len);
        return self();
    }

    /** Goes on with the octets of a view; an absent one adds nothing. */
    public W put(AsciiView v) {
        return v.length() <= 0 ? self() : put(v.array(), v.offset(), v.length());
    }

    /** Goes on with ISO-8859-1 characters. */
    public W put(CharSequence text) {
        int n = text.length();
        room(n);
        for (int i = 0; i < n; i++) {
            byte c = (byte) text.charAt(i);
            check(c);
            out[at + i] = c;
        }
        at += n;
        return self();
    }

    private void check(byte octet) {
        if ((octet == '\r' || octet == '\n') && bodyStart < 0) {
            throw new IllegalArgumentException("a header value holds a line end");
        }
    }

    /** Goes on with a number that is not negative, in decimal. */
    public W put(long number) {
        if (number < 0) {
            throw new IllegalArgumentException("negative: " + number);
        }
        room(20);
        at = Ascii.putDecimal(out, at, number);
        return self();
    }

    /** Goes on with 16 hexadecimal digits. */
    public W putHex(long bits) {
        room(16);
        at = Ascii.putHex(out, at, bits);
        return self();
    }

    /** Goes on with the text in quotation marks, escaping those within and backslashes. */
    public W putQuoted(CharSequence text) {
        put((byte) '"');
        for (int i = 0; i < text.length(); i++) {
            byte c = (byte) text.charAt(i);
            if (c == '"' || c == '\\') {
                put((byte) '\\');
            }
            put(c);
        }
        return put((byte) '"');
    }

    /** Ends a line. */
    public W headerEnd() {
        assert inHeader : "no headerStart";
        room(2);
        out[at] = '\r';
        out[at + 1] = '\n';
        at += 2;
        inHeader = false;
        return self();
    }

    /** Writes Content-Type and the body; {@link #end()} has to follow. */
    public W body(byte[] b, int off, int len, CharSequence contentType) {
        bodyStart(contentType);
        raw(b, off, len);
        return self();
    }

    /** Begins a body of unknown length; the octets follow by {@code put}, Content-Length is filled in by {@link #end()}. */
    public W bodyStart(CharSequence contentType) {
        header(SipHeader.CONTENT_TYPE, contentType);
        return bodyStart();
    }

    /** Begins a body whose Content-Type, if it has one, is among the lines already. */
    public W bodyStart() {
        beforeHeaders();
        bodyStart = at;
        return self();
    }

    /** Ends the message; returns its octets in {@link #array()}, from 0. */
    public int end() {
        assert !inHeader : "headerEnd() is missing";
        if (ended) {
            return at;
        }
        beforeHeaders();
        if (bodyStart < 0) {
            raw(CONTENT_LENGTH_ZERO, 0, CONTENT_LENGTH_ZERO.length);
        } else {
            int length = at - bodyStart;
            int lead = CONTENT_LENGTH.length + Ascii.digits(length) + 4;
            room(lead);
            System.arraycopy(out, bodyStart, out, bodyStart + lead, length);
            System.arraycopy(CONTENT_LENGTH, 0, out, bodyStart, CONTENT_LENGTH.length);
            int i = Ascii.putDecimal(out, bodyStart + CONTENT_LENGTH.length, length);
            out[i] = '\r';
            out[i + 1] = '\n';
            out[i + 2] = '\r';
            out[i + 3] = '\n';
            at += lead;
        }
        ended = true;
        return at;
    }

    /** The array the message is written in, from index 0. Ask after {@link #end()}: a message that outgrows its array gets another. */
    public byte[] array() {
        return out;
    }

    /** Octets written so far. */
    public int length() {
        return at;
    }
}

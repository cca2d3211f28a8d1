/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * Finds the messages in the octets of a stream by their Content-Length (RFC 3261 sections 7.5 and 18.3). One a connection; confined to
 * its thread. Owned by the connection; keeps no reference to the octets.
 *
 * <p>The caller accumulates octets, drops what {@link #skip} and then {@link #frame} consumed, and asks again. The framer remembers how
 * far it has looked, so a message that comes octet by octet costs no more than one that comes whole: between two calls of {@link #frame}
 * that return 0, the octets already seen must stay the same and begin at the offset given, wherever that lies in the array.
 */
public final class SipFramer {

    private static final long CONTENT_ = Ascii.wordOf("content-");
    private static final long T_LENGTH = Ascii.wordOf("t-length");

    private final SipLimits limits;
    /** Octets of the current message up to the line that is not complete yet. */
    private int scanned;
    /** Octets of the current message in which the end of that line was looked for. */
    private int searched;
    /** Octets of the current message up to the body once the empty line was seen, else 0. */
    private int headers;

    private long contentLength = -1;
    private int error;
    /** CR and LF octets seen in front of the current message. */
    private int lineEnds;

    private boolean startLineSeen;
    private int pings;

    /** A framer with the default limits. */
    public SipFramer() {
        this(SipLimits.DEFAULT);
    }

    /** A framer within these limits: octets of a message and of its header section. */
    public SipFramer(SipLimits limits) {
        this.limits = limits;
    }

    /**
     * Counts the CR and LF octets in front of a message, which are ignored (RFC 3261 section 7.5). A double CRLF is a keep-alive that
     * wants a single CRLF in answer (RFC 5626 section 4.4.1): {@link #takePings()} has their number.
     *
     * @return octets to drop
     */
    public int skip(byte[] bytes, int offset, int length) {
        if (searched != 0 || headers != 0) {
            return 0;
        }
        int i = offset;
        int end = offset + length;
        while (i < end && (bytes[i] == '\r' || bytes[i] == '\n')) {
            boolean expected = bytes[i] == ((lineEnds & 1) == 0 ? '\r' : '\n');
            lineEnds = expected ? lineEnds + 1 : 0;
            if (lineEnds == 4) {
                pings++;
                lineEnds = 0;
            }
            i++;
        }
        if (i < end) {
            lineEnds = 0;
        }
        return i - offset;
    }

    /** The number of keep-alives to answer since the last call. */
    public int takePings() {
        int n = pings;
        pings = 0;
        return n;
    }

    /**
     * Looks for a whole message at {@code offset}, where {@link #skip} left nothing to drop.
     *
     * @return its octets; 0 when more are needed; the code of a {@link ParseError} when the stream cannot be followed any more, in which
     *     case the connection has to be closed
     */
    public int frame(byte[] bytes, int offset, int length) {
        if (error != 0) {
            return error;
        }
        if (headers == 0) {
            int n = headers(bytes, offset, length);
            if (n <= 0) {
                return n;
            }
        }
        long whole = headers + contentLength;
        if (whole > length) {
            return 0;
        }
        reset();
        return (int) whole;
    }

    /** Forgets the current message. */
    public void reset() {
        scanned = 0;
        searched = 0;
        headers = 0;
        contentLength = -1;
        error = 0;
        startLineSeen = false;
        lineEnds = 0;
    }

    /** Octets that the current message will have, once its header section is complete; else 0. */
    public int expected() {
        return headers == 0 ? 0 : (int) (headers + contentLength);
    }

    private int fail(ParseError e) {
        error = e.code();
        return error;
    }

    /**
     * Reads line after line up to the empty one. A line ends at an LF that no blank follows (RFC 3261 section 7.3.1), so the octet after
     * it has to be there too:
     *
     * <pre>
     *   Content-Length:\r\n 15\r\nContact: ...
     *   ^                ^   ^  ^
     *   scanned          |   lf searched, once "C" is there
     *                    searched, while no more has come
     * </pre>
     */
    private int headers(byte[] a, int offset, int length) {
        int end = offset + Math.min(length, limits.maxHeaderBytes());
        int line = offset + scanned;
        int from = offset + searched;
        while (true) {
            int lf = Ascii.indexOf(a, from, end, '\n');
            boolean empty = lf < end && startLineSeen && (lf == line || lf == line + 1 && a[line] == '\r');
            if (empty) {
                return complete(lf + 1 - offset);
            }
            if (lf + 1 >= end) {
                scanned = line - offset;
                searched = Math.min(lf, end) - offset;
                return length >= limits.maxHeaderBytes() ? fail(ParseError.HEADERS_TOO_LARGE) : 0;
            }
            from = lf + 1;
            if (startLineSeen) {
                if (a[from] == ' ' || a[from] == '\t') {
                    continue;
                }
                int code = line(a, line, lf);
                if (code < 0) {
                    return code;
                }
            }
            startLineSeen = true;
            line = from;
        }
    }

    /** Takes the value of a Content-Length line; 1, or an error's code. Other lines are let pass. */
    private int line(byte[] a, int from, int lf) {
        int c = a[from] | 0x20;
        if (c != 'c' && c != 'l') {
            return 1;
        }
        int colon = c == 'l' ? from + 1 : from + 14;
        if (c == 'c'
                && (lf - from < 15
                        || Ascii.fold(Ascii.word(a, from, 8)) != CONTENT_
                        || Ascii.fold(Ascii.word(a, from + 6, 8)) != T_LENGTH)) {
            return 1;
        }
        colon = Ascii.skipBlanks(a, colon, lf);
        return a[colon] == ':' ? value(a, colon + 1, lf) : 1;
    }

    private int value(byte[] a, int from, int to) {
        int i = from;
        while (i < to && a[i] <= ' ' && a[i] >= 0) {
            i++;
        }
        int start = i;
        while (i < to && a[i] >= '0' && a[i] <= '9') {
            i++;
        }
        long n = Ascii.parseUnsigned(a, start, i - start);
        if (n < 0) {
            return fail(start < to && a[start] == '-' ? ParseError.CONTENT_LENGTH_NEGATIVE : ParseError.CONTENT_LENGTH);
        }
        while (i < to && a[i] <= ' ' && a[i] >= 0) {
            i++;
        }
        if (i < to) {
            return fail(ParseError.CONTENT_LENGTH);
        }
        if (n > Integer.MAX_VALUE) {
            return fail(ParseError.CONTENT_LENGTH_OVERFLOW);
        }
        if (contentLength >= 0 && contentLength != n) {
            return fail(ParseError.CONTENT_LENGTH_CONFLICT);
        }
        contentLength = n;
        return 1;
    }

    private int complete(int octets) {
        if (contentLength < 0) {
            // RFC 3261 section 20.14: "If a stream-based protocol (such as TCP) is used as transport, the header field
            // MUST be used."
            return fail(ParseError.CONTENT_LENGTH_MISSING);
        }
        if (octets + contentLength > limits.maxMessageBytes()) {
            // Refused before anything is allocated for it (CVE-2026-58268).
            return fail(ParseError.MESSAGE_TOO_LARGE);
        }
        headers = octets;
        return octets;
    }
}

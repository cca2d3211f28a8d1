/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.nio.charset.StandardCharsets;
import org.sipwire.codec.internal.Ascii;

/**
 * Writes responses (RFC 3261 sections 7.2 and 8.2.6). Confined to one thread; one a loop. Owned by its creator.
 *
 * <p>{@link #begin} notes the request; its Via, From, To, Call-ID and CSeq lines are copied when the first further line is written, so
 * the request must still be valid then, and {@link #via} and {@link #toTag} come before.
 */
public final class ResponseWriter extends MessageWriter<ResponseWriter> {

    private static final int UNBOUND = Integer.MAX_VALUE;
    /** A Content-Length of zero and the line that ends the header section. */
    private static final int LEAST_END = 21;

    private static final byte[] TAG = ";tag=".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] RECEIVED = ";received=".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] RPORT = ";rport=".getBytes(StandardCharsets.US_ASCII);

    private SipMessage request;
    private int status;
    private int headOffset;
    private int headEnd;
    private int toEnd;
    private boolean fillVia;
    private byte[] receivedHost;
    private int receivedLength;
    private int rport;
    private long tag;
    private boolean tagged;
    private int bound = UNBOUND;
    private boolean shortened;

    /** A writer with its own array. */
    public ResponseWriter() {}

    /**
     * Begins a response to the request: status line, all Vias, From, To, Call-ID and CSeq. The request may be the
     * {@link SipParser#message()} of an {@link SipParser#answerable()} error. Returns this.
     */
    public ResponseWriter begin(SipMessage to, int code) {
        reset();
        request = to;
        status = code;
        bound = UNBOUND;
        fillVia = false;
        tagged = false;
        toEnd = -1;
        byte[] line = SipStatus.line(code);
        raw(line, 0, line.length);
        headOffset = at;
        return this;
    }

    /** Begins a response with a reason phrase of the caller's, UTF-8 or less, without line ends. Returns this. */
    public ResponseWriter begin(SipMessage to, int code, AsciiView reason) {
        begin(to, code);
        reasonPhrase(reason.array(), reason.offset(), Math.max(reason.length(), 0));
        return this;
    }

    private void reasonPhrase(byte[] a, int off, int len) {
        // SIP/2.0 401 Unauthorized: the phrase begins at the 13th octet.
        at = 12;
        put(a, off, len);
        crlf();
        headOffset = at;
    }

    /**
     * Begins a response from lines kept of an earlier one: {@link #headOffset()} and {@link #headLength()} octets of its
     * {@link #array()}, which hold Via, From, To, Call-ID and CSeq complete. Returns this.
     */
    public ResponseWriter begin(int code, byte[] head, int off, int len) {
        reset();
        bound = UNBOUND;
        request = null;
        status = code;
        byte[] line = SipStatus.line(code);
        raw(line, 0, line.length);
        headOffset = at;
        raw(head, off, len);
        headEnd = at;
        toEnd = -1;
        return this;
    }

    /** Begins a response with this reason phrase and no line at all: to copy one, or to write all lines oneself. Returns this. */
    public ResponseWriter begin(int code, AsciiView reason) {
        reset();
        bound = UNBOUND;
        request = null;
        status = code;
        byte[] line = SipStatus.line(code);
        raw(line, 0, line.length);
        reasonPhrase(reason.array(), reason.offset(), Math.max(reason.length(), 0));
        headEnd = at;
        toEnd = -1;
        return this;
    }

    /**
     * Fills received and rport of the top Via, replacing what the client wrote there. Call it right after {@link #begin}.
     *
     * @param host  the source address, as text
     * @param len   its octets
     * @param port  the source port, written when the client asked by rport (RFC 3581 section 4)
     */
    public ResponseWriter via(byte[] host, int len, int port) {
        assert request != null;
        fillVia = true;
        receivedHost = host;
        receivedLength = len;
        rport = port;
        return this;
    }

    /** Adds a To tag of 16 hexadecimal digits when the To has none and the status is above 100 (RFC 3261 section 8.2.6.2). */
    public ResponseWriter toTag(long bits) {
        tag = bits;
        tagged = true;
        if (request == null && toEnd >= 0) {
            writeTagAt(toEnd);
        }
        return this;
    }

    /**
     * Bounds the response at one and a half times the octets of its request: for a sender who has proven nothing, so that nobody gains by
     * writing another's address on requests. What is longer in the end loses what RFCs let it lose: lines that need not be there, from the
     * last on; names and blanks; and when a line that must be there does not fit, the status becomes 400. Holds until the next
     * {@code begin}.
     *
     * @param requestOctets of the datagram; a negative number takes the bound away
     */
    public ResponseWriter bound(int requestOctets) {
        bound = requestOctets < 0 ? UNBOUND : requestOctets + (requestOctets >> 1);
        shortened = false;
        return this;
    }

    /** Octets that further lines may have before the {@link #bound} is reached; {@link Integer#MAX_VALUE} without one. May be negative. */
    public int room() {
        if (bound == UNBOUND) {
            return UNBOUND;
        }
        beforeHeaders();
        return bound - at - LEAST_END;
    }

    /**
     * Ends the message; returns its octets in {@link #array()}, from 0. Returns 0 when even the shortest response goes beyond its {@link
     * #bound}: then there is none.
     */
    @Override
    public int end() {
        int length = super.end();
        if (length > bound) {
            shortened = true;
            at = BoundedResponse.shorten(this, bound);
            return at;
        }
        return length;
    }

    /** Whether {@link #end} left something out to keep the {@link #bound}. */
    public boolean isShortened() {
        return shortened;
    }

    /** The status begun with; 400 after {@link #end} had to leave out a line that another must have. */
    public int status() {
        return status;
    }

    /** Index of the first octet after the status line. Complete once a further line or the end was written. */
    public int headOffset() {
        return headOffset;
    }

    /** Octets of the Via, From, To, Call-ID and CSeq lines. */
    public int headLength() {
        beforeHeaders();
        return headEnd - headOffset;
    }

    /** Index behind Via, From, To, Call-ID and CSeq. */
    int headEnd() {
        return headEnd;
    }

    /** The status that {@link BoundedResponse} has written instead. */
    void replaceStatus(int code) {
        status = code;
    }

    @Override
    ResponseWriter self() {
        return this;
    }

    @Override
    void beforeHeaders() {
        SipMessage m = request;
        if (m == null) {
            return;
        }
        request = null;
        Head head = m.head;
        byte[] a = head.array;
        boolean firstVia = true;
        // Lines that follow one another go by one copy: [run, runEnd).
        int run = 0;
        int runEnd = 0;
        for (int i = 0; i < head.count; i++) {
            long slot = head.slots[i];
            int id = (int) (slot >>> 48);
            // VIA, FROM, TO, CALL_ID, CSEQ are the first ids after UNKNOWN.
            if (id - 1 >>> 0 > 4 || id == 0) {
                continue;
            }
            int from = head.base + ((int) (slot >>> 32) & 0xFFFF);
            int valueEnd = head.base + ((int) (slot >>> 16) & 0xFFFF) + ((int) slot & 0xFFFF);
            if (from != runEnd) {
                raw(a, run, runEnd - run);
                run = from;
            }
            runEnd = lineEnd(a, valueEnd);
            if (id == 1 && firstVia) {
                firstVia = false;
                if (fillVia && head.via.error() == 0 && head.via.length() > 0) {
                    raw(a, run, from - run);
                    topVia(a, from, head.via, valueEnd);
                    run = runEnd;
                }
            } else if (id == 3) {
                raw(a, run, valueEnd - run);
                toEnd = at;
                if (tagged && status > 100 && !head.to.tag().isPresent()) {
                    writeTag();
                }
                crlf();
                run = runEnd;
            } else if (runEnd - valueEnd != 2) {
                // Blanks or a bare LF after the value are not copied.
                raw(a, run, valueEnd - run);
                crlf();
                run = runEnd;
            }
        }
        raw(a, run, runEnd - run);
        headEnd = at;
        if (tagged || head.to.tag().isPresent()) {
            toEnd = -1;
        }
    }

    private static int lineEnd(byte[] a, int valueEnd) {
        if (valueEnd + 1 < a.length && a[valueEnd] == '\r' && a[valueEnd + 1] == '\n') {
            return valueEnd + 2;
        }
        return Math.min(Ascii.indexOf(a, valueEnd, a.length, '\n') + 1, a.length);
    }

    private void crlf() {
        room(2);
        out[at] = '\r';
        out[at + 1] = '\n';
        at += 2;
    }

    private void writeTag() {
        room(TAG.length + 16);
        System.arraycopy(TAG, 0, out, at, TAG.length);
        at = Ascii.putHex(out, at + TAG.length, tag);
    }

    private void writeTagAt(int where) {
        if (status <= 100) {
            return;
        }
        byte[] text = new byte[TAG.length + 16];
        System.arraycopy(TAG, 0, text, 0, TAG.length);
        Ascii.putHex(text, TAG.length, tag);
        insert(where, text, 0, text.length);
        headEnd += text.length;
        toEnd = -1;
    }

    /**
     * Copies the top Via with received and rport filled.
     *
     * <pre>
     *   Via: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bK7,SIP/2.0/UDP b
     *   ^    ^                        ^                     ^            ^
     *   from via.offset()             parametersOffset      via's end    valueEnd
     * </pre>
     */
    private void topVia(byte[] a, int from, Via via, int valueEnd) {
        int viaEnd = via.offset() + via.length();
        raw(a, from, via.parametersOffset() - from);
        Parameters p = via.cursor();
        p.error = 0;
        int i = via.parametersOffset();
        int k;
        while ((k = p.next(a, i, viaEnd)) >= 0) {
            long word = p.nameWord(a);
            if (p.nameLength == 5 && word == Via.RPORT) {
                raw(RPORT, 0, RPORT.length);
                room(20);
                at = Ascii.putDecimal(out, at, rport);
            } else if (p.nameLength != 8 || word != Via.RECEIVED) {
                raw(a, i, k - i);
            }
            i = k;
        }
        // RFC 3261 section 18.2.1: received is added when the host is a name or differs from the source address. RFC
        // 3581 section 4:
        // "the server MUST insert a received parameter ... even if it is identical" when the client asked for rport.
        AsciiView host = via.host();
        if (via.hasRport() || !sameHost(host)) {
            raw(RECEIVED, 0, RECEIVED.length);
            raw(receivedHost, 0, receivedLength);
        }
        raw(a, viaEnd, valueEnd - viaEnd);
        crlf();
    }

    private boolean sameHost(AsciiView host) {
        int off = host.offset();
        int len = host.length();
        if (len > 2 && host.array()[off] == '[') {
            off++;
            len -= 2;
        }
        return len == receivedLength && Ascii.equalsIgnoreCase(host.array(), off, receivedHost, 0, len);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * Parses one message of RFC 3261 section 7 where it lies, without copying or allocating. Confined to one thread at a time; one a loop.
 *
 * <p>Folded header lines are unfolded in place: the CR LF of the fold become two spaces, so the octets of a message may change, its
 * length never. {@link #message()} and all views reached through it are Borrowed: valid until the next parse or change of the octets.
 */
public final class SipParser extends StartLineReader {

    private static final int HEADER_NAME = ParseError.HEADER_NAME.code();
    /** CR and LF in the middle of four octets read as a little-endian word. */
    private static final int CR_LF = '\r' << 8 | '\n' << 16;

    private final SipLimits limits;
    private final SipRequest request;
    private final SipResponse response;
    /** Whether the current line holds an escaped control octet, which only its grammar can judge. */
    private boolean escapedControl;

    /** A parser that tolerates what {@code compliance} does, within {@code limits}. */
    public SipParser(SipCompliance compliance, SipLimits limits) {
        super(compliance, limits);
        this.limits = limits;
        request = new SipRequest(head);
        response = new SipResponse(head);
    }

    /**
     * Parses a datagram, which is one whole message (RFC 3261 section 18.3): the body has the octets that Content-Length declares, or all
     * the rest when it is absent. Octets after the body are ignored.
     *
     * @return octets of the message, or the code of a {@link ParseError}
     */
    public int parseDatagram(byte[] bytes, int offset, int length) {
        return parse(bytes, offset, length, false);
    }

    /** Parses one message as a {@link SipFramer} delimited it. Returns as {@link #parseDatagram}. */
    public int parseFramed(byte[] bytes, int offset, int length) {
        return parse(bytes, offset, length, true);
    }

    private int parse(byte[] bytes, int offset, int length, boolean framed) {
        a = bytes;
        end = offset + length;
        error = 0;
        errorOffset = 0;
        violations = 0;
        head.clear(bytes, offset);
        head.given = length;
        if (length < 16 || bytes[offset] <= ' ') {
            int noise = noise(bytes, offset, length);
            if (noise < 0) {
                return noise;
            }
        }
        if (length > limits.maxMessageBytes()) {
            fail(ParseError.MESSAGE_TOO_LARGE, offset);
            end = offset + Math.min(length, limits.maxHeaderBytes());
        }
        grammar.violations = 0;
        int i = frequentStartLine(bytes, offset);
        lines(i > 0 ? i : startLine(offset));
        if (grammar.violations != 0) {
            grammarViolations();
        }
        essentials();
        if (error == 0 || head.bodyOffset > head.base) {
            body(framed);
        }
        return error != 0 ? error : head.bodyOffset + head.bodyLength - offset;
    }

    /** Violations that the grammar let pass count, and are errors where they are not tolerated. */
    private void grammarViolations() {
        for (long bits = grammar.violations; bits != 0; bits &= bits - 1) {
            violate(Violation.of(Long.numberOfTrailingZeros(bits)), head.base);
        }
    }

    // ---- header lines
    // -----------------------------------------------------------------------------------------------------------

    private void lines(int from) {
        byte[] b = a;
        int stop = Math.min(end, head.base + limits.maxHeaderBytes());
        int i = from;
        while (i < stop) {
            byte c = b[i];
            if (c == '\r' && i + 1 < stop && b[i + 1] == '\n') {
                head.bodyOffset = i + 2;
                return;
            }
            if (c == '\n') {
                violate(Violation.BARE_LF, i);
                head.bodyOffset = i + 1;
                return;
            }
            i = i + 16 <= b.length ? frequentLine(b, i, stop) : line(i, stop);
        }
        fail(stop < end ? ParseError.HEADERS_TOO_LARGE : ParseError.HEADERS_UNTERMINATED, stop);
    }

    /**
     * Reads a line in the shape that nearly all have: a known name, its colon, one blank, a value without control octets, CR LF, and then
     * no blank. Any other is left to {@link #line}. Returns the index of the next line.
     *
     * <pre>
     *   Call-ID: 445511141\r\nCSeq: 2 REGISTER
     *   ^      ^ ^        ^   ^
     *   from   | value    |   next
     *          colon      valueEnd
     * </pre>
     */
    private int frequentLine(byte[] b, int from, int stop) {
        int known = SipHeader.probe(b, from);
        int value = from + Ascii.guess(known & 0xFF) + 2;
        if (known == 0 || value >= stop || b[value - 1] != ' ' || checksAll) {
            return line(from, stop);
        }
        int valueEnd = Ascii.indexOfControl(b, value, stop);
        if (valueEnd + 2 >= stop || valueEnd + 7 > b.length) {
            return line(from, stop);
        }
        // The octet before the line's end, CR, LF and the octet after it by one load.
        int ending = (int) Ascii.word(b, valueEnd - 1);
        int next = ending >>> 24;
        if ((ending & 0xFFFF00) != CR_LF
                || (ending & 0xFF) == ' '
                || next == ' '
                || next == '\t'
                || b[value] == ' '
                || head.count == head.slots.length) {
            return line(from, stop);
        }
        int id = known >>> 8;
        if (!head.add(id, from, value, valueEnd - value)) {
            repeated(SipHeader.of(id), from);
        }
        return valueEnd + 2;
    }

    /** Reads the header line at {@code from}; returns the index of the next. */
    private int line(int from, int stop) {
        int colon = Ascii.indexOf(a, from, stop, ':', '\n');
        if (colon >= stop || a[colon] == '\n') {
            fail(ParseError.HEADER_LINE, from);
            return Math.min(colon + 1, stop);
        }
        int nameEnd = Ascii.trimEnd(a, from, colon);
        int value = Ascii.skipBlanks(a, colon + 1, stop);
        int next = value;
        int valueEnd;
        escapedControl = false;
        while (true) {
            next = Ascii.indexOfControl(a, next, stop);
            if (next >= stop) {
                // The end of the octets inside a line: lines() reports it.
                valueEnd = stop;
                next = stop;
                break;
            }
            byte c = a[next];
            if (c == '\t') {
                next++;
                continue;
            }
            boolean crlf = c == '\r' && next + 1 < stop && a[next + 1] == '\n';
            if (!crlf && c != '\n') {
                controlOctet(next);
                next++;
                continue;
            }
            valueEnd = next;
            next += crlf ? 2 : 1;
            if (!crlf) {
                violate(Violation.BARE_LF, valueEnd);
            }
            if (next < stop && (a[next] == ' ' || a[next] == '\t')) {
                // RFC 3261 section 7.3.1: a line that begins with a blank goes on with the one before; the fold means a
                // single space.
                a[valueEnd] = ' ';
                a[next - 1] = ' ';
                continue;
            }
            break;
        }
        value = Math.min(Ascii.skipBlanks(a, value, valueEnd), valueEnd);
        header(from, nameEnd, value, Ascii.trimEnd(a, value, valueEnd));
        return next;
    }

    private void controlOctet(int at) {
        // quoted-pair = "\" (%x00-09 / %x0B-0C / %x0E-7F): an escaped control octet may stand in a quoted string (RFC
        // 4475 section 3.1.1.2).
        if (a[at - 1] != '\\' || a[at] == '\r') {
            fail(ParseError.CONTROL_OCTET, at);
        }
        escapedControl = true;
    }

    private void header(int name, int nameEnd, int value, int valueEnd) {
        if (head.count == limits.maxHeaders()) {
            fail(ParseError.TOO_MANY_HEADERS, name);
            return;
        }
        int id = SipHeader.lookup(a, name, nameEnd - name);
        if (id == 0 && (nameEnd == name || Ascii.skip(a, name, nameEnd, Ascii.TOKEN) != nameEnd)) {
            fail(HEADER_NAME, name);
            return;
        }
        if (!head.add(id, name, value, valueEnd - value) && id != 0) {
            repeated(SipHeader.of(id), name);
        }
        if (checksAll || escapedControl) {
            int code = grammar.check(SipHeader.of(id), a, value, valueEnd - value);
            if (code != 0) {
                fail(code, value);
            }
        }
    }

    private void repeated(SipHeader h, int at) {
        if (!h.isSingle()) {
            return;
        }
        switch (h) {
            case FROM -> fail(ParseError.DUPLICATE_FROM, at);
            case TO -> fail(ParseError.DUPLICATE_TO, at);
            case CALL_ID -> fail(ParseError.DUPLICATE_CALL_ID, at);
            case CSEQ -> fail(ParseError.DUPLICATE_CSEQ, at);
            case CONTENT_LENGTH -> { // body() compares the values
            }
            case USER_AGENT, SERVER -> violate(Violation.REPEATED_PRODUCT, at);
            default -> fail(ParseError.DUPLICATE_HEADER, at);
        }
    }

    // ---- the fields of every message
    // --------------------------------------------------------------------------------------------

    private void essentials() {
        via();
        int i = head.first(SipHeader.FROM.ordinal());
        if (i < 0) {
            fail(ParseError.MISSING_FROM, end);
            head.from.wrap(a, head.base, 0);
        } else {
            address(head.from, i, ParseError.FROM);
            if (head.from.error == 0 && head.from.tag().isEmpty()) {
                violate(Violation.MISSING_FROM_TAG, head.base + head.valueOffset(i));
            }
        }
        i = head.first(SipHeader.TO.ordinal());
        if (i < 0) {
            fail(ParseError.MISSING_TO, end);
            head.to.wrap(a, head.base, 0);
        } else {
            address(head.to, i, ParseError.TO);
            if (!head.request
                    && head.status > 100
                    && head.to.error == 0
                    && !head.to.tag().isPresent()) {
                violate(Violation.MISSING_TO_TAG, head.base + head.valueOffset(i));
            }
        }
        i = head.first(SipHeader.CALL_ID.ordinal());
        if (i < 0) {
            fail(ParseError.MISSING_CALL_ID, end);
            head.callId.clear();
        } else {
            int off = head.base + head.valueOffset(i);
            int len = head.valueLength(i);
            head.callId.wrap(a, off, len);
            if (len == 0 || Ascii.indexOf(a, off, off + len, ' ', '\t') != off + len) {
                fail(ParseError.CALL_ID, off);
            }
        }
        cseq();
        if (head.request && head.first(SipHeader.MAX_FORWARDS.ordinal()) < 0) {
            violate(Violation.MISSING_MAX_FORWARDS, end);
        }
    }

    private void via() {
        int i = head.first(SipHeader.VIA.ordinal());
        if (i < 0) {
            fail(ParseError.MISSING_VIA, end);
            head.via.parse(a, head.base, head.base);
            return;
        }
        int off = head.base + head.valueOffset(i);
        int stop = off + head.valueLength(i);
        Via via = head.via;
        int to = via.parse(a, off, stop);
        if (via.error() != 0) {
            fail(via.error(), off);
        } else if (to < stop && a[to] != ',') {
            fail(ParseError.VIA, to);
        } else if (!via.hasMagicCookie()) {
            violate(via.branch().length() <= 7 ? Violation.MISSING_BRANCH : Violation.BRANCH_WITHOUT_COOKIE, off);
        }
        if (head.request && via.isFilledBySender()) {
            violate(Violation.CLIENT_FILLED_VIA, off);
        }
    }

    private void address(NameAddr view, int i, ParseError malformed) {
        int off = head.base + head.valueOffset(i);
        view.wrap(a, off, head.valueLength(i));
        if (view.error != 0) {
            fail(view.error == ParseError.PARAMETER.code() ? malformed.code() : view.error, off);
        } else if (view.uri().error() != 0) {
            fail(view.uri().error(), off);
        } else if (view.hasBlanksInAngles()) {
            violate(Violation.BLANKS_IN_ANGLES, off);
        }
    }

    private void cseq() {
        int i = head.first(SipHeader.CSEQ.ordinal());
        if (i < 0) {
            fail(ParseError.MISSING_CSEQ, end);
            head.cseq.wrap(a, head.base, 0);
            return;
        }
        int off = head.base + head.valueOffset(i);
        CSeq cseq = head.cseq.wrap(a, off, head.valueLength(i));
        if (cseq.error() != 0) {
            fail(cseq.error(), off);
        } else if (head.request
                && (cseq.method() != head.method
                        || head.method == SipMethod.UNKNOWN
                                && !cseq.methodName().contentEquals(a, head.base, head.methodLength))) {
            // RFC 3261 section 8.1.1.5: "The method MUST match that of the request."
            fail(ParseError.CSEQ_METHOD, off);
        }
    }

    private void body(boolean framed) {
        int available = end - head.bodyOffset;
        head.bodyLength = available;
        int i = head.first(SipHeader.CONTENT_LENGTH.ordinal());
        if (i < 0) {
            if (framed) {
                fail(ParseError.CONTENT_LENGTH_MISSING, head.bodyOffset);
            }
            return;
        }
        long declared = contentLength(i);
        for (int k = head.next(SipHeader.CONTENT_LENGTH.ordinal(), i + 1);
                k >= 0;
                k = head.next(SipHeader.CONTENT_LENGTH.ordinal(), k + 1)) {
            if (contentLength(k) != declared) {
                fail(ParseError.CONTENT_LENGTH_CONFLICT, head.base + head.valueOffset(k));
            }
            violate(Violation.REPEATED_CONTENT_LENGTH, head.base + head.valueOffset(k));
        }
        head.contentLength = declared;
        if (declared < 0) {
            return;
        }
        if (declared > available && !framed && endsAsXml()) {
            violate(Violation.CONTENT_LENGTH_BEYOND_XML, head.bodyOffset);
            return;
        }
        if (declared > available) {
            // RFC 3261 section 18.3: "If the transport packet ends before the end of the message body, this is
            // considered an error."
            fail(ParseError.CONTENT_LENGTH_BEYOND, head.base + head.valueOffset(i));
            return;
        }
        if (declared == 0 && available > 0 && !framed && carriesBody()) {
            violate(Violation.ZERO_CONTENT_LENGTH_WITH_BODY, head.bodyOffset);
            return;
        }
        if (framed && declared != available) {
            // The framer and the parser must never disagree about where a message ends: that is how messages are
            // smuggled.
            fail(ParseError.CONTENT_LENGTH_SHORT, head.base + head.valueOffset(i));
        }
        // "If there are additional bytes in the transport packet beyond the end of the body, they MUST be discarded."
        head.bodyLength = (int) declared;
    }

    private boolean carriesBody() {
        return compliance.tolerates(Violation.ZERO_CONTENT_LENGTH_WITH_BODY)
                && head.request
                && (head.method == SipMethod.MESSAGE || head.method == SipMethod.NOTIFY)
                && head.first(SipHeader.CONTENT_TYPE.ordinal()) >= 0;
    }

    /** Whether the body of a MESSAGE ends in an angle bracket, so that it is whole although shorter than declared. */
    private boolean endsAsXml() {
        if (!compliance.tolerates(Violation.CONTENT_LENGTH_BEYOND_XML)
                || !head.request
                || head.method != SipMethod.MESSAGE
                || head.first(SipHeader.CONTENT_TYPE.ordinal()) < 0) {
            return false;
        }
        int i = end;
        while (i > head.bodyOffset && a[i - 1] <= ' ' && a[i - 1] >= 0) {
            i--;
        }
        return i > head.bodyOffset && a[i - 1] == '>';
    }

    private long contentLength(int i) {
        int off = head.base + head.valueOffset(i);
        int len = head.valueLength(i);
        long n = Ascii.parseUnsigned(a, off, len);
        if (n < 0) {
            fail(len > 0 && a[off] == '-' ? ParseError.CONTENT_LENGTH_NEGATIVE : ParseError.CONTENT_LENGTH, off);
        } else if (n > Integer.MAX_VALUE) {
            fail(ParseError.CONTENT_LENGTH_OVERFLOW, off);
        }
        return n;
    }

    // ---- results
    // ----------------------------------------------------------------------------------------------------------------

    /** Whether the last message is a request. */
    public boolean isRequest() {
        return head.request;
    }

    /** The last message as a request. */
    public SipRequest request() {
        return request;
    }

    /** The last message as a response. */
    public SipResponse response() {
        return response;
    }

    /** The last message. */
    public SipMessage message() {
        return head.request ? request : response;
    }

    /** Offset of the octet, from the message's first, where the last error was seen. */
    public int errorOffset() {
        return errorOffset;
    }

    /** The tolerated and other {@link Violation}s of the last message, {@link Violation#bit()} each. */
    public long violations() {
        return violations;
    }

    /**
     * After an error: whether the message is a request other than ACK whose Via, From, To, Call-ID and CSeq were read well enough for
     * {@link ResponseWriter} to answer with {@link ParseError#status()}.
     */
    public boolean answerable() {
        if (error == 0 || ParseError.of(error).status() == 0 || !head.request || head.method == SipMethod.ACK) {
            return false;
        }
        return head.first(SipHeader.VIA.ordinal()) >= 0
                && head.via.error() == 0
                && head.first(SipHeader.FROM.ordinal()) >= 0
                && head.first(SipHeader.TO.ordinal()) >= 0
                && head.first(SipHeader.CALL_ID.ordinal()) >= 0
                && head.first(SipHeader.CSEQ.ordinal()) >= 0;
    }
}

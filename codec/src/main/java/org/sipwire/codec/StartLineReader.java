/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * The first half of {@link SipParser}: what a parse has found so far, its first error and its violations, and the start line (RFC 3261
 * sections 7.1 and 7.2). Confined to one thread at a time.
 */
abstract class StartLineReader {

    private static final long SIP_2_0 = Ascii.wordOf("SIP/2.0 ");
    private static final long VERSION_CR = Ascii.wordOf("SIP/2.0\r");
    private static final long VERSION = Ascii.wordOf("sip/2.0");
    private static final long SIP_SLASH = Ascii.wordOf("sip/");

    final SipCompliance compliance;
    final Head head;
    final HeaderGrammar grammar;
    final boolean checksAll;
    byte[] a = new byte[0];
    int end;
    int error;
    int errorOffset;
    long violations;

    StartLineReader(SipCompliance compliance, SipLimits limits) {
        this.compliance = compliance;
        head = new Head(limits);
        grammar = new HeaderGrammar(limits.maxValues());
        checksAll = compliance.checksAllHeaders();
    }

    final void fail(ParseError e, int at) {
        fail(e.code(), at);
    }

    /** Keeps the first error and goes on, so that a request may still be answered. */
    final void fail(int code, int at) {
        if (error == 0) {
            error = code;
            errorOffset = at - head.base;
        }
    }

    final void violate(Violation v, int at) {
        violations |= v.bit();
        if (!compliance.tolerates(v)) {
            fail(v.error(), at);
        }
    }

    /** The code of what is no message at all: nothing, blanks, a keep-alive; 0 for anything else. */
    static int noise(byte[] bytes, int offset, int length) {
        if (length == 0) {
            return ParseError.EMPTY.code();
        }
        if (length == 4
                && bytes[offset] == 'j'
                && bytes[offset + 1] == 'a'
                && bytes[offset + 2] == 'K'
                && bytes[offset + 3] == 0) {
            return ParseError.KEEP_ALIVE.code();
        }
        boolean lineEnds = true;
        for (int i = offset; i < offset + length; i++) {
            byte c = bytes[i];
            if (c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != 0) {
                return 0;
            }
            lineEnds &= c == '\r' || c == '\n';
        }
        return lineEnds ? ParseError.KEEP_ALIVE.code() : ParseError.EMPTY.code();
    }

    /** Reads the start line; returns the index of the first header line. */
    final int startLine(int from) {
        int i = from;
        // RFC 3261 section 7.5: "Implementations processing SIP messages over stream-oriented transports MUST ignore
        // any CRLF appearing
        // before the start-line." Datagrams with them are met as well.
        while (i < end && (a[i] == '\r' || a[i] == '\n')) {
            i++;
        }
        head.base = i;
        int lf = Ascii.indexOf(a, i, end, '\n');
        if (lf >= end) {
            fail(ParseError.HEADERS_UNTERMINATED, i);
            lf = end;
        }
        int stop = lf;
        if (stop > i && a[stop - 1] == '\r') {
            stop--;
        } else {
            violate(Violation.BARE_LF, lf);
        }
        int control = Ascii.indexOfControl(a, i, stop);
        if (control < stop) {
            fail(ParseError.START_LINE, control);
        }
        if (stop - i >= 8 && Ascii.word(a, i, 8) == SIP_2_0) {
            head.request = false;
            statusLine(i, stop);
        } else {
            head.request = true;
            requestLine(i, stop);
        }
        return lf < end ? lf + 1 : end;
    }

    private void statusLine(int from, int stop) {
        int i = from + 8;
        int code = 0;
        int digits = 0;
        while (i < stop && a[i] >= '0' && a[i] <= '9') {
            // Three digits and no more: 4294967301 must not become 5 (RFC 4475 section 3.1.2.19).
            code = digits < 4 ? code * 10 + a[i] - '0' : code;
            digits++;
            i++;
        }
        head.status = code;
        if (digits != 3 || code < 100 || code > 699) {
            fail(ParseError.STATUS_CODE, from + 8);
        }
        if (i == stop) {
            violate(Violation.STATUS_WITHOUT_SPACE, i);
            head.reasonOffset = i;
        } else if (a[i] == ' ') {
            head.reasonOffset = i + 1;
        } else {
            fail(ParseError.STATUS_LINE, i);
            head.reasonOffset = i;
        }
        head.reasonLength = stop - head.reasonOffset;
    }

    private void requestLine(int from, int stop) {
        int i = Ascii.skip(a, from, stop, Ascii.TOKEN);
        head.methodLength = i - from;
        head.method = SipMethod.of(a, from, i - from);
        if (i == from || i >= stop || a[i] != ' ') {
            fail(i == from || i < stop && a[i] > ' ' ? ParseError.METHOD : ParseError.START_LINE, i);
            return;
        }
        int uri = Ascii.skipBlanks(a, i, stop);
        int tail = Ascii.trimEnd(a, uri, stop);
        if (uri != i + 1 || tail != stop) {
            violate(Violation.START_LINE_SPACES, uri);
        }
        int version = tail;
        while (version > uri && a[version - 1] != ' ' && a[version - 1] != '\t') {
            version--;
        }
        int uriEnd = Ascii.trimEnd(a, uri, version);
        head.uriOffset = uri;
        head.uriLength = uriEnd - uri;
        if (version - uriEnd > 1) {
            violate(Violation.START_LINE_SPACES, uriEnd);
        }
        if (uriEnd <= uri) {
            fail(ParseError.REQUEST_LINE, uri);
            return;
        }
        version(version, tail);
        if (Ascii.indexOf(a, uri, uriEnd, ' ', '\t') < uriEnd) {
            // "No unescaped spaces or control characters are allowed in the Request-URI and it MUST NOT be enclosed in
            // <>" (section 7.1).
            fail(ParseError.REQUEST_URI, uri);
            return;
        }
        requestUri(uri, uriEnd);
    }

    private void requestUri(int uri, int uriEnd) {
        SipUri view = head.requestUri();
        if (view.error() != 0) {
            fail(ParseError.REQUEST_URI, uri);
        } else if (view.headers().isPresent()) {
            // Section 19.1.1, table 1: headers are not allowed in a Request-URI. They must never become header fields.
            violate(Violation.REQUEST_URI_HEADERS, uri);
        }
        if (checksAll) {
            grammar.at(a, uri, uriEnd - uri);
            if (!grammar.uri(uri, uriEnd, compliance.tolerates(Violation.REQUEST_URI_HEADERS))) {
                fail(ParseError.REQUEST_URI, uri);
            }
        }
    }

    /**
     * Reads a start line in the shape that nearly all have; returns the index of the first header line, or -1 when it has another and
     * {@link #startLine} has to look.
     *
     * <pre>
     *   REGISTER sip:192.0.2.1:5060 SIP/2.0\r\n      SIP/2.0 200 OK\r\n
     *   ^        ^                 ^       ^         ^       ^   ^ ^
     *   from     uri               uriEnd  + 8       from    + 8 | lineEnd
     *                                                            reason
     * </pre>
     */
    final int frequentStartLine(byte[] b, int from) {
        if (from + 64 > end) {
            return -1;
        }
        long w = Ascii.word(b, from);
        if (w == SIP_2_0) {
            int code = (b[from + 8] - '0') * 100 + (b[from + 9] - '0') * 10 + b[from + 10] - '0';
            int lineEnd = Ascii.indexOfControl(b, from + 11, end);
            if (code < 100
                    || code > 699
                    || !Ascii.is(b[from + 9], Ascii.DIGIT)
                    || !Ascii.is(b[from + 10], Ascii.DIGIT)
                    || b[from + 11] != ' '
                    || !endsLine(b, lineEnd)) {
                return -1;
            }
            head.request = false;
            head.status = code;
            head.reasonOffset = from + 12;
            head.reasonLength = lineEnd - from - 12;
            return lineEnd + 2;
        }
        int length = Ascii.indexOf(b, from, from + 10, ' ') - from;
        SipMethod method = SipMethod.of(b, from, length);
        int uri = from + Ascii.guess(length) + 1;
        int uriEnd = Ascii.indexOfBlank(b, uri, end);
        if (method == SipMethod.UNKNOWN
                || uriEnd + 10 >= end
                || b[uriEnd] != ' '
                || Ascii.word(b, uriEnd + 1) != VERSION_CR
                || !endsLine(b, uriEnd + 8)) {
            return -1;
        }
        head.request = true;
        head.method = method;
        head.methodLength = length;
        head.uriOffset = uri;
        head.uriLength = uriEnd - uri;
        requestUri(uri, uriEnd);
        return uriEnd + 10;
    }

    /** Whether CR LF stand here and no blank comes after. */
    private boolean endsLine(byte[] b, int i) {
        return i + 2 < end && b[i] == '\r' && b[i + 1] == '\n' && b[i + 2] != ' ' && b[i + 2] != '\t';
    }

    private void version(int from, int to) {
        if (to - from == 7 && Ascii.fold(Ascii.word(a, from, 7)) == VERSION) {
            return;
        }
        boolean sip = to - from > 4 && Ascii.fold(Ascii.word(a, from, 4)) == SIP_SLASH;
        fail(sip ? ParseError.VERSION : ParseError.START_LINE, from);
    }
}

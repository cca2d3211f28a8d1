/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.nio.charset.StandardCharsets;
import org.sipwire.codec.internal.Ascii;

/**
 * Makes a response that was written fit a bound, by what RFC 3261 lets it do without. It works in the writer's array, where everything only
 * moves to the front; nothing is allocated. Stateless.
 *
 * <pre>
 *   SIP/2.0 200 OK
 *   Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK7    4 names by one letter, no blank behind the colon
 *   From: ...  To: ...  Call-ID: ...  CSeq: ...
 *   Allow: REGISTER, OPTIONS                     2 lines that need not be there, from the last on
 *   Supported: path, outbound, gruu
 *   Content-Length: 45                           1 the body
 *
 *   ...                                          3 the reason phrase, which may be empty (§7.2)
 * </pre>
 */
final class BoundedResponse {

    private static final byte[] END = "Content-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SHORT_END = "l:0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] BAD_REQUEST = "SIP/2.0 400 \r\n".getBytes(StandardCharsets.US_ASCII);

    private BoundedResponse() {}

    /** Shortens what the writer holds, complete with Content-Length and body. Returns its octets, 0 when it cannot be that short. */
    static int shorten(ResponseWriter writer, int bound) {
        byte[] a = writer.array();
        int headEnd = writer.headEnd();
        int at = linesEnd(a, headEnd);
        at = dropFromTheLast(a, headEnd, at, bound - END.length, writer.status());
        if (at + END.length <= bound) {
            return end(a, at, END);
        }
        // What is left must be there, or the message is another one.
        int head = compactStatusLine(a);
        int lines = head;
        int from = writer.headOffset();
        int to = at;
        at = lines;
        while (from < headEnd) {
            int next = nextLine(a, from);
            at = compactLine(a, from, next, at);
            from = next;
        }
        int compactHeadEnd = at;
        while (from < to) {
            int next = nextLine(a, from);
            at = compactLine(a, from, next, at);
            from = next;
        }
        if (at + SHORT_END.length <= bound) {
            return end(a, at, SHORT_END);
        }
        if (compactHeadEnd + SHORT_END.length > bound) {
            return 0;
        }
        if (compactHeadEnd < at) {
            System.arraycopy(BAD_REQUEST, 0, a, 0, BAD_REQUEST.length);
            writer.replaceStatus(400);
        }
        return end(a, compactHeadEnd, SHORT_END);
    }

    private static int end(byte[] a, int at, byte[] end) {
        System.arraycopy(end, 0, a, at, end.length);
        return at + end.length;
    }

    /** Index behind the last line that is not Content-Length, which the writer puts last. */
    private static int linesEnd(byte[] a, int from) {
        int i = from;
        while (SipHeader.lookup(a, i, nameLength(a, i)) != SipHeader.CONTENT_LENGTH.ordinal()) {
            i = nextLine(a, i);
        }
        return i;
    }

    private static int dropFromTheLast(byte[] a, int first, int end, int bound, int status) {
        int to = end;
        int line = end;
        while (line > first && to > bound) {
            int next = line;
            line = previousLine(a, first, line);
            if (!isNeeded(SipHeader.of(a, line, nameLength(a, line)), status)) {
                System.arraycopy(a, next, a, line, to - next);
                to -= next - line;
            }
        }
        return to;
    }

    /** Whether a response of this status MUST have the line, or means nothing without it. */
    private static boolean isNeeded(SipHeader header, int status) {
        return switch (header) {
            case WWW_AUTHENTICATE -> status == 401;
            case PROXY_AUTHENTICATE -> status == 407;
            case ALLOW -> status == 405;
            case ACCEPT -> status == 415;
            case UNSUPPORTED -> status == 420;
            case MIN_EXPIRES -> status == 423;
            case ALLOW_EVENTS -> status == 489;
            case CONTACT -> status < 400;
            case EXPIRES, REQUIRE, RECORD_ROUTE, PATH -> status < 300;
            default -> false;
        };
    }

    private static int nameLength(byte[] a, int line) {
        return Ascii.trimEnd(a, line, Ascii.indexOf(a, line, a.length, ':')) - line;
    }

    private static int nextLine(byte[] a, int line) {
        return Ascii.indexOf(a, line, a.length, '\n') + 1;
    }

    private static int previousLine(byte[] a, int first, int line) {
        int i = line - 1;
        while (i > first && a[i - 1] != '\n') {
            i--;
        }
        return i;
    }

    /** SIP/2.0 401 and no phrase: "SIP/2.0 401 " CRLF. */
    private static int compactStatusLine(byte[] a) {
        a[12] = '\r';
        a[13] = '\n';
        return 14;
    }

    private static int compactLine(byte[] a, int line, int next, int to) {
        int name = nameLength(a, line);
        SipHeader header = SipHeader.of(a, line, name);
        int value = Ascii.skipBlanks(a, Ascii.indexOf(a, line, next, ':') + 1, next);
        int at = to;
        if (header != SipHeader.UNKNOWN && !header.compactForm().isEmpty()) {
            a[at++] = (byte) header.compactForm().charAt(0);
        } else {
            System.arraycopy(a, line, a, at, name);
            at += name;
        }
        a[at++] = ':';
        System.arraycopy(a, value, a, at, next - value);
        return at + next - value;
    }
}

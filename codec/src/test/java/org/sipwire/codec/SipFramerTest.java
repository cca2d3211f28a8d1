/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SipFramerTest {

    private static final String ONE = """
            MESSAGE sip:a@example.net SIP/2.0
            Via: SIP/2.0/TCP b.example.org;branch=z9hG4bK1
            From: <sip:b@example.org>;tag=1
            To: <sip:a@example.net>
            Call-ID: cl
            CSeq: 1 MESSAGE
            Max-Forwards: 70
            Content-Type: text/plain
            Content-Length: %d

            %s""";

    private static byte[] message(String body) {
        byte[] head = Messages.crlf(ONE.formatted(body.length(), ""));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(head);
        out.writeBytes(Messages.bytes(body));
        return out.toByteArray();
    }

    /** A connection: accumulates, drops what is consumed, and moves the rest to the front as real ones do. */
    private static final class Connection {
        final SipFramer framer = new SipFramer();
        final List<String> messages = new ArrayList<>();
        byte[] buffer = new byte[4096];
        int filled;
        int error;

        void feed(byte[] bytes, int off, int len) {
            if (buffer.length - filled < len) {
                buffer = java.util.Arrays.copyOf(buffer, filled + len + 4096);
            }
            System.arraycopy(bytes, off, buffer, filled, len);
            filled += len;
            int at = 0;
            while (true) {
                at += framer.skip(buffer, at, filled - at);
                int n = framer.frame(buffer, at, filled - at);
                if (n <= 0) {
                    error = n;
                    break;
                }
                messages.add(new String(buffer, at, n, StandardCharsets.ISO_8859_1));
                at += n;
            }
            System.arraycopy(buffer, at, buffer, 0, filled - at);
            filled -= at;
        }
    }

    @Test
    void messagesAreFoundAtEverySplitIntoThree() {
        byte[] first = message("hello");
        byte[] second = message("");
        byte[] stream = concat(first, Messages.bytes("\r\n"), second, first);
        for (int i = 0; i <= stream.length; i += 3) {
            for (int k = i; k <= stream.length; k += 7) {
                Connection c = new Connection();
                c.feed(stream, 0, i);
                c.feed(stream, i, k - i);
                c.feed(stream, k, stream.length - k);
                assertThat(c.messages)
                        .containsExactly(
                                new String(first, StandardCharsets.ISO_8859_1),
                                new String(second, StandardCharsets.ISO_8859_1),
                                new String(first, StandardCharsets.ISO_8859_1));
                assertThat(c.filled).isZero();
            }
        }
    }

    @Test
    void messagesAreFoundOctetByOctet() {
        byte[] stream = concat(message("a\r\n\r\nb"), message("Content-Length: 99\r\n\r\n"), message("x"));
        Connection c = new Connection();
        for (int i = 0; i < stream.length; i++) {
            c.feed(stream, i, 1);
        }
        assertThat(c.messages).hasSize(3);
        assertThat(c.error).isZero();
    }

    @Test
    void doubleLineEndIsAPingAndSingleOnesAreNot() {
        byte[] m = message("x");
        Connection c = new Connection();
        byte[] stream = concat(
                Messages.bytes("\r\n\r\n"),
                m,
                Messages.bytes("\r\n"),
                m,
                Messages.bytes("\r\n\r\n\r\n\r\n"),
                m,
                Messages.bytes("\r\n"));
        for (int i = 0; i < stream.length; i++) {
            c.feed(stream, i, 1);
        }
        assertThat(c.messages).hasSize(3);
        assertThat(c.framer.takePings()).isEqualTo(3);
        assertThat(c.framer.takePings()).isZero();
    }

    @Test
    void headerSectionAboveTheLimitIsRefusedWithoutAnEnd() {
        SipFramer framer = new SipFramer(SipLimits.DEFAULT.withMaxHeaderBytes(200));
        byte[] endless = Messages.crlf("MESSAGE sip:a SIP/2.0\n" + "X: y\n".repeat(100));
        assertThat(framer.frame(endless, 0, 150)).isZero();
        assertThat(framer.frame(endless, 0, endless.length)).isEqualTo(ParseError.HEADERS_TOO_LARGE.code());
        assertThat(framer.frame(endless, 0, endless.length)).isEqualTo(ParseError.HEADERS_TOO_LARGE.code());
    }

    @Test
    void slowHeadersAreNotScannedFromTheStartAgain() {
        String fold = "\n 0".repeat(10_000);
        for (String slow : List.of(
                "X-Header: value\n".repeat(3800) + "l: 0",
                "X-Header: " + "value".repeat(12_000) + "\nl: 0",
                "X-Header:" + fold + "\nl: 0",
                "l: 0" + "\n ".repeat(10_000))) {
            byte[] message = Messages.crlf("MESSAGE sip:a SIP/2.0\n" + slow + "\n\n");
            assertThat(message.length).isBetween(30_000, 65_535);
            SipFramer framer = new SipFramer();
            long begun = System.nanoTime();
            int n = 0;
            for (int i = 1; i <= message.length && n == 0; i++) {
                n = framer.frame(message, 0, i);
            }
            assertThat(n).isEqualTo(message.length);
            // From the start, or the line's start, each time it would be a milliard octets and more.
            assertThat(System.nanoTime() - begun).isLessThan(1_000_000_000L);
        }
    }

    @Test
    void expectedLengthIsKnownOnceTheHeadersAre() {
        byte[] m = message("12345");
        SipFramer framer = new SipFramer();
        assertThat(framer.frame(m, 0, m.length - 1)).isZero();
        assertThat(framer.expected()).isEqualTo(m.length);
        assertThat(framer.frame(m, 0, m.length)).isEqualTo(m.length);
        assertThat(framer.expected()).isZero();
    }

    @Test
    void bareLineFeedsEndLinesToo() {
        byte[] m = Messages.bytes("MESSAGE sip:a SIP/2.0\nVia: x\nl: 2\n\nab");
        assertThat(new SipFramer().frame(m, 0, m.length)).isEqualTo(m.length);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}

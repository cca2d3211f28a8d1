/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Content-Length is the first bug class of this field: each way to be wrong about it, as a datagram and at every split of a stream. */
class ContentLengthTest {

    private static final String HEAD = """
            MESSAGE sip:a@example.net SIP/2.0
            Via: SIP/2.0/TCP b.example.org;branch=z9hG4bK1
            From: <sip:b@example.org>;tag=1
            To: <sip:a@example.net>
            Call-ID: cl
            CSeq: 1 MESSAGE
            Max-Forwards: 70
            """;

    private static byte[] message(String lengthLines, String body) {
        return Messages.crlf(HEAD + lengthLines.replace("|", "\n") + "\n\n" + body);
    }

    private static int datagram(byte[] message) {
        return new SipParser(SipCompliance.RFC3261, SipLimits.DEFAULT)
                .parseDatagram(message.clone(), 0, message.length);
    }

    /** Feeds the octets in two parts, cut at each place, and expects the same outcome: lengths of messages, or an error's code. */
    private static List<Integer> atEverySplit(byte[] stream, SipLimits limits) {
        List<Integer> first = null;
        for (int split = 0; split <= stream.length; split++) {
            List<Integer> outcome = new ArrayList<>();
            SipFramer framer = new SipFramer(limits);
            int at = 0;
            for (int limit : new int[] {split, stream.length}) {
                at += framer.skip(stream, at, limit - at);
                int n;
                while ((n = framer.frame(stream, at, limit - at)) > 0) {
                    outcome.add(n);
                    at += n;
                    at += framer.skip(stream, at, limit - at);
                }
                if (n < 0) {
                    outcome.add(n);
                    break;
                }
            }
            if (first == null) {
                first = outcome;
            }
            assertThat(outcome).as("split at %d", split).isEqualTo(first);
        }
        return first;
    }

    @ParameterizedTest
    @CsvSource({
        "Content-Length: -1, CONTENT_LENGTH_NEGATIVE",
        "Content-Length: 2147483648, CONTENT_LENGTH_OVERFLOW",
        "Content-Length: 4294967328, CONTENT_LENGTH_OVERFLOW",
        "Content-Length: 18446744073709551621, CONTENT_LENGTH_OVERFLOW",
        "Content-Length: 99999999999999999999999999999999999999, CONTENT_LENGTH_OVERFLOW",
        "Content-Length: 5|Content-Length: 6, CONTENT_LENGTH_CONFLICT",
        "Content-Length: 5|l: 6, CONTENT_LENGTH_CONFLICT",
        "l: 5|Content-Length: 6, CONTENT_LENGTH_CONFLICT",
        "Content-Length: five, CONTENT_LENGTH",
        "Content-Length: 5 5, CONTENT_LENGTH",
        "Content-Length: 0x5, CONTENT_LENGTH",
        "Content-Length: 5;x, CONTENT_LENGTH",
        "Content-Length: +5, CONTENT_LENGTH",
        "Content-Length:, CONTENT_LENGTH",
    })
    void malformedLengthIsTheSameErrorInDatagramAndStream(String lines, ParseError expected) {
        byte[] message = message(lines, "12345");
        assertThat(datagram(message)).isEqualTo(expected.code());
        assertThat(atEverySplit(message, SipLimits.DEFAULT)).containsExactly(expected.code());
    }

    @ParameterizedTest
    @CsvSource({
        "Content-Length: 5",
        "l:5",
        "'CONTENT-LENGTH :    5   '",
        "Content-Length: 0000000000000000000000005",
        "Content-Length:|  5",
        "'Content-Length:|  5|   '",
        "'L\t:\t5\t'",
    })
    void goodLengthIsReadInAnyForm(String lines) {
        byte[] message = message(lines, "12345");
        assertThat(datagram(message)).isEqualTo(message.length);
        byte[] twice = Messages.crlf(new String(message, java.nio.charset.StandardCharsets.ISO_8859_1)
                .replace("\r", "")
                .repeat(2));
        assertThat(atEverySplit(twice, SipLimits.DEFAULT)).containsExactly(message.length, message.length);
    }

    @Test
    void datagramShorterThanDeclaredIsRefused() {
        assertThat(datagram(message("Content-Length: 6", "12345"))).isEqualTo(ParseError.CONTENT_LENGTH_BEYOND.code());
    }

    @Test
    void octetsOfADatagramBeyondTheDeclaredLengthAreNotTheBody() {
        byte[] message = message("Content-Length: 3", "12345");
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
        assertThat(parser.parseDatagram(message, 0, message.length)).isEqualTo(message.length - 2);
        assertThat(parser.message().bodyLength()).isEqualTo(3);
        assertThat(parser.message().contentLength()).isEqualTo(3);
    }

    @Test
    void streamWithoutLengthCannotBeFollowed() {
        assertThat(atEverySplit(message("Subject: x", "12345"), SipLimits.DEFAULT))
                .containsExactly(ParseError.CONTENT_LENGTH_MISSING.code());
    }

    @Test
    void lengthAboveTheLimitIsRefusedBeforeABodyComes() {
        byte[] message = message("Content-Length: 999999999", "");
        assertThat(atEverySplit(message, SipLimits.DEFAULT)).containsExactly(ParseError.MESSAGE_TOO_LARGE.code());
    }

    @Test
    void lengthAtTheLimitIsAccepted() {
        byte[] message = message("Content-Length: 5", "12345");
        assertThat(atEverySplit(message, SipLimits.DEFAULT.withMaxMessageBytes(message.length)))
                .containsExactly(message.length);
        assertThat(atEverySplit(message, SipLimits.DEFAULT.withMaxMessageBytes(message.length - 1)))
                .containsExactly(ParseError.MESSAGE_TOO_LARGE.code());
    }

    @Test
    void namesThatOnlyLookLikeContentLengthDoNotCount() {
        byte[] message = message(
                "X-Content-Length: 9|Content-Lengths: 9|Content-Length-: 9|ll: 9|l: 5|Subject:|  l: 9", "12345");
        assertThat(datagram(message)).isEqualTo(message.length);
        assertThat(atEverySplit(message, SipLimits.DEFAULT)).containsExactly(message.length);
    }

    @Test
    void framedMessageMustBeAsLongAsItSays() {
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
        byte[] shorter = message("Content-Length: 3", "12345");
        assertThat(parser.parseFramed(shorter, 0, shorter.length)).isEqualTo(ParseError.CONTENT_LENGTH_SHORT.code());
        byte[] longer = message("Content-Length: 9", "12345");
        assertThat(parser.parseFramed(longer, 0, longer.length)).isEqualTo(ParseError.CONTENT_LENGTH_BEYOND.code());
        byte[] none = message("Subject: x", "");
        assertThat(parser.parseFramed(none, 0, none.length)).isEqualTo(ParseError.CONTENT_LENGTH_MISSING.code());
    }

    @Test
    void zeroLengthWithAMansCdpBodyTakesTheRestOfTheDatagramWhereTolerated() {
        byte[] message = message("Content-Type: Application/MANSCDP+xml|Content-Length: 0", "<Notify/>");
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
        assertThat(parser.parseDatagram(message, 0, message.length)).isEqualTo(message.length);
        assertThat(parser.message().bodyLength()).isEqualTo(9);
        assertThat(parser.violations() & Violation.ZERO_CONTENT_LENGTH_WITH_BODY.bit())
                .isNotZero();
        SipParser strict = new SipParser(SipCompliance.RFC3261, SipLimits.DEFAULT);
        assertThat(strict.parseDatagram(message, 0, message.length)).isEqualTo(message.length - 9);
    }

    @Test
    void zeroLengthNeverSmugglesASecondMessageIntoABody() {
        byte[] message = message("Content-Length: 0", "MESSAGE sip:x SIP/2.0\n\n");
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
        int n = parser.parseDatagram(message, 0, message.length);
        assertThat(parser.message().bodyLength()).isZero();
        assertThat(n).isLessThan(message.length);
    }
}

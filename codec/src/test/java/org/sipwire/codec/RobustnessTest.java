/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The invariants of {@link RoundTrip} over all messages there are, over mutations of them, and the bounds on work and size. */
class RobustnessTest {
    private static final long ENOUGH_NANOS = 1_000_000;
    private static final long QUADRATIC_NANOS = 50_000_000;
    private static final int MOST_RUNS = 2_000;

    private static final String[] HOSTILE_NAMES = """
            Contact Via Authorization X-Own Retry-After User-Agent Route Date From To Call-ID
            CSeq Supported Content-Type Content-Length Event Max-Forwards Expires URI body message
            """.split("\\s+");

    private static final List<String> HOSTILE_PIECES = List.of(
            "(",
            "\"",
            "\\",
            "<",
            ">",
            ",",
            ";",
            ";a",
            ";a=b",
            "=",
            " ",
            "\t",
            "\r\n ",
            "\r\n\t",
            "\r\n",
            "\n",
            "\0",
            "\377",
            "a",
            "0",
            ".",
            "a.",
            "-",
            "a:",
            ":",
            "%",
            "%41",
            "[",
            "@",
            "?a=b&",
            "\\\"",
            "<sip:a@b>,",
            "a=b,",
            "a=\"b\",",
            "a\r\nb: ",
            "a\r\nv:b/c/d e",
            "Via: SIP/2.0/UDP a\r\n",
            "SIP/2.0/UDP a,",
            "a/",
            "(a)",
            "()",
            "*,");

    @Test
    void writingWhatWasParsedIsAFixpoint() {
        for (byte[] message : Messages.torture()) {
            RoundTrip.check(message, SipCompliance.DEPLOYED);
            RoundTrip.check(message, SipCompliance.RFC3261);
            RoundTrip.checkStream(message);
        }
    }

    @TestFactory
    Stream<DynamicTest> writingWhatWasParsedIsAFixpointInTheCorpora() {
        return Stream.of("rfc4475", "rfc5118", "wild", "gb28181").flatMap(folder -> Corpora.files(folder).stream()
                .map(file -> DynamicTest.dynamicTest(folder + "/" + file, () -> {
                    byte[] message = Corpora.read(folder, file);
                    RoundTrip.check(message, SipCompliance.DEPLOYED);
                    RoundTrip.check(message, SipCompliance.RFC3261);
                })));
    }

    @Test
    void mutatedMessagesNeverBreakTheInvariants() {
        List<byte[]> seeds = Messages.torture();
        Random random = new Random(20260131);
        byte[] signs = Messages.bytes("\r\n \t:;,<>\"\\@=?()[]%/\0\177\377 0aZ");
        for (int round = 0; round < 4_000; round++) {
            byte[] seed = seeds.get(random.nextInt(seeds.size()));
            if (seed.length == 0) {
                continue;
            }
            byte[] m = seed.clone();
            for (int k = random.nextInt(4); k >= 0; k--) {
                int at = random.nextInt(m.length);
                switch (random.nextInt(4)) {
                    case 0 -> m[at] = signs[random.nextInt(signs.length)];
                    case 1 -> m = Arrays.copyOf(m, Math.max(1, at));
                    case 2 -> {
                        byte[] longer = Arrays.copyOf(m, m.length + 1);
                        System.arraycopy(m, at, longer, at + 1, m.length - at);
                        longer[at] = signs[random.nextInt(signs.length)];
                        m = longer;
                    }
                    default -> m[at] = (byte) random.nextInt(256);
                }
            }
            RoundTrip.check(m, random.nextBoolean() ? SipCompliance.DEPLOYED : SipCompliance.RFC3261);
            if (round % 4 == 0) {
                RoundTrip.checkStream(m);
            }
        }
    }

    /** The frequent shapes are read by code of their own: a message in another shape must mean the same. */
    @Test
    void blanksAfterTheColonChangeTheWayButNotTheMeaning() {
        for (byte[] message : Messages.torture()) {
            SipParser plain = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
            byte[] one = message.clone();
            if (plain.parseDatagram(one, 0, one.length) < 0) {
                continue;
            }
            byte[] two = widened(plain.message());
            SipParser wide = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
            assertThat(wide.parseDatagram(two, 0, two.length)).isPositive();
            assertThat(facts(wide.message())).isEqualTo(facts(plain.message()));
        }
    }

    private static byte[] widened(SipMessage m) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(m.array(), m.offset(), (m.headerCount() > 0 ? m.nameOffset(0) : m.bodyOffset()) - m.offset());
        AsciiView view = new AsciiView();
        for (int i = 0; i < m.headerCount(); i++) {
            out.writeBytes(m.name(i, view).toBytes());
            out.writeBytes(Messages.bytes(":\t  "));
            out.writeBytes(m.value(i, view).toBytes());
            out.writeBytes(Messages.bytes(" \r\n"));
        }
        out.writeBytes(Messages.bytes("\r\n"));
        out.write(m.array(), m.bodyOffset(), m.bodyLength());
        return out.toByteArray();
    }

    private static List<String> facts(SipMessage m) {
        List<String> facts = new ArrayList<>();
        Via v = m.topVia();
        facts.add(v.transport() + " " + v.host() + " " + v.port() + " " + v.branch() + " " + v.hasRport() + " "
                + v.rport());
        for (NameAddr a : new NameAddr[] {m.from(), m.to()}) {
            facts.add(a.tag() + " " + a.tag().isPresent() + " " + a.uri() + " "
                    + a.uri().user() + " " + a.uri().host() + " " + a.uri().port() + " " + a.displayName());
        }
        facts.add(m.callId() + " " + m.cseq().number() + " " + m.cseq().methodName() + " " + m.expires() + " "
                + m.maxForwards());
        facts.add(Integer.toString(m.bodyLength()));
        return facts;
    }

    @Test
    void rangeInsideALargerArrayIsReadAlike() {
        for (byte[] message : Messages.torture()) {
            SipParser alone = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
            int expected = alone.parseDatagram(message.clone(), 0, message.length);
            byte[] scratch = new byte[message.length + 200];
            Arrays.fill(scratch, (byte) ':');
            System.arraycopy(message, 0, scratch, 77, message.length);
            SipParser within = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
            assertThat(within.parseDatagram(scratch, 77, message.length)).isEqualTo(expected);
            assertThat(within.errorOffset()).isEqualTo(alone.errorOffset());
        }
    }

    /**
     * 64 KB of one hostile piece, in each header field that has a grammar of its own. A piece that makes work quadratic takes hundreds of
     * milliseconds, and linear work less than one on an idle machine. The bound is between the two and the best of many runs counts, so that
     * neither a busy machine nor code that is not compiled yet fails the test.
     */
    @Test
    void noMessageOf64KilobytesIsQuadraticWork() {
        for (String name : HOSTILE_NAMES) {
            for (String piece : HOSTILE_PIECES) {
                byte[] message = hostile(name, piece);
                assertThat(message.length).isBetween(63_900, 65_535);
                for (SipCompliance c : new SipCompliance[] {SipCompliance.DEPLOYED, SipCompliance.RFC3261}) {
                    assertThat(bestNanos(message, c))
                            .as("nanoseconds for %s of %s", name, piece)
                            .isLessThan(QUADRATIC_NANOS);
                }
            }
        }
    }

    /** The piece over and over as the value of the field, beside or instead of the usual one, or in another place of the message. */
    private static byte[] hostile(String name, String piece) {
        String head = Messages.REGISTER.substring(0, Messages.REGISTER.indexOf("Max-Forwards"));
        String pieces = piece.repeat((64_500 - head.length()) / piece.length());
        int own = head.indexOf("\r\n" + name + ": ") + 2;
        if (own > 2 && !name.equals("Contact")) {
            head = head.substring(0, own) + head.substring(head.indexOf("\r\n", own) + 2);
        }
        return Messages.bytes(
                switch (name) {
                    case "URI" -> head.replaceFirst("192.0.2.165:5060", Matcher.quoteReplacement(pieces)) + "\r\n";
                    case "body" -> head + "Content-Length: " + pieces.length() + "\r\n\r\n" + pieces;
                    case "message" -> piece.repeat(64_500 / piece.length());
                    default -> head + name + ": " + pieces + "\r\n\r\n";
                });
    }

    private static long bestNanos(byte[] message, SipCompliance compliance) {
        long best = Long.MAX_VALUE;
        SipParser parser = new SipParser(compliance, SipLimits.DEFAULT);
        byte[] copy = new byte[message.length];
        // Something that takes a second in all is quadratic or worse: waiting longer tells nothing more.
        long end = System.nanoTime() + 1_000_000_000;
        for (int i = 0; i < MOST_RUNS && best >= ENOUGH_NANOS && (i < 20 || System.nanoTime() < end); i++) {
            System.arraycopy(message, 0, copy, 0, copy.length);
            long begun = System.nanoTime();
            int n = parser.parseDatagram(copy, 0, copy.length);
            best = Math.min(best, System.nanoTime() - begun);
            assertThat(n).isNotZero();
        }
        return best;
    }

    @Test
    void limitsAreErrorsWithANameAndNotAnException() {
        SipLimits small =
                SipLimits.DEFAULT.withMaxHeaders(10).withMaxHeaderBytes(2000).withMaxMessageBytes(3000);
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, small);
        byte[] many = Messages.bytes(Messages.REGISTER);
        assertThat(parser.parseDatagram(many, 0, many.length)).isEqualTo(ParseError.TOO_MANY_HEADERS.code());
        assertThat(parser.answerable()).isTrue();
        byte[] wide = Messages.bytes(Messages.REGISTER.replace("User-Agent: ", "User-Agent: " + "x".repeat(1900)));
        SipParser lines = new SipParser(SipCompliance.DEPLOYED, small.withMaxHeaders(64));
        assertThat(lines.parseDatagram(wide, 0, wide.length)).isEqualTo(ParseError.HEADERS_TOO_LARGE.code());
        byte[] large = Arrays.copyOf(many, 4000);
        assertThat(lines.parseDatagram(large, 0, large.length)).isEqualTo(ParseError.MESSAGE_TOO_LARGE.code());
        assertThat(ParseError.MESSAGE_TOO_LARGE.status()).isEqualTo(513);
    }
}

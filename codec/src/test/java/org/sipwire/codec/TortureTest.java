/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every torture message gets the verdict its table or its own name says: of RFC 4475, RFC 5118, other stacks' suites, and our own. */
class TortureTest {

    /** The strict set, but with the line ends in which many of the wild files are kept. */
    private static final SipCompliance STRICT_LF = SipCompliance.RFC3261.tolerating(Violation.BARE_LF);

    /** Accepted by their table as to the header part, but no whole datagram. */
    private static final Map<String, ParseError> NO_DATAGRAM = Map.of(
            // The RFC prints Content-Length 268 for a body of 251 octets; the .clfix file is the intended test.
            "ipv6-in-sdp", ParseError.CONTENT_LENGTH_BEYOND);

    /** To be refused, which the deployed set does not: it does not look at these values before somebody asks. */
    private static final Map<String, String> DEPLOYED_ACCEPTS = Map.of(
            "sofia_test3.sip", "a lone LF ends the header section where bare LF is tolerated",
            "sofia_test33.sip", "Contact with headers but no brackets: Violation.URI_NOT_BRACKETED",
            "jsip_053.sip", "a bad URI in Contact: its view tells when the registrar asks",
            "pkts_issue-106_008.sip", "blanks among the URI's parameters: nothing needed is unclear",
            "pkts_issue-106_008.crlf.sip", "blanks among the URI's parameters: nothing needed is unclear");

    /** Lenient by its table, which no set of ours takes. */
    private static final Map<String, String> ALWAYS_REFUSED = Map.of(
            "pjt_0052.sip",
            "lines that end in CR alone: who tolerates them can be made to see other header fields than we do");

    private static int parse(SipCompliance compliance, byte[] message) {
        return parse(new SipParser(compliance, SipLimits.DEFAULT), message);
    }

    private static int parse(SipParser parser, byte[] message) {
        return parser.parseDatagram(message.clone(), 0, message.length);
    }

    private static String name(int code) {
        return code >= 0 ? "accepted" : ParseError.of(code).name();
    }

    @TestFactory
    Stream<DynamicTest> rfc4475() {
        return table("rfc4475");
    }

    @TestFactory
    Stream<DynamicTest> rfc5118() {
        return table("rfc5118");
    }

    private static Stream<DynamicTest> table(String folder) {
        return Corpora.table(folder + "/expected.tsv").stream()
                .map(row -> DynamicTest.dynamicTest(row.get("name"), () -> {
                    byte[] message = Corpora.read(folder, row.get("file"));
                    SipParser parser = new SipParser(SipCompliance.RFC3261, SipLimits.DEFAULT);
                    int code = parse(parser, message);
                    ParseError exception = NO_DATAGRAM.get(row.get("name"));
                    if (exception != null) {
                        assertThat(name(code)).isEqualTo(exception.name());
                    } else if (row.get("parser").equals("accept")) {
                        assertThat(name(code)).isEqualTo("accepted");
                    } else if (row.get("parser").equals("reject")) {
                        assertThat(code).isNegative();
                    }
                    if (code < 0 && exception == null) {
                        String answer = parser.answerable()
                                ? Integer.toString(ParseError.of(code).status())
                                : "DROP";
                        List<String> allowed =
                                List.of((row.get("primary") + "," + row.get("also_acceptable")).split(","));
                        assertThat(allowed).as(name(code)).contains(answer);
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> wild() {
        return Corpora.table("wild/index.tsv").stream()
                .map(row -> DynamicTest.dynamicTest(row.get("file"), () -> {
                    String file = row.get("file");
                    byte[] message = Corpora.read("wild", file);
                    int strict = parse(STRICT_LF, message);
                    int deployed = parse(SipCompliance.DEPLOYED, message);
                    switch (row.get("verdict")) {
                        case "accept" -> {
                            assertThat(name(strict)).isEqualTo("accepted");
                            assertThat(name(deployed)).isEqualTo("accepted");
                        }
                        case "lenient" ->
                            assertThat(deployed > 0).as(name(deployed)).isEqualTo(!ALWAYS_REFUSED.containsKey(file));
                        default -> {
                            assertThat(strict < 0).isEqualTo(!file.equals("sofia_test3.sip"));
                            assertThat(deployed < 0).isEqualTo(!DEPLOYED_ACCEPTS.containsKey(file));
                        }
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> gb28181() {
        return Corpora.files("gb28181").stream()
                .map(file -> DynamicTest.dynamicTest(file, () -> {
                    byte[] message = Corpora.read("gb28181", file);
                    String fast = name(parse(SipCompliance.DEPLOYED, message));
                    String thorough = name(parse(SipCompliance.DEPLOYED.checkingAllHeaders(true), message));
                    String expected =
                            switch (file) {
                                // Shorter than declared, and what is there is not XML: the negative vector.
                                case "bad-gogb-body-not-xml.sip" -> "CONTENT_LENGTH_BEYOND";
                                case "synthetic-11-udp-jak-ping.sip" -> "KEEP_ALIVE";
                                default -> "accepted";
                            };
                    assertThat(fast).isEqualTo(expected);
                    assertThat(thorough).isEqualTo(expected);
                }));
    }

    @TestFactory
    Stream<DynamicTest> ownMessages() throws IOException, URISyntaxException {
        Path folder = Path.of(TortureTest.class.getResource("torture").toURI());
        List<Path> files;
        try (Stream<Path> list = Files.list(folder)) {
            files = list.sorted().toList();
        }
        assertThat(files).hasSizeGreaterThan(150);
        return files.stream()
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> own(file)));
    }

    /** accept-case, refuse-ERROR-case (by the strict set), deployed-VIOLATION-case (accepted, with that violation counted). */
    private static void own(Path file) throws IOException {
        String[] parts = file.getFileName().toString().split("-");
        byte[] message = Files.readAllBytes(file);
        switch (parts[0]) {
            case "accept" -> {
                assertThat(name(parse(SipCompliance.RFC3261, message))).isEqualTo("accepted");
                assertThat(name(parse(SipCompliance.DEPLOYED, message))).isEqualTo("accepted");
            }
            case "refuse" ->
                assertThat(name(parse(SipCompliance.RFC3261, message))).isEqualTo(parts[1]);
            case "deployed" -> {
                Violation violation = Violation.valueOf(parts[1]);
                SipParser fast = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
                assertThat(name(parse(fast, message))).isEqualTo("accepted");
                SipParser thorough = new SipParser(SipCompliance.DEPLOYED.checkingAllHeaders(true), SipLimits.DEFAULT);
                assertThat(name(parse(thorough, message))).isEqualTo("accepted");
                assertThat(thorough.violations() & violation.bit()).isNotZero();
                // Octets after a body of length 0 are no error where they are not taken for the body.
                String refused = violation == Violation.ZERO_CONTENT_LENGTH_WITH_BODY
                        ? "accepted"
                        : violation.error().name();
                assertThat(name(parse(thorough(violation), message))).isEqualTo(refused);
            }
            default -> throw new IllegalArgumentException(file.toString());
        }
    }

    private static SipCompliance thorough(Violation refused) {
        return SipCompliance.DEPLOYED.checkingAllHeaders(true).refusing(refused);
    }

    @Test
    void everyCodeNamesItsError() {
        for (ParseError e : ParseError.values()) {
            assertThat(e.code()).isNegative();
            assertThat(ParseError.of(e.code())).isSameAs(e);
            assertThat(e.rfcSection()).matches("\\d+(\\.\\d+)*");
            assertThat(e.reason()).isNotBlank();
            assertThat(e.status() == 0 || e.status() >= 400 && e.status() < 600).isTrue();
        }
    }
}

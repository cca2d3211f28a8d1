/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.explain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.sipwire.codec.capture.CapturedMessage;

class ExplanationTest {
    private static final String PASSWORD = "12345678";
    private static final String RESPONSE = "9c75261f524d20d385f1371c7a077505";

    private static Explanation only(List<CapturedMessage> messages, String password) {
        List<CallFlow> flows = CallFlow.group(messages);
        assertThat(flows).hasSize(1);
        return Explanation.of(flows.get(0), password);
    }

    private static String note(Explanation explanation, int step, String field) {
        return explanation.steps().get(step).fields().stream()
                .filter(f -> f.name().equals(field))
                .findFirst()
                .orElseThrow()
                .note();
    }

    @Test
    void capturedFlowIsOneFlowOfItsDeviceAndItsDigestVerifies() {
        Explanation explanation = only(SeedFlow.messages(), PASSWORD);
        assertThat(explanation.flow().title()).isEqualTo("Device 34020000001320000003");
        assertThat(explanation.verdict()).isEqualTo("Registered, the Digest fits the given password.");
        assertThat(explanation.steps())
                .extracting(Explanation.Step::label)
                .containsExactly(
                        "REGISTER",
                        "401 Unauthorized",
                        "REGISTER (Digest)",
                        "200 OK",
                        "MESSAGE (Query Catalog)",
                        "200 OK");
        assertThat(explanation.steps())
                .extracting(Explanation.Step::meaning)
                .containsExactly(
                        "asks to register for Expires 3600 s and says which hash the device can compute; carries no proof",
                        "demands authentication and hands out the nonce",
                        "asks to register for Expires 3600 s and proves who it is: the response fits the given password",
                        "checks that the nonce is its own, computes the same response from the stored password, compares: registered;"
                                + " Date sets the device's clock",
                        "asks for the channels",
                        "received; the answer comes later as messages of the device");
    }

    @Test
    void fieldsAreExplainedAsTheAnalysisOfTheCaptureDoes() {
        Explanation explanation = only(SeedFlow.messages(), PASSWORD);
        assertThat(note(explanation, 0, "request line")).isEqualTo("method, where to, version");
        assertThat(note(explanation, 0, "From")).startsWith("who caused the request");
        assertThat(note(explanation, 0, "To")).startsWith("whose registration it is");
        assertThat(note(explanation, 0, "Call-ID")).contains("a late one is told from a repeated one");
        assertThat(note(explanation, 0, "CSeq")).contains("rises by one each time");
        assertThat(note(explanation, 0, "Contact")).isEqualTo("where the device is reached");
        assertThat(note(explanation, 0, "Expires")).contains("how long");
        assertThat(note(explanation, 0, "Via"))
                .isEqualTo("the way back; rport asks for the source port in the answer; branch names the transaction");
        assertThat(note(explanation, 0, "Authorization")).contains("which hash the device can compute (H:MD5)");
        assertThat(note(explanation, 1, "Via")).contains("the request came from port 5080");
        assertThat(note(explanation, 1, "WWW-Authenticate"))
                .isEqualTo("demands authentication and hands out the nonce");
        assertThat(note(explanation, 1, "Date"))
                .isEqualTo("sets the device's clock; the form of GB/T 28181, a local time without a zone");
        assertThat(note(explanation, 2, "Authorization"))
                .isEqualTo("the proof: MD5 of H(user:realm:password):nonce:H(REGISTER:uri)");
        assertThat(note(explanation, 4, "Content-Type")).contains("MANSCDP");
        assertThat(note(explanation, 4, "CmdType")).isEqualTo("the command");
        assertThat(note(explanation, 4, "SN")).contains("the answer repeats");
        assertThat(note(explanation, 0, "Content-Length")).isEqualTo("the body's octets");
    }

    @Test
    void wrongPasswordIsNamedWithWhatTheResponseShouldBe() {
        List<CapturedMessage> messages = new ArrayList<>(SeedFlow.messages().subList(0, 3));
        byte[] refusal = new String(SeedFlow.messages().get(1).octets(), StandardCharsets.ISO_8859_1)
                .replace("648439518", "2907048769")
                .replace("CSeq: 1", "CSeq: 2")
                .getBytes(StandardCharsets.ISO_8859_1);
        messages.add(SeedFlow.message(3, false, refusal));
        Explanation explanation = only(messages, "wrong");
        assertThat(explanation.verdict())
                .startsWith(
                        "Registration failed: the registrar refused the proof: the response does not fit the given password, for"
                                + " which it would be ")
                .contains("the device has another password");
        assertThat(only(messages, PASSWORD).verdict())
                .contains("So the registrar knows another password than the one given.");
        assertThat(only(messages, null).verdict()).contains("is not checked, as no password was given");
        assertThat(explanation.steps().get(3).meaning()).contains("again: the proof was not accepted");
    }

    @Test
    void mixedUpProofIsNamed() {
        assertThat(only(SeedFlow.changed(4, RESPONSE, RESPONSE.toUpperCase(java.util.Locale.ROOT)), PASSWORD)
                        .verdict())
                .contains("it fits but for its capital letters");
        assertThat(only(SeedFlow.changed(4, "uri=\"sip:192.168.35.165:5060\"", "uri=\"sip:h\""), PASSWORD)
                        .verdict())
                .contains("it fits the Request-URI, which the uri parameter does not repeat");
        assertThat(only(SeedFlow.changed(4, "nonce=\"1616570703\", uri", "nonce=\"1\", uri"), PASSWORD)
                        .verdict())
                .contains("the nonce is not the one of the challenge before it");
        assertThat(only(SeedFlow.changed(4, RESPONSE, "x".repeat(32)), PASSWORD)
                        .steps()
                        .get(2)
                        .meaning())
                .contains("is masked in this capture and cannot be checked");
    }

    @Test
    void registrationThatStopsAnywhereIsExplained() {
        assertThat(only(SeedFlow.changed(1), PASSWORD).verdict())
                .startsWith("Registration failed: no answer to REGISTER, CSeq 1.");
        assertThat(only(SeedFlow.changed(2), PASSWORD).verdict())
                .startsWith("Registration not completed: the device did not answer the challenge.");
        assertThat(only(SeedFlow.changed(3), PASSWORD).verdict())
                .startsWith("Registration failed: no answer to REGISTER, CSeq 2.");
        assertThat(only(SeedFlow.changed(4, "200 OK", "403 Forbidden"), PASSWORD)
                        .verdict())
                .startsWith("Registration failed with 403 Forbidden: the proof may be right, but");
        assertThat(only(
                                SeedFlow.changed(
                                        4, "200 OK", "423 Interval Too Brief", "Date:", "Min-Expires: 60\r\nDate:"),
                                null)
                        .verdict())
                .contains("shorter than the registrar grants (Min-Expires 60)");
    }

    @Test
    void natIsTold() {
        Explanation explanation = only(
                SeedFlow.changed(
                        4,
                        "192.168.35.165:5080",
                        "10.1.1.7:5060",
                        ";rport=5080",
                        ";rport=5080;received=192.168.35.165"),
                PASSWORD);
        assertThat(note(explanation, 0, "Via"))
                .contains("it came from 192.168.35.165:5080, not from where it says: a NAT");
        assertThat(note(explanation, 1, "Via")).contains("where 10.1.1.7 cannot be reached: a NAT is between");
        assertThat(note(explanation, 0, "Contact")).contains("only a registrar that answers there reaches it");
    }

    @Test
    void repeatedMessageAndStrangersFlowAreTold() {
        List<CapturedMessage> messages = new ArrayList<>(SeedFlow.messages());
        messages.add(1, SeedFlow.messages().get(0));
        messages.add(SeedFlow.message(
                9,
                true,
                ("OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\n"
                                + "Call-ID: c9\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII)));
        List<CallFlow> flows = CallFlow.group(messages);
        assertThat(flows)
                .extracting(CallFlow::title)
                .containsExactly("Device 34020000001320000003", "OPTIONS, Call-ID c9");
        assertThat(Explanation.of(flows.get(0), null).steps().get(1).meaning())
                .startsWith("again, octet by octet: asks to register");
        assertThat(Explanation.of(flows.get(1), null).verdict()).isEqualTo("OPTIONS: no final answer.");
    }

    @Test
    void hostileTextReachesNeitherTerminalNorPage() {
        String evil = "<script>alert(1)</script>\u001b[31m&\"'";
        List<Explanation> explanations = List.of(only(SeedFlow.changed(6, "eXosip/4.1.0", evil), PASSWORD));
        assertThat(TextReport.of(explanations)).doesNotContain("\u001b").contains("<script>");
        assertThat(HtmlReport.of("a<b>", explanations))
                .doesNotContain("<script>")
                .doesNotContain("\u001b")
                .doesNotContain("<b>a")
                .contains("&lt;script&gt;alert(1)&lt;/script&gt;")
                .contains("<title>a&lt;b&gt;</title>");
    }

    @Test
    void textShowsTheLadder() {
        String text = TextReport.of(List.of(only(SeedFlow.messages(), PASSWORD)));
        assertThat(text)
                .contains("Device 34020000001320000003: 6 messages from 2021-03-24 07:25:03.250000 UTC")
                .containsPattern("192\\.168\\.35\\.165:5080 +192\\.168\\.35\\.166:5060")
                .containsPattern("07:25:03.250000 +\\|-+ 1 REGISTER -+>\\|")
                .containsPattern("07:25:03.253000 +\\|<-+ 2 401 Unauthorized -+\\|")
                .containsPattern("07:25:03.256000 +\\|-+ 3 REGISTER \\(Digest\\) -+>\\|")
                .containsPattern("\\|<-+ 5 MESSAGE \\(Query Catalog\\) -+\\|");
    }

    @TestFactory
    Stream<DynamicTest> everyMessageOfTheCorporaIsExplained() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (String folder : new String[] {"gb28181", "rfc4475", "wild"}) {
            Path corpus = Path.of(System.getProperty("sipwire.shared", "absent"), "corpora", folder);
            if (Files.isDirectory(corpus)) {
                try (Stream<Path> files = Files.list(corpus)) {
                    files.filter(Files::isRegularFile)
                            .sorted()
                            .forEach(
                                    file -> tests.add(DynamicTest.dynamicTest(folder + "/" + file.getFileName(), () -> {
                                        List<CapturedMessage> one =
                                                List.of(SeedFlow.message(0, true, Files.readAllBytes(file)));
                                        Explanation explanation = only(one, PASSWORD);
                                        assertThat(TextReport.of(List.of(explanation)))
                                                .contains(": 1 message from 2021-03-24");
                                        assertThat(HtmlReport.of("t", List.of(explanation)))
                                                .endsWith("</html>\n");
                                    })));
                }
            }
        }
        return tests.stream();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.SipUri;
import org.sipwire.registrar.RegistrarHarness.Answer;
import org.sipwire.transport.Transport;

/** RFC 5627, rule by rule, over a real transaction layer. */
class GruuTest {

    private static final String ALICE = "sip:alice@example.com";
    private static final String UUID = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
    private static final String PHONE =
            "Contact: <sip:alice@192.168.35.165:5080>;+sip.instance=\"<" + UUID + ">\";expires=600";
    private static final String PUBLIC = ALICE + ";gr=" + UUID;
    private static final byte[] KEY = "a key of twenty octets".getBytes(StandardCharsets.US_ASCII);

    private final RegistrarHarness registrar =
            new RegistrarHarness(RegistrarConfig.builder().gruuKey(KEY).build());

    private Answer register(long cseq, String... lines) {
        return register(registrar, ALICE, cseq, lines);
    }

    private static Answer register(RegistrarHarness at, String to, long cseq, String... lines) {
        List<String> all = new ArrayList<>(List.of(lines));
        all.add("Supported: path, gruu");
        return at.send(at.register(to, cseq, all.toArray(new String[0])));
    }

    private static String parameter(String contact, String name) {
        Matcher matcher = Pattern.compile(";" + name + "=\"([^\"]*)\"").matcher(contact);
        return matcher.find() ? matcher.group(1) : null;
    }

    private static String temporary(Answer answer) {
        return parameter(answer.header("Contact"), "temp-gruu");
    }

    /** What a proxy would do with a request for the URI: its status, and the contacts on success. */
    private static String resolve(RegistrarHarness at, String uri) {
        byte[] octets = uri.getBytes(StandardCharsets.US_ASCII);
        List<String> results = new ArrayList<>();
        at.registrar.resolve(
                new SipUri().wrap(octets, 0, octets.length),
                Runnable::run,
                (status, bindings) -> results.add(
                        status == 200
                                ? String.join(
                                        " ",
                                        bindings.stream().map(Binding::contact).toList())
                                : "" + status));
        assertThat(results).hasSize(1);
        return results.get(0);
    }

    private String resolve(String uri) {
        return resolve(registrar, uri);
    }

    @Test
    void contactWithAnInstanceIsGivenAPublicAndATemporaryGruu() {
        Answer answer = register(1, PHONE);
        assertThat(answer.status()).isEqualTo(200);
        String contact = answer.header("Contact");
        assertThat(contact).startsWith("<sip:alice@192.168.35.165:5080>;expires=600;+sip.instance=\"<" + UUID + ">\"");
        assertThat(parameter(contact, "pub-gruu")).isEqualTo(PUBLIC);
        assertThat(parameter(contact, "temp-gruu")).matches("sip:tgruu\\.[A-Za-z0-9_-]{64}@example\\.com;gr");
    }

    @Test
    void senderThatDoesNotAskForGruusIsGivenNone() {
        assertThat(registrar.send(registrar.register(ALICE, 1, PHONE)).header("Contact"))
                .doesNotContain("gruu");
    }

    @Test
    void contactWithoutAnInstanceHasNone() {
        assertThat(register(1, "Contact: <sip:alice@10.0.0.1>").header("Contact"))
                .doesNotContain("gruu");
    }

    @Test
    void gruuMayBeRequired() {
        assertThat(registrar
                        .send(registrar.register(ALICE, 1, PHONE, "Require: gruu"))
                        .header("Contact"))
                .contains("pub-gruu=");
    }

    @Test
    void optionsNamesTheExtension() {
        assertThat(registrar
                        .send(registrar.request("OPTIONS", "sip:example.com", ALICE, 1))
                        .header("Supported"))
                .isEqualTo("path, outbound, gruu");
    }

    @Test
    void gruusOfASecureAddressAreSecure() {
        String contact = register(registrar, "sips:alice@example.com", 1, PHONE).header("Contact");
        assertThat(parameter(contact, "pub-gruu")).startsWith("sips:alice@");
        assertThat(parameter(contact, "temp-gruu")).startsWith("sips:tgruu.");
    }

    @Test
    void publicGruuStaysTheSameAndTemporaryOnesDoNot() {
        Set<String> temporaries = new HashSet<>();
        for (int cseq = 1; cseq <= 100; cseq++) {
            Answer answer = register(cseq, PHONE);
            assertThat(parameter(answer.header("Contact"), "pub-gruu")).isEqualTo(PUBLIC);
            temporaries.add(temporary(answer));
        }
        assertThat(temporaries).hasSize(100).allSatisfy(gruu -> assertThat(resolve(gruu))
                .isEqualTo("sip:alice@192.168.35.165:5080"));
    }

    @Test
    void whatNeedsEscapesInAUriIsEscaped() {
        String contact = register(
                        registrar,
                        "sip:al%20ice@example.com",
                        1,
                        "Contact: <sip:a@10.0.0.1>;+sip.instance=\"<urn:x:a%b;c@d e>\"")
                .header("Contact");
        String gruu = parameter(contact, "pub-gruu");
        assertThat(gruu).isEqualTo("sip:al%20ice@example.com;gr=urn:x:a%25b%3Bc%40d%20e");
        assertThat(resolve(gruu)).isEqualTo("sip:a@10.0.0.1");
        assertThat(resolve(parameter(contact, "temp-gruu"))).isEqualTo("sip:a@10.0.0.1");
    }

    @Test
    void textsTooLongForAGruuRegisterWithoutOne() {
        String user = "u".repeat(300);
        Answer answer = register(registrar, "sip:" + user + "@example.com", 1, PHONE);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Contact")).contains("pub-gruu=").doesNotContain("temp-gruu=");
        answer = register(1, "Contact: <sip:a@10.0.0.1>;+sip.instance=\"<" + "i".repeat(300) + ">\"");
        assertThat(answer.header("Contact")).doesNotContain("gruu=");
    }

    @Test
    void publicGruuReachesItsInstanceAlone() {
        register(1, PHONE);
        register(1, "Call-ID: other", "Contact: <sip:alice@10.0.0.2>;+sip.instance=\"<urn:uuid:2>\"");
        assertThat(resolve(PUBLIC)).isEqualTo("sip:alice@192.168.35.165:5080");
        assertThat(resolve("sip:alice@EXAMPLE.com;gr=urn:uuid:2")).isEqualTo("sip:alice@10.0.0.2");
    }

    @Test
    void publicGruuOfAnInstanceThatIsNotRegisteredIsTemporarilyUnavailable() {
        assertThat(resolve(PUBLIC)).isEqualTo("480");
        register(1, PHONE);
        register(2, PHONE.replace("600", "0"));
        assertThat(resolve(PUBLIC)).isEqualTo("480");
    }

    @Test
    void whatIsNoGruuOfThisRegistrarIsNotFound() {
        String temporary = temporary(register(1, PHONE));
        assertThat(resolve(ALICE)).isEqualTo("404");
        assertThat(resolve(ALICE + ";gr")).isEqualTo("404");
        assertThat(resolve("tel:+49301234")).isEqualTo("404");
        assertThat(resolve("sip:tgruu.@example.com;gr")).isEqualTo("404");
        assertThat(resolve(temporary.replace("example.com", "example.org"))).isEqualTo("404");
        assertThat(resolve(temporary.replace("example.com", "EXAMPLE.COM"))).isEqualTo("sip:alice@192.168.35.165:5080");
    }

    @Test
    void noAlteredTemporaryGruuIsAccepted() {
        String gruu = temporary(register(1, PHONE));
        int from = gruu.indexOf('.') + 1;
        int to = gruu.indexOf('@');
        Random random = new Random(5627);
        String digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for (int i = 0; i < 10_000; i++) {
            StringBuilder forged = new StringBuilder(gruu);
            int at = from + random.nextInt(to - from);
            char digit = digits.charAt(random.nextInt(64));
            if (digit != gruu.charAt(at)) {
                forged.setCharAt(at, digit);
                assertThat(resolve(forged.toString())).isEqualTo("404");
            }
        }
    }

    /** Two users' GRUUs, and two of one user, share no more digits than chance has it. */
    @Test
    void temporaryGruuDoesNotShowWhoseItIs() {
        String one = temporary(register(1, PHONE));
        String two = temporary(register(2, PHONE));
        String bob = temporary(register(registrar, "sip:bob@example.com", 1, PHONE));
        assertThat(common(one, two)).isLessThan(10);
        assertThat(common(one, bob)).isLessThan(10);
        assertThat(one).hasSameSizeAs(bob);
    }

    private static int common(String a, String b) {
        int common = 0;
        for (int i = a.indexOf('.') + 1; a.charAt(i) != '@'; i++) {
            common += a.charAt(i) == b.charAt(i) ? 1 : 0;
        }
        return common;
    }

    @Test
    void temporaryGruusEndWhenTheInstanceRegistersUnderANewCallId() {
        String former = temporary(register(1, PHONE));
        String current = temporary(register(1, "Call-ID: restarted", PHONE));
        assertThat(resolve(former)).isEqualTo("404");
        assertThat(resolve(current)).isEqualTo("sip:alice@192.168.35.165:5080");
        assertThat(resolve(PUBLIC)).isEqualTo("sip:alice@192.168.35.165:5080");
    }

    @Test
    void temporaryGruusEndAlsoWhileAFormerContactOfTheInstanceStands() {
        String former = temporary(register(1, PHONE));
        Answer moved = register(1, "Call-ID: restarted", PHONE.replace("165:5080", "165:6080"));
        String current = parameter(moved.all("Contact").get(1), "temp-gruu");
        assertThat(resolve(former)).isEqualTo("404");
        assertThat(resolve(current)).isEqualTo("sip:alice@192.168.35.165:6080");
        assertThat(resolve(PUBLIC)).isEqualTo("sip:alice@192.168.35.165:6080");
    }

    @Test
    void temporaryGruusEndWithTheLastContactOfTheInstance() {
        String removed = temporary(register(1, PHONE));
        register(2, PHONE.replace("600", "0"));
        assertThat(resolve(removed)).isEqualTo("404");
        String lapsed = temporary(register(3, PHONE));
        registrar.passSeconds(601);
        assertThat(resolve(lapsed)).isEqualTo("404");
    }

    @Test
    void temporaryGruuOutlivesARestartWithTheSameKeyAndNoOther() {
        String gruu = temporary(register(1, PHONE));
        RegistrarHarness restarted = new RegistrarHarness(
                RegistrarConfig.builder().gruuKey(KEY).build(), registrar.locations, builder -> {});
        restarted.millis = registrar.millis;
        assertThat(resolve(restarted, gruu)).isEqualTo("sip:alice@192.168.35.165:5080");
        RegistrarHarness stranger =
                new RegistrarHarness(RegistrarConfig.builder().build(), registrar.locations, builder -> {});
        stranger.millis = registrar.millis;
        assertThat(resolve(stranger, gruu)).isEqualTo("404");
    }

    @Test
    void gruuOfAnInstanceWithSeveralFlowsReachesEach() {
        FakeFlow first = new FakeFlow(Transport.TCP, 2, "10.0.0.1", 5070);
        FakeFlow second = new FakeFlow(Transport.TCP, 3, "10.0.0.1", 5071);
        String contact = "Contact: <sip:alice@10.0.0.1>;+sip.instance=\"<" + UUID + ">\";reg-id=";
        String extensions = "Supported: path, outbound, gruu";
        Answer answer = registrar.send(registrar.register(ALICE, 1, contact + "1", extensions), first);
        String temporary = temporary(answer);
        registrar.send(registrar.register(ALICE, 2, contact + "2", extensions), second);
        assertThat(resolve(PUBLIC)).isEqualTo("sip:alice@10.0.0.1 sip:alice@10.0.0.1");
        assertThat(resolve(temporary)).isEqualTo("sip:alice@10.0.0.1 sip:alice@10.0.0.1");
        registrar.registrar.onFlowClosed(first);
        assertThat(resolve(PUBLIC)).isEqualTo("sip:alice@10.0.0.1");
    }

    @Test
    void contactThatIsTheAddressOfRecordIsForbidden() {
        assertThat(register(1, "Contact: <sip:alice@EXAMPLE.com>").status()).isEqualTo(403);
        assertThat(register(2, "Contact: <sip:alice@example.com:5070>").status())
                .isEqualTo(200);
        assertThat(registrar
                        .send(registrar.register("sip:bob@example.com", 1, "Contact: <sip:bob@example.com>"))
                        .status())
                .as("not refused to who knows nothing of GRUUs")
                .isEqualTo(200);
    }

    @Test
    void contactThatIsAGruuOfTheAddressIsForbiddenAndChangesNothing() {
        String temporary = temporary(register(1, PHONE));
        for (String gruu : List.of(PUBLIC, temporary)) {
            String loop = "Contact: <" + gruu + ">;+sip.instance=\"<" + UUID + ">\"";
            assertThat(register(2, loop).status()).isEqualTo(403);
            assertThat(registrar.send(registrar.register(ALICE, 2, loop)).status())
                    .isEqualTo(403);
        }
        assertThat(registrar.contacts("alice@example.com")).containsExactly("sip:alice@192.168.35.165:5080");
        assertThat(registrar.registrar.count(RegistrarCounter.FORBIDDEN)).isEqualTo(4);
    }

    @Test
    void contactThatIsAGruuOfAnotherAddressIsAccepted() {
        assertThat(register(1, "Contact: <sip:bob@example.com;gr=urn:uuid:2>").status())
                .isEqualTo(200);
        String bobs = temporary(register(registrar, "sip:bob@example.com", 1, PHONE));
        assertThat(register(2, "Contact: <" + bobs + ">").status()).isEqualTo(200);
    }

    @Test
    void gruuIsNoAddressOfRecord() {
        String temporary = temporary(register(1, PHONE));
        assertThat(register(registrar, PUBLIC, 2, PHONE).status()).isEqualTo(404);
        assertThat(register(registrar, temporary, 2, PHONE).status()).isEqualTo(404);
    }
}

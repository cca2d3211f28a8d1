/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.registrar.RegistrarHarness.Answer;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.CredentialQuery;
import org.sipwire.registrar.auth.CredentialStore;
import org.sipwire.registrar.auth.DigestAlgorithm;
import org.sipwire.registrar.auth.NonceFactory;
import org.sipwire.registrar.auth.SharedPasswordStore;
import org.sipwire.transport.Transport;

/** Nobody gains by writing another's address on a datagram: an answer has at most one and a half times the octets of its request. */
class AmplificationTest {

    private static final String LONG_IPV6 = "2001:db8:1234:5678:9abc:def0:1234:5678";

    private final UnprovenRequests requests = new UnprovenRequests();

    private static RegistrarHarness registrar(CredentialStore store, DigestAlgorithm... algorithms) {
        AuthConfig auth =
                AuthConfig.builder("34020000").algorithms(List.of(algorithms)).build();
        return new RegistrarHarness(
                RegistrarConfig.builder().build(),
                null,
                builder -> builder.authentication(auth, store, new NonceFactory(auth)));
    }

    private static RegistrarHarness withAllAlgorithms() {
        return registrar(
                new SharedPasswordStore("12345678"),
                DigestAlgorithm.SHA_512_256,
                DigestAlgorithm.SHA_256,
                DigestAlgorithm.MD5);
    }

    private static Answer send(RegistrarHarness registrar, FakeFlow flow, String request) {
        Answer answer = registrar.send(request, flow);
        if (answer != null) {
            int asked = request.getBytes(StandardCharsets.UTF_8).length;
            int answered = answer.text().getBytes(StandardCharsets.UTF_8).length;
            assertThat(answered * 2).as("%s%n->%n%s", request, answer.text()).isLessThanOrEqualTo(asked * 3);
            assertThat(answer.text()).startsWith("SIP/2.0 ").endsWith("\r\n\r\n");
        }
        return answer;
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.9", "255.255.255.255", LONG_IPV6})
    void noAnswerIsMuchLongerThanItsRequest(String host) {
        Map<Integer, Integer> seen = new HashMap<>();
        for (RegistrarHarness registrar :
                List.of(registrar(new SharedPasswordStore("p"), DigestAlgorithm.MD5), withAllAlgorithms())) {
            FakeFlow flow = new FakeFlow(Transport.UDP, 7, host, 65_535);
            for (String method : UnprovenRequests.METHODS) {
                for (String request : requests.of(method)) {
                    Answer first = send(registrar, flow, request);
                    seen.merge(first == null ? 0 : first.status(), 1, Integer::sum);
                    // The same once more is one request more, and has one answer more, the same but for the nonce.
                    Answer second = send(registrar, flow, request);
                    assertThat(second == null).isEqualTo(first == null);
                }
            }
            // Nothing was kept that could be sent again by a timer.
            registrar.passSeconds(40);
            int sent = flow.count;
            registrar.layer.tick();
            assertThat(flow.count).isEqualTo(sent);
        }
        assertThat(seen).containsKeys(0, 200, 400, 401, 405, 415, 420, 481, 501);
    }

    @Test
    void usualRequestsAreAnsweredInFull() {
        RegistrarHarness registrar = registrar(new SharedPasswordStore("p"), DigestAlgorithm.MD5);
        Answer challenge = send(registrar, registrar.udp, requests.usual("REGISTER", "User-Agent: Embedded\r\n"));
        assertThat(challenge.text())
                .startsWith("SIP/2.0 401 Unauthorized\r\nVia: ")
                .contains("\r\nContent-Length: 0");
        assertThat(challenge.header("WWW-Authenticate")).contains("algorithm=MD5", "qop=\"auth\"");
        Answer options = send(registrar, registrar.udp, requests.usual("OPTIONS", "User-Agent: a phone\r\n"));
        assertThat(options.status()).isEqualTo(200);
        assertThat(options.header("Allow")).isEqualTo("REGISTER, OPTIONS");
        assertThat(options.header("Supported")).isNotNull();
    }

    @Test
    void shortOptionsLosesTheLastLinesFirst() {
        RegistrarHarness registrar = registrar(new SharedPasswordStore("p"), DigestAlgorithm.MD5);
        Answer answer = send(
                registrar, registrar.udp, requests.shortest("OPTIONS", ";branch=z9hG4bK1", "Subject: 1234567890\r\n"));
        assertThat(answer.text()).startsWith("SIP/2.0 200 OK\r\n");
        assertThat(answer.header("Accept-Language")).isNull();
    }

    @Test
    void challengeFitsARequestOfNoMoreThanItMustHave() {
        RegistrarHarness registrar = registrar(new SharedPasswordStore("p"), DigestAlgorithm.MD5);
        Answer answer = send(registrar, registrar.udp, requests.usual("REGISTER", ""));
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.header("WWW-Authenticate")).contains("nonce=");
    }

    @Test
    void requestTooShortForAnyChallengeIsRefused() {
        RegistrarHarness registrar = registrar(new SharedPasswordStore("p"), DigestAlgorithm.MD5);
        Answer answer = send(registrar, registrar.udp, requests.shortest("REGISTER", ";branch=z9hG4bK1", ""));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.header("v")).contains("branch=z9hG4bK1");
        FakeFlow tcp = new FakeFlow(Transport.TCP, 8, "192.0.2.9", 1024);
        Answer overTcp = registrar.send(requests.shortest("REGISTER", ";branch=z9hG4bK1", "l:0\r\n"), tcp);
        assertThat(overTcp.status()).as("an address is proven by a connection").isEqualTo(401);
    }

    @Test
    void ofSeveralChallengesTheCommonOneStaysWhereNotAllFit() {
        RegistrarHarness registrar = withAllAlgorithms();
        String more = "User-Agent: " + "x".repeat(200) + "\r\n";
        assertThat(send(registrar, registrar.udp, requests.usual("REGISTER", more))
                        .all("WWW-Authenticate"))
                .hasSize(3)
                .first()
                .asString()
                .contains("SHA-512-256");
        assertThat(send(registrar, registrar.udp, requests.usual("REGISTER", ""))
                        .all("WWW-Authenticate"))
                .hasSizeBetween(1, 2)
                .last()
                .asString()
                .contains("algorithm=MD5");
    }

    /** Answers when it is told to, and knows nobody. */
    private static final class SlowStore implements CredentialStore {
        final Queue<Runnable> asked = new ArrayDeque<>();

        @Override
        public int ha1(CredentialQuery query, byte[] out) {
            return PENDING;
        }

        @Override
        public void load(CredentialQuery query, Listener listener) {
            asked.add(() -> listener.loaded(UNKNOWN, null));
        }

        int answer(RegistrarHarness registrar) {
            int answered = 0;
            for (; !asked.isEmpty(); answered++) {
                asked.remove().run();
                registrar.runTasks();
            }
            return answered;
        }
    }

    private static int octets(List<String> messages) {
        return messages.stream().mapToInt(String::length).sum();
    }

    @Test
    void refusalAfterTheStoreWasAskedIsBoundToo() {
        SlowStore slow = new SlowStore();
        RegistrarHarness registrar =
                registrar(slow, DigestAlgorithm.SHA_512_256, DigestAlgorithm.SHA_256, DigestAlgorithm.MD5);
        int answered = 0;
        for (String request : requests.of("REGISTER")) {
            int before = registrar.udp.sent.size();
            registrar.receive(request, registrar.udp);
            answered += slow.answer(registrar);
            List<String> sent = registrar.udp.sent.subList(before, registrar.udp.sent.size());
            assertThat(sent).hasSizeLessThanOrEqualTo(1);
            assertThat(octets(sent) * 2).as(request + sent).isLessThanOrEqualTo(request.length() * 3);
        }
        assertThat(answered).as("requests that waited").isPositive();
    }

    @Test
    void tryingAndALateRefusalAreBoundTogether() {
        SlowStore slow = new SlowStore();
        RegistrarHarness registrar = registrar(slow, DigestAlgorithm.SHA_256, DigestAlgorithm.MD5);
        int waited = 0;
        for (String request : requests.of("REGISTER")) {
            int before = registrar.udp.sent.size();
            registrar.receive(request, registrar.udp);
            if (slow.asked.isEmpty()) {
                continue;
            }
            waited++;
            registrar.passSeconds(5);
            registrar.layer.tick();
            List<String> sent = registrar.udp.sent.subList(before, registrar.udp.sent.size());
            assertThat(sent).singleElement().asString().startsWith("SIP/2.0 100 ");
            slow.answer(registrar);
            sent = registrar.udp.sent.subList(before, registrar.udp.sent.size());
            assertThat(octets(sent) * 2).as(request + sent).isLessThanOrEqualTo(request.length() * 3);
        }
        assertThat(waited).as("requests that waited").isPositive();
    }

    @Test
    void whoRepeatsARequestHasItsAnswerInFullAfterTheTrying() {
        SlowStore slow = new SlowStore();
        RegistrarHarness registrar = registrar(slow, DigestAlgorithm.MD5);
        String request = requests.of("REGISTER").stream()
                .filter(text -> {
                    registrar.receive(text, registrar.udp);
                    return !slow.asked.isEmpty();
                })
                .findFirst()
                .orElseThrow();
        registrar.receive(request, registrar.udp);
        assertThat(registrar.udp.sent.stream().filter(text -> text.startsWith("SIP/2.0 100 ")))
                .isEmpty();
        registrar.passSeconds(5);
        registrar.layer.tick();
        int before = registrar.udp.sent.size();
        assertThat(registrar.udp.sent.get(before - 1)).startsWith("SIP/2.0 100 ");
        slow.answer(registrar);
        assertThat(registrar.udp.sent.subList(before, registrar.udp.sent.size()))
                .singleElement()
                .asString()
                .startsWith("SIP/2.0 401 ");
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.Transport;

/** RFC 3261 §10.3 and what a registrar says to other methods, rule by rule, as it goes over the wire. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RegistrationRulesTest {
    private static final String DOMAIN = "example.org";
    private static final Pattern TO_TAG = Pattern.compile("(?m)^To:.*;tag=([0-9a-f]{8,})$");

    private RegistrarServer server;
    private RegistrarServer closed;
    private int number;

    private static RegistrarServer start(String... more) throws Exception {
        List<String> all = new ArrayList<>(List.of("--listen", "udp://127.0.0.1:0", "--listen", "tcp://127.0.0.1:0"));
        all.addAll(List.of("--http", "127.0.0.1:0", "--store", "memory", "--threads", "2", "--domain", DOMAIN));
        all.addAll(List.of(more));
        return RegistrarServer.start(OptionSources.read(all.toArray(new String[0]), Map.of()));
    }

    @BeforeAll
    void start() throws Exception {
        server = start("--no-auth", "--max-contacts", "3", "--contact-overflow", "reject");
        closed = start("--password", "p");
    }

    @AfterAll
    void stop() {
        server.close();
        closed.close();
    }

    /** One user of the registrar, with an address-of-record and a Call-ID of its own. */
    private final class User implements AutoCloseable {
        private final WireClient wire;
        private final String name = "user" + ++number;
        private final Set<String> tags = new HashSet<>();
        private int branch;

        User(RegistrarServer at, Transport transport) throws IOException {
            ListeningPoint point = at.boundPoints().stream()
                    .filter(p -> p.transport() == transport)
                    .findFirst()
                    .orElseThrow();
            wire = WireClient.connect(transport, point.port());
        }

        String aor() {
            return "sip:" + name + "@" + DOMAIN;
        }

        String contact(int device) {
            return "<sip:" + name + "@127.0.0.1:" + (40000 + device) + ">";
        }

        /** A request whose lines are given, by default to the domain and about the user. */
        String request(String method, String uri, String to, int cseq, String... lines) {
            StringBuilder text = new StringBuilder(method + " " + uri + " SIP/2.0\n");
            text.append("Via: SIP/2.0/" + wire.viaToken() + " 127.0.0.1:" + wire.localPort());
            text.append(";rport;branch=z9hG4bK" + name + ++branch + "\n");
            text.append("From: <" + aor() + ">;tag=1\nTo: <" + to + ">\n");
            text.append("CSeq: " + cseq + " " + method + "\nMax-Forwards: 70\n");
            if (!String.join("\n", lines).contains("Call-ID:")) {
                text.append("Call-ID: " + name + "@127.0.0.1\n");
            }
            for (String line : lines) {
                text.append(line).append('\n');
            }
            return text + (String.join("\n", lines).contains("Content-Length:") ? "\n" : "Content-Length: 0\n\n");
        }

        String register(int cseq, String... lines) {
            return request("REGISTER", "sip:" + DOMAIN, aor(), cseq, lines);
        }

        /** Sends, and checks what every answer must have. */
        String exchange(int status, String request) throws IOException {
            String answer = wire.exchange(request);
            assertThat(answer).startsWith("SIP/2.0 " + status + " ");
            assertThat(WireClient.header(answer, "Content-Length"))
                    .isEqualTo("" + WireClient.body(answer).length());
            for (String name : List.of("From", "Call-ID", "CSeq")) {
                assertThat(WireClient.header(answer, name)).isEqualTo(WireClient.header(request, name));
            }
            assertThat(WireClient.header(answer, "Via")).contains("received=127.0.0.1");
            // RFC 3261 §19.3: a tag has at least 32 bits of randomness; here of sixteen digits, and no two alike.
            assertThat(answer).containsPattern(TO_TAG);
            assertThat(tags.add(WireClient.parameter(answer, "To", "tag"))).isTrue();
            return answer;
        }

        List<String> contacts(int cseq) throws IOException {
            return contacts(exchange(200, register(cseq)));
        }

        List<String> contacts(String answer) {
            return Pattern.compile("(?m)^Contact: (<[^>]*>)")
                    .matcher(answer)
                    .results()
                    .map(m -> m.group(1))
                    .toList();
        }

        @Override
        public void close() throws IOException {
            wire.close();
        }
    }

    private User user(Transport transport) throws IOException {
        return new User(server, transport);
    }

    /** Every rule is to hold whatever it comes over. */
    @ParameterizedTest
    @EnumSource(names = {"UDP", "TCP"})
    void step1RequestForAnotherDomainIsNotFound(Transport transport) throws Exception {
        try (User user = user(transport)) {
            user.exchange(
                    404, user.request("REGISTER", "sip:example.net", user.aor(), 1, "Contact: " + user.contact(1)));
            user.exchange(
                    200, user.request("REGISTER", "sip:EXAMPLE.org", user.aor(), 1, "Contact: " + user.contact(1)));
            user.exchange(416, user.request("REGISTER", "tel:+4930123", user.aor(), 2, "Contact: " + user.contact(1)));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UDP", "TCP"})
    void step2UnknownExtensionIsNamedInUnsupported(Transport transport) throws Exception {
        try (User user = user(transport)) {
            String answer = user.exchange(
                    420, user.register(1, "Contact: " + user.contact(1), "Require: path, 100rel, x-other"));
            assertThat(WireClient.header(answer, "Unsupported")).isEqualTo("100rel, x-other");
            assertThat(user.contacts(2)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UDP", "TCP"})
    void steps3And4UserMustProveAndOwnTheAddress(Transport transport) throws Exception {
        try (User user = new User(closed, transport)) {
            String[] lines = {"Contact: " + user.contact(1)};
            String challenge = user.exchange(401, user.register(1, lines));
            user.exchange(401, user.register(2, lines[0], "Authorization: " + answer(challenge, user.name, "guess")));
            challenge = user.exchange(401, user.register(3, lines));
            user.exchange(403, user.register(4, lines[0], "Authorization: " + answer(challenge, "another", "p")));
            challenge = user.exchange(401, user.register(5, lines));
            user.exchange(200, user.register(6, lines[0], "Authorization: " + answer(challenge, user.name, "p")));
        }
    }

    private static String answer(String challenge, String user, String password) {
        return WireClient.authorization(challenge, user, password, "sip:" + DOMAIN);
    }

    @ParameterizedTest
    @EnumSource(names = {"UDP", "TCP"})
    void step5AddressIsCanonicalAndOfADomainServed(Transport transport) throws Exception {
        try (User user = user(transport)) {
            user.exchange(404, user.request("REGISTER", "sip:" + DOMAIN, "sip:bob@example.net", 1));
            user.exchange(404, user.request("REGISTER", "sip:" + DOMAIN, "sip:" + DOMAIN, 1));
            user.exchange(200, user.register(1, "Contact: " + user.contact(1)));
            String escaped = "sip:%75" + user.name.substring(1) + ":secret@EXAMPLE.ORG:5060;transport=tcp";
            assertThat(user.contacts(user.exchange(200, user.request("REGISTER", "sip:" + DOMAIN, escaped, 2))))
                    .containsExactly(user.contact(1));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UDP", "TCP"})
    void step6WildcardRemovesAllOrNothing(Transport transport) throws Exception {
        try (User user = user(transport)) {
            user.exchange(200, user.register(1, "Contact: " + user.contact(1) + ", " + user.contact(2)));
            user.exchange(400, user.register(2, "Contact: *"));
            user.exchange(400, user.register(3, "Contact: *", "Expires: 60"));
            user.exchange(400, user.register(4, "Contact: *", "Contact: " + user.contact(3), "Expires: 0"));
            user.exchange(500, user.register(1, "Contact: *", "Expires: 0"));
            assertThat(user.contacts(5)).containsExactly(user.contact(1), user.contact(2));
            assertThat(user.contacts(user.exchange(200, user.register(6, "Contact: *", "Expires: 0"))))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UDP", "TCP"})
    void step7RequestsOfOneCallIdTakeEffectInTheirOrder(Transport transport) throws Exception {
        try (User user = user(transport)) {
            user.exchange(200, user.register(7, "Contact: " + user.contact(1)));
            user.exchange(500, user.register(6, "Contact: " + user.contact(1) + ";expires=0"));
            assertThat(user.contacts(8)).containsExactly(user.contact(1));
            user.exchange(200, user.register(1, "Call-ID: another", "Contact: " + user.contact(1) + ";expires=0"));
            assertThat(user.contacts(9)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UDP", "TCP"})
    void step7UpdateIsAllOrNothing(Transport transport) throws Exception {
        try (User user = user(transport)) {
            user.exchange(200, user.register(5, "Contact: " + user.contact(1)));
            user.exchange(500, user.register(4, "Contact: " + user.contact(2) + ", " + user.contact(1)));
            user.exchange(423, user.register(6, "Contact: " + user.contact(2) + ", " + user.contact(3) + ";expires=1"));
            user.exchange(400, user.register(7, "Contact: " + user.contact(2) + ", <sip:>"));
            user.exchange(
                    403,
                    user.register(8, "Contact: " + user.contact(2) + "," + user.contact(3) + "," + user.contact(4)));
            assertThat(user.contacts(9)).containsExactly(user.contact(1));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UDP", "TCP"})
    void step7ExpiryComesFromContactThenExpiresThenTheRegistrar(Transport transport) throws Exception {
        try (User user = user(transport)) {
            String answer = user.exchange(
                    200,
                    user.register(
                            1,
                            "Expires: 900",
                            "Contact: " + user.contact(1) + ";expires=600",
                            "Contact: " + user.contact(2)));
            assertThat(answer).contains(user.contact(1) + ";expires=600", user.contact(2) + ";expires=900");
            assertThat(user.exchange(200, user.register(2, "Contact: " + user.contact(3))))
                    .contains(user.contact(3) + ";expires=3600");
            assertThat(user.exchange(200, user.register(3, "Contact: " + user.contact(3) + ";expires=4294967296")))
                    .contains(user.contact(3) + ";expires=86400");
            answer = user.exchange(423, user.register(4, "Contact: " + user.contact(3) + ";expires=59"));
            assertThat(WireClient.header(answer, "Min-Expires")).isEqualTo("60");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UDP", "TCP"})
    void step7ContactsEqualByTheRulesOfUrisAreOneBinding(Transport transport) throws Exception {
        try (User user = user(transport)) {
            user.exchange(200, user.register(1, "Contact: <sip:a%6cice@HOST.example.net;Transport=TCP;x=1>"));
            assertThat(user.contacts(user.exchange(
                            200, user.register(2, "Contact: <sip:alice@host.example.net;transport=tcp>"))))
                    .containsExactly("<sip:alice@host.example.net;transport=tcp>");
            assertThat(user.contacts(user.exchange(200, user.register(3, "Contact: <mailto:a@example.net>"))))
                    .hasSize(2)
                    .contains("<mailto:a@example.net>");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UDP", "TCP"})
    void step8AnswerListsEveryBindingWithItsParameters(Transport transport) throws Exception {
        try (User user = user(transport)) {
            String answer = user.exchange(
                    200,
                    user.register(
                            1,
                            "Contact: \"A, B\" <sip:a@127.0.0.1;line=3,x>;q=0.25;+sip.video;methods=\"INVITE, ;expires=9\";expires=600",
                            "Contact: sip:b@127.0.0.1;q=1"));
            assertThat(answer)
                    .contains(
                            "Contact: <sip:a@127.0.0.1;line=3,x>;q=0.25;expires=600;+sip.video;methods=\"INVITE, ;expires=9\"")
                    .contains("Contact: <sip:b@127.0.0.1>;q=1.0;expires=3600");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UDP", "TCP"})
    void retransmissionGetsTheSameOctetsAndUpdatesNothing(Transport transport) throws Exception {
        try (User user = user(transport)) {
            String request = user.register(1, "Contact: " + user.contact(1));
            String answer = user.exchange(200, request);
            assertThat(user.wire.exchange(request)).isEqualTo(answer);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UDP", "TCP"})
    void optionsTellsWhatTheRegistrarServes(Transport transport) throws Exception {
        try (User user = user(transport)) {
            String answer = user.exchange(200, user.request("OPTIONS", "sip:" + DOMAIN, "sip:" + DOMAIN, 1));
            assertThat(WireClient.header(answer, "Allow")).isEqualTo("REGISTER, OPTIONS");
            assertThat(WireClient.header(answer, "Supported")).isEqualTo("path, outbound, gruu");
            assertThat(WireClient.header(answer, "Accept")).isNotNull();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UDP", "TCP"})
    void otherMethodsAreRefusedByWhatIsKnownOfThem(Transport transport) throws Exception {
        try (User user = user(transport)) {
            String answer = user.exchange(405, user.request("INVITE", user.aor(), user.aor(), 1));
            assertThat(WireClient.header(answer, "Allow")).isEqualTo("REGISTER, OPTIONS");
            user.exchange(501, user.request("FROBNICATE", user.aor(), user.aor(), 2));
            user.exchange(481, user.request("CANCEL", user.aor(), user.aor(), 3));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UDP", "TCP"})
    void strayAckIsNotAnswered(Transport transport) throws Exception {
        try (User user = user(transport)) {
            user.wire.send(user.request("ACK", user.aor(), user.aor(), 1));
            // What comes next on this way is the answer to the next request, not to the ACK: its CSeq is compared.
            user.exchange(200, user.request("OPTIONS", "sip:" + DOMAIN, user.aor(), 2));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UDP", "TCP"})
    void otherVersionAndOtherBodyAreRefused(Transport transport) throws Exception {
        try (User user = user(transport)) {
            user.exchange(505, user.register(1).replaceFirst("SIP/2.0\n", "SIP/7.0\n"));
            String answer =
                    user.exchange(415, user.register(2, "Content-Type: text/plain", "Content-Length: 5") + "hello");
            assertThat(answer).contains("\nAccept:");
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipResponse;
import org.sipwire.registrar.Registrar;
import org.sipwire.registrar.RegistrarConfig;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.CredentialStore;
import org.sipwire.registrar.auth.NonceFactory;
import org.sipwire.registrar.auth.SharedPasswordStore;
import org.sipwire.registrar.client.Registration;
import org.sipwire.registrar.client.RegistrationAccount;
import org.sipwire.registrar.client.RegistrationClient;
import org.sipwire.registrar.client.RegistrationEvents;
import org.sipwire.registrar.location.InMemoryLocationService;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transport.ListeningPoint;

/** README's examples of an embedded stack and registrar are this source, and they work over sockets. */
class EmbedExampleTest {

    // README begins
    static SipStack answerOptions(String listen) {
        SipStack stack = SipStack.create(SipStackConfig.builder().listen(listen).build());
        stack.start((request, context) -> {
            int status = request.method() == SipMethod.OPTIONS ? 200 : 405;
            context.response(status).header(SipHeader.ALLOW, "OPTIONS");
            context.respondStateless();
        });
        return stack;
    }
    // README ends

    // README begins
    static SipStack register(String listen, String realm, CredentialStore users) {
        AuthConfig auth = AuthConfig.builder(realm).build();
        Registrar registrar = Registrar.builder(RegistrarConfig.builder().build(), new InMemoryLocationService())
                .authentication(auth, users, new NonceFactory(auth))
                .build();
        SipStack stack = SipStack.create(SipStackConfig.builder().listen(listen).build());
        stack.start(registrar);
        return stack;
    }
    // README ends

    // README begins
    record Gateway(SipStack stack, RegistrationClient upstream) implements AutoCloseable {
        static Gateway start(String listen, RegistrationAccount account, RegistrationEvents events) {
            SipStack stack = answerOptions(listen);
            RegistrationClient upstream = new RegistrationClient(stack);
            upstream.register(account, events);
            return new Gateway(stack, upstream);
        }

        @Override
        public void close() {
            upstream.close();
            stack.close();
        }
    }
    // README ends

    private static WireClient connect(SipStack stack) throws Exception {
        ListeningPoint point = stack.boundPoints().get(0);
        return WireClient.connect(point.transport(), point.port());
    }

    private static String request(WireClient client, String method, int cseq, String... headers) {
        return """
                %1$s sip:127.0.0.1 SIP/2.0
                Via: SIP/2.0/%2$s 127.0.0.1:%3$d;rport;branch=z9hG4bK%4$d
                From: <sip:alice@127.0.0.1>;tag=1
                To: <sip:alice@127.0.0.1>
                Call-ID: one
                CSeq: %4$d %1$s
                Max-Forwards: 70
                %5$sContent-Length: 0

                """.formatted(
                        method,
                        client.viaToken(),
                        client.localPort(),
                        cseq,
                        Stream.of(headers).map(header -> header + "\n").collect(Collectors.joining()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"udp://127.0.0.1:0", "tcp://127.0.0.1:0"})
    void stackAnswersOptionsAndRefusesTheRest(String listen) throws Exception {
        try (SipStack stack = answerOptions(listen);
                WireClient client = connect(stack)) {
            assertThat(client.exchange(request(client, "OPTIONS", 1)))
                    .startsWith("SIP/2.0 200 ")
                    .contains("\nAllow: OPTIONS\n");
            assertThat(client.exchange(request(client, "MESSAGE", 2)))
                    .startsWith("SIP/2.0 405 ")
                    .contains("\nAllow: OPTIONS\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"udp://127.0.0.1:0", "tcp://127.0.0.1:0"})
    void registrarRegistersWhoKnowsThePassword(String listen) throws Exception {
        String contact = "Contact: <sip:alice@127.0.0.1:5099>";
        try (SipStack stack = register(listen, "example.com", new SharedPasswordStore("secret"));
                WireClient client = connect(stack)) {
            String challenge = client.exchange(request(client, "REGISTER", 1, contact));
            assertThat(challenge).startsWith("SIP/2.0 401 ");
            String wrong = WireClient.authorization(challenge, "alice", "guess", "sip:127.0.0.1");
            assertThat(client.exchange(request(client, "REGISTER", 2, contact, "Authorization: " + wrong)))
                    .startsWith("SIP/2.0 401 ");
            String right = WireClient.authorization(challenge, "alice", "secret", "sip:127.0.0.1");
            assertThat(client.exchange(request(client, "REGISTER", 3, contact, "Authorization: " + right)))
                    .startsWith("SIP/2.0 200 ")
                    .contains("<sip:alice@127.0.0.1:5099>;expires=3600");
        }
    }

    @Test
    void gatewayAnswersOptionsAndRegistersUpstream() throws Exception {
        CountDownLatch registered = new CountDownLatch(1);
        CountDownLatch removed = new CountDownLatch(1);
        RegistrationEvents events = new RegistrationEvents() {
            @Override
            public void onRegistered(Registration registration, long seconds, SipResponse response) {
                registered.countDown();
            }

            @Override
            public void onRemoved(Registration registration) {
                removed.countDown();
            }
        };
        try (SipStack upstream = register("udp://127.0.0.1:0", "example.com", new SharedPasswordStore("secret"))) {
            RegistrationAccount account = RegistrationAccount.builder("sip:gateway@example.com")
                    .password("secret")
                    .nextHop("sip:127.0.0.1:" + upstream.boundPoints().get(0).port())
                    .build();
            try (Gateway gateway = Gateway.start("udp://127.0.0.1:0", account, events);
                    WireClient client = connect(gateway.stack())) {
                assertThat(registered.await(10, TimeUnit.SECONDS)).isTrue();
                assertThat(client.exchange(request(client, "OPTIONS", 1))).startsWith("SIP/2.0 200 ");
            }
            assertThat(removed.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void readmeHasExactlyThisSource() throws Exception {
        Path own = Path.of("src/test/java", getClass().getName().replace('.', '/') + ".java");
        List<String> examples = Pattern.compile("(?s) {4}// README begins\n(.*?)\n {4}// README ends\n")
                .matcher(Files.readString(own))
                .results()
                .map((MatchResult m) -> m.group(1).stripIndent())
                .toList();
        assertThat(examples).hasSize(3);
        String readme = Files.readString(Path.of("..", "README.md"));
        assertThat(examples).allSatisfy(example -> assertThat(readme).contains("```java\n" + example + "\n```\n"));
    }
}

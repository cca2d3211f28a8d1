/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sipwire.codec.SipResponse;
import org.sipwire.registrar.client.Registration;
import org.sipwire.registrar.client.RegistrationAccount;
import org.sipwire.registrar.client.RegistrationClient;
import org.sipwire.registrar.client.RegistrationEvents;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.TlsConfig;

/** Our registration client at our server, over each transport and with each Digest algorithm. */
class RegistrationInteropTest {
    private static final String PASSWORD = "12345678";

    private final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();
    private RegistrarServer server;
    private SipStack stack;
    private RegistrationClient client;

    @AfterEach
    void stop() {
        if (stack != null) {
            client.close(0);
            stack.close();
        }
        server.close();
    }

    private void startServer(String listen, String... more) throws Exception {
        List<String> all = new ArrayList<>(List.of(
                "--listen",
                listen,
                "--http",
                "127.0.0.1:0",
                "--store",
                "memory",
                "--threads",
                "2",
                "--password",
                PASSWORD));
        all.addAll(List.of(more));
        server = RegistrarServer.start(OptionSources.read(all.toArray(new String[0]), Map.of()));
    }

    private void startClient(TlsConfig tls, int threads) {
        stack = SipStack.create(SipStackConfig.builder()
                .listen("udp://127.0.0.1:0")
                .threads(threads)
                .tls(tls)
                .drainMillis(0)
                .build());
        stack.start((request, context) -> {});
        client = new RegistrationClient(stack);
    }

    private String bindingOf(String user) throws Exception {
        return get("/v1/bindings/" + user);
    }

    private String get(String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + server.httpAddress().getPort() + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .body();
    }

    private String nextHop(String parameter) {
        ListeningPoint point = server.boundPoints().get(0);
        return "sip:127.0.0.1:" + point.port() + ";transport=" + parameter;
    }

    private final class Events implements RegistrationEvents {
        @Override
        public void onRegistered(Registration registration, long seconds, SipResponse response) {
            events.add("registered");
        }

        @Override
        public void onFailed(Registration registration, int status, String reason, long retryMillis) {
            events.add("failed " + status + " " + reason);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "udp, MD5, auth",
        "udp, MD5, none",
        "tcp, SHA-256, auth",
        "udp, SHA-512-256, auth",
        "tls, MD5, auth",
        "ws, SHA-256, none",
        "wss, 'MD5,SHA-256', auth"
    })
    void userIsRegisteredRefreshedAndTakenOut(String transport, String algorithms, String qop, @TempDir Path directory)
            throws Exception {
        List<String> more = new ArrayList<>(List.of("--algorithms", algorithms, "--qop", qop));
        TlsConfig tls = null;
        if (transport.equals("tls") || transport.equals("wss")) {
            TestCertificate certificate = TestCertificate.make(directory, "registrar");
            more.addAll(List.of(
                    "--tls-certificate",
                    certificate.file().toString(),
                    "--tls-key",
                    certificate.key().toString()));
            tls = TlsConfig.client().withTrusted(certificate.file());
        }
        startServer(transport + "://127.0.0.1:0", more.toArray(new String[0]));
        startClient(tls, 1);
        RegistrationAccount account = RegistrationAccount.builder("sip:alice@example.com")
                .password(PASSWORD)
                .nextHop(nextHop(transport))
                .build();
        Registration registration = client.register(account, new Events());
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("registered");
        assertThat(bindingOf("alice@example.com")).contains("sip:alice@127.0.0.1");
        registration.refresh();
        assertThat(events.poll(10, TimeUnit.SECONDS))
                .as("with the nonce counted")
                .isEqualTo("registered");
        client.close();
        assertThat(registration.state()).isEqualTo(Registration.State.REMOVED);
        assertThat(bindingOf("alice@example.com")).contains("404");
    }

    @Test
    void wrongPasswordIsOneFailure() throws Exception {
        startServer("udp://127.0.0.1:0");
        startClient(null, 1);
        client.register(
                RegistrationAccount.builder("sip:alice@example.com")
                        .password("guess")
                        .nextHop(nextHop("udp"))
                        .build(),
                new Events());
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("failed 401 Unauthorized");
        assertThat(events.poll(300, TimeUnit.MILLISECONDS)).isNull();
    }

    /** GB/T 28181: IDs of 20 digits, a realm of digits that no DNS knows, the platform by its address. */
    @ParameterizedTest
    @CsvSource({"udp", "tcp"})
    void deviceRegistersAtAPlatform(String transport) throws Exception {
        startServer(transport + "://127.0.0.1:0", "--realm", "34020000", "--gb28181", "34020000002000000001");
        startClient(null, 1);
        client.register(
                RegistrationAccount.gb28181(
                                "34020000001320000003", "34020000", "34020000002000000001", nextHop(transport))
                        .password(PASSWORD)
                        .build(),
                new Events());
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("registered");
        assertThat(get("/v1/bindings?limit=10")).contains("sip:34020000001320000003@127.0.0.1");
    }

    @Test
    void thousandsRegisterFromOneProcess() throws Exception {
        startServer("udp://127.0.0.1:0");
        startClient(null, 2);
        int users = 2_000;
        AtomicInteger registered = new AtomicInteger();
        AtomicInteger failed = new AtomicInteger();
        RegistrationEvents counting = new RegistrationEvents() {
            @Override
            public void onRegistered(Registration registration, long seconds, SipResponse response) {
                registered.incrementAndGet();
            }

            @Override
            public void onFailed(Registration registration, int status, String reason, long retryMillis) {
                failed.incrementAndGet();
            }
        };
        for (int i = 0; i < users; i++) {
            client.register(
                    RegistrationAccount.builder("sip:user" + i + "@example.com")
                            .password(PASSWORD)
                            .nextHop(nextHop("udp"))
                            .build(),
                    counting);
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (registered.get() + failed.get() < users && System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
        assertThat(failed).hasValue(0);
        assertThat(registered).hasValue(users);
        assertThat(bindingOf("user1999@example.com")).contains("sip:user1999@127.0.0.1");
        client.close(60_000);
        assertThat(client.size()).isZero();
        assertThat(bindingOf("user1999@example.com")).contains("404");
    }
}

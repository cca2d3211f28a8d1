/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sipwire.codec.SipResponse;
import org.sipwire.registrar.Registrar;
import org.sipwire.registrar.RegistrarConfig;
import org.sipwire.registrar.client.NameServer.Mood;
import org.sipwire.registrar.location.InMemoryLocationService;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transport.TransportCounter;

/** Registrations at a registrar whose name nobody can say. */
class DnsAwayTest {
    private final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();
    private NameServer names;
    private SipStack registrar;
    private SipStack stack;
    private RegistrationClient client;

    private final class Events implements RegistrationEvents {
        @Override
        public void onRegistered(Registration registration, long seconds, SipResponse response) {
            events.add(registration.account().addressOfRecord() + " registered");
        }

        @Override
        public void onFailed(Registration registration, int status, String reason, long retryMillis) {
            events.add(registration.account().addressOfRecord() + " failed: " + reason);
        }
    }

    @BeforeEach
    void start() throws Exception {
        names = new NameServer(Map.of("registrar.example.com", "127.0.0.1"));
        registrar = SipStack.create(SipStackConfig.builder()
                .listen("udp://127.0.0.1:0")
                .drainMillis(0)
                .build());
        registrar.start(Registrar.builder(RegistrarConfig.builder().build(), new InMemoryLocationService())
                .build());
        stack = SipStack.create(SipStackConfig.builder()
                .listen("udp://127.0.0.1:0")
                .nameServers(names.address())
                .threads(1)
                .drainMillis(0)
                .build());
        stack.start((request, context) -> {});
        client = new RegistrationClient(stack);
    }

    @AfterEach
    void stop() {
        client.close(0);
        stack.close();
        registrar.close();
        names.close();
    }

    private Registration register(String user, String host) {
        int port = registrar.boundPoints().get(0).port();
        return client.register(
                RegistrationAccount.builder("sip:" + user + "@example.com")
                        .nextHop("sip:" + host + ":" + port)
                        .retry(100, 200)
                        .build(),
                new Events());
    }

    private String event() throws InterruptedException {
        return events.poll(30, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ANSWERS")
    void failureIsToldTheLoopGoesOnAndTheUserIsRegisteredWhenDnsIsBack(Mood mood) throws Exception {
        names.becomes(mood);
        register("alice", "registrar.example.com");
        if (mood == Mood.SILENT) {
            assertThat(names.asked.poll(10, TimeUnit.SECONDS)).isEqualTo("registrar.example.com");
            // The question has no answer yet, and the one loop serves others.
            register("bob", "127.0.0.1");
            assertThat(event()).isEqualTo("sip:bob@example.com registered");
            CompletableFuture<Boolean> ran = new CompletableFuture<>();
            stack.execute(0, () -> ran.complete(events.isEmpty()));
            assertThat(ran.get(10, TimeUnit.SECONDS)).as("alice still waits").isTrue();
        }
        assertThat(event()).startsWith("sip:alice@example.com failed: ").contains("registrar.example.com");
        names.becomes(Mood.ANSWERS);
        String event;
        do {
            event = event();
        } while (event != null && event.startsWith("sip:alice@example.com failed: "));
        assertThat(event).isEqualTo("sip:alice@example.com registered");
        assertThat(stack.counters().get(TransportCounter.CALLBACK_ERRORS)).isZero();
    }

    /** Who is registered has a way to the registrar, which needs no name any more. */
    @Test
    void refreshNeedsNoDns() throws Exception {
        Registration registration = register("alice", "registrar.example.com");
        assertThat(event()).isEqualTo("sip:alice@example.com registered");
        names.becomes(Mood.SILENT);
        names.asked.clear();
        for (int i = 0; i < 3; i++) {
            registration.refresh();
            assertThat(event()).isEqualTo("sip:alice@example.com registered");
        }
        assertThat(names.asked).isEmpty();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.SipResponse;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.GuardLimits;
import org.sipwire.registrar.auth.NonceFactory;
import org.sipwire.registrar.auth.SharedPasswordStore;
import org.sipwire.registrar.client.Registration;
import org.sipwire.registrar.client.RegistrationAccount;
import org.sipwire.registrar.client.RegistrationClient;
import org.sipwire.registrar.client.RegistrationEvents;
import org.sipwire.registrar.location.Bindings;
import org.sipwire.registrar.location.InMemoryLocationService;
import org.sipwire.registrar.location.LocationResult;
import org.sipwire.registrar.location.LocationService;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transaction.TransactionCounter;
import org.sipwire.transaction.TransactionTimers;
import org.sipwire.transport.Transport;
import org.sipwire.transport.TransportCounter;
import org.sipwire.transport.fault.Faults;

/**
 * A network that changes octets in both directions between clients and a registrar. What Digest covers cannot be changed: who is
 * registered, and that it was somebody with the password. A Contact it does not cover (RFC 3261 §22.4 leaves that to TLS): one that came
 * changed and still is a URI may stand, for its own user.
 */
class CorruptNetworkTest {
    private static final TransactionTimers QUICK = new TransactionTimers(20, 160, 200, 200, 1_000);
    private static final int RIGHTFUL = 150;
    private static final int INTRUDERS = 30;
    private static final String PASSWORD = "12345678";

    private final InMemoryLocationService locations = new InMemoryLocationService();
    private final Map<String, Set<String>> heard = new ConcurrentHashMap<>();

    /** Names that differ in more letters than a datagram has changed octets. */
    private final List<String> names = names();

    private static List<String> names() {
        SplittableRandom random = new SplittableRandom(3);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < RIGHTFUL + INTRUDERS; i++) {
            StringBuilder name = new StringBuilder();
            for (int letter = 0; letter < 30; letter++) {
                name.append((char) ('a' + random.nextInt(26)));
            }
            names.add(name.toString());
        }
        return names;
    }

    private final class Heard implements RegistrationEvents {
        private final String name;

        Heard(String name) {
            this.name = name;
        }

        private void note(String event) {
            heard.computeIfAbsent(name, n -> ConcurrentHashMap.newKeySet()).add(event);
        }

        @Override
        public void onRegistered(Registration registration, long seconds, SipResponse response) {
            note("registered");
        }

        @Override
        public void onFailed(Registration registration, int status, String reason, long retryMillis) {
            note(status == 0 ? "unanswered" : "failed " + status);
        }
    }

    private static SipStack registrar(LocationService locations) {
        AuthConfig auth =
                AuthConfig.builder("example.com").guard(GuardLimits.OFF).build();
        SipStack stack = SipStack.create(SipStackConfig.builder()
                .listen("udp://127.0.0.1:0")
                .timers(QUICK)
                .threads(2)
                .build());
        stack.start(Registrar.builder(
                        RegistrarConfig.builder()
                                .domains(List.of("example.com"))
                                .build(),
                        locations)
                .authentication(auth, new SharedPasswordStore(PASSWORD), new NonceFactory(auth))
                .build());
        return stack;
    }

    private static SipStack client(Faults faults, TransactionTimers timers) {
        SipStack stack = SipStack.create(SipStackConfig.builder()
                .listen("udp://127.0.0.1:0")
                .timers(timers)
                .drainMillis(0)
                .faults(faults)
                .build());
        stack.start((request, context) -> {});
        return stack;
    }

    private void register(RegistrationClient client, String name, String password, SipStack at) {
        RegistrationAccount account = RegistrationAccount.builder("sip:" + name + "@example.com")
                .password(password)
                .nextHop("sip:127.0.0.1:" + at.boundPoints().get(0).port())
                .retry(50, 400)
                .build();
        client.register(account, new Heard(name));
    }

    private boolean hasHeard(int from, int to, String event) {
        return names.subList(from, to).stream()
                .allMatch(name -> heard.getOrDefault(name, Set.of()).contains(event));
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("waited too long").isNegative();
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    /** All that is registered: user and contacts. */
    private Map<String, List<String>> registered() {
        Map<String, List<String>> all = new HashMap<>();
        locations.page(new byte[0], 0, 0, new LocationService.PageRequest() {
            @Override
            public int limit() {
                return 10_000;
            }

            @Override
            public Executor loop() {
                return Runnable::run;
            }

            @Override
            public void entry(Bindings bindings) {
                for (Binding binding : Binding.listOf(bindings)) {
                    all.computeIfAbsent(bindings.aor(), a -> new ArrayList<>()).add(binding.contact());
                }
            }

            @Override
            public void end(LocationResult result, boolean more) {
                assertThat(more).isFalse();
            }
        });
        return all;
    }

    private void onlyTheRightfulAreRegisteredAndAtTheirOwnContacts() {
        Set<String> rightful = new HashSet<>();
        names.subList(0, RIGHTFUL).forEach(name -> rightful.add(name + "@example.com"));
        registered().forEach((aor, contacts) -> {
            assertThat(rightful).contains(aor);
            for (String contact : contacts) {
                assertThat(names.stream().filter(contact::contains))
                        .as("%s at %s", aor, contact)
                        .allMatch(name -> aor.equals(name + "@example.com"));
            }
        });
    }

    @Test
    void registrationsSucceedOrFailCleanlyAndNobodyGetsInForAnother() throws Exception {
        long pinned = PooledByteBufAllocator.DEFAULT.pinnedDirectMemory();
        Faults faults = Faults.seed(5)
                .withCorruption(0.3)
                .withLoss(0.02)
                .withDuplication(0.05)
                .withReordering(0.05);
        try (SipStack registrar = registrar(locations)) {
            try (SipStack stack = client(faults, QUICK);
                    RegistrationClient client = new RegistrationClient(stack)) {
                for (String name : names) {
                    boolean isRightful = names.indexOf(name) < RIGHTFUL;
                    register(client, name, isRightful ? PASSWORD : "87654321", registrar);
                }
                await(() -> hasHeard(0, RIGHTFUL, "registered"));
                await(() -> hasHeard(RIGHTFUL, names.size(), "failed 401"));
                onlyTheRightfulAreRegisteredAndAtTheirOwnContacts();
                client.close(0);
                await(() -> stack.counters().get(TransactionCounter.CLIENT_TRANSACTIONS) == 0);
                assertThat(stack.counters().get(TransportCounter.CALLBACK_ERRORS))
                        .isZero();
                assertThat(stack.counters().get(TransactionCounter.USER_ERRORS)).isZero();
            }
            assertThat(heard.values().stream().flatMap(Set::stream))
                    .as("answers, or their absence, and no other failure")
                    .allMatch(event -> event.matches("registered|unanswered|failed [2-6]\\d\\d"));
            assertThat(registrar.counters().get(TransactionCounter.MALFORMED_ANSWERED))
                    .isPositive();
            assertThat(registrar.counters().get(TransactionCounter.MALFORMED_DROPPED))
                    .isPositive();
            assertThat(registrar.counters().get(TransactionCounter.USER_ERRORS)).isZero();
            assertThat(registrar.counters().get(TransportCounter.CALLBACK_ERRORS))
                    .isZero();
            assertThat(registrar.counters().responsesSent(Transport.UDP, 500)).isZero();

            // Over a sound network everybody is served, by all loops.
            heard.clear();
            try (SipStack stack = client(null, TransactionTimers.DEFAULT);
                    RegistrationClient client = new RegistrationClient(stack)) {
                int port = stack.boundPoints().get(0).port();
                names.subList(0, RIGHTFUL).forEach(name -> register(client, name, PASSWORD, registrar));
                await(() -> hasHeard(0, RIGHTFUL, "registered"));
                assertThat(heard.values()).allMatch(Set.of("registered")::equals);
                Map<String, List<String>> registered = registered();
                assertThat(registered).hasSize(RIGHTFUL);
                registered.forEach((aor, contacts) ->
                        assertThat(contacts).contains("sip:" + aor.replace("@example.com", "@127.0.0.1:" + port)));
                client.close(0);
            }
            onlyTheRightfulAreRegisteredAndAtTheirOwnContacts();
            await(() -> registrar.counters().get(TransactionCounter.SERVER_TRANSACTIONS) == 0);
        }
        assertThat(PooledByteBufAllocator.DEFAULT.pinnedDirectMemory()).isLessThanOrEqualTo(pinned);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.client;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.sipwire.codec.SipResponse;
import org.sipwire.registrar.client.Registration;
import org.sipwire.registrar.client.RegistrationAccount;
import org.sipwire.registrar.client.RegistrationClient;
import org.sipwire.registrar.client.RegistrationEvents;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transport.TlsConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Registers users at a registrar as a gateway would, keeps them there, takes them out. */
@Command(
        name = "register",
        mixinStandardHelpOptions = true,
        description =
                "Registers users at any registrar with the registration client, keeps them there and takes them out again."
                        + " Exit status 0 when all of it went well.")
public final class RegisterCommand implements Callable<Integer> {
    @Option(
            names = "--next-hop",
            paramLabel = "URI",
            description = "Where to send: sip:192.0.2.1:5060;transport=tcp, a domain for the DNS (the users' domain).")
    String nextHop;

    @Option(
            names = "--domain",
            paramLabel = "NAME",
            defaultValue = "example.org",
            description = "The users' domain (${DEFAULT-VALUE}).")
    String domain;

    @Option(names = "--users", paramLabel = "N", defaultValue = "100", description = "How many (${DEFAULT-VALUE}).")
    int users;

    @Option(names = "--password", paramLabel = "TEXT", description = "One for all.")
    String password;

    @Option(
            names = "--expires",
            paramLabel = "SECONDS",
            defaultValue = "3600",
            description = "For how long to ask (${DEFAULT-VALUE}).")
    int expires;

    @Option(
            names = "--hold",
            paramLabel = "SECONDS",
            defaultValue = "0",
            description = "How long to keep and refresh them (${DEFAULT-VALUE}).")
    int hold;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "Event loops (${DEFAULT-VALUE}).")
    int threads;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "How long all of them may take to register (${DEFAULT-VALUE}).")
    int timeout;

    @Option(
            names = "--trusted",
            paramLabel = "FILE",
            description = "Certificates that TLS accepts, PEM; default: the platform's.")
    Path trusted;

    /** Counts what happens, on any loop. */
    private static final class Counted implements RegistrationEvents {
        final CountDownLatch first;
        final AtomicInteger registered = new AtomicInteger();
        final AtomicInteger refreshed = new AtomicInteger();
        final AtomicInteger removed = new AtomicInteger();
        final Map<String, Integer> failures = new ConcurrentHashMap<>();
        final Map<Registration, Boolean> known = new ConcurrentHashMap<>();

        Counted(int users) {
            first = new CountDownLatch(users);
        }

        @Override
        public void onRegistered(Registration registration, long seconds, SipResponse response) {
            if (known.put(registration, true) == null) {
                registered.incrementAndGet();
                first.countDown();
            } else {
                refreshed.incrementAndGet();
            }
        }

        @Override
        public void onFailed(Registration registration, int status, String reason, long retryMillis) {
            failures.merge(status == 0 ? reason : status + " " + reason, 1, Integer::sum);
            first.countDown();
        }

        @Override
        public void onRemoved(Registration registration) {
            removed.incrementAndGet();
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        TlsConfig tls =
                trusted == null ? TlsConfig.client() : TlsConfig.client().withTrusted(trusted);
        try (SipStack stack = SipStack.create(SipStackConfig.builder()
                .listen("udp://0.0.0.0:0")
                .threads(threads)
                .tls(tls)
                .build())) {
            stack.start((request, context) -> {
                context.response(405);
                context.respondStateless();
            });
            return run(stack);
        } catch (IllegalArgumentException | UncheckedIOException e) {
            System.err.println("register: " + e.getMessage());
            return 2;
        }
    }

    private int run(SipStack stack) throws InterruptedException {
        Counted counted = new Counted(users);
        long begun = System.nanoTime();
        try (RegistrationClient client = new RegistrationClient(stack)) {
            for (int i = 0; i < users; i++) {
                RegistrationAccount.Builder account = RegistrationAccount.builder("sip:user" + i + "@" + domain)
                        .password(password)
                        .expires(expires);
                client.register((nextHop == null ? account : account.nextHop(nextHop)).build(), counted);
            }
            counted.first.await(timeout, TimeUnit.SECONDS);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
            System.out.println("registered " + counted.registered + " of " + users + " in " + millis + " ms");
            TimeUnit.SECONDS.sleep(hold);
            client.close(TimeUnit.SECONDS.toMillis(timeout));
        }
        System.out.println(
                "refreshed " + counted.refreshed + ", removed " + counted.removed + ", failures " + counted.failures);
        boolean well =
                counted.registered.get() == users && counted.removed.get() == users && counted.failures.isEmpty();
        return well ? 0 : 1;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.util.ResourceLeakDetector;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sipwire.registrar.Registrar;
import org.sipwire.registrar.RegistrarConfig;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.NonceFactory;
import org.sipwire.registrar.auth.SharedPasswordStore;
import org.sipwire.registrar.location.InMemoryLocationService;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transaction.TransactionTimers;
import org.sipwire.transport.Transport;

/** REGISTER, 401, REGISTER, 200 from socket to socket: what the event loop's thread allocates, all in. */
class RegistrationAllocationTest {
    private static final String URI = "sip:example.org";
    private static final int WARM_UP = 6_000;
    private static final int MEASURED = 1_500;
    private static final int ROUNDS = 6;

    private final ResourceLeakDetector.Level leakDetection = ResourceLeakDetector.getLevel();
    private int cseq;

    /** The leak detector writes down who touched a buffer; the launcher switches it off. */
    @BeforeEach
    void stopLeakDetection() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    }

    @AfterEach
    void resumeLeakDetection() {
        ResourceLeakDetector.setLevel(leakDetection);
    }

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"UDP", "TCP"})
    void registrationAllocatesNothingFromSocketToSocket(Transport transport) throws Exception {
        AuthConfig auth = AuthConfig.builder("example.org").build();
        Registrar registrar = Registrar.builder(RegistrarConfig.builder().build(), new InMemoryLocationService())
                .authentication(auth, new SharedPasswordStore("12345678"), new NonceFactory(auth))
                .build();
        SipStackConfig config = SipStackConfig.builder()
                .listen(transport.scheme() + "://127.0.0.1:0")
                // Timer J is 64*T1: transactions end while the test runs and their memory is used again.
                .timers(new TransactionTimers(5, 40, 50, 200, 10_000))
                .build();
        try (SipStack stack = SipStack.create(config)) {
            stack.start(registrar);
            CompletableFuture<Long> loop = new CompletableFuture<>();
            stack.execute(0, () -> loop.complete(Thread.currentThread().getId()));
            long thread = loop.get(5, TimeUnit.SECONDS);
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            try (WireClient client =
                    WireClient.connect(transport, stack.boundPoints().get(0).port())) {
                cycles(client, WARM_UP);
                // What the JVM does beside, late compilation on a busy machine, is no octet a cycle: the best round
                // counts.
                double each = Double.MAX_VALUE;
                for (int round = 0; round < ROUNDS && each >= 1.0; round++) {
                    long before = threads.getThreadAllocatedBytes(thread);
                    cycles(client, MEASURED);
                    double all = threads.getThreadAllocatedBytes(thread) - before;
                    each = Math.min(each, all / MEASURED);
                }
                assertThat(each).as("octets allocated a cycle").isLessThan(1.0);
            }
        }
    }

    private void cycles(WireClient client, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            String challenge = client.exchange(register(client, ""));
            assertThat(challenge).startsWith("SIP/2.0 401 ");
            String authorization = WireClient.authorization(challenge, "bob", "12345678", URI);
            assertThat(client.exchange(register(client, "Authorization: " + authorization + "\n")))
                    .startsWith("SIP/2.0 200 ");
        }
    }

    private String register(WireClient client, String authorization) {
        cseq++;
        return "REGISTER " + URI + " SIP/2.0\nVia: SIP/2.0/" + client.viaToken() + " 127.0.0.1:" + client.localPort()
                + ";rport;branch=z9hG4bK-" + (100_000_000 + cseq) + "\nFrom: <sip:bob@example.org>;tag=1\n"
                + "To: <sip:bob@example.org>\nCall-ID: one@127.0.0.1\nCSeq: " + cseq + " REGISTER\n"
                + "Contact: <sip:bob@127.0.0.1:" + client.localPort() + ">\n" + authorization
                + "Max-Forwards: 70\nExpires: 3600\nContent-Length: 0\n\n";
    }
}

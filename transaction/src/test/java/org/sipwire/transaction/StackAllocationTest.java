/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.util.ResourceLeakDetector;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipRequest;
import org.sipwire.trace.MessageTrace;
import org.sipwire.trace.TraceFilter;
import org.sipwire.transport.ListeningPoint;

/** What the event loop's thread allocates for a message, all in: Netty and the kernel's events as well. */
class StackAllocationTest {
    private static final int WARM_UP = 15_000;
    private static final int MEASURED = 5_000;
    private static final int ROUNDS = 4;

    private static final class Answering implements TransactionUser {
        @Override
        public void onRequest(SipRequest request, RequestContext context) {
            if (request.has(SipHeader.AUTHORIZATION)) {
                ServerTransaction transaction = context.accept();
                context.response(200).header(SipHeader.EXPIRES, 3600);
                transaction.respond();
            } else {
                context.response(401).header(SipHeader.WWW_AUTHENTICATE, "Digest realm=\"r\", nonce=\"n\"");
                context.respondStateless();
            }
        }
    }

    private final ResourceLeakDetector.Level leakDetection = ResourceLeakDetector.getLevel();

    /** The leak detector writes down who touched a buffer. */
    @BeforeEach
    void stopLeakDetection() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    }

    @AfterEach
    void resumeLeakDetection() {
        ResourceLeakDetector.setLevel(leakDetection);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({
        "udp://127.0.0.1:0, STATELESS",
        "udp://127.0.0.1:0, RETRANSMISSION",
        "udp://127.0.0.1:0, TRANSACTION",
        "tcp://127.0.0.1:0, STATELESS",
        "tcp://127.0.0.1:0, TRANSACTION",
        "udp://[::1]:0, STATELESS",
        "udp://127.0.0.1:0, STATELESS TRACED",
        "udp://0.0.0.0:0, STATELESS TRACED",
        "tcp://127.0.0.1:0, STATELESS TRACED"
    })
    void requestAndResponseAllocateNothing(String listen, String kind) throws Exception {
        SipStackConfig config = SipStackConfig.builder()
                .listen(listen)
                // Timer J is 64*T1: transactions end while the test runs and their slots are used again.
                .timers(new TransactionTimers(5, 40, 50, 200, 10_000))
                .build();
        try (SipStack stack = SipStack.create(config)) {
            stack.start(new Answering());
            if (kind.endsWith("TRACED")) {
                MessageTrace trace = new MessageTrace(stack);
                trace.start(TraceFilter.device("34020000001320000001"), 60, MessageTrace.MIN_OCTETS);
            }
            CompletableFuture<Long> thread = new CompletableFuture<>();
            stack.execute(0, () -> thread.complete(Thread.currentThread().getId()));
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long id = thread.get(5, TimeUnit.SECONDS);
            ListeningPoint point = stack.boundPoints().get(0);
            if (point.host().equals("0.0.0.0")) {
                point = new ListeningPoint(point.transport(), "127.0.0.1", point.port());
            }
            try (Peer peer = Peer.of(point)) {
                String authorization = "Authorization: Digest username=\"a\"";
                byte[] request = (kind.startsWith("STATELESS")
                                ? peer.request("REGISTER", "z9hG4bK-00000000")
                                : peer.request("REGISTER", "z9hG4bK-00000000", authorization))
                        .getBytes(StandardCharsets.US_ASCII);
                int branch = new String(request, StandardCharsets.US_ASCII).indexOf("00000000");
                boolean fresh = !kind.equals("RETRANSMISSION");
                exchange(peer, request, fresh ? branch : -1, 0, WARM_UP);
                // What the JVM does beside, late compilation on a busy machine, is no octet a message: the best round
                // counts.
                double each = Double.MAX_VALUE;
                int from = WARM_UP;
                for (int round = 0; round < ROUNDS && each >= 1.0; round++, from += MEASURED) {
                    long before = threads.getThreadAllocatedBytes(id);
                    exchange(peer, request, fresh ? branch : -1, from, MEASURED);
                    each = Math.min(each, (threads.getThreadAllocatedBytes(id) - before) / (double) MEASURED);
                }
                assertThat(each)
                        .as("octets allocated a request with its response")
                        .isLessThan(1.0);
            }
        }
    }

    private static void exchange(Peer peer, byte[] request, int branch, int from, int count) throws Exception {
        for (int i = from; i < from + count; i++) {
            for (int digit = 0, rest = i; branch >= 0 && digit < 8; digit++, rest /= 10) {
                request[branch + 7 - digit] = (byte) ('0' + rest % 10);
            }
            peer.send(request);
            peer.receive();
        }
    }
}

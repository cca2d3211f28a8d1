/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipResponse;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;
import org.sipwire.transport.TransportCounter;
import org.sipwire.transport.fault.Faults;

/** Two stacks with a bad network between them: every transaction ends as RFC 3261 says, none twice. */
class FaultyNetworkTest {
    private static final int REQUESTS = 2_000;
    private static final int AT_ONCE = 200;

    /** Accepts each request once and answers it. */
    private static final class Server implements TransactionUser {
        final ConcurrentHashMap<String, AtomicInteger> seen = new ConcurrentHashMap<>();

        @Override
        public void onRequest(SipRequest request, RequestContext context) {
            seen.computeIfAbsent(request.callId().toString(), k -> new AtomicInteger())
                    .incrementAndGet();
            ServerTransaction transaction = context.accept();
            context.response(200);
            transaction.respond();
        }
    }

    /** Sends requests, a new one for each that ends. */
    private static final class Client implements TransactionUser {
        final AtomicInteger answered = new AtomicInteger();
        final AtomicInteger timedOut = new AtomicInteger();
        final ConcurrentHashMap<Object, AtomicInteger> ends = new ConcurrentHashMap<>();
        final CountDownLatch done = new CountDownLatch(REQUESTS);
        private SipStack stack;
        private Flow flow;
        private int sent;

        @Override
        public void onStart(SipStack owner) {
            stack = owner;
        }

        void begin(Flow to) {
            flow = to;
            for (int i = 0; i < AT_ONCE; i++) {
                next();
            }
        }

        private void next() {
            if (sent == REQUESTS) {
                return;
            }
            String id = "call-" + sent++;
            RequestWriter request = stack.request(flow);
            request.begin(SipMethod.REGISTER, "sip:b".getBytes(StandardCharsets.US_ASCII));
            request.header(SipHeader.FROM, "<sip:a@b>;tag=" + sent);
            request.header(SipHeader.TO, "<sip:a@b>");
            request.header(SipHeader.CALL_ID, id);
            request.header(SipHeader.CSEQ, "1 REGISTER");
            request.header(SipHeader.MAX_FORWARDS, "70");
            assertThat(stack.send(flow, request, id)).isPositive();
        }

        @Override
        public void onRequest(SipRequest request, RequestContext context) {}

        @Override
        public void onResponse(SipResponse response, ClientTransaction transaction) {
            // A corrupt 200 may be a provisional response.
            if (response.status() >= 200) {
                answered.incrementAndGet();
                end(transaction);
            }
        }

        @Override
        public void onTimeout(ClientTransaction transaction) {
            timedOut.incrementAndGet();
            end(transaction);
        }

        private void end(ClientTransaction transaction) {
            ends.computeIfAbsent(transaction.attachment(), k -> new AtomicInteger())
                    .incrementAndGet();
            done.countDown();
            next();
        }
    }

    private final Server server = new Server();
    private final Client client = new Client();

    /** Sends all requests over such a network; the server has it before its door. */
    private void run(Faults faults, Consumer<SipStack> afterwards) throws Exception {
        TransactionTimers quick = new TransactionTimers(20, 160, 200, 200, 1_000);
        try (SipStack serverStack = SipStack.create(SipStackConfig.builder()
                        .listen("udp://127.0.0.1:0")
                        .timers(quick)
                        .faults(faults)
                        .build());
                SipStack clientStack = SipStack.create(SipStackConfig.builder()
                        .listen("udp://127.0.0.1:0")
                        .timers(quick)
                        .drainMillis(0)
                        .build())) {
            serverStack.start(server);
            clientStack.start(client);
            InetSocketAddress to = new InetSocketAddress(
                    "127.0.0.1", serverStack.boundPoints().get(0).port());
            AtomicReference<Throwable> problem = new AtomicReference<>();
            clientStack.execute(
                    0,
                    () -> clientStack.connect(0, Transport.UDP, to, (flow, cause) -> {
                        problem.set(cause);
                        client.begin(flow);
                    }));
            assertThat(client.done.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(problem.get()).isNull();
            afterwards.accept(serverStack);
        }
        assertThat(client.ends).hasSize(REQUESTS);
        assertThat(client.ends.values()).allMatch(n -> n.get() == 1);
    }

    @Test
    void everyTransactionEndsOnceThroughLossDuplicationAndReordering() throws Exception {
        Faults faults = Faults.seed(7)
                .withLoss(0.2)
                .withDuplication(0.05)
                .withReordering(0.05)
                .withDelay(0, 10);
        run(faults, stack -> assertThat(stack.counters().get(TransactionCounter.REQUEST_RETRANSMISSIONS_RECEIVED))
                .isPositive());
        assertThat(server.seen.values()).as("none seen twice").allMatch(n -> n.get() == 1);
        // Some ten tries of which a fifth is lost each way: one in thirty thousand stays unanswered; more where the
        // machine is busy.
        assertThat(client.answered).hasValueGreaterThan(REQUESTS * 9 / 10);
        assertThat(client.answered.get() + client.timedOut.get()).isEqualTo(REQUESTS);
    }

    /** What cannot be read is answered 400 or dropped; a response with another branch or Via is nobody's. */
    @Test
    void everyTransactionEndsOnceThoughOctetsOfEveryOtherDatagramAreChanged() throws Exception {
        Faults faults = Faults.seed(11).withCorruption(0.5).withLoss(0.05).withDuplication(0.05);
        run(faults, stack -> {
            assertThat(stack.counters().get(TransactionCounter.MALFORMED_ANSWERED)
                            + stack.counters().get(TransactionCounter.MALFORMED_DROPPED))
                    .isPositive();
            assertThat(stack.counters().get(TransactionCounter.USER_ERRORS)).isZero();
            assertThat(stack.counters().get(TransportCounter.CALLBACK_ERRORS)).isZero();
        });
        assertThat(client.answered.get()).isGreaterThan(REQUESTS * 3 / 4);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipRequest;
import org.sipwire.transport.Flow;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.StreamLimits;
import org.sipwire.transport.TransportCounter;

/** TCP connections of a stack: how they begin, idle, misbehave and end. */
class ConnectionsTest {

    /** Accepts and answers everything, and notes what else it hears. */
    private static final class Answering implements TransactionUser {
        final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();
        volatile Flow lastFlow;
        volatile boolean silent;

        @Override
        public void onRequest(SipRequest request, RequestContext context) {
            lastFlow = context.flow().toShared();
            ServerTransaction transaction = context.accept();
            if (silent) {
                transaction.defer();
            } else {
                context.response(200);
                transaction.respond();
            }
        }

        @Override
        public void onFlowClosed(Flow flow) {
            events.add("closed " + flow.isOpen());
        }

        @Override
        public void onTransportError(ClientTransaction transaction) {
            events.add("client " + transaction.attachment());
        }

        @Override
        public void onTransportError(ServerTransaction transaction) {
            events.add("server");
        }
    }

    private final Answering user = new Answering();
    private SipStack stack;

    private ListeningPoint start(StreamLimits limits) {
        stack = SipStack.create(SipStackConfig.builder()
                .listen("tcp://127.0.0.1:0")
                .streamLimits(limits)
                .drainMillis(100)
                .build());
        stack.start(user);
        return stack.boundPoints().get(0);
    }

    @AfterEach
    void close() {
        if (stack != null) {
            stack.close();
        }
    }

    private long count(TransportCounter counter) {
        return stack.counters().get(counter);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("waited too long").isNegative();
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    @Test
    void aThousandConnectionsLeaveNoDescriptorNoBufferNoTransaction() throws Exception {
        ListeningPoint point = start(StreamLimits.DEFAULT);
        talk(point, 20);
        await(() -> count(TransportCounter.CONNECTIONS) == 0);
        long descriptors = descriptors();
        long pinned = PooledByteBufAllocator.DEFAULT.pinnedDirectMemory();
        talk(point, 1_000);
        await(() -> count(TransportCounter.CONNECTIONS) == 0);
        assertThat(descriptors()).isLessThanOrEqualTo(descriptors + 1);
        assertThat(PooledByteBufAllocator.DEFAULT.pinnedDirectMemory()).isLessThanOrEqualTo(pinned);
        await(() -> stack.counters().get(TransactionCounter.SERVER_TRANSACTIONS) == 0);
        assertThat(count(TransportCounter.CONNECTIONS_ACCEPTED)).isEqualTo(1_020);
        await(() -> user.events.size() == 1_020);
    }

    private static void talk(ListeningPoint point, int connections) throws IOException {
        for (int i = 0; i < connections; i++) {
            try (Peer peer = Peer.of(point)) {
                peer.send(peer.request("REGISTER", "z9hG4bK-" + i));
                assertThat(peer.receiveText()).startsWith("SIP/2.0 200 ");
            }
        }
    }

    @Test
    void aPingIsAnsweredAndASingleCrlfIsNot() throws Exception {
        ListeningPoint point = start(StreamLimits.DEFAULT);
        try (Peer.Tcp peer = new Peer.Tcp(point)) {
            peer.send("\r\n\r\n");
            assertThat(peer.receive(2)).isEqualTo("\r\n".getBytes(StandardCharsets.US_ASCII));
            peer.send("\r\n");
            peer.send(peer.request("OPTIONS", "z9hG4bK-1"));
            assertThat(peer.receiveText()).startsWith("SIP/2.0 200 ");
        }
        assertThat(count(TransportCounter.PINGS_ANSWERED)).isEqualTo(1);
    }

    @Test
    void requestsBehindEachOtherAreAnsweredInOrder() throws Exception {
        ListeningPoint point = start(StreamLimits.DEFAULT);
        try (Peer peer = Peer.of(point)) {
            StringBuilder batch = new StringBuilder();
            for (int i = 0; i < 200; i++) {
                batch.append(peer.request("OPTIONS", "z9hG4bK-" + i));
            }
            peer.send(batch.toString());
            for (int i = 0; i < 200; i++) {
                assertThat(peer.receiveText()).contains("Call-ID: z9hG4bK-" + i + "-call\r\n");
            }
        }
    }

    @Test
    void aPeerThatShutsDownItsSideStillGetsItsAnswers() throws Exception {
        ListeningPoint point = start(StreamLimits.DEFAULT);
        try (Peer.Tcp peer = new Peer.Tcp(point)) {
            peer.send(peer.request("OPTIONS", "z9hG4bK-1"));
            peer.socket().shutdownOutput();
            assertThat(peer.receiveText()).startsWith("SIP/2.0 200 ");
            assertThat(peer.isClosedByPeer()).isTrue();
        }
        await(() -> count(TransportCounter.CONNECTIONS) == 0);
    }

    @Test
    void connectionsOfOneSourceAreLimited() throws Exception {
        ListeningPoint point = start(StreamLimits.DEFAULT.withMaxConnections(0, 3));
        List<Peer.Tcp> peers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Peer.Tcp peer = new Peer.Tcp(point);
            peers.add(peer);
            peer.send(peer.request("OPTIONS", "z9hG4bK-" + i));
            assertThat(peer.receiveText()).startsWith("SIP/2.0 200 ");
        }
        try (Peer.Tcp refused = new Peer.Tcp(point)) {
            assertThat(refused.isClosedByPeer()).isTrue();
        }
        assertThat(count(TransportCounter.CONNECTIONS_REFUSED_SOURCE)).isEqualTo(1);
        peers.remove(0).close();
        await(() -> count(TransportCounter.CONNECTIONS) == 2);
        talk(point, 1);
        for (Peer peer : peers) {
            peer.close();
        }
    }

    @Test
    void connectionsOfTheStackAreLimited() throws Exception {
        ListeningPoint point = start(StreamLimits.DEFAULT.withMaxConnections(1, 0));
        try (Peer.Tcp first = new Peer.Tcp(point)) {
            first.send(first.request("OPTIONS", "z9hG4bK-1"));
            assertThat(first.receiveText()).startsWith("SIP/2.0 200 ");
            try (Peer.Tcp refused = new Peer.Tcp(point)) {
                assertThat(refused.isClosedByPeer()).isTrue();
            }
        }
        assertThat(count(TransportCounter.CONNECTIONS_REFUSED_TOTAL)).isEqualTo(1);
    }

    @Test
    void anUnframeableStreamIsAnsweredAndClosed() throws Exception {
        ListeningPoint point = start(StreamLimits.DEFAULT);
        try (Peer.Tcp peer = new Peer.Tcp(point)) {
            peer.send(peer.request("OPTIONS", "z9hG4bK-1").replace("Content-Length: 0", "Content-Length: -5"));
            assertThat(peer.receiveText()).startsWith("SIP/2.0 400 ").contains("Negative Content-Length");
            assertThat(peer.isClosedByPeer()).isTrue();
        }
        await(() -> count(TransportCounter.CONNECTIONS) == 0);
        assertThat(count(TransportCounter.CONNECTIONS_UNFRAMEABLE)).isEqualTo(1);
    }

    @Test
    void anIdleConnectionIsClosed() throws Exception {
        ListeningPoint point = start(StreamLimits.DEFAULT.withReadTimeouts(300, 300, 300));
        try (Peer.Tcp peer = new Peer.Tcp(point)) {
            peer.send(peer.request("OPTIONS", "z9hG4bK-1"));
            assertThat(peer.receiveText()).startsWith("SIP/2.0 200 ");
            assertThat(peer.isClosedByPeer()).isTrue();
        }
        assertThat(count(TransportCounter.CONNECTIONS_IDLE)).isEqualTo(1);
    }

    @Test
    void aPeerThatReadsNothingIsNotReadFromAndThenLetGo() throws Exception {
        ListeningPoint point = start(StreamLimits.DEFAULT.withWriteBounds(1_000, 16_384));
        try (Peer.Tcp peer = new Peer.Tcp(point)) {
            peer.socket().setSendBufferSize(16_384);
            Thread flood = new Thread(() -> {
                try {
                    String request = peer.request("OPTIONS", "z9hG4bK-f");
                    while (true) {
                        peer.send(request);
                    }
                } catch (IOException closed) {
                    Thread.currentThread().interrupt();
                }
            });
            flood.start();
            await(() -> count(TransportCounter.CONNECTIONS_STALLED) == 1);
            flood.join(10_000);
            assertThat(flood.isAlive()).isFalse();
        }
        await(() -> count(TransportCounter.CONNECTIONS) == 0);
    }

    @Test
    void aLostConnectionTellsItsTransactionsAndThenTheUser() throws Exception {
        ListeningPoint point = start(StreamLimits.DEFAULT);
        try (Peer.Tcp peer = new Peer.Tcp(point)) {
            user.silent = true;
            peer.send(peer.request("OPTIONS", "z9hG4bK-1"));
            await(() -> user.lastFlow != null);
            Flow flow = user.lastFlow;
            CountDownLatch sent = new CountDownLatch(1);
            flow.execute(() -> {
                RequestWriter request = stack.request(flow);
                request.begin(SipMethod.MESSAGE, "sip:a@b".getBytes(StandardCharsets.US_ASCII));
                request.header(SipHeader.FROM, "<sip:b@b>;tag=1");
                request.header(SipHeader.TO, "<sip:a@b>");
                request.header(SipHeader.CALL_ID, "c1");
                request.header(SipHeader.CSEQ, "20 MESSAGE");
                stack.send(flow, request, "attachment");
                sent.countDown();
            });
            assertThat(sent.await(5, TimeUnit.SECONDS)).isTrue();
            assertThat(peer.receiveText()).startsWith("MESSAGE ");
            peer.socket().setSoLinger(true, 0);
        }
        assertThat(user.events.poll(5, TimeUnit.SECONDS)).isIn("server", "client attachment");
        assertThat(user.events.poll(5, TimeUnit.SECONDS)).isIn("server", "client attachment");
        assertThat(user.events.poll(5, TimeUnit.SECONDS)).isEqualTo("closed false");
        assertThat(stack.counters().get(TransactionCounter.CLIENT_TRANSACTIONS)).isZero();
    }
}

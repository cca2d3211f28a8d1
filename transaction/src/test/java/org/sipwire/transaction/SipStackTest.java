/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipResponse;
import org.sipwire.transport.Flow;
import org.sipwire.transport.IoEngine;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.Transport;
import org.sipwire.transport.TransportCounter;

/** The stack end to end, by sockets. */
class SipStackTest {

    /** Challenges REGISTER without Authorization, accepts it with, and answers everything else 200 without state. */
    private static final class Registrar implements TransactionUser {
        final AtomicInteger updates = new AtomicInteger();
        final AtomicInteger stopped = new AtomicInteger();
        final Set<Integer> loops = ConcurrentHashMap.newKeySet();

        @Override
        public void onRequest(SipRequest request, RequestContext context) {
            loops.add(context.loopIndex());
            if (request.method() != SipMethod.REGISTER) {
                context.response(200);
                context.respondStateless();
            } else if (!request.has(SipHeader.AUTHORIZATION)) {
                context.response(401).header(SipHeader.WWW_AUTHENTICATE, "Digest realm=\"34020000\", nonce=\"n\"");
                context.respondStateless();
            } else {
                ServerTransaction transaction = context.accept();
                int update = updates.incrementAndGet();
                context.response(200).header(SipHeader.DATE, "update " + update);
                transaction.respond();
            }
        }

        @Override
        public void onStop() {
            stopped.incrementAndGet();
        }
    }

    private final Registrar registrar = new Registrar();
    private SipStack stack;

    private ListeningPoint start(SipStackConfig.Builder config) {
        stack = SipStack.create(config.build());
        stack.start(registrar);
        return stack.boundPoints().get(0);
    }

    @AfterEach
    void close() {
        if (stack != null) {
            stack.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "udp://127.0.0.1:0,EPOLL",
        "udp://127.0.0.1:0,NIO",
        "udp://[::1]:0,EPOLL",
        "udp://[::1]:0,NIO",
        "tcp://127.0.0.1:0,EPOLL",
        "tcp://127.0.0.1:0,NIO",
        "tcp://[::1]:0,EPOLL",
        "udp://0.0.0.0:0,EPOLL",
        "udp://[::]:0,EPOLL",
        "udp://[::]:0,NIO",
        "tcp://[::]:0,EPOLL"
    })
    void optionsIsAnswered(String listen, IoEngine io) throws Exception {
        ListeningPoint point = start(SipStackConfig.builder().listen(listen).io(io));
        boolean everywhere = point.host().equals("0.0.0.0") || point.host().equals("::");
        ListeningPoint to = everywhere ? new ListeningPoint(point.transport(), "127.0.0.1", point.port()) : point;
        try (Peer peer = Peer.of(to)) {
            peer.send(peer.request("OPTIONS", "z9hG4bK-1"));
            String response = peer.receiveText();
            assertThat(response).startsWith("SIP/2.0 200 OK\r\n");
            assertThat(response).contains("rport=" + peer.localPort(), "received=" + to.host());
            assertThat(response).contains("CSeq: 1 OPTIONS\r\n").containsPattern("To: [^\r]*;tag=");
        }
        assertThat(stack.counters().requestsReceived(point.transport(), SipMethod.OPTIONS))
                .isEqualTo(1);
        assertThat(stack.counters().responsesSent(point.transport(), 200)).isEqualTo(1);
        assertThat(stack.counters().get(TransportCounter.CALLBACK_ERRORS)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"udp://127.0.0.1:0", "tcp://127.0.0.1:0"})
    void registrationIsChallengedWithoutStateThenAccepted(String listen) throws Exception {
        ListeningPoint point = start(SipStackConfig.builder().listen(listen));
        try (Peer peer = Peer.of(point)) {
            peer.send(peer.request("REGISTER", "z9hG4bK-1"));
            assertThat(peer.receiveText()).startsWith("SIP/2.0 401 ").contains("realm=\"34020000\"");
            assertThat(stack.counters().get(TransactionCounter.SERVER_TRANSACTIONS_CREATED))
                    .isZero();
            peer.send(peer.request("REGISTER", "z9hG4bK-2", "Authorization: Digest username=\"a\""));
            assertThat(peer.receiveText()).startsWith("SIP/2.0 200 OK").contains("update 1");
        }
    }

    @Test
    void retransmittedAcceptedRequestGetsTheSameOctetsAndUpdatesNothing() throws Exception {
        ListeningPoint point = start(SipStackConfig.builder().listen("udp://127.0.0.1:0"));
        try (Peer peer = Peer.of(point)) {
            String request = peer.request("REGISTER", "z9hG4bK-2", "Authorization: Digest username=\"a\"");
            peer.send(request);
            byte[] first = peer.receive();
            peer.send(request);
            byte[] second = peer.receive();
            assertThat(second).isEqualTo(first);
        }
        assertThat(registrar.updates).hasValue(1);
    }

    @Test
    void severalListeningPointsServeAtOnce() throws Exception {
        start(SipStackConfig.builder()
                .listen("udp://127.0.0.1:0")
                .listen("udp://[::1]:0")
                .listen("tcp://127.0.0.1:0")
                .listen("tcp://[::1]:0"));
        assertThat(stack.boundPoints()).hasSize(4);
        for (ListeningPoint point : stack.boundPoints()) {
            assertThat(point.port()).isPositive();
            try (Peer peer = Peer.of(point)) {
                peer.send(peer.request("OPTIONS", "z9hG4bK-" + point.port()));
                assertThat(peer.receiveText()).startsWith("SIP/2.0 200 OK");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = IoEngine.class,
            names = {"EPOLL", "NIO"})
    void loopsShareOnePortAndEachPeerStaysOnOne(IoEngine io) throws Exception {
        ListeningPoint point = start(
                SipStackConfig.builder().listen("udp://127.0.0.1:0").threads(2).io(io));
        for (int i = 0; i < 40; i++) {
            try (Peer peer = Peer.of(point)) {
                String request = peer.request("REGISTER", "z9hG4bK-" + i, "Authorization: Digest username=\"a\"");
                peer.send(request);
                byte[] first = peer.receive();
                peer.send(request);
                assertThat(peer.receive()).isEqualTo(first);
            }
        }
        assertThat(registrar.updates).hasValue(40);
        assertThat(registrar.loops).hasSize(io == IoEngine.EPOLL ? 2 : 1);
    }

    @ParameterizedTest
    @EnumSource(
            value = IoEngine.class,
            names = {"EPOLL", "NIO"})
    void steeringSpreadsTheRequestsOfOnePeerByTheirCallId(IoEngine io) throws Exception {
        ListeningPoint point = start(SipStackConfig.builder()
                .listen("udp://127.0.0.1:0")
                .threads(2)
                .steering(true)
                .io(io));
        try (Peer peer = Peer.of(point)) {
            for (int i = 0; i < 40; i++) {
                // A folded line is unfolded by the loop that hands the request over; a datagram needs no
                // Content-Length.
                String request = peer.request("REGISTER", "z9hG4bK-" + i, "Authorization: Digest\r\n username=\"a\"")
                        .replaceFirst("Call-ID: [^\r]*", "Call-ID: steered-" + i)
                        .replaceFirst("Content-Length: 0\r\n", "");
                peer.send(request);
                byte[] first = peer.receive();
                assertThat(new String(first, StandardCharsets.US_ASCII))
                        .startsWith("SIP/2.0 200 ")
                        .contains("Call-ID: steered-" + i);
                peer.send(request);
                assertThat(peer.receive()).isEqualTo(first);
            }
        }
        assertThat(registrar.updates).hasValue(40);
        assertThat(registrar.loops).hasSize(io == IoEngine.EPOLL ? 2 : 1);
    }

    @Test
    void tcpConnectionsAreSpreadOverTheLoops() throws Exception {
        ListeningPoint point =
                start(SipStackConfig.builder().listen("tcp://127.0.0.1:0").threads(2));
        for (int i = 0; i < 40; i++) {
            try (Peer peer = Peer.of(point)) {
                peer.send(peer.request("OPTIONS", "z9hG4bK-" + i));
                assertThat(peer.receiveText()).startsWith("SIP/2.0 200 OK");
            }
        }
        assertThat(registrar.loops).hasSize(2);
    }

    @Test
    void aPortInUseIsOneClearLine() throws Exception {
        try (DatagramSocket used = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            for (int threads = 1; threads <= 2; threads++) {
                String uri = "udp://127.0.0.1:" + used.getLocalPort();
                assertCannotListen(uri, threads);
            }
        }
        try (ServerSocket used = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            for (int threads = 1; threads <= 2; threads++) {
                assertCannotListen("tcp://127.0.0.1:" + used.getLocalPort(), threads);
            }
        }
    }

    private static void assertCannotListen(String uri, int threads) {
        try (SipStack refused = SipStack.create(
                SipStackConfig.builder().listen(uri).threads(threads).build())) {
            assertThatThrownBy(() -> refused.start(new Registrar()))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("cannot listen on " + uri + ": Address already in use");
        }
    }

    @Test
    void closingAnswersWhatIsPendingAndTellsTheUserOnce() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        AtomicReference<Runnable> answer = new AtomicReference<>();
        stack = SipStack.create(
                SipStackConfig.builder().listen("udp://127.0.0.1:0").build());
        AtomicInteger stops = new AtomicInteger();
        stack.start(new TransactionUser() {
            @Override
            public void onRequest(SipRequest request, RequestContext context) {
                if (request.method() == SipMethod.OPTIONS) {
                    // It came before the stack began to drain.
                    context.response(200);
                    context.respondStateless();
                    return;
                }
                ServerTransaction transaction = context.accept();
                transaction.defer();
                long handle = transaction.handle();
                answer.set(() -> {
                    ServerTransaction later = stack.serverTransaction(handle);
                    later.response(200);
                    later.respond();
                });
                seen.countDown();
            }

            @Override
            public void onStop() {
                stops.incrementAndGet();
            }
        });
        try (Peer peer = Peer.of(stack.boundPoints().get(0))) {
            peer.send(peer.request("REGISTER", "z9hG4bK-1"));
            assertThat(seen.await(5, TimeUnit.SECONDS)).isTrue();
            Thread closing = new Thread(stack::close);
            closing.start();
            // While it drains, a new request is turned away and the old one still gets its answer.
            String refusal = "";
            while (!refusal.startsWith("SIP/2.0 503")) {
                peer.send(peer.request("OPTIONS", "z9hG4bK-2"));
                refusal = peer.receiveText();
            }
            assertThat(refusal).contains("Retry-After: ");
            stack.execute(0, answer.get());
            assertThat(peer.receiveText()).startsWith("SIP/2.0 200 OK");
            closing.join(5_000);
            assertThat(closing.isAlive()).isFalse();
        }
        stack.close();
        assertThat(stops).hasValue(1);
    }

    @Test
    void closingWaitsOnlyBrieflyForPeersThatDoNotAnswer() throws Exception {
        CountDownLatch sent = new CountDownLatch(1);
        try (DatagramSocket silent = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            stack = SipStack.create(SipStackConfig.builder()
                    .listen("udp://127.0.0.1:0")
                    .drainMillis(60_000)
                    .build());
            stack.start(registrar);
            InetSocketAddress to = new InetSocketAddress("127.0.0.1", silent.getLocalPort());
            stack.execute(0, () -> stack.sendTo(0, to, SipStackTest::options, null, handle -> sent.countDown()));
            assertThat(sent.await(5, TimeUnit.SECONDS)).isTrue();
            Thread closing = new Thread(stack::close);
            closing.start();
            // A minute is what it would wait for its user's answers.
            closing.join(20_000);
            assertThat(closing.isAlive()).isFalse();
        }
    }

    private static void options(RequestWriter writer) {
        writer.begin(SipMethod.OPTIONS, "sip:b".getBytes(StandardCharsets.US_ASCII))
                .header(SipHeader.FROM, "<sip:a@b>;tag=1")
                .header(SipHeader.TO, "<sip:b>")
                .header(SipHeader.CALL_ID, "c")
                .header(SipHeader.CSEQ, "1 OPTIONS");
    }

    @ParameterizedTest
    @ValueSource(strings = {"udp", "tcp"})
    void aRequestOfThisSideIsAnsweredByThePeer(String scheme) throws Exception {
        CountDownLatch answered = new CountDownLatch(1);
        List<String> events = new ArrayList<>();
        AtomicReference<Flow> from = new AtomicReference<>();
        CountDownLatch registered = new CountDownLatch(1);
        stack = SipStack.create(
                SipStackConfig.builder().listen(scheme + "://127.0.0.1:0").build());
        stack.start(new TransactionUser() {
            @Override
            public void onRequest(SipRequest request, RequestContext context) {
                from.set(context.flow().toShared());
                context.response(200);
                context.respondStateless();
                registered.countDown();
            }

            @Override
            public void onResponse(SipResponse response, ClientTransaction transaction) {
                events.add(response.status() + " " + transaction.attachment());
                answered.countDown();
            }
        });
        ListeningPoint point = stack.boundPoints().get(0);
        try (Peer peer = Peer.of(point)) {
            peer.send(peer.request("REGISTER", "z9hG4bK-1"));
            assertThat(peer.receiveText()).startsWith("SIP/2.0 200 OK");
            assertThat(registered.await(5, TimeUnit.SECONDS)).isTrue();
            Flow flow = from.get();
            assertThat(flow.remotePort()).isEqualTo(peer.localPort());
            flow.execute(() -> {
                var request = stack.request(flow);
                request.begin(SipMethod.MESSAGE, "sip:a@b".getBytes(StandardCharsets.US_ASCII));
                request.header(SipHeader.FROM, "<sip:b@b>;tag=1");
                request.header(SipHeader.TO, "<sip:a@b>");
                request.header(SipHeader.CALL_ID, "c1");
                request.header(SipHeader.CSEQ, "20 MESSAGE");
                request.header(SipHeader.MAX_FORWARDS, "70");
                stack.send(flow, request, "the attachment");
            });
            String message = peer.receiveText();
            assertThat(message)
                    .startsWith("MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/" + scheme.toUpperCase() + " 127.0.0.1:"
                            + point.port() + ";");
            String via = message.split("\r\n")[1];
            peer.send("SIP/2.0 200 OK\r\n" + via + "\r\nFrom: <sip:b@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: c1\r\n"
                    + "CSeq: 20 MESSAGE\r\nContent-Length: 0\r\n\r\n");
            assertThat(answered.await(5, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(events).containsExactly("200 the attachment");
    }

    @Test
    void aResponseOnAnotherLoopIsHandedToItsTransactionsOwner() throws Exception {
        CountDownLatch answered = new CountDownLatch(2);
        Set<Integer> loops = ConcurrentHashMap.newKeySet();
        stack = SipStack.create(
                SipStackConfig.builder().listen("udp://127.0.0.1:0").threads(2).build());
        stack.start(new TransactionUser() {
            @Override
            public void onRequest(SipRequest request, RequestContext context) {}

            @Override
            public void onResponse(SipResponse response, ClientTransaction transaction) {
                assertThat(Thread.currentThread()).isEqualTo(transaction.attachment());
                loops.add(stack.loopOf(transaction.handle()));
                answered.countDown();
            }
        });
        // The kernel keeps this peer on one loop: the other one's response comes back on the wrong one.
        try (Peer peer = Peer.of(stack.boundPoints().get(0))) {
            InetSocketAddress to = new InetSocketAddress("127.0.0.1", peer.localPort());
            for (int i = 0; i < 2; i++) {
                int loop = i;
                stack.execute(
                        loop,
                        () -> stack.connect(loop, Transport.UDP, to, (flow, cause) -> {
                            var request = stack.request(flow);
                            request.begin(SipMethod.OPTIONS, "sip:a@b".getBytes(StandardCharsets.US_ASCII));
                            request.header(SipHeader.FROM, "<sip:b@b>;tag=1");
                            request.header(SipHeader.TO, "<sip:a@b>");
                            request.header(SipHeader.CALL_ID, "c" + loop);
                            request.header(SipHeader.CSEQ, "1 OPTIONS");
                            stack.send(flow, request, Thread.currentThread());
                        }));
                String[] lines = peer.receiveText().split("\r\n");
                peer.send("SIP/2.0 200 OK\r\n" + lines[1]
                        + "\r\nFrom: <sip:b@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: c" + loop
                        + "\r\nCSeq: 1 OPTIONS\r\n" + (i == 0 ? "" : "Content-Length: 0\r\n") + "\r\n");
            }
            assertThat(answered.await(5, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(loops).containsExactlyInAnyOrder(0, 1);
        assertThat(stack.counters().get(TransportCounter.HANDED_OVER)).isEqualTo(1);
    }

    private static void writeMessage(RequestWriter request, int bodyLength) {
        request.begin(SipMethod.MESSAGE, "sip:a@b".getBytes(StandardCharsets.US_ASCII));
        request.header(SipHeader.FROM, "<sip:b@b>;tag=1");
        request.header(SipHeader.TO, "<sip:a@b>");
        request.header(SipHeader.CALL_ID, "c1");
        request.header(SipHeader.CSEQ, "20 MESSAGE");
        byte[] body = "x".repeat(bodyLength).getBytes(StandardCharsets.US_ASCII);
        request.body(body, 0, body.length, "text/plain");
    }

    /** A port that is free for UDP may be taken for TCP, by another test's connection for example. */
    private static Peer.Udp peerWhosePortIsFreeForTcp() throws Exception {
        ListeningPoint anywhere = new ListeningPoint(Transport.UDP, "127.0.0.1", 9);
        for (int attempt = 1; ; attempt++) {
            Peer.Udp udp = new Peer.Udp(anywhere);
            try (ServerSocket probe = new ServerSocket(udp.localPort(), 5, InetAddress.getByName("127.0.0.1"))) {
                assertThat(probe.isBound()).isTrue();
                return udp;
            } catch (BindException e) {
                udp.close();
                assertThat(attempt).as("attempts to find a port").isLessThan(20);
            }
        }
    }

    /** RFC 3261 §18.1.1. */
    @ParameterizedTest
    @CsvSource({"100, 1300, true, UDP", "1300, 1300, true, TCP", "1300, 1300, false, UDP", "1300, 0, true, UDP"})
    void aRequestTooLongForADatagramGoesOverTcpIfItCan(
            int bodyLength, int maxDatagramBytes, boolean peerHasTcp, String expected) throws Exception {
        stack = SipStack.create(SipStackConfig.builder()
                .listen("udp://127.0.0.1:0")
                .maxDatagramBytes(maxDatagramBytes)
                .drainMillis(0)
                .build());
        stack.start(registrar);
        try (Peer.Udp udp = peerWhosePortIsFreeForTcp();
                ServerSocket tcp =
                        peerHasTcp ? new ServerSocket(udp.localPort(), 5, InetAddress.getByName("127.0.0.1")) : null) {
            InetSocketAddress to = new InetSocketAddress("127.0.0.1", udp.localPort());
            LinkedBlockingQueue<Long> handle = new LinkedBlockingQueue<>();
            stack.execute(
                    0, () -> stack.sendTo(0, to, request -> writeMessage(request, bodyLength), null, handle::add));
            String message;
            if (expected.equals("TCP")) {
                tcp.setSoTimeout(5_000);
                try (Peer.Tcp accepted = new Peer.Tcp(tcp.accept())) {
                    message = accepted.receiveText();
                }
            } else {
                message = udp.receiveText();
            }
            assertThat(message)
                    .startsWith("MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/" + expected + " 127.0.0.1:")
                    .endsWith("x".repeat(bodyLength));
            assertThat(handle.poll(5, TimeUnit.SECONDS)).isPositive();
        }
    }

    @Test
    void aConnectionThisSideOpensIsReused() throws Exception {
        stack = SipStack.create(SipStackConfig.builder().build());
        stack.start(registrar);
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
            InetSocketAddress to = new InetSocketAddress("127.0.0.1", server.getLocalPort());
            List<Flow> flows = new ArrayList<>();
            CountDownLatch open = new CountDownLatch(2);
            stack.execute(
                    0,
                    () -> stack.connect(0, Transport.TCP, to, (flow, cause) -> {
                        flows.add(flow);
                        open.countDown();
                        stack.connect(0, Transport.TCP, to, (again, problem) -> {
                            flows.add(again);
                            open.countDown();
                        });
                    }));
            assertThat(open.await(5, TimeUnit.SECONDS)).isTrue();
            assertThat(flows.get(0)).isNotNull().isSameAs(flows.get(1));
            assertThat(flows.get(0).remotePort()).isEqualTo(server.getLocalPort());
        }
    }

    @Test
    void aConnectionThatCannotBeOpenedHasACause() throws Exception {
        stack = SipStack.create(SipStackConfig.builder().build());
        stack.start(registrar);
        int port;
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
            port = server.getLocalPort();
        }
        AtomicReference<Throwable> problem = new AtomicReference<>();
        CountDownLatch told = new CountDownLatch(1);
        InetSocketAddress to = new InetSocketAddress("127.0.0.1", port);
        stack.execute(
                0,
                () -> stack.connect(0, Transport.TCP, to, (flow, cause) -> {
                    problem.set(cause);
                    told.countDown();
                }));
        assertThat(told.await(5, TimeUnit.SECONDS)).isTrue();
        assertThat(problem.get()).hasMessageContaining("Connection refused");
        assertThat(stack.counters().get(TransportCounter.CONNECTIONS_FAILED)).isEqualTo(1);
    }
}

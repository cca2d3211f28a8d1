/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipResponse;
import org.sipwire.transport.Destination;
import org.sipwire.transport.Flow;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.StreamLimits;
import org.sipwire.transport.Transport;
import org.sipwire.transport.TransportCounter;

/** Peers whose end of a connection is there no more, or never was, and that say so by no FIN and no RST. */
class VanishedPeersTest {
    private static final int CONNECTIONS = 20;
    private static final TransactionTimers QUICK = new TransactionTimers(20, 160, 200, 200, 1_000);
    /** So many connections, a second and a half for a message, half a second for all else that a peer owes. */
    private static final StreamLimits IMPATIENT =
            new StreamLimits(CONNECTIONS, CONNECTIONS, 60_000, 1_500, 1_500, 500, 500, 500, 16_384);

    private final LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private SipStack stack;

    private final class User implements TransactionUser {
        @Override
        public void onRequest(SipRequest request, RequestContext context) {
            ServerTransaction transaction = context.accept();
            if (request.method() == SipMethod.OPTIONS) {
                transaction.response(200);
                transaction.respond();
            } else {
                transaction.defer();
            }
        }

        @Override
        public void onResponse(SipResponse response, ClientTransaction transaction) {
            heard.add("response " + response.status());
        }

        @Override
        public void onTimeout(ClientTransaction transaction) {
            heard.add("timeout of " + transaction.attachment());
        }

        @Override
        public void onTransportError(ClientTransaction transaction) {
            heard.add("transport error of " + transaction.attachment());
        }

        @Override
        public void onUnreachable(Object attachment, IOException cause) {
            heard.add("unreachable: " + attachment);
        }

        @Override
        public void onFlowClosed(Flow flow) {
            heard.add("closed");
        }
    }

    private void start(StreamLimits limits) {
        stack = SipStack.create(SipStackConfig.builder()
                .listen("udp://127.0.0.1:0")
                .listen("tcp://127.0.0.1:0")
                .streamLimits(limits)
                .timers(QUICK)
                .drainMillis(100)
                .build());
        stack.start(new User());
    }

    private ListeningPoint point(Transport transport) {
        return stack.boundPoints().stream()
                .filter(point -> point.transport() == transport)
                .findFirst()
                .orElseThrow();
    }

    @AfterEach
    void close() throws Exception {
        if (stack != null) {
            stack.close();
        }
        for (AutoCloseable one : opened) {
            one.close();
        }
    }

    private <T extends AutoCloseable> T closing(T one) {
        opened.add(one);
        return one;
    }

    private long count(TransportCounter counter) {
        return stack.counters().get(counter);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("waited too long").isNegative();
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    private String heard() throws InterruptedException {
        return heard.poll(20, TimeUnit.SECONDS);
    }

    private void isServed(Transport transport, String branch) throws IOException {
        try (Peer peer = Peer.of(point(transport))) {
            peer.send(peer.request("OPTIONS", branch));
            assertThat(peer.receiveText()).startsWith("SIP/2.0 200 ");
        }
    }

    @Test
    void connectionsThatNeverSayAnythingWholeMakeWayAndOthersAreServedMeanwhile() throws Exception {
        start(IMPATIENT);
        long pinned = PooledByteBufAllocator.DEFAULT.pinnedDirectMemory();
        for (int i = 0; i < CONNECTIONS; i++) {
            Peer.Tcp peer = closing(new Peer.Tcp(point(Transport.TCP)));
            if (i % 2 == 1) {
                // It vanished in the middle of a request.
                peer.send(peer.request("OPTIONS", "z9hG4bK-half").substring(0, 100));
            }
        }
        await(() -> count(TransportCounter.CONNECTIONS_ACCEPTED) == CONNECTIONS);
        isServed(Transport.UDP, "z9hG4bK-1");
        await(() -> count(TransportCounter.CONNECTIONS) == 0);
        assertThat(count(TransportCounter.CONNECTIONS_SLOW)).isEqualTo(CONNECTIONS);
        for (int i = 0; i < CONNECTIONS; i++) {
            isServed(Transport.TCP, "z9hG4bK-again" + i);
            int closed = CONNECTIONS + i + 1;
            await(() -> count(TransportCounter.CONNECTIONS) == 0 && heard.size() == closed);
        }
        assertThat(count(TransportCounter.CONNECTIONS_REFUSED_TOTAL)).isZero();
        assertThat(PooledByteBufAllocator.DEFAULT.pinnedDirectMemory()).isLessThanOrEqualTo(pinned);
    }

    /** The peer acknowledges nothing: its kernel has a full queue, as one that is gone has none. */
    @Test
    void connectionThatNobodyAcceptsIsGivenUpInItsTimeAndOthersAreServedMeanwhile() throws Exception {
        start(IMPATIENT);
        ServerSocket deaf = closing(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
        InetSocketAddress address = (InetSocketAddress) deaf.getLocalSocketAddress();
        fillQueue(address);
        sendTo(address.getPort(), "request");
        isServed(Transport.UDP, "z9hG4bK-1");
        isServed(Transport.TCP, "z9hG4bK-2");
        await(() -> heard.remove("closed"));
        assertThat(heard()).isEqualTo("unreachable: request");
        assertThat(count(TransportCounter.CONNECTIONS_FAILED)).isEqualTo(1);
        assertThat(count(TransportCounter.CONNECTIONS)).isZero();
        assertThat(stack.counters().get(TransactionCounter.CLIENT_TRANSACTIONS)).isZero();
    }

    /** Connects until nobody answers any more. */
    private void fillQueue(InetSocketAddress address) throws IOException {
        for (int i = 0; i < 100; i++) {
            Socket socket = closing(new Socket());
            try {
                socket.connect(address, 300);
            } catch (SocketTimeoutException full) {
                return;
            }
        }
        throw new AssertionError("the queue of connections is never full");
    }

    private void sendTo(int port, Object attachment) {
        stack.execute(
                0,
                () -> stack.send(
                        0,
                        Destination.parse("sip:127.0.0.1:" + port + ";transport=tcp"),
                        (writer, flow) -> write(writer),
                        attachment));
    }

    private static void write(RequestWriter writer) {
        writer.begin(SipMethod.MESSAGE, "sip:a@b".getBytes(StandardCharsets.US_ASCII))
                .header(SipHeader.MAX_FORWARDS, 70)
                .header(SipHeader.FROM, "<sip:b@b>;tag=1")
                .header(SipHeader.TO, "<sip:a@b>")
                .header(SipHeader.CALL_ID, "call")
                .header(SipHeader.CSEQ, "1 MESSAGE");
    }

    @Test
    void requestToAPeerThatIsGoneEndsOnceAndItsSilentConnectionIsClosed() throws Exception {
        start(new StreamLimits(CONNECTIONS, CONNECTIONS, 2_500, 500, 500, 500, 500, 500, 16_384));
        ServerSocket mute = closing(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
        sendTo(mute.getLocalPort(), "request");
        closing(mute.accept());
        assertThat(heard()).as("64*T1").isEqualTo("timeout of request");
        assertThat(heard()).isEqualTo("closed");
        assertThat(count(TransportCounter.CONNECTIONS_IDLE)).isEqualTo(1);
        await(() -> count(TransportCounter.CONNECTIONS) == 0);
        assertThat(heard).isEmpty();
        assertThat(stack.counters().get(TransactionCounter.CLIENT_TRANSACTIONS)).isZero();
    }

    @Test
    void answersThatNobodyReadsBlockNeitherOthersNorTheEnd() throws Exception {
        start(IMPATIENT.withWriteBounds(60_000, 16_384));
        long pinned = PooledByteBufAllocator.DEFAULT.pinnedDirectMemory();
        Socket socket = closing(new Socket());
        socket.setReceiveBufferSize(4_096);
        socket.connect(new InetSocketAddress("127.0.0.1", point(Transport.TCP).port()));
        Peer.Tcp peer = new Peer.Tcp(socket);
        Thread asking = new Thread(() -> {
            try {
                for (int i = 0; ; i++) {
                    peer.send(peer.request("OPTIONS", "z9hG4bK-" + i));
                }
            } catch (IOException closed) {
                // The stack has ended.
            }
        });
        asking.start();
        // Not asked for more while it reads nothing: the stack reads no more than it can answer.
        await(() -> isUnchanged(stack.counters().bytesReceived(Transport.TCP)));
        isServed(Transport.TCP, "z9hG4bK-other");
        isServed(Transport.UDP, "z9hG4bK-other2");
        assertThat(count(TransportCounter.CONNECTIONS_STALLED)).isZero();
        stack.close();
        assertThat(count(TransportCounter.CONNECTIONS)).isZero();
        // A reset that does not fall into its closed window is not heard by the peer, which then learns of it by its
        // next probe.
        asking.join(120_000);
        assertThat(asking.isAlive())
                .as("the connection is closed with the stack")
                .isFalse();
        assertThat(PooledByteBufAllocator.DEFAULT.pinnedDirectMemory()).isLessThanOrEqualTo(pinned);
    }

    private long lastSeen = -1;
    private int timesSeen;

    /** Whether a counter has been the same at a hundred looks. */
    private boolean isUnchanged(long now) {
        timesSeen = now == lastSeen && now > 0 ? timesSeen + 1 : 0;
        lastSeen = now;
        return timesSeen >= 100;
    }
}

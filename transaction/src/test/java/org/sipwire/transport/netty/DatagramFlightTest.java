/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.Socket;
import java.lang.management.ManagementFactory;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.transport.Flow;

/** What leaves a socket in one flight is what was sent, in order, whether the kernel cuts segments or refuses them. */
class DatagramFlightTest {
    private static final int SOL_SOCKET = 1;

    /** The kernel cuts no segments for a socket that does without checksums. */
    private static final int SO_NO_CHECK = 11;

    private static final PeerAddress A = new PeerAddress().set(new byte[] {127, 0, 0, 1}, 4, 0, 5060);
    private static final PeerAddress B = new PeerAddress().set(new byte[] {127, 0, 0, 1}, 4, 0, 5061);

    private final AtomicLong errors = new AtomicLong();
    private final AtomicInteger refusals = new AtomicInteger();
    private MultiThreadIoEventLoopGroup group;
    private IoEventLoop loop;
    private EpollUdpSocket socket;

    private final class Counting implements UdpSocket.Receiver {
        @Override
        public void onDatagram(byte[] bytes, int length, PeerAddress peer) {
            throw new IllegalStateException("nobody sends to this socket");
        }

        @Override
        public void onBatchComplete() {
            throw new IllegalStateException("nobody sends to this socket");
        }

        @Override
        public void onSocketError(int errno) {
            errors.incrementAndGet();
        }

        @Override
        public void onSegmentsRefused(int errno) {
            refusals.incrementAndGet();
        }
    }

    @BeforeEach
    void startLoop() {
        assertThat(NativeDatagrams.unavailabilityCause()).isNull();
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        loop = group.next();
    }

    @AfterEach
    void stopLoop() throws Exception {
        if (socket != null) {
            loop.submit(socket::close).sync();
        }
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }

    private void open(String host) throws Exception {
        socket = EpollUdpSocket.open(
                loop, new InetSocketAddress(host, 0), false, 1 << 20, new byte[65_535], new Counting());
        socket.register();
    }

    private static DatagramSocket client(String host) throws Exception {
        DatagramSocket client = new DatagramSocket(0, InetAddress.getByName(host));
        client.setReceiveBufferSize(4 << 20);
        client.setSoTimeout(5_000);
        return client;
    }

    private static PeerAddress address(DatagramSocket client) {
        return new PeerAddress().set((InetSocketAddress) client.getLocalSocketAddress());
    }

    private static byte[] octets(int number, int length) {
        byte[] octets = new byte[length];
        new Random(number).nextBytes(octets);
        return octets;
    }

    private static int packets(int segmentLimit, int... lengths) {
        DatagramFlight flight = new DatagramFlight(200, 512 * 1024, false, segmentLimit);
        for (int length : lengths) {
            assertThat(flight.add(new byte[length], 0, length, A)).isTrue();
        }
        return flight.packets();
    }

    @Test
    void equalDatagramsToOnePeerShareAPacketAndTheLastMayBeShorter() {
        assertThat(packets(1_452, 420, 420, 420)).isEqualTo(1);
        assertThat(packets(1_452, 420, 420, 390)).isEqualTo(1);
        assertThat(packets(1_452, 420, 390, 390)).isEqualTo(2);
        assertThat(packets(1_452, 420, 430)).isEqualTo(2);
        assertThat(packets(1_452, 0, 0)).isEqualTo(2);
        assertThat(packets(1_452, 1_452, 1_452)).isEqualTo(1);
        assertThat(packets(1_452, 1_453, 1_453)).isEqualTo(2);
        assertThat(packets(0, 420, 420)).isEqualTo(2);
    }

    @Test
    void aPacketHasAtMost64DatagramsAnd60000Octets() {
        int[] many = new int[129];
        Arrays.fill(many, 100);
        assertThat(packets(1_452, many)).isEqualTo(3);
        int[] large = new int[62];
        Arrays.fill(large, 1_000);
        assertThat(packets(1_452, large)).isEqualTo(2);
    }

    @Test
    void datagramsOfTwoPeersNeverShareAPacket() {
        DatagramFlight flight = new DatagramFlight(200, 512 * 1024, false, 1_452);
        for (PeerAddress peer : List.of(A, A, B, B, A)) {
            assertThat(flight.add(new byte[420], 0, 420, peer)).isTrue();
        }
        assertThat(flight.packets()).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void eachPeerReceivesWhatWasSentInOrder(String host) throws Exception {
        open(host);
        sendsAFlight(host);
        assertThat(refusals).hasValue(0);
    }

    @Test
    void peersOfIpv4ReceiveItFromASocketOfBothFamilies() throws Exception {
        open("::");
        sendsAFlight("127.0.0.1");
    }

    @Test
    void refusedSegmentsGoOneByOne() throws Exception {
        open("127.0.0.1");
        ((Socket) socket.fd()).setIntOpt(SOL_SOCKET, SO_NO_CHECK, 1);
        sendsAFlight("127.0.0.1");
        assertThat(refusals).as("refused packets").hasPositiveValue();
    }

    @Test
    void segmentsAreGivenUpWhenTheyAreRefusedAgainAndAgain() throws Exception {
        open("127.0.0.1");
        ((Socket) socket.fd()).setIntOpt(SOL_SOCKET, SO_NO_CHECK, 1);
        try (DatagramSocket one = client("127.0.0.1")) {
            for (int i = 0; i < 100; i++) {
                sendAll(List.of(octets(1, 420), octets(2, 420)), List.of(address(one)));
                receive(one, octets(1, 420));
                receive(one, octets(2, 420));
            }
        }
        assertThat(refusals).hasValue(65);
        assertThat(errors).hasValue(0);
    }

    @Test
    void onlyTheDatagramsThatCannotBeSentAreLost() throws Exception {
        open("127.0.0.1");
        PeerAddress nowhere = new PeerAddress().set(new byte[] {127, 0, 0, 1}, 4, 0, 0);
        try (DatagramSocket one = client("127.0.0.1")) {
            PeerAddress there = address(one);
            loop.submit(() -> {
                        for (PeerAddress peer : List.of(there, there, nowhere, nowhere, nowhere, there, there)) {
                            socket.send(octets(1, 420), 0, 420, peer);
                        }
                    })
                    .sync();
            for (int i = 0; i < 4; i++) {
                receive(one, octets(1, 420));
            }
        }
        loop.submit(() -> {}).sync();
        assertThat(errors).as("datagrams lost").hasValue(3);
        assertThat(refusals).as("refusals that were not for the segments").hasValue(0);
    }

    @Test
    void sendingAllocatesNothing() throws Exception {
        open("127.0.0.1");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (DatagramSocket one = client("127.0.0.1")) {
            PeerAddress there = address(one);
            byte[] octets = octets(1, 600);
            long allocated = 0;
            for (int round = 0; round < 5; round++) {
                allocated = loop.submit(() -> {
                            long thread = Thread.currentThread().getId();
                            long before = threads.getThreadAllocatedBytes(thread);
                            for (int i = 0; i < 20_000; i++) {
                                socket.send(octets, 0, 500 + i / 7 % 3, there);
                            }
                            return threads.getThreadAllocatedBytes(thread) - before;
                        })
                        .get();
            }
            assertThat(allocated / 20_000)
                    .as("octets allocated for a datagram sent")
                    .isZero();
        }
    }

    /** Sends runs of equal and of mixed sizes, alternating between two peers and to one, and asks both what came. */
    private void sendsAFlight(String host) throws Exception {
        List<byte[]> datagrams = new ArrayList<>();
        Random random = new Random(42);
        for (int i = 0; i < 150; i++) {
            datagrams.add(octets(i, 400));
        }
        for (int i = 0; i < 100; i++) {
            datagrams.add(octets(i, random.nextInt(3) == 0 ? 1_000 + random.nextInt(2) : 1 + random.nextInt(2_000)));
        }
        datagrams.add(octets(0, 9_000));
        datagrams.add(octets(0, 9_000));
        try (DatagramSocket one = client(host);
                DatagramSocket two = client(host)) {
            List<PeerAddress> peers = List.of(address(one), address(one), address(two));
            sendAll(datagrams, peers);
            for (int i = 0; i < datagrams.size(); i++) {
                receive(i % 3 == 2 ? two : one, datagrams.get(i));
            }
            sendAll(datagrams, peers.subList(0, 1));
            for (byte[] datagram : datagrams) {
                receive(one, datagram);
            }
        }
        assertThat(errors).hasValue(0);
    }

    private void sendAll(List<byte[]> datagrams, List<PeerAddress> peers) throws Exception {
        loop.submit(() -> {
                    for (int i = 0; i < datagrams.size(); i++) {
                        byte[] datagram = datagrams.get(i);
                        PeerAddress peer = peers.get(i % peers.size());
                        assertThat(socket.send(datagram, 0, datagram.length, peer))
                                .isEqualTo(Flow.SENT);
                    }
                })
                .sync();
        loop.submit(() -> {}).sync();
    }

    private static void receive(DatagramSocket client, byte[] expected) throws Exception {
        DatagramPacket packet = new DatagramPacket(new byte[65_535], 65_535);
        try {
            client.receive(packet);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("a datagram of " + expected.length + " octets did not come", e);
        }
        assertThat(Arrays.copyOf(packet.getData(), packet.getLength())).isEqualTo(expected);
    }
}

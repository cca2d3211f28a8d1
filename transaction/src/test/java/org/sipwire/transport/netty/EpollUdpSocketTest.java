/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.lang.management.ManagementFactory;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EpollUdpSocketTest {
    private MultiThreadIoEventLoopGroup group;
    private IoEventLoop loop;
    private EpollUdpSocket socket;

    /** Sends every datagram back to where it came from. */
    private final class Echo implements UdpSocket.Receiver {
        final AtomicLong datagrams = new AtomicLong();
        final AtomicLong batches = new AtomicLong();
        final AtomicLong errors = new AtomicLong();
        final AtomicLong refusals = new AtomicLong();

        @Override
        public void onDatagram(byte[] bytes, int length, PeerAddress peer) {
            datagrams.incrementAndGet();
            socket.send(bytes, 0, length, peer);
        }

        @Override
        public void onBatchComplete() {
            batches.incrementAndGet();
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

    private final Echo echo = new Echo();

    @BeforeEach
    void startLoop() {
        assertThat(NativeDatagrams.unavailabilityCause()).isNull();
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        loop = group.next();
    }

    @AfterEach
    void stopLoop() throws Exception {
        loop.submit(() -> {
                    socket.close();
                    return null;
                })
                .sync();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }

    private void open(String host) throws Exception {
        socket = EpollUdpSocket.open(loop, new InetSocketAddress(host, 0), false, 1 << 20, new byte[65_535], echo);
        socket.register();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void datagramComesBackToItsSender(String host) throws Exception {
        open(host);
        try (DatagramSocket client = new DatagramSocket(0, InetAddress.getByName(host))) {
            client.setSoTimeout(5_000);
            for (int length : new int[] {0, 1, 700, 1_472, 9_000, 60_000}) {
                byte[] sent = "x".repeat(length).getBytes(StandardCharsets.US_ASCII);
                client.send(new DatagramPacket(sent, length, socket.localAddress()));
                DatagramPacket received = new DatagramPacket(new byte[65_535], 65_535);
                client.receive(received);
                assertThat(received.getLength()).isEqualTo(length);
                assertThat(received.getSocketAddress()).isEqualTo(socket.localAddress());
            }
        }
        assertThat(echo.errors).hasValue(0);
    }

    @Test
    void answerGoesToThePeersAddressAndNotToTheOwnHost() throws Exception {
        open("127.0.0.1");
        try (DatagramSocket client = new DatagramSocket(0, InetAddress.getByName("127.0.0.2"))) {
            client.setSoTimeout(5_000);
            client.send(new DatagramPacket(new byte[] {7}, 1, socket.localAddress()));
            DatagramPacket received = new DatagramPacket(new byte[10], 10);
            client.receive(received);
            assertThat(received.getData()[0]).isEqualTo((byte) 7);
        }
    }

    @Test
    void aDatagramThatCannotBeSentIsAnErrorAndTheNextOneGoes() throws Exception {
        open("127.0.0.1");
        try (DatagramSocket client = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            client.setSoTimeout(5_000);
            PeerAddress nowhere = new PeerAddress().set(new byte[] {127, 0, 0, 1}, 4, 0, 0);
            PeerAddress there = new PeerAddress().set((InetSocketAddress) client.getLocalSocketAddress());
            loop.submit(() -> {
                        socket.send(new byte[] {1}, 0, 1, nowhere);
                        socket.send(new byte[] {2}, 0, 1, there);
                    })
                    .sync();
            DatagramPacket received = new DatagramPacket(new byte[10], 10);
            client.receive(received);
            assertThat(received.getData()[0]).isEqualTo((byte) 2);
        }
        assertThat(echo.errors).hasValue(1);
    }

    @Test
    void receivingAndAnsweringAllocatesNothing() throws Exception {
        open("127.0.0.1");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = loop.submit(() -> Thread.currentThread().getId()).get();
        try (DatagramSocket client = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            client.setSoTimeout(5_000);
            exchange(client, 20_000);
            long before = threads.getThreadAllocatedBytes(thread);
            exchange(client, 10_000);
            long perDatagram = (threads.getThreadAllocatedBytes(thread) - before) / 10_000;
            assertThat(perDatagram)
                    .as("octets allocated for a datagram and its answer")
                    .isZero();
        }
    }

    private void exchange(DatagramSocket client, int count) throws Exception {
        DatagramPacket request = new DatagramPacket(new byte[600], 600, socket.localAddress());
        DatagramPacket response = new DatagramPacket(new byte[1_000], 1_000);
        for (int i = 0; i < count; i++) {
            client.send(request);
            client.receive(response);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.Errors;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.sipwire.transport.Flow;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A UDP socket of one event loop: recvmmsg into memory that is kept, a callback a datagram, and one sendmmsg for all the answers of a batch.
 * Every method is called on that loop, {@link #open} before the loop knows the socket.
 *
 * <p>A datagram costs no object here, unlike with Netty's channel (see {@link DatagramArray}). The event loop, its epoll instance and the
 * system calls are Netty's. Datagrams of one size to one peer leave as one packet where the kernel can cut it ({@link DatagramFlight});
 * {@code -Dsipwire.udp.noSegments=true} forbids that.
 *
 * <pre>
 *   epoll: readable -> recvmmsg -> for each: copy to scratch, onDatagram --send()--> array -> onBatchComplete -> sendmmsg
 *                         ^                                                                                      |
 *                         +---- while a batch is full or has {@value #BUSY} at least, {@value #MAX_BATCHES} times at most, then other flows ----+
 * </pre>
 *
 * Owned: {@link #close} ends it.
 */
final class EpollUdpSocket implements EpollIoHandle, UdpSocket {
    private static final int BATCH = 64;
    private static final int MAX_BATCHES = 16;

    /**
     * While a batch is worked on, as many come in again: from here on a further recvmmsg, even one that finds nothing, is cheaper on average
     * than to go round by epoll.
     */
    private static final int BUSY = 16;

    /** Where little comes at a time, no more is asked for; where more comes, twice as many as the time before. */
    private static final int FEW = 8;

    private static final int MAX_DATAGRAM = 65_535;
    private static final int OUT_BYTES = 512 * 1024;
    private static final int SOL_SOCKET = 1;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int SO_RCVBUFFORCE = 33;

    /** Packets refused for their segments, beyond the first, after which none is tried. */
    private static final int MAX_REFUSALS = 64;

    private static final boolean SEGMENTS =
            NativeDatagrams.sendsSegments() && !Boolean.getBoolean("sipwire.udp.noSegments");

    private static final Logger LOG = LoggerFactory.getLogger(EpollUdpSocket.class);

    private final IoEventLoop loop;
    private final DgramSocket socket;
    private final boolean ipv6;
    private final byte[] scratch;
    private final Receiver receiver;
    private final DatagramArray in = new DatagramArray(BATCH, MAX_DATAGRAM);
    private final DatagramFlight out;
    private final PeerAddress peer = new PeerAddress();
    private final Runnable flushTask = this::flush;
    private IoRegistration registration;
    private int most = FEW;
    private boolean inBatch;
    private boolean flushScheduled;
    private boolean blocked;
    private boolean closed;

    /** Why the packet at hand is sent datagram by datagram, until one of them went: a positive errno, or 0. */
    private int refusal;

    private int refusals;

    /** Netty's socket of one protocol family: an IPv4 address is bound as such and not as an IPv4-mapped one. */
    private static final class DgramSocket extends Socket {
        DgramSocket(SocketProtocolFamily family) {
            super(newSocketDgram0(family));
        }
    }

    private EpollUdpSocket(IoEventLoop loop, DgramSocket socket, boolean ipv6, byte[] scratch, Receiver receiver) {
        this.loop = loop;
        this.socket = socket;
        this.ipv6 = ipv6;
        this.scratch = scratch;
        this.receiver = receiver;
        out = new DatagramFlight(4 * BATCH, OUT_BYTES, ipv6, SEGMENTS ? DatagramFlight.ETHERNET_SEGMENT : 0);
    }

    /**
     * Opens and binds a socket. {@link #register} sets it going.
     *
     * @param reusePort whether the loops of this stack share the port; else it is this socket's alone
     * @param bufferSize SO_RCVBUF and SO_SNDBUF to ask for, in octets; {@link #receiveBufferSize} says what was granted
     * @param scratch at least 65,535 octets, the loop's own
     * @throws IOException if the address cannot be bound
     */
    static EpollUdpSocket open(
            IoEventLoop loop,
            InetSocketAddress local,
            boolean reusePort,
            int bufferSize,
            byte[] scratch,
            Receiver receiver)
            throws IOException {
        boolean ipv6 = !(local.getAddress() instanceof Inet4Address);
        DgramSocket socket = new DgramSocket(ipv6 ? SocketProtocolFamily.INET6 : SocketProtocolFamily.INET);
        try {
            if (reusePort) {
                socket.setReusePort(true);
            }
            buffer(socket, SO_RCVBUFFORCE, bufferSize);
            buffer(socket, SO_SNDBUFFORCE, bufferSize);
            socket.bind(local);
            return new EpollUdpSocket(loop, socket, ipv6, scratch, receiver);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** With CAP_NET_ADMIN the kernel's maximum does not bound the buffer; without it the plain option is all there is. */
    private static void buffer(DgramSocket socket, int forceOption, int size) throws IOException {
        try {
            ByteBuffer value = ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.nativeOrder());
            socket.setRawOpt(SOL_SOCKET, forceOption, value.putInt(size).flip());
        } catch (IOException notPrivileged) {
            if (forceOption == SO_RCVBUFFORCE) {
                socket.setReceiveBufferSize(size);
            } else {
                socket.setSendBufferSize(size);
            }
        }
    }

    @Override
    public void register() throws InterruptedException {
        registration = loop.register(this).sync().getNow();
        registration.submit(EpollIoOps.EPOLLIN);
    }

    @Override
    public InetSocketAddress localAddress() {
        return socket.localAddress();
    }

    @Override
    public int receiveBufferSize() throws IOException {
        return socket.getReceiveBufferSize();
    }

    @Override
    public int send(byte[] bytes, int offset, int length, PeerAddress to) {
        if (closed) {
            return Flow.CLOSED;
        }
        if (!out.add(bytes, offset, length, to)) {
            flush();
            if (!out.add(bytes, offset, length, to)) {
                return Flow.BACK_PRESSURED;
            }
        }
        if (!inBatch && !flushScheduled) {
            flushScheduled = true;
            loop.execute(flushTask);
        }
        return Flow.SENT;
    }

    private void flush() {
        flushScheduled = false;
        while (!closed && !out.isEmpty()) {
            int n = out.send(socket.intValue());
            if (n == Errors.ERRNO_EAGAIN_NEGATIVE || n == Errors.ERRNO_EWOULDBLOCK_NEGATIVE) {
                // The socket's send buffer is full: epoll says when there is room.
                if (!blocked) {
                    blocked = true;
                    registration.submit(EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLOUT));
                }
                return;
            }
            if (n >= 0) {
                if (refusal != 0) {
                    segmentsRefused();
                }
            } else if (out.splitHead()) {
                refusal = -n;
            } else {
                // The error belongs to the first datagram (no route, a port of 0): it is lost, as on the wire; the rest
                // goes on.
                refusal = 0;
                out.dropHead();
                receiver.onSocketError(-n);
            }
        }
        if (blocked && !closed) {
            blocked = false;
            registration.submit(EpollIoOps.EPOLLIN);
        }
    }

    /**
     * A packet of several datagrams was refused and its first datagram went alone: so it was for the segments. A smaller path is common
     * (a tunnel), so the limit falls first; when that does not help, segments are given up.
     */
    private void segmentsRefused() {
        receiver.onSegmentsRefused(refusal);
        if (out.segmentLimit() > DatagramFlight.SAFE_SEGMENT) {
            out.segmentLimit(DatagramFlight.SAFE_SEGMENT);
        } else if (++refusals == MAX_REFUSALS) {
            out.segmentLimit(0);
            LOG.info(
                    "the kernel refused segments {} times on {}, last with errno {}: each datagram goes by itself from now on",
                    refusals,
                    socket.localAddress(),
                    refusal);
        }
        refusal = 0;
    }

    @Override
    public void handle(IoRegistration ignored, IoEvent event) {
        EpollIoOps ops = ((EpollIoEvent) event).ops();
        if (ops.contains(EpollIoOps.EPOLLOUT)) {
            flush();
        }
        for (int batch = 0; batch < MAX_BATCHES && !closed; batch++) {
            int asked = most;
            int n = in.receive(socket.intValue(), ipv6, asked);
            if (n < 0 && n != Errors.ERRNO_EAGAIN_NEGATIVE && n != Errors.ERRNO_EWOULDBLOCK_NEGATIVE) {
                receiver.onSocketError(-n);
            }
            if (n <= 0) {
                receiver.onTurn(true);
                return;
            }
            most = Math.min(Math.max(FEW, 2 * n), BATCH);
            deliver(n);
            if (n < BUSY && n < asked) {
                receiver.onTurn(true);
                return;
            }
        }
        receiver.onTurn(closed);
    }

    private void deliver(int n) {
        inBatch = true;
        try {
            for (int i = 0; i < n && !closed; i++) {
                peer.set(in.senderAddress(i), in.senderAddressLength(i), in.senderScope(i), in.senderPort(i));
                if (receiver.sheds(peer)) {
                    continue;
                }
                int length = in.length(i);
                in.copyTo(i, scratch, length);
                receiver.onDatagram(scratch, length, peer);
            }
            receiver.onBatchComplete();
        } finally {
            inBatch = false;
            flush();
        }
    }

    @Override
    public FileDescriptor fd() {
        return socket;
    }

    /** Sends what waits and closes the socket. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        flush();
        closed = true;
        if (registration != null) {
            registration.cancel();
        }
        try {
            socket.close();
        } catch (IOException e) {
            receiver.onSocketError(0);
        }
    }
}

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

/**
 * A UDP socket of one event loop: recvmmsg into memory that is kept, a callback a datagram, and one sendmmsg for all the answers of a batch.
 * Every method is called on that loop, {@link #open} before the loop knows the socket.
 *
 * <p>A datagram costs no object here, unlike with Netty's channel (see {@link DatagramArray}). The event loop, its epoll instance and the
 * system calls are Netty's.
 *
 * <pre>
 *   epoll: readable -> recvmmsg -> for each: copy to scratch, onDatagram --send()--> array -> onBatchComplete -> sendmmsg
 *                         ^                                                                                      |
 *                         +----- while a batch was full, {@value #MAX_BATCHES} times at most, then other flows ---+
 * </pre>
 *
 * Owned: {@link #close} ends it.
 */
final class EpollUdpSocket implements EpollIoHandle, UdpSocket {
    private static final int BATCH = 64;
    private static final int MAX_BATCHES = 16;
    private static final int MAX_DATAGRAM = 65_535;
    private static final int OUT_BYTES = 512 * 1024;
    private static final int SOL_SOCKET = 1;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int SO_RCVBUFFORCE = 33;

    private final IoEventLoop loop;
    private final DgramSocket socket;
    private final boolean ipv6;
    private final byte[] scratch;
    private final Receiver receiver;
    private final DatagramArray in = DatagramArray.forReceiving(BATCH, MAX_DATAGRAM);
    private final DatagramArray out = DatagramArray.forSending(4 * BATCH, OUT_BYTES);
    private final PeerAddress peer = new PeerAddress();
    private final Runnable flushTask = this::flush;
    private IoRegistration registration;
    private boolean inBatch;
    private boolean flushScheduled;
    private boolean blocked;
    private boolean closed;

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
        if (!out.add(bytes, offset, length, to, ipv6)) {
            flush();
            if (!out.add(bytes, offset, length, to, ipv6)) {
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
            int n = out.send(socket.intValue(), ipv6);
            if (n == Errors.ERRNO_EAGAIN_NEGATIVE || n == Errors.ERRNO_EWOULDBLOCK_NEGATIVE) {
                // The socket's send buffer is full: epoll says when there is room.
                if (!blocked) {
                    blocked = true;
                    registration.submit(EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLOUT));
                }
                return;
            }
            if (n < 0) {
                // The error belongs to the first datagram (no route, a port of 0): it is lost, as on the wire; the rest
                // goes on.
                out.drop(1);
                receiver.onSocketError(-n);
            }
        }
        if (blocked && !closed) {
            blocked = false;
            registration.submit(EpollIoOps.EPOLLIN);
        }
    }

    @Override
    public void handle(IoRegistration ignored, IoEvent event) {
        EpollIoOps ops = ((EpollIoEvent) event).ops();
        if (ops.contains(EpollIoOps.EPOLLOUT)) {
            flush();
        }
        for (int batch = 0; batch < MAX_BATCHES && !closed; batch++) {
            int n = in.receive(socket.intValue(), ipv6);
            if (n < 0 && n != Errors.ERRNO_EAGAIN_NEGATIVE && n != Errors.ERRNO_EWOULDBLOCK_NEGATIVE) {
                receiver.onSocketError(-n);
            }
            if (n <= 0) {
                return;
            }
            deliver(n);
            if (n < in.capacity()) {
                return;
            }
        }
    }

    private void deliver(int n) {
        inBatch = true;
        try {
            for (int i = 0; i < n && !closed; i++) {
                int length = in.length(i);
                in.copyTo(i, scratch, length);
                peer.set(in.senderAddress(i), in.senderAddressLength(i), in.senderScope(i), in.senderPort(i));
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

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.sipwire.transport.Flow;
import org.sipwire.transport.fault.Faults;
import org.sipwire.transport.fault.FaultyTransport;

/**
 * A UDP socket behind a bad network, in both directions. Confined to its loop.
 *
 * <p>Owned: {@link #close} ends it.
 */
final class FaultyUdpSocket implements UdpSocket, UdpSocket.Receiver {
    private final LoopContext loop;
    private final Receiver receiver;
    private final FaultyTransport inbound;
    private final FaultyTransport outbound;
    private UdpSocket socket;
    private boolean closed;

    /** @param stream tells the sockets of a stack apart */
    FaultyUdpSocket(LoopContext loop, Faults faults, int stream, Receiver receiver) {
        this.loop = loop;
        this.receiver = receiver;
        FaultyTransport.Timer timer = (task, millis) -> loop.eventLoop().schedule(task, millis, TimeUnit.MILLISECONDS);
        inbound = new FaultyTransport(faults, 2 * stream, timer);
        outbound = new FaultyTransport(faults, 2 * stream + 1, timer);
    }

    /** Takes the real socket, whose receiver this is. */
    FaultyUdpSocket over(UdpSocket real) {
        socket = real;
        return this;
    }

    @Override
    public void onDatagram(byte[] bytes, int length, PeerAddress peer) {
        PeerAddress from = peer.copy();
        // A datagram that comes twice is parsed twice, and parsing may change the scratch.
        inbound.pass(Arrays.copyOf(bytes, length), 0, length, (octets, offset, n) -> {
            if (!closed) {
                System.arraycopy(octets, offset, loop.scratch(), 0, n);
                receiver.onDatagram(loop.scratch(), n, from);
                receiver.onBatchComplete();
            }
        });
    }

    @Override
    public void onBatchComplete() {
        receiver.onBatchComplete();
    }

    @Override
    public void onSocketError(int errno) {
        receiver.onSocketError(errno);
    }

    @Override
    public void onSegmentsRefused(int errno) {
        receiver.onSegmentsRefused(errno);
    }

    @Override
    public void register() throws InterruptedException {
        socket.register();
    }

    @Override
    public InetSocketAddress localAddress() {
        return socket.localAddress();
    }

    @Override
    public int receiveBufferSize() throws IOException {
        return socket.receiveBufferSize();
    }

    @Override
    public int send(byte[] bytes, int offset, int length, PeerAddress to) {
        if (closed) {
            return Flow.CLOSED;
        }
        PeerAddress peer = to.copy();
        outbound.pass(bytes, offset, length, (octets, at, n) -> socket.send(octets, at, n, peer));
        return Flow.SENT;
    }

    @Override
    public void close() {
        closed = true;
        socket.close();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import java.net.InetSocketAddress;
import java.util.Arrays;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/**
 * A peer over one UDP listening point. Sends on its own loop; from elsewhere the octets are copied and handed over.
 *
 * <p>Borrowed when it is the flyweight of a {@link UdpTransport}, which sets the peer for each datagram; else Shared and immutable.
 */
final class UdpFlow extends Flow {
    private final UdpTransport transport;
    private final PeerAddress peer;
    private final boolean shared;

    private UdpFlow(UdpTransport transport, PeerAddress peer, boolean shared) {
        this.transport = transport;
        this.peer = peer;
        this.shared = shared;
    }

    static UdpFlow flyweight(UdpTransport transport) {
        return new UdpFlow(transport, new PeerAddress(), /* shared= */ false);
    }

    /** A flow to keep; the peer's address is copied. */
    static UdpFlow shared(UdpTransport transport, PeerAddress peer) {
        return new UdpFlow(transport, peer.copy(), /* shared= */ true);
    }

    /** The flyweight's peer, to be set. */
    PeerAddress peer() {
        return peer;
    }

    UdpTransport udp() {
        return transport;
    }

    @Override
    public Transport transport() {
        return Transport.UDP;
    }

    @Override
    public int loopIndex() {
        return transport.loop().index();
    }

    @Override
    public boolean isOpen() {
        return transport.isOpen();
    }

    @Override
    public long id() {
        return transport.flowId(peer);
    }

    @Override
    public int writeRemoteHost(byte[] dst, int at) {
        return peer.writeHost(dst, at);
    }

    @Override
    public int writeRemoteIp(byte[] dst, int at) {
        return peer.writeIp(dst, at);
    }

    @Override
    public int writeLocalIp(byte[] dst, int at) {
        return transport.writeLocalIp(peer, dst, at);
    }

    @Override
    public int remotePort() {
        return peer.port();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return peer.toSocketAddress();
    }

    @Override
    public int writeLocalHost(byte[] dst, int at) {
        return transport.writeLocalHost(peer, dst, at);
    }

    @Override
    public int localPort() {
        return transport.point().port();
    }

    @Override
    public InetSocketAddress localAddress() {
        return transport.localAddress();
    }

    @Override
    public int send(byte[] bytes, int offset, int length) {
        if (transport.loop().inEventLoop()) {
            return transport.send(bytes, offset, length, this);
        }
        if (!isOpen()) {
            return CLOSED;
        }
        byte[] copy = Arrays.copyOfRange(bytes, offset, offset + length);
        UdpFlow to = (UdpFlow) toShared();
        transport.loop().execute(() -> transport.send(copy, 0, copy.length, to));
        return SENT;
    }

    @Override
    public void vouch() {
        transport.vouch(peer);
    }

    @Override
    public Flow toShared() {
        return shared ? this : shared(transport, peer);
    }

    @Override
    public void execute(Runnable task) {
        transport.loop().execute(task);
    }
}

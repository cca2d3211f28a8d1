/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import java.io.IOException;
import java.net.InetSocketAddress;
import org.sipwire.transport.Flow;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.Transport;
import org.sipwire.transport.TransportCounter;

/**
 * The UDP side of one listening point on one event loop: datagrams to messages and back. Confined to its loop.
 *
 * <pre>{@code
 *   UdpSocket --octets in the loop's scratch, peer--> UdpTransport --LoopContext.datagram--> the layer
 *                                                         ^                                     |
 *   UdpSocket <---------- array of a sendmmsg <---------- send <------------ UdpFlow.send <-----+
 * }</pre>
 *
 * <p>Owned by its loop.
 */
final class UdpTransport implements UdpSocket.Receiver {

    /** No SIP message is as short; what is, keeps a NAT's binding open: CRLF, CRLFCRLF, {@code jaK\0} of eXosip, one NUL. */
    private static final int KEEP_ALIVE_MAX = 12;

    /** What UDP over IPv4 carries: 65,535 less its header and that of IP. */
    private static final int MAX_PAYLOAD = 65_507;

    /** The top bits of {@link Flow#id}: what the rest is. */
    private static final long ID_IPV4 = 1L << 62;

    private static final long ID_IPV6 = 2L << 62;

    private final LoopContext loop;
    private final int pointIndex;
    private final UdpFlow flow = UdpFlow.flyweight(this);
    private final SourceGuard guard = new SourceGuard();
    private ListeningPoint point;
    private UdpSocket socket;
    private byte[] localHost;
    private byte[] localIp;
    private boolean open;

    UdpTransport(LoopContext loop, int pointIndex, ListeningPoint point) {
        this.loop = loop;
        this.pointIndex = pointIndex;
        this.point = point;
    }

    /** Takes the socket, bound but not yet receiving; called before the loop knows of it. */
    void bound(UdpSocket bound) throws IOException {
        socket = bound;
        InetSocketAddress local = bound.localAddress();
        point = point.withPort(local.getPort());
        localHost = LocalHosts.fixedText(loop.options().advertisedHost(), local);
        localIp = local.getAddress().isAnyLocalAddress()
                ? null
                : LocalHosts.Host.of(local).octets();
        open = true;
    }

    LoopContext loop() {
        return loop;
    }

    int pointIndex() {
        return pointIndex;
    }

    ListeningPoint point() {
        return point;
    }

    UdpSocket socket() {
        return socket;
    }

    InetSocketAddress localAddress() {
        return socket.localAddress();
    }

    boolean isOpen() {
        return open;
    }

    int writeLocalHost(PeerAddress peer, byte[] dst, int at) {
        byte[] text =
                localHost != null ? localHost : loop.localHosts().toReach(peer).text();
        System.arraycopy(text, 0, dst, at, text.length);
        return at + text.length;
    }

    int writeLocalIp(PeerAddress peer, byte[] dst, int at) {
        byte[] octets =
                localIp != null ? localIp : loop.localHosts().toReach(peer).octets();
        System.arraycopy(octets, 0, dst, at, octets.length);
        return at + octets.length;
    }

    /**
     * The number of the flow to a peer: exact for IPv4, a keyed hash of 62 bits for IPv6.
     *
     * <pre>
     *   63 62 61        48 47                             16 15            0
     *    0  1 |point index |           IPv4 address         |     port     |
     *    1  0 |          hash of point, address, zone and port             |
     * </pre>
     */
    long flowId(PeerAddress peer) {
        if (peer.isIpv4()) {
            return ID_IPV4 | (long) pointIndex << 48 | (peer.ipv4() & 0xFFFFFFFFL) << 16 | peer.port();
        }
        long rest = (long) pointIndex << 48 | (long) (peer.scope() & 0xFFFF) << 16 | peer.port();
        return ID_IPV6 | loop.hashPeer(peer.high(), peer.low(), rest) >>> 2;
    }

    @Override
    public boolean sheds(PeerAddress peer) {
        if (!guard.isShedding() || guard.admits(flowId(peer))) {
            return false;
        }
        loop.counters().increment(TransportCounter.SHED);
        return true;
    }

    @Override
    public void onDatagram(byte[] bytes, int length, PeerAddress peer) {
        loop.beginBatch();
        loop.counters().add(TransportCounter.bytesReceived(Transport.UDP), length);
        if (length < KEEP_ALIVE_MAX) {
            loop.counters().increment(TransportCounter.KEEP_ALIVES);
            return;
        }
        flow.peer().set(peer.octets(), peer.length(), peer.scope(), peer.port());
        loop.datagram(bytes, length, flow);
    }

    /** Delivers a message another loop received and handed over, as if it had come here. */
    void replay(byte[] bytes, PeerAddress peer) {
        flow.peer().set(peer.octets(), peer.length(), peer.scope(), peer.port());
        loop.replayed(bytes, flow);
    }

    @Override
    public void onBatchComplete() {
        loop.endBatch();
    }

    @Override
    public void onTurn(boolean drained) {
        guard.turn(drained, guard.isShedding() || !drained ? System.nanoTime() : 0);
    }

    void vouch(PeerAddress peer) {
        guard.vouch(flowId(peer));
    }

    @Override
    public void onSocketError(int errno) {
        loop.counters().increment(TransportCounter.SEND_ERRORS);
    }

    @Override
    public void onSegmentsRefused(int errno) {
        loop.counters().increment(TransportCounter.SEGMENTS_REFUSED);
    }

    int send(byte[] bytes, int offset, int length, UdpFlow to) {
        assert loop.inEventLoop();
        if (!open) {
            return Flow.CLOSED;
        }
        if (length > MAX_PAYLOAD) {
            loop.counters().increment(TransportCounter.SEND_ERRORS);
            return Flow.TOO_LONG;
        }
        int result = socket.send(bytes, offset, length, to.peer());
        if (result == Flow.SENT) {
            loop.sent(bytes, offset, length, to);
        } else {
            loop.counters().increment(TransportCounter.BACK_PRESSURED);
        }
        return result;
    }

    /** The flow to a peer this side calls first. */
    Flow flowTo(InetSocketAddress peer) {
        return UdpFlow.shared(this, new PeerAddress().set(peer));
    }

    /** Closes the socket. On the loop. */
    void close() {
        if (open) {
            open = false;
            socket.close();
        }
    }
}

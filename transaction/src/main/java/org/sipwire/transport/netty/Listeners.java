/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.sipwire.transport.Flow;
import org.sipwire.transport.IoEngine;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.Transport;
import org.sipwire.transport.fault.Faults;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listening points of a stack on all its loops: binds them, opens flows to peers, closes them. Used by the thread that starts and
 * stops the stack; {@link #connect} on the loop it names.
 *
 * <p>With several loops each has a socket of its own on the same port, and the kernel keeps a peer on one of them (SO_REUSEPORT). Since
 * that option would also let a second process of this user share the port unnoticed, the port is bound once without it before.
 *
 * <p>Owned by its stack.
 */
public final class Listeners {
    private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);
    private static final long CLOSE_SECONDS = 3;

    private final LoopContext[] loops;
    private final NativeIo io;
    private final Faults faults;
    private final List<ListeningPoint> bound = new ArrayList<>();
    private final List<StreamTransport> streams = new ArrayList<>();
    private final List<Map<Transport, StreamTransport>> connectors = new ArrayList<>();
    private int grantedReceiveBufferBytes;

    /** Listeners of the stack that has these loops. */
    public Listeners(LoopContext[] loops, NativeIo io, Faults faults) {
        this.loops = loops.clone();
        this.io = io;
        this.faults = faults;
        for (int i = 0; i < loops.length; i++) {
            connectors.add(new EnumMap<>(Transport.class));
        }
    }

    // ---------------------------------------------------------------------------------------------------------- bind

    /**
     * Binds all points, then receives on all.
     *
     * @throws UncheckedIOException with one line that names the point which cannot be bound and says why
     */
    public void listen(List<ListeningPoint> points) {
        for (ListeningPoint point : points) {
            try {
                bound.add(point.transport() == Transport.UDP ? bindUdp(point) : bindStream(point));
            } catch (IOException e) {
                throw new UncheckedIOException(new IOException("cannot listen on " + point + ": " + reason(e), e));
            }
        }
        for (LoopContext loop : loops) {
            for (UdpTransport udp : loop.udp()) {
                if (udp != null) {
                    register(udp);
                }
            }
        }
    }

    private static String reason(IOException e) {
        // Netty says "bind(..) failed with error(-98): Address already in use", the JDK "Address already in use (Bind
        // failed)".
        String text = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        int last = text.lastIndexOf("): ");
        return last < 0 ? text : text.substring(last + 3);
    }

    private static void register(UdpTransport udp) {
        try {
            udp.socket().register();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the stack starts", e);
        }
    }

    private boolean isSpread() {
        return loops.length > 1 && io.spreadsPeers();
    }

    private static InetSocketAddress resolve(ListeningPoint point) throws IOException {
        InetSocketAddress address = new InetSocketAddress(point.host(), point.port());
        if (address.isUnresolved()) {
            throw new IOException("the host is not known");
        }
        return address;
    }

    private ListeningPoint bindUdp(ListeningPoint point) throws IOException {
        InetSocketAddress local = resolve(point);
        boolean spread = isSpread();
        int index = bound.size();
        if (spread) {
            try (DatagramSocket probe = new DatagramSocket(null)) {
                probe.setReuseAddress(false);
                probe.bind(local);
                local = new InetSocketAddress(local.getAddress(), probe.getLocalPort());
            } catch (SocketException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
        for (LoopContext loop : loops) {
            boolean here = spread || loop.index() == index % loops.length;
            UdpTransport udp = null;
            if (here) {
                udp = new UdpTransport(loop, index, point);
                udp.bound(open(loop, local, spread, udp));
                local = udp.localAddress();
                checkReceiveBuffer(udp);
            }
            while (loop.udp().size() < index) {
                loop.udp().add(null);
            }
            loop.udp().add(udp);
        }
        return point.withPort(local.getPort());
    }

    private UdpSocket open(LoopContext loop, InetSocketAddress local, boolean spread, UdpTransport udp)
            throws IOException {
        if (faults == null) {
            return openReal(loop, local, spread, udp);
        }
        FaultyUdpSocket faulty = new FaultyUdpSocket(loop, faults, bound.size() * loops.length + loop.index(), udp);
        return faulty.over(openReal(loop, local, spread, faulty));
    }

    private UdpSocket openReal(LoopContext loop, InetSocketAddress local, boolean spread, UdpSocket.Receiver receiver)
            throws IOException {
        if (hasOwnSocket()) {
            return EpollUdpSocket.open(
                    loop.eventLoop(), local, spread, loop.options().socketBufferBytes(), loop.scratch(), receiver);
        }
        return NettyUdpSocket.open(loop, io, local, spread, receiver);
    }

    private boolean hasOwnSocket() {
        return io.engine() == IoEngine.EPOLL && NativeDatagrams.isAvailable();
    }

    /** Half a sentence for the log: how datagrams are received and sent. */
    public String datagramPath() {
        if (hasOwnSocket()) {
            return "UDP by recvmmsg and sendmmsg into memory that is kept";
        }
        return io.engine() == IoEngine.EPOLL
                ? "UDP by Netty's channel, some 200 octets of garbage a datagram, since "
                        + NativeDatagrams.unavailabilityCause()
                : "UDP by Netty's channel";
    }

    private void checkReceiveBuffer(UdpTransport udp) throws IOException {
        // Linux doubles what it grants, for its own bookkeeping, and says the doubled size.
        int asked = udp.loop().options().socketBufferBytes();
        int told = udp.socket().receiveBufferSize();
        int granted = System.getProperty("os.name").startsWith("Linux") ? told / 2 : told;
        if (grantedReceiveBufferBytes == 0 || granted < grantedReceiveBufferBytes) {
            grantedReceiveBufferBytes = granted;
            if (granted < asked) {
                LOG.warn(
                        "the kernel granted {} octets of receive buffer for {} where {} were asked for: bursts beyond it are"
                                + " lost. Raise net.core.rmem_max to {}",
                        granted,
                        udp.point(),
                        asked,
                        asked);
            }
        }
    }

    private ListeningPoint bindStream(ListeningPoint point) throws IOException {
        InetSocketAddress local = resolve(point);
        boolean spread = isSpread();
        if (spread) {
            try (ServerSocket probe = new ServerSocket()) {
                probe.setReuseAddress(true);
                probe.bind(local);
                local = new InetSocketAddress(local.getAddress(), probe.getLocalPort());
            }
        }
        int index = bound.size();
        for (LoopContext loop : loops) {
            if (spread || loop.index() == index % loops.length) {
                StreamTransport stream = new StreamTransport(loop, io, point);
                stream.bind(local, spread);
                streams.add(stream);
                connectors.get(loop.index()).putIfAbsent(point.transport(), stream);
                local = new InetSocketAddress(local.getAddress(), stream.point().port());
            }
        }
        return point.withPort(local.getPort());
    }

    // --------------------------------------------------------------------------------------------------------- state

    /** The points with the ports the system gave. */
    public List<ListeningPoint> bound() {
        return List.copyOf(bound);
    }

    /** The smallest SO_RCVBUF of a UDP socket, as the kernel granted it; 0 without UDP. */
    public int grantedReceiveBufferBytes() {
        return grantedReceiveBufferBytes;
    }

    // ------------------------------------------------------------------------------------------------------- connect

    /**
     * A flow to a peer this side calls: for UDP at once, over the first listening point of the peer's address family; else over a
     * connection, one that is open or a new one. On the loop.
     *
     * @param whenOpen gets the flow, or null and the cause; on the loop
     */
    public void connect(
            LoopContext loop, Transport transport, InetSocketAddress to, BiConsumer<Flow, Throwable> whenOpen) {
        if (transport == Transport.UDP) {
            UdpTransport udp = udpFor(loop, to.getAddress());
            if (udp == null) {
                whenOpen.accept(
                        null, new IOException("no UDP listening point on loop " + loop.index() + " reaches " + to));
            } else {
                whenOpen.accept(udp.flowTo(to), null);
            }
            return;
        }
        if (transport.isSecure() && loop.options().tls() == null) {
            whenOpen.accept(null, new IOException("the stack has no TLS configuration: TlsConfig.client() at least"));
            return;
        }
        connectors
                .get(loop.index())
                .computeIfAbsent(
                        transport,
                        t -> new StreamTransport(loop, io, new ListeningPoint(t, "0.0.0.0", t.defaultPort())))
                .connect(to, whenOpen);
    }

    /** The loop whose connection has a flow id, or -1 when the id is not that of a connection of these loops. Any thread. */
    public int loopOfConnection(long flowId) {
        int loop = Connections.loopOf(flowId);
        return loop < loops.length ? loop : -1;
    }

    /** The open connection with a flow id, or null. On that loop. */
    public Flow connection(LoopContext loop, long flowId) {
        return loop.connections().find(flowId);
    }

    private static UdpTransport udpFor(LoopContext loop, InetAddress peer) {
        UdpTransport any = null;
        boolean ipv4 = peer.getAddress().length == 4;
        for (UdpTransport udp : loop.udp()) {
            if (udp == null) {
                continue;
            }
            boolean sameFamily = udp.localAddress().getAddress().getAddress().length == 4 == ipv4;
            if (sameFamily) {
                return udp;
            }
            // A socket of both families reaches IPv4 peers too.
            if (ipv4 && udp.localAddress().getAddress().isAnyLocalAddress()) {
                any = udp;
            }
        }
        return any;
    }

    // --------------------------------------------------------------------------------------------------------- close

    /** Accepts no more connections. Any thread. */
    public void stopAccepting() {
        streams.forEach(StreamTransport::stopAccepting);
    }

    /** Closes sockets and connections, after what was sent is written; waits for it some seconds at most. Not on a loop. */
    public void close() {
        stopAccepting();
        CountDownLatch closed = new CountDownLatch(loops.length);
        for (LoopContext loop : loops) {
            loop.eventLoop().execute(() -> {
                loop.clock().read();
                for (UdpTransport udp : loop.udp()) {
                    if (udp != null) {
                        udp.close();
                    }
                }
                loop.connections().closeAll(closed::countDown);
            });
        }
        try {
            closed.await(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport;

import java.net.InetSocketAddress;

/**
 * The way to a peer and back (RFC 5626 §2): for UDP the pair of a listening point and the peer's address and port, otherwise one
 * connection.
 *
 * <p>A flow belongs to one event loop; {@link #send} is called on it, everything else may be called anywhere on a shared flow.
 *
 * <p>A request and its response travel on the same flow, and a registrar reaches a device on the flow it registered from: that
 * is what makes devices behind NAT reachable.
 *
 * <p>Borrowed: the flow of a datagram is the loop's flyweight and valid until the callback returns; {@link #toShared()} gives the
 * immutable form to keep. The flow of a connection is shared from the start.
 */
public abstract class Flow {

    /** {@link #send}: the octets are with the transport. */
    public static final int SENT = 0;
    /** {@link #send}: the peer reads too slowly, the connection's buffer is full; nothing was sent. */
    public static final int BACK_PRESSURED = -1;
    /** {@link #send}: the connection or the stack is closed; nothing was sent. */
    public static final int CLOSED = -2;

    /** {@link #send}: no datagram is as long; nothing was sent. */
    public static final int TOO_LONG = -3;

    /** The octets of the longest text {@link #writeRemoteHost} writes: an IPv6 address without compression. */
    public static final int MAX_HOST_TEXT = 45;

    /** For subclasses: transports, and tests of those who use flows. */
    protected Flow() {}

    /** What is spoken on this flow. */
    public abstract Transport transport();

    /** The event loop this flow belongs to, 0..{@code loopCount - 1}. */
    public abstract int loopIndex();

    /** False once a connection is lost; a UDP flow is open as long as its stack is. */
    public abstract boolean isOpen();

    /** A stable number: two flows are the same flow exactly when their ids are equal. Never 0. */
    public abstract long id();

    /**
     * Writes the peer's address as text, IPv6 without brackets, and allocates nothing.
     *
     * @param dst at least {@link #MAX_HOST_TEXT} octets from {@code at}
     * @return the position behind the text
     */
    public abstract int writeRemoteHost(byte[] dst, int at);

    /**
     * Writes the peer's IP address as octets in network order, an IPv4-mapped one as the four of IPv4.
     *
     * @param dst at least 16 octets from {@code at}
     * @return the position behind it, 4 or 16 further
     */
    public int writeRemoteIp(byte[] dst, int at) {
        return writeIp(remoteAddress(), dst, at);
    }

    /** The peer's port. */
    public abstract int remotePort();

    /** The peer's address; may allocate. */
    public abstract InetSocketAddress remoteAddress();

    /**
     * Writes the host this side is known by on this flow, IPv6 without brackets: the advertised host when one is configured, else
     * the local address, and never a wildcard when the system can say which address reaches the peer.
     *
     * @param dst at least 255 octets from {@code at}
     * @return the position behind the text
     */
    public abstract int writeLocalHost(byte[] dst, int at);

    /** The port this side is known by on this flow: the listening point's. */
    public abstract int localPort();

    /**
     * Writes the IP address of this side as octets, as {@link #writeRemoteIp} does the peer's: never a wildcard when the system can
     * say which address reaches the peer, and never the advertised host.
     *
     * @return the position behind it, 4 or 16 further
     */
    public int writeLocalIp(byte[] dst, int at) {
        return writeIp(localAddress(), dst, at);
    }

    private static int writeIp(InetSocketAddress address, byte[] dst, int at) {
        byte[] octets = address.getAddress().getAddress();
        System.arraycopy(octets, 0, dst, at, octets.length);
        return at + octets.length;
    }

    /** The local address; may allocate. */
    public abstract InetSocketAddress localAddress();

    /**
     * Sends one message. The octets are copied before this returns. Writes of one turn of the event loop leave together.
     *
     * @return {@link #SENT}, {@link #BACK_PRESSURED}, {@link #CLOSED} or {@link #TOO_LONG}
     */
    public abstract int send(byte[] bytes, int offset, int length);

    /**
     * Shows a NAT that the flow is in use, and finds out whether the peer is still there: over a connection a double CRLF, which the peer
     * answers by one (RFC 5626 §3.5.1). A connection on which nothing comes within 10 s after that is closed, and its users are told. Over
     * UDP, where this would take STUN, nothing is done. On any thread.
     *
     * @return what {@link #send} returns
     */
    public int keepAlive() {
        return isOpen() ? SENT : CLOSED;
    }

    /**
     * Says that the peer has shown who it is: when more comes over UDP than can be worked on, other sources' datagrams are dropped first.
     * Over a connection, where TCP makes the peer wait, nothing is done. On the flow's loop.
     */
    public void vouch() {}

    /** The form of this flow that may be kept: immutable, with the same {@link #id}. */
    public abstract Flow toShared();

    /** Runs a task on this flow's event loop, at once when called on it. */
    public abstract void execute(Runnable task);

    /** Two flows are equal when their ids are. */
    @Override
    public final boolean equals(Object other) {
        return other instanceof Flow && ((Flow) other).id() == id();
    }

    @Override
    public final int hashCode() {
        return Long.hashCode(id() * 0x9E3779B97F4A7C15L);
    }

    /** The transport and the peer, for logs. */
    @Override
    public String toString() {
        byte[] text = new byte[MAX_HOST_TEXT];
        @SuppressWarnings("deprecation") // octets are ASCII
        String host = new String(text, 0, 0, writeRemoteHost(text, 0));
        return transport().scheme() + "://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + remotePort();
    }
}

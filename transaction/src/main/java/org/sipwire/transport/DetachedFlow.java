/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/**
 * A flow without a socket, for tests and benchmarks of code that uses flows: what is sent is dropped, tasks run at once, and the peer's
 * address is what was said. A subclass overrides {@link #send} to keep what is sent. May be used on any thread as far as its subclass
 * may.
 *
 * <p>Shared: immutable.
 */
public class DetachedFlow extends Flow {

    private static final byte[] LOCAL_4 = "192.0.2.1".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LOCAL_6 = "2001:db8::1".getBytes(StandardCharsets.US_ASCII);
    private static final int LOCAL_PORT = 5060;

    private final Transport transport;
    private final long id;
    private final byte[] host;
    private final byte[] ip;
    private final int port;

    /**
     * A flow to a peer.
     *
     * @param host an IP address, IPv6 without brackets
     */
    public DetachedFlow(Transport transport, long id, String host, int port) {
        this.transport = transport;
        this.id = id;
        this.host = host.getBytes(StandardCharsets.US_ASCII);
        this.port = port;
        ip = new InetSocketAddress(host, port).getAddress().getAddress();
    }

    /** A flow to a peer, whose id is made of all three. */
    public DetachedFlow(Transport transport, String host, int port) {
        this(transport, 1L << 60 | (long) host.hashCode() << 20 | (long) port << 4 | transport.ordinal(), host, port);
    }

    @Override
    public Transport transport() {
        return transport;
    }

    @Override
    public int loopIndex() {
        return 0;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public int writeRemoteHost(byte[] dst, int at) {
        System.arraycopy(host, 0, dst, at, host.length);
        return at + host.length;
    }

    @Override
    public int writeRemoteIp(byte[] dst, int at) {
        System.arraycopy(ip, 0, dst, at, ip.length);
        return at + ip.length;
    }

    @Override
    public int remotePort() {
        return port;
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return new InetSocketAddress(new String(host, StandardCharsets.US_ASCII), port);
    }

    private byte[] local() {
        for (byte octet : host) {
            if (octet == ':') {
                return LOCAL_6;
            }
        }
        return LOCAL_4;
    }

    /** Writes 192.0.2.1, or 2001:db8::1 to a peer of IPv6: addresses of documentation. */
    @Override
    public int writeLocalHost(byte[] dst, int at) {
        byte[] local = local();
        System.arraycopy(local, 0, dst, at, local.length);
        return at + local.length;
    }

    @Override
    public int localPort() {
        return LOCAL_PORT;
    }

    @Override
    public InetSocketAddress localAddress() {
        return new InetSocketAddress(new String(local(), StandardCharsets.US_ASCII), LOCAL_PORT);
    }

    @Override
    public int send(byte[] bytes, int offset, int length) {
        return SENT;
    }

    @Override
    public Flow toShared() {
        return this;
    }

    @Override
    public void execute(Runnable task) {
        task.run();
    }
}

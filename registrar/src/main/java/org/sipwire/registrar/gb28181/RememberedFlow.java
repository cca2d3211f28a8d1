/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/**
 * Where a device was registered from before this process began, as the location service has kept it. It stands in for the device's flow
 * until the first message comes from there again; then the real flow takes its place.
 *
 * <p>Ids of flows are a process's own, so the two are compared by transport, address and port. A connection did not survive the process:
 * such a device is reached when it registers again.
 *
 * <p>Shared, except {@link #reach}, which is confined to the device's home loop.
 */
final class RememberedFlow extends Flow {
    /** Above the ids of datagram flows and connections. */
    private static final long ID = 3L << 62;

    private static final AtomicLong SERIAL = new AtomicLong();

    private final Transport transport;
    private final int home;
    private final byte[] host;
    private final int port;
    private final long id = ID | SERIAL.incrementAndGet();

    /** The way there that this side has opened to ask something before the device was heard; null until then. */
    Flow reach;

    private RememberedFlow(Transport transport, int home, byte[] host, int port) {
        this.transport = transport;
        this.home = home;
        this.host = host;
        this.port = port;
    }

    /** The flow of a source, or null when the text is no address: nothing here is ever resolved. */
    static RememberedFlow of(Transport transport, int home, byte[] octets, int offset, int length, int port) {
        byte[] host = Arrays.copyOfRange(octets, offset, offset + length);
        String text = new String(host, StandardCharsets.ISO_8859_1);
        boolean address = NetUtil.isValidIpV4Address(text) || NetUtil.isValidIpV6Address(text);
        return address && port > 0 ? new RememberedFlow(transport, home, host, port) : null;
    }

    /** Whether a datagram of that flow comes from where the device was. */
    boolean isSource(Flow flow) {
        return flow.transport() == Transport.UDP
                && transport == Transport.UDP
                && flow.remotePort() == port
                && isSameHost(this, flow);
    }

    /** Whether that flow's peer has the address the device had, whatever its port. */
    static boolean isSameHost(Flow known, Flow flow) {
        byte[] one = new byte[MAX_HOST_TEXT];
        byte[] other = new byte[MAX_HOST_TEXT];
        int length = known.writeRemoteHost(one, 0);
        return Arrays.equals(one, 0, length, other, 0, flow.writeRemoteHost(other, 0));
    }

    @Override
    public Transport transport() {
        return transport;
    }

    @Override
    public int loopIndex() {
        return home;
    }

    @Override
    public boolean isOpen() {
        return false;
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
    public int remotePort() {
        return port;
    }

    @Override
    public InetSocketAddress remoteAddress() {
        byte[] octets = NetUtil.createByteArrayFromIpAddressString(new String(host, StandardCharsets.ISO_8859_1));
        try {
            return new InetSocketAddress(InetAddress.getByAddress(octets), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + octets.length + " octets", e);
        }
    }

    @Override
    public int writeLocalHost(byte[] dst, int at) {
        return at;
    }

    @Override
    public int localPort() {
        return 0;
    }

    @Override
    public InetSocketAddress localAddress() {
        return new InetSocketAddress(0);
    }

    @Override
    public int send(byte[] bytes, int offset, int length) {
        return CLOSED;
    }

    @Override
    public Flow toShared() {
        return this;
    }

    @Override
    public void execute(Runnable task) {
        throw new UnsupportedOperationException("a remembered flow has no loop");
    }
}

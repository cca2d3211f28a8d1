/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.sipwire.codec.internal.IpText;

/**
 * A peer's address and port as numbers, so that a datagram needs no address object. Confined to the thread that owns it.
 *
 * <p>An IPv4-mapped IPv6 address, which is how a socket of both families shows an IPv4 peer, is the IPv4 address to everybody but the
 * socket: its text and its key are those of IPv4.
 *
 * <p>Borrowed when a loop's flyweight; {@link #copy} to keep.
 */
final class PeerAddress {
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle HALF = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private final byte[] octets = new byte[16];
    private int length;
    private int scope;
    private int port;

    /** Takes {@code length} octets, 4 or 16, of an address in network order. */
    PeerAddress set(byte[] address, int addressLength, int scopeId, int portNumber) {
        System.arraycopy(address, 0, octets, 0, addressLength);
        length = addressLength;
        scope = scopeId;
        port = portNumber;
        return this;
    }

    /** Takes an address of the JDK; allocates. */
    PeerAddress set(InetSocketAddress address) {
        InetAddress ip = address.getAddress();
        byte[] bytes = ip.getAddress();
        return set(bytes, bytes.length, ip instanceof Inet6Address six ? six.getScopeId() : 0, address.getPort());
    }

    /** Whether the other is the same address, zone and port, in the same form: IPv4-mapped is not IPv4 here. */
    boolean isSame(PeerAddress other) {
        return port == other.port
                && length == other.length
                && scope == other.scope
                && (int) HALF.get(octets, 0) == (int) HALF.get(other.octets, 0)
                && (length == 4 || high() == other.high() && low() == other.low());
    }

    PeerAddress copy() {
        return new PeerAddress().set(octets, length, scope, port);
    }

    /** The octets, of which {@link #length} count. */
    byte[] octets() {
        return octets;
    }

    int length() {
        return length;
    }

    int scope() {
        return scope;
    }

    int port() {
        return port;
    }

    /** True for IPv4, mapped or not. */
    boolean isIpv4() {
        return length == 4 || high() == 0 && (int) HALF.get(octets, 8) == 0xFFFF;
    }

    /** The IPv4 address as a number. */
    int ipv4() {
        return (int) HALF.get(octets, length == 4 ? 0 : 12);
    }

    /** Writes the octets, four for IPv4, mapped or not; returns the position behind them. */
    int writeIp(byte[] dst, int at) {
        int from = length == 16 && isIpv4() ? 12 : 0;
        System.arraycopy(octets, from, dst, at, length - from);
        return at + length - from;
    }

    /** The first half of an IPv6 address. */
    long high() {
        return (long) WORD.get(octets, 0);
    }

    /** The second half of an IPv6 address. */
    long low() {
        return (long) WORD.get(octets, 8);
    }

    /** The same as an address of the JDK; allocates. */
    InetSocketAddress toSocketAddress() {
        try {
            byte[] bytes = Arrays.copyOf(octets, length);
            InetAddress ip = length == 16 && scope != 0
                    ? Inet6Address.getByAddress(null, bytes, scope)
                    : InetAddress.getByAddress(bytes);
            return new InetSocketAddress(ip, port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + length + " octets", e);
        }
    }

    /**
     * Writes the address as text, IPv6 in the form RFC 5952 §4 recommends and without brackets or zone.
     *
     * @return the position behind the text
     */
    int writeHost(byte[] dst, int at) {
        int from = length == 16 && isIpv4() ? 12 : 0;
        return IpText.write(octets, from, length - from, dst, at);
    }
}

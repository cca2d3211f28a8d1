/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * A peer's address and port as numbers, so that a datagram needs no address object. Confined to the thread that owns it.
 *
 * <p>Borrowed when a loop's flyweight; {@link #copy} to keep.
 */
final class PeerAddress {
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

    PeerAddress set(InetSocketAddress address) {
        InetAddress ip = address.getAddress();
        byte[] bytes = ip.getAddress();
        return set(bytes, bytes.length, ip instanceof Inet6Address six ? six.getScopeId() : 0, address.getPort());
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

    /** The same as an address of the JDK; allocates. */
    InetSocketAddress toSocketAddress() {
        try {
            byte[] bytes = java.util.Arrays.copyOf(octets, length);
            InetAddress ip = length == 16 && scope != 0
                    ? Inet6Address.getByAddress(null, bytes, scope)
                    : InetAddress.getByAddress(bytes);
            return new InetSocketAddress(ip, port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + length + " octets", e);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.sipwire.transport.Flow;

/**
 * Which address of this machine a peer sees, when a listening point is bound to all of them. The system's routes are asked once a
 * network (an IPv4 /24, an IPv6 /64) and remembered. Confined to its loop.
 *
 * <p>Devices discard requests whose Via or Contact shows another address than the one they dialled, and nobody reaches 0.0.0.0.
 *
 * <p>Owned by its loop.
 */
final class LocalHosts {
    private static final int MAX_NETWORKS = 4096;
    private static final int DISCARD_PORT = 9;

    private final Map<Long, Host> byNetwork = new HashMap<>();
    private long lastNetwork;
    private Host last;

    /**
     * An address of this machine.
     *
     * @param text as in a Via
     * @param octets 4 or 16
     */
    record Host(byte[] text, byte[] octets) {
        static Host of(InetSocketAddress address) {
            byte[] ip = new byte[16];
            int length = new PeerAddress().set(address).writeIp(ip, 0);
            return new Host(LocalHosts.text(address), Arrays.copyOf(ip, length));
        }
    }

    /** The text of the host that is the same for every peer, or null when the socket is bound to a wildcard. */
    static byte[] fixedText(String advertisedHost, InetSocketAddress local) {
        if (advertisedHost != null) {
            return advertisedHost.getBytes(StandardCharsets.US_ASCII);
        }
        return local.getAddress().isAnyLocalAddress() ? null : text(local);
    }

    /** The address from which this machine reaches the peer. */
    Host toReach(PeerAddress peer) {
        long network = peer.isIpv4() ? peer.ipv4() >>> 8 : peer.high() | 1L << 63;
        if (last != null && lastNetwork == network) {
            return last;
        }
        Host found = byNetwork.get(network);
        if (found == null) {
            if (byNetwork.size() >= MAX_NETWORKS) {
                byNetwork.clear();
            }
            found = probe(peer);
            byNetwork.put(network, found);
        }
        lastNetwork = network;
        last = found;
        return found;
    }

    private static Host probe(PeerAddress peer) {
        // Connecting a datagram socket sends nothing: it asks the routes.
        try (DatagramChannel channel = DatagramChannel.open()) {
            InetSocketAddress to = peer.toSocketAddress();
            channel.connect(to.getPort() == 0 ? new InetSocketAddress(to.getAddress(), DISCARD_PORT) : to);
            return Host.of((InetSocketAddress) channel.getLocalAddress());
        } catch (IOException unroutable) {
            return Host.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        }
    }

    private static byte[] text(InetSocketAddress address) {
        byte[] text = new byte[Flow.MAX_HOST_TEXT];
        int length = new PeerAddress().set(address).writeHost(text, 0);
        return Arrays.copyOf(text, length);
    }
}

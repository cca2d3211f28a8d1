/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import java.nio.ByteBuffer;

/**
 * Writes messages as packets of the Homer Encapsulation Protocol, version 3, which Homer and other collectors take.
 *
 * <pre>
 *   "HEP3" | total length, 16 bits | chunk: vendor 0, type, length with these 6 octets, 16 bits each | value | chunk ...
 *
 *   type    value
 *   0x0001  address family, 2 IPv4, 10 IPv6      0x0007/8  source and destination port
 *   0x0002  IP protocol, 17 UDP, 6 TCP           0x0009/a  seconds since 1970, microseconds
 *   0x0003/4  source, destination, IPv4          0x000b    protocol of the payload, 1 SIP
 *   0x0005/6  source, destination, IPv6          0x000c    the capture agent's number
 *                                                0x000f    the message
 * </pre>
 *
 * <p>One thread at a time.
 */
public final class HepWriter {
    private static final int MAX_PACKET = 65_507;
    private static final int SIP = 1;

    private final ByteBuffer packet = ByteBuffer.allocate(MAX_PACKET);
    private final int agent;

    /** A writer for the capture agent of this number, which Homer shows. */
    public HepWriter(int agent) {
        this.agent = agent;
    }

    /**
     * Writes one message.
     *
     * @return the packet, from its position to its limit, Borrowed until the next call; null when the message fits in no datagram
     */
    public ByteBuffer write(CapturedMessage message) {
        byte[] octets = message.octets();
        boolean ipv6 = message.source().isIpv6() || message.destination().isIpv6();
        packet.clear();
        packet.putInt(0x48455033).putShort((short) 0);
        chunk(0x0001, 1).put((byte) (ipv6 ? 10 : 2));
        chunk(0x0002, 1).put((byte) (message.isDatagram() ? 17 : 6));
        address(ipv6 ? 0x0005 : 0x0003, message.source(), ipv6);
        address(ipv6 ? 0x0006 : 0x0004, message.destination(), ipv6);
        chunk(0x0007, 2).putShort((short) message.source().port());
        chunk(0x0008, 2).putShort((short) message.destination().port());
        chunk(0x0009, 4).putInt((int) Math.floorDiv(message.timeMicros(), 1_000_000L));
        chunk(0x000A, 4).putInt((int) Math.floorMod(message.timeMicros(), 1_000_000L));
        chunk(0x000B, 1).put((byte) SIP);
        chunk(0x000C, 4).putInt(agent);
        if (packet.remaining() < 6 + octets.length) {
            return null;
        }
        chunk(0x000F, octets.length).put(octets);
        packet.putShort(4, (short) packet.position());
        return packet.flip();
    }

    private ByteBuffer chunk(int type, int length) {
        return packet.putShort((short) 0).putShort((short) type).putShort((short) (6 + length));
    }

    private void address(int type, Endpoint endpoint, boolean ipv6) {
        byte[] ip = endpoint.ip();
        chunk(type, ipv6 ? 16 : 4);
        if (ipv6 && ip.length == 4) {
            packet.putLong(0).putInt(0xFFFF);
        }
        packet.put(ip);
    }
}

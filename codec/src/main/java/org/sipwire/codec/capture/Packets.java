/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Takes packets apart down to UDP and TCP: link headers with VLAN tags, IPv4 and IPv6 with their fragments put together, IP within IP.
 *
 * <p>Nothing is thrown: a packet that ends within its headers is counted. One thread.
 */
final class Packets {
    private static final int LINK_NULL = 0;
    private static final int LINK_ETHERNET = 1;
    private static final int LINK_RAW = 101;
    private static final int LINK_LOOP = 108;
    private static final int LINK_COOKED = 113;
    private static final int LINK_IPV4 = 228;
    private static final int LINK_IPV6 = 229;
    private static final int LINK_COOKED_2 = 276;
    private static final int TYPE_IPV4 = 0x0800;
    private static final int TYPE_IPV6 = 0x86DD;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int FRAGMENT = 44;
    private static final int MAX_FRAGMENTED = 1024;
    private static final int MAX_PACKET = 65_535;
    private static final int MAX_NESTED = 4;

    /** What is interested in what packets carry. */
    interface Receiver {
        /**
         * A datagram.
         *
         * @param octets from position to limit
         * @param cut whether its end was not captured
         */
        void onDatagram(Endpoint from, Endpoint to, ByteBuffer octets, boolean cut);

        /**
         * A segment.
         *
         * @param octets from position to limit
         */
        void onSegment(Endpoint from, Endpoint to, long sequence, int flags, ByteBuffer octets);
    }

    private record FragmentKey(String from, String to, int id, int protocol) {}

    private static final class Fragments {
        private final TreeMap<Integer, byte[]> parts = new TreeMap<>();
        private int end = -1;

        /** All of them as one, or null while some are missing. */
        byte[] whole() {
            if (end < 0) {
                return null;
            }
            byte[] all = new byte[end];
            int filled = 0;
            for (Map.Entry<Integer, byte[]> part : parts.entrySet()) {
                int at = part.getKey();
                if (at > filled) {
                    return null;
                }
                int length = Math.min(part.getValue().length, end - at);
                if (at + length > filled) {
                    System.arraycopy(part.getValue(), filled - at, all, filled, at + length - filled);
                    filled = at + length;
                }
            }
            return filled == end ? all : null;
        }
    }

    private final Receiver receiver;
    private final Map<FragmentKey, Fragments> fragmented = new LinkedHashMap<>();
    private long undecoded;
    private int nested;

    Packets(Receiver receiver) {
        this.receiver = receiver;
    }

    /** Packets that end within their headers. */
    long undecoded() {
        return undecoded;
    }

    /** Whether packets of this kind of link can be read. */
    static boolean knows(int linkType) {
        return switch (linkType) {
            case LINK_NULL,
                    LINK_ETHERNET,
                    12,
                    14,
                    LINK_RAW,
                    LINK_LOOP,
                    LINK_COOKED,
                    LINK_IPV4,
                    LINK_IPV6,
                    LINK_COOKED_2 -> true;
            default -> false;
        };
    }

    /** One packet, from position to limit. */
    void onPacket(int linkType, ByteBuffer packet, boolean cut) {
        nested = 0;
        try {
            switch (linkType) {
                case LINK_ETHERNET -> byType(packet, packet.position() + 12, cut);
                case LINK_COOKED -> byType(packet, packet.position() + 14, cut);
                case LINK_COOKED_2 -> {
                    int type = packet.getShort(packet.position()) & 0xFFFF;
                    network(packet.position(packet.position() + 20), type, cut);
                }
                case LINK_NULL, LINK_LOOP -> loopback(packet, cut);
                default -> ip(packet, cut);
            }
        } catch (IndexOutOfBoundsException | BufferUnderflowException | IllegalArgumentException e) {
            undecoded++;
        }
    }

    /** The address family of BSD is 2 or one of several numbers of IPv6, in the order of the machine that captured. */
    private void loopback(ByteBuffer packet, boolean cut) {
        packet.position(packet.position() + 4);
        ip(packet, cut);
    }

    private void byType(ByteBuffer packet, int typeAt, boolean cut) {
        int at = typeAt;
        int type = packet.getShort(at) & 0xFFFF;
        // IEEE 802.1Q and 802.1ad tags, and what came before them.
        while (type == 0x8100 || type == 0x88A8 || type == 0x9100) {
            at += 4;
            type = packet.getShort(at) & 0xFFFF;
        }
        network(packet.position(at + 2), type, cut);
    }

    private void network(ByteBuffer packet, int type, boolean cut) {
        if (type == TYPE_IPV4 || type == TYPE_IPV6) {
            ip(packet, cut);
        }
    }

    private void ip(ByteBuffer packet, boolean cut) {
        packet.order(ByteOrder.BIG_ENDIAN);
        int version = packet.get(packet.position()) >>> 4 & 0xF;
        if (++nested > MAX_NESTED) {
            return;
        }
        if (version == 4) {
            ipv4(packet, cut);
        } else if (version == 6) {
            ipv6(packet, cut);
        }
    }

    private void ipv4(ByteBuffer packet, boolean cut) {
        int at = packet.position();
        int header = (packet.get(at) & 0xF) * 4;
        int total = packet.getShort(at + 2) & 0xFFFF;
        int limit = packet.limit();
        // A network card that cuts TCP into packets itself shows them whole, and with a length of 0 when that is too
        // much.
        boolean shorter = total == 0 ? cut : at + total > limit;
        if (total != 0 && !shorter) {
            packet.limit(at + total);
        }
        int fragment = packet.getShort(at + 6) & 0xFFFF;
        int protocol = packet.get(at + 9) & 0xFF;
        byte[] ips = new byte[8];
        packet.get(at + 12, ips);
        packet.position(at + header);
        Endpoint from = Endpoint.of(ips, 0, 4, 0);
        Endpoint to = Endpoint.of(ips, 4, 4, 0);
        if ((fragment & 0x3FFF) == 0) {
            transport(from, to, protocol, packet, shorter);
        } else {
            int id = packet.getShort(at + 4) & 0xFFFF;
            fragment(
                    new FragmentKey(from.host(), to.host(), id, protocol),
                    (fragment & 0x1FFF) * 8,
                    (fragment & 0x2000) != 0,
                    packet,
                    from,
                    to);
        }
    }

    private void ipv6(ByteBuffer packet, boolean cut) {
        int at = packet.position();
        int payload = packet.getShort(at + 4) & 0xFFFF;
        boolean shorter = payload == 0 ? cut : at + 40 + payload > packet.limit();
        if (payload != 0 && !shorter) {
            packet.limit(at + 40 + payload);
        }
        byte[] ips = new byte[32];
        packet.get(at + 8, ips);
        Endpoint from = Endpoint.of(ips, 0, 16, 0);
        Endpoint to = Endpoint.of(ips, 16, 16, 0);
        int next = packet.get(at + 6) & 0xFF;
        int header = at + 40;
        // RFC 8200 §4: hop-by-hop options, routing, destination options; RFC 4302: authentication.
        while (next == 0 || next == 43 || next == 60 || next == 51) {
            int length = packet.get(header + 1) & 0xFF;
            int octets = next == 51 ? (length + 2) * 4 : (length + 1) * 8;
            next = packet.get(header) & 0xFF;
            header += octets;
        }
        if (next != FRAGMENT) {
            transport(from, to, next, packet.position(header), shorter);
            return;
        }
        int offsetAndMore = packet.getShort(header + 2) & 0xFFFF;
        int protocol = packet.get(header) & 0xFF;
        int id = packet.getInt(header + 4);
        fragment(
                new FragmentKey(from.host(), to.host(), id, protocol),
                offsetAndMore & 0xFFF8,
                (offsetAndMore & 1) != 0,
                packet.position(header + 8),
                from,
                to);
    }

    private void fragment(FragmentKey key, int offset, boolean more, ByteBuffer packet, Endpoint from, Endpoint to) {
        if (offset + packet.remaining() > MAX_PACKET) {
            undecoded++;
            return;
        }
        Fragments fragments = fragmented.computeIfAbsent(key, k -> new Fragments());
        byte[] part = new byte[packet.remaining()];
        packet.get(part);
        fragments.parts.putIfAbsent(offset, part);
        if (!more) {
            fragments.end = offset + part.length;
        }
        byte[] whole = fragments.whole();
        if (whole != null) {
            fragmented.remove(key);
            transport(from, to, key.protocol, ByteBuffer.wrap(whole), false);
        } else if (fragmented.size() > MAX_FRAGMENTED) {
            fragmented.remove(fragmented.keySet().iterator().next());
        }
    }

    private void transport(Endpoint from, Endpoint to, int protocol, ByteBuffer packet, boolean cut) {
        int at = packet.position();
        switch (protocol) {
            case UDP -> {
                int length = packet.getShort(at + 4) & 0xFFFF;
                boolean shorter = cut || length >= 8 && at + length > packet.limit();
                if (length >= 8 && at + length <= packet.limit()) {
                    packet.limit(at + length);
                }
                receiver.onDatagram(
                        new Endpoint(from.host(), packet.getShort(at) & 0xFFFF),
                        new Endpoint(to.host(), packet.getShort(at + 2) & 0xFFFF),
                        packet.position(at + 8),
                        shorter);
            }
            case TCP -> {
                int header = (packet.get(at + 12) >>> 4 & 0xF) * 4;
                receiver.onSegment(
                        new Endpoint(from.host(), packet.getShort(at) & 0xFFFF),
                        new Endpoint(to.host(), packet.getShort(at + 2) & 0xFFFF),
                        packet.getInt(at + 4) & 0xFFFF_FFFFL,
                        packet.get(at + 13) & 0xFF,
                        packet.position(at + header));
            }
            case 4, 41 -> ip(packet, cut);
            default -> {
                // Neither of the protocols SIP runs over.
            }
        }
    }

    /** The octets from position to limit. */
    static byte[] octets(ByteBuffer buffer) {
        return Arrays.copyOfRange(
                buffer.array(), buffer.arrayOffset() + buffer.position(), buffer.arrayOffset() + buffer.limit());
    }
}

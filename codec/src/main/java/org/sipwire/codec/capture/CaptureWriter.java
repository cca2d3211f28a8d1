/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes messages as a capture file (pcap 2.4, microseconds, LINKTYPE_RAW) that Wireshark, tshark and sngrep open.
 *
 * <p>A message is known, the packets that carried it are not: their headers are made up, with checksums that hold. Over UDP a message is
 * one packet. What ran over TCP, also within TLS or a WebSocket, becomes a TCP stream between the same ports: a handshake before the
 * first message, then segments of {@value #SEGMENT} octets whose sequence numbers fit, so that readers put the messages together again.
 *
 * <pre>
 *   file header | record header: time, captured, original | IPv4 or IPv6 | UDP or TCP | octets | record header ...
 * </pre>
 *
 * <p>One thread at a time. The stream stays the caller's, who closes it.
 */
public final class CaptureWriter {
    /** The octets of a message that one TCP segment carries. */
    static final int SEGMENT = 1400;

    private static final int LINKTYPE_RAW = 101;
    private static final int SNAP_LENGTH = 262_144;
    private static final int MAX_DATAGRAM = 65_507;
    private static final int UDP = 17;
    private static final int TCP = 6;
    private static final int SYN = 0x02;
    private static final int ACK = 0x10;
    private static final int PUSH_ACK = 0x18;
    private static final int WINDOW = 65_535;
    private static final int HOP_LIMIT = 64;

    private final OutputStream out;
    private final ByteBuffer packet = ByteBuffer.allocate(16 + 60 + 65_535);
    /** The next sequence number of each direction of each connection. */
    private final Map<Direction, Integer> sequence = new HashMap<>();

    private int identification;

    private record Direction(Endpoint from, Endpoint to) {
        Direction back() {
            return new Direction(to, from);
        }
    }

    /** Writes the file's header. */
    public CaptureWriter(OutputStream out) throws IOException {
        this.out = out;
        ByteBuffer header = ByteBuffer.allocate(24);
        header.putInt(0xA1B2C3D4)
                .putShort((short) 2)
                .putShort((short) 4)
                .putInt(0)
                .putInt(0);
        header.putInt(SNAP_LENGTH).putInt(LINKTYPE_RAW);
        out.write(header.array());
    }

    /** Writes the packets of one message; messages come in the order of their times. */
    public void write(CapturedMessage message) throws IOException {
        byte[] octets = message.octets();
        Direction direction = new Direction(message.source(), message.destination());
        if (message.isDatagram()) {
            int length = Math.min(octets.length, MAX_DATAGRAM);
            begin(direction, UDP, 8 + length);
            int at = packet.position();
            packet.putShort((short) direction.from.port()).putShort((short) direction.to.port());
            packet.putShort((short) (8 + length)).putShort((short) 0).put(octets, 0, length);
            // RFC 768: a sum of 0 is sent as its other form, since 0 says that there is none.
            int sum = checksum(direction, UDP, at);
            packet.putShort(at + 6, (short) (sum == 0 ? 0xFFFF : sum));
            end(message.timeMicros());
            return;
        }
        if (!sequence.containsKey(direction)) {
            handshake(direction, message.timeMicros());
        }
        for (int from = 0; from < octets.length; from += SEGMENT) {
            segment(direction, PUSH_ACK, octets, from, Math.min(SEGMENT, octets.length - from), message.timeMicros());
        }
    }

    private void handshake(Direction direction, long timeMicros) throws IOException {
        byte[] none = {};
        sequence.put(direction, 1000);
        sequence.put(direction.back(), 5000);
        segment(direction, SYN, none, 0, 0, timeMicros);
        sequence.merge(direction, 1, Integer::sum);
        segment(direction.back(), SYN | ACK, none, 0, 0, timeMicros);
        sequence.merge(direction.back(), 1, Integer::sum);
        segment(direction, ACK, none, 0, 0, timeMicros);
    }

    private void segment(Direction direction, int flags, byte[] octets, int from, int length, long timeMicros)
            throws IOException {
        begin(direction, TCP, 20 + length);
        int at = packet.position();
        packet.putShort((short) direction.from.port()).putShort((short) direction.to.port());
        packet.putInt(sequence.get(direction));
        packet.putInt((flags & ACK) == 0 ? 0 : sequence.get(direction.back()));
        packet.put((byte) 0x50).put((byte) flags).putShort((short) WINDOW).putInt(0);
        packet.put(octets, from, length);
        packet.putShort(at + 16, (short) checksum(direction, TCP, at));
        end(timeMicros);
        sequence.merge(direction, length, Integer::sum);
    }

    /** Begins a packet: leaves room for the record's header and writes that of IP. */
    private void begin(Direction direction, int protocol, int payload) {
        byte[] from = direction.from.ip();
        byte[] to = direction.to.ip();
        packet.clear().position(16);
        if (isIpv6(direction)) {
            packet.putInt(0x60000000)
                    .putShort((short) payload)
                    .put((byte) protocol)
                    .put((byte) HOP_LIMIT);
            putIpv6(from);
            putIpv6(to);
            return;
        }
        packet.put((byte) 0x45).put((byte) 0).putShort((short) (20 + payload));
        packet.putShort((short) ++identification).putShort((short) 0x4000);
        packet.put((byte) HOP_LIMIT)
                .put((byte) protocol)
                .putShort((short) 0)
                .put(from)
                .put(to);
        packet.putShort(26, (short) fold(sum(0, 16, 36)));
    }

    private static boolean isIpv6(Direction direction) {
        return direction.from.isIpv6() || direction.to.isIpv6();
    }

    private void putIpv6(byte[] ip) {
        if (ip.length == 4) {
            packet.putLong(0).putInt(0xFFFF);
        }
        packet.put(ip);
    }

    /** The checksum of UDP and TCP over the pseudo header (RFC 768, RFC 9293 §3.1, RFC 8200 §8.1) and what follows the IP header. */
    private int checksum(Direction direction, int protocol, int at) {
        int end = packet.position();
        int addresses = isIpv6(direction) ? 32 : 8;
        return fold(sum(sum(protocol + end - at, at - addresses, at), at, end));
    }

    private long sum(long start, int from, int end) {
        long sum = start;
        for (int i = from; i + 1 < end; i += 2) {
            sum += packet.getShort(i) & 0xFFFF;
        }
        return (end - from & 1) == 0 ? sum : sum + ((packet.get(end - 1) & 0xFF) << 8);
    }

    private static int fold(long sum) {
        long folded = sum;
        while (folded >>> 16 != 0) {
            folded = (folded & 0xFFFF) + (folded >>> 16);
        }
        return (int) ~folded & 0xFFFF;
    }

    private void end(long timeMicros) throws IOException {
        int length = packet.position() - 16;
        packet.putInt(0, (int) Math.floorDiv(timeMicros, 1_000_000L));
        packet.putInt(4, (int) Math.floorMod(timeMicros, 1_000_000L));
        packet.putInt(8, length).putInt(12, length);
        out.write(packet.array(), 0, packet.position());
    }
}

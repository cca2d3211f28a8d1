/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Unpacks packets of the Homer Encapsulation Protocol, version 3: what {@link HepWriter} writes, and other agents with chunks of their own.
 *
 * <p>Stateless: any thread.
 */
final class HepReader {
    private static final int MAGIC = 0x48455033;
    private static final int HEADER = 6;
    private static final int TCP = 6;
    private static final int SIP = 1;

    private HepReader() {}

    /**
     * The SIP message in a packet.
     *
     * @return null when the packet is none of this protocol, is damaged or carries something else
     */
    static CapturedMessage read(byte[] octets) {
        ByteBuffer packet = ByteBuffer.wrap(octets);
        if (octets.length < HEADER || packet.getInt() != MAGIC || (packet.getShort() & 0xFFFF) > octets.length) {
            return null;
        }
        packet.limit(packet.getShort(4) & 0xFFFF);
        try {
            return message(packet);
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            return null;
        }
    }

    private static CapturedMessage message(ByteBuffer packet) {
        byte[] from = null;
        byte[] to = null;
        byte[] payload = null;
        int fromPort = 0;
        int toPort = 0;
        int protocol = 0;
        int carried = SIP;
        long micros = 0;
        while (packet.remaining() >= HEADER) {
            int vendor = packet.getShort();
            int type = packet.getShort();
            ByteBuffer value = value(packet);
            switch (vendor == 0 ? type : 0) {
                case 0x0002 -> protocol = value.get();
                case 0x0003, 0x0005 -> from = octets(value, type == 0x0003 ? 4 : 16);
                case 0x0004, 0x0006 -> to = octets(value, type == 0x0004 ? 4 : 16);
                case 0x0007 -> fromPort = value.getShort() & 0xFFFF;
                case 0x0008 -> toPort = value.getShort() & 0xFFFF;
                case 0x0009 -> micros += (value.getInt() & 0xFFFF_FFFFL) * 1_000_000L;
                case 0x000A -> micros += value.getInt();
                case 0x000B -> carried = value.get();
                case 0x000F -> payload = octets(value, value.remaining());
                default -> {
                    // Who captured it, and what else an agent may say.
                }
            }
        }
        if (from == null
                || to == null
                || payload == null
                || carried != SIP
                || SipStart.look(payload, 0, payload.length) != SipStart.YES) {
            return null;
        }
        return new CapturedMessage(
                micros,
                protocol == TCP ? "tcp" : "udp",
                Endpoint.of(from, 0, from.length, fromPort),
                Endpoint.of(to, 0, to.length, toPort),
                payload,
                false);
    }

    /** The value of a chunk whose vendor and type were read. */
    private static ByteBuffer value(ByteBuffer packet) {
        int length = (packet.getShort() & 0xFFFF) - HEADER;
        ByteBuffer value = packet.slice();
        // Both throw what is no number of octets here.
        value.limit(length);
        packet.position(packet.position() + length);
        return value;
    }

    private static byte[] octets(ByteBuffer value, int length) {
        if (value.remaining() != length) {
            throw new IllegalArgumentException("a chunk of " + value.remaining() + " octets");
        }
        return Arrays.copyOfRange(value.array(), value.arrayOffset(), value.arrayOffset() + length);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Builds capture files octet by octet. */
final class CaptureBytes {
    static final Endpoint DEVICE = new Endpoint("192.168.35.165", 5080);
    static final Endpoint PLATFORM = new Endpoint("192.168.35.166", 5060);
    static final Endpoint DEVICE_6 = new Endpoint("2001:db8::165", 5080);
    static final Endpoint PLATFORM_6 = new Endpoint("2001:db8::166", 5060);

    private CaptureBytes() {}

    static CapturedMessage message(long micros, String transport, Endpoint from, Endpoint to, String text) {
        return new CapturedMessage(
                micros, transport, from, to, text.getBytes(StandardCharsets.ISO_8859_1), /* cut= */ false);
    }

    /** A request with a body of this many octets. */
    static String request(int cseq, int body) {
        return "MESSAGE sip:34020000001320000003@192.168.35.165:5080 SIP/2.0\r\nCSeq: " + cseq
                + " MESSAGE\r\nContent-Length: " + body + "\r\n\r\n" + "b".repeat(body);
    }

    /** What the writer writes. */
    static byte[] file(CapturedMessage... messages) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            CaptureWriter writer = new CaptureWriter(out);
            for (CapturedMessage message : messages) {
                writer.write(message);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** The IP packets of a file the writer wrote. */
    static List<byte[]> packets(byte[] file) {
        List<byte[]> packets = new ArrayList<>();
        for (int at = 24; at < file.length; ) {
            int length = ByteBuffer.wrap(file).getInt(at + 8);
            packets.add(Arrays.copyOfRange(file, at + 16, at + 16 + length));
            at += 16 + length;
        }
        return packets;
    }

    /** A pcap file of packets, each a microsecond after the one before. */
    static byte[] pcap(ByteOrder order, boolean nanos, int linkType, List<byte[]> packets) {
        ByteBuffer file = ByteBuffer.allocate(1 << 22).order(order);
        file.putInt(nanos ? 0xA1B23C4D : 0xA1B2C3D4).putShort((short) 2).putShort((short) 4);
        file.putInt(0).putInt(0).putInt(65_535).putInt(linkType);
        int i = 0;
        for (byte[] packet : packets) {
            file.putInt(1_616_570_703)
                    .putInt(i++ * (nanos ? 1000 : 1))
                    .putInt(packet.length)
                    .putInt(packet.length);
            file.put(packet);
        }
        return Arrays.copyOf(file.array(), file.position());
    }

    /** A pcapng file of packets with nanosecond stamps. */
    static byte[] pcapng(ByteOrder order, int linkType, List<byte[]> packets) {
        ByteBuffer file = ByteBuffer.allocate(1 << 22).order(order);
        file.putInt(0x0A0D0D0A)
                .putInt(28)
                .putInt(0x1A2B3C4D)
                .putShort((short) 1)
                .putShort((short) 0)
                .putLong(-1)
                .putInt(28);
        file.putInt(1).putInt(32).putShort((short) linkType).putShort((short) 0).putInt(0);
        file.putShort((short) 9)
                .putShort((short) 1)
                .put(new byte[] {9, 0, 0, 0})
                .putInt(0)
                .putInt(32);
        long stamp = 1_616_570_703_000_000_000L;
        for (byte[] packet : packets) {
            int padded = packet.length + 3 & ~3;
            file.putInt(6)
                    .putInt(32 + padded)
                    .putInt(0)
                    .putInt((int) (stamp >>> 32))
                    .putInt((int) stamp);
            file.putInt(packet.length)
                    .putInt(packet.length)
                    .put(Arrays.copyOf(packet, padded))
                    .putInt(32 + padded);
            // A block of statistics, to be passed over.
            file.putInt(5).putInt(24).putInt(0).putLong(0).putInt(24);
            stamp += 1000;
        }
        return Arrays.copyOf(file.array(), file.position());
    }

    /** The packets behind a header. */
    static List<byte[]> behind(byte[] header, List<byte[]> packets) {
        List<byte[]> framed = new ArrayList<>();
        for (byte[] packet : packets) {
            byte[] all = Arrays.copyOf(header, header.length + packet.length);
            System.arraycopy(packet, 0, all, header.length, packet.length);
            framed.add(all);
        }
        return framed;
    }

    static Capture read(byte[] file) throws IOException {
        return CaptureReader.read(new ByteArrayInputStream(file));
    }

    static List<String> texts(Capture capture) {
        return capture.messages().stream()
                .map(m -> new String(m.octets(), StandardCharsets.ISO_8859_1))
                .toList();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.sipwire.codec.capture.CaptureBytes.DEVICE;
import static org.sipwire.codec.capture.CaptureBytes.DEVICE_6;
import static org.sipwire.codec.capture.CaptureBytes.PLATFORM;
import static org.sipwire.codec.capture.CaptureBytes.PLATFORM_6;
import static org.sipwire.codec.capture.CaptureBytes.behind;
import static org.sipwire.codec.capture.CaptureBytes.file;
import static org.sipwire.codec.capture.CaptureBytes.message;
import static org.sipwire.codec.capture.CaptureBytes.packets;
import static org.sipwire.codec.capture.CaptureBytes.pcap;
import static org.sipwire.codec.capture.CaptureBytes.pcapng;
import static org.sipwire.codec.capture.CaptureBytes.read;
import static org.sipwire.codec.capture.CaptureBytes.request;
import static org.sipwire.codec.capture.CaptureBytes.texts;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CaptureReaderTest {
    private static final int RAW = 101;
    private static final String FIRST = request(1, 0);
    private static final String SECOND = request(2, 5_000);
    private static final List<byte[]> DATAGRAMS =
            packets(file(message(0, "udp", DEVICE, PLATFORM, FIRST), message(0, "udp", PLATFORM, DEVICE, SECOND)));

    private static byte[] header(int length, int typeAt, int... types) {
        ByteBuffer header = ByteBuffer.allocate(length);
        for (int i = 0; i < types.length; i++) {
            header.putShort(typeAt + 4 * i, (short) types[i]);
        }
        return header.array();
    }

    private static void assertBothMessages(byte[] file) throws IOException {
        Capture capture = read(file);
        assertThat(texts(capture)).containsExactly(FIRST, SECOND);
        assertThat(capture.notes()).isEmpty();
        assertThat(capture.undecoded()).isZero();
        assertThat(capture.messages().get(0).source()).isEqualTo(DEVICE);
        assertThat(capture.messages().get(0).destination()).isEqualTo(PLATFORM);
        assertThat(capture.messages().get(1).timeMicros()).isEqualTo(1_616_570_703_000_001L);
        assertThat(capture.messages()).noneMatch(CapturedMessage::cut);
    }

    @Test
    void everyFormOfFileIsRead() throws IOException {
        for (ByteOrder order : List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)) {
            assertBothMessages(pcap(order, false, RAW, DATAGRAMS));
            assertBothMessages(pcap(order, true, RAW, DATAGRAMS));
            assertBothMessages(pcapng(order, RAW, DATAGRAMS));
        }
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(pcap(ByteOrder.LITTLE_ENDIAN, false, RAW, DATAGRAMS));
        }
        assertBothMessages(packed.toByteArray());
    }

    @Test
    void everyLinkIsRead() throws IOException {
        ByteOrder order = ByteOrder.LITTLE_ENDIAN;
        assertBothMessages(pcap(order, false, 1, behind(header(14, 12, 0x0800), DATAGRAMS)));
        assertBothMessages(pcap(order, false, 1, behind(header(18, 12, 0x8100, 0x0800), DATAGRAMS)));
        assertBothMessages(pcap(order, false, 1, behind(header(22, 12, 0x88A8, 0x8100, 0x0800), DATAGRAMS)));
        assertBothMessages(pcap(order, false, 113, behind(header(16, 14, 0x0800), DATAGRAMS)));
        assertBothMessages(pcap(order, false, 276, behind(header(20, 0, 0x0800), DATAGRAMS)));
        assertBothMessages(pcap(order, false, 0, behind(new byte[] {2, 0, 0, 0}, DATAGRAMS)));
        assertBothMessages(pcap(order, false, 108, behind(new byte[] {0, 0, 0, 2}, DATAGRAMS)));
        assertBothMessages(pcap(order, false, 228, DATAGRAMS));
    }

    @Test
    void paddingOfShortFramesIsNoPartOfTheMessage() throws IOException {
        List<byte[]> padded = new ArrayList<>();
        DATAGRAMS.forEach(p -> padded.add(Arrays.copyOf(p, p.length + 18)));
        assertBothMessages(pcap(ByteOrder.BIG_ENDIAN, false, RAW, padded));
    }

    @Test
    void unknownLinkIsNamed() throws IOException {
        Capture capture = read(pcap(ByteOrder.BIG_ENDIAN, false, 147, DATAGRAMS));
        assertThat(capture.messages()).isEmpty();
        assertThat(capture.notes()).containsExactly("packets of link types that are not read were passed over: [147]");
    }

    @Test
    void messagesOverIpv6AndTcpComeBackAsWritten() throws IOException {
        byte[] file = file(
                message(1_000_001, "udp", DEVICE_6, PLATFORM_6, FIRST),
                message(2_000_002, "tcp", DEVICE, PLATFORM, SECOND),
                message(3_000_003, "tcp", PLATFORM, DEVICE, FIRST),
                message(4_000_004, "tls", DEVICE_6, PLATFORM_6, SECOND),
                message(5_000_005, "tcp", DEVICE, PLATFORM, FIRST));
        Capture capture = read(file);
        assertThat(texts(capture)).containsExactly(FIRST, SECOND, FIRST, SECOND, FIRST);
        assertThat(capture.messages())
                .extracting(CapturedMessage::timeMicros)
                .containsExactly(1_000_001L, 2_000_002L, 3_000_003L, 4_000_004L, 5_000_005L);
        assertThat(capture.messages().get(3).source()).isEqualTo(DEVICE_6);
        assertThat(capture.notes()).isEmpty();
    }

    // --------------------------------------------------------------------------------------------------- fragments

    private static List<byte[]> fragments(byte[] packet, int size) {
        boolean ipv6 = packet[0] >>> 4 == 6;
        int header = ipv6 ? 40 : 20;
        List<byte[]> parts = new ArrayList<>();
        for (int at = header; at < packet.length; at += size) {
            int length = Math.min(size, packet.length - at);
            int more = at + length < packet.length ? 1 : 0;
            ByteBuffer part = ByteBuffer.allocate(header + (ipv6 ? 8 : 0) + length);
            part.put(packet, 0, header);
            if (ipv6) {
                part.putShort(4, (short) (8 + length)).put(6, (byte) 44);
                part.put((byte) 17)
                        .put((byte) 0)
                        .putShort((short) (at - header | more))
                        .putInt(77);
            } else {
                part.putShort(2, (short) (20 + length)).putShort(6, (short) (more << 13 | (at - header) / 8));
            }
            parts.add(part.put(packet, at, length).array());
        }
        return parts;
    }

    @Test
    void fragmentsInAnyOrderAreOneMessage() throws IOException {
        byte[] six =
                packets(file(message(0, "udp", DEVICE_6, PLATFORM_6, SECOND))).get(0);
        for (byte[] packet : List.of(DATAGRAMS.get(1), six)) {
            List<byte[]> parts = fragments(packet, 1480);
            assertThat(parts).hasSize(4);
            assertThat(texts(read(pcap(ByteOrder.BIG_ENDIAN, false, RAW, parts))))
                    .containsExactly(SECOND);
            Collections.reverse(parts);
            parts.add(1, parts.get(0));
            assertThat(texts(read(pcap(ByteOrder.BIG_ENDIAN, false, RAW, parts))))
                    .containsExactly(SECOND);
        }
        List<byte[]> lost = fragments(DATAGRAMS.get(1), 1480);
        lost.remove(2);
        assertThat(texts(read(pcap(ByteOrder.BIG_ENDIAN, false, RAW, lost)))).isEmpty();
    }

    // --------------------------------------------------------------------------------------------------------- TCP

    private static List<byte[]> segments() {
        List<byte[]> all = packets(file(
                message(0, "tcp", DEVICE, PLATFORM, FIRST),
                message(0, "tcp", DEVICE, PLATFORM, SECOND),
                message(0, "tcp", DEVICE, PLATFORM, request(3, 1_000))));
        return new ArrayList<>(all);
    }

    private static List<String> messages(List<byte[]> packets) throws IOException {
        return texts(read(pcap(ByteOrder.BIG_ENDIAN, false, RAW, packets)));
    }

    @Test
    void segmentsOutOfOrderAndTwiceAreOneStream() throws IOException {
        Random random = new Random(4);
        List<byte[]> expectedOrder = segments();
        List<String> expected = List.of(FIRST, SECOND, request(3, 1_000));
        for (int round = 0; round < 200; round++) {
            List<byte[]> mixed = new ArrayList<>(expectedOrder.subList(3, expectedOrder.size()));
            mixed.addAll(mixed.subList(0, random.nextInt(mixed.size())));
            Collections.shuffle(mixed, random);
            // The handshake says where the stream begins.
            mixed.addAll(0, expectedOrder.subList(0, 3));
            assertThat(messages(mixed)).isEqualTo(expected);
        }
    }

    @Test
    void streamIsReadAtEverySplit() throws IOException {
        byte[] whole = segments().get(3);
        for (int at = 41; at < whole.length; at++) {
            byte[] head = Arrays.copyOf(whole, at);
            ByteBuffer.wrap(head).putShort(2, (short) at);
            byte[] tail = Arrays.copyOf(whole, 40 + whole.length - at);
            System.arraycopy(whole, at, tail, 40, whole.length - at);
            ByteBuffer.wrap(tail)
                    .putShort(2, (short) tail.length)
                    .putInt(24, ByteBuffer.wrap(whole).getInt(24) + at - 40);
            assertThat(messages(List.of(head, tail))).containsExactly(FIRST);
            // Without its first octets a message is none; MESSAGE without its first letter is a method like any other.
            assertThat(messages(List.of(tail))).doesNotContain(FIRST);
        }
    }

    @Test
    void sequenceNumbersMayWrap() throws IOException {
        List<byte[]> moved = segments();
        for (byte[] packet : moved) {
            ByteBuffer tcp = ByteBuffer.wrap(packet);
            tcp.putInt(24, tcp.getInt(24) - 1_000 - 2_000);
        }
        assertThat(messages(moved)).containsExactly(FIRST, SECOND, request(3, 1_000));
    }

    @Test
    void missingSegmentCostsItsMessageAndIsNoted() throws IOException {
        List<byte[]> lossy = segments();
        lossy.remove(5);
        Capture capture = read(pcap(ByteOrder.BIG_ENDIAN, false, RAW, lossy));
        assertThat(texts(capture).get(0)).isEqualTo(FIRST);
        assertThat(capture.messages().get(1).cut()).isTrue();
        assertThat(texts(capture)).endsWith(request(3, 1_000));
        assertThat(capture.notes()).singleElement().asString().contains("gaps in TCP streams");
    }

    @Test
    void otherProtocolsAreNoMessages() throws IOException {
        byte[] file = file(
                message(0, "tcp", DEVICE, PLATFORM, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                message(0, "tcp", PLATFORM, DEVICE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
                message(0, "udp", PLATFORM, DEVICE, "HEP3 or anything"),
                message(0, "udp", PLATFORM, DEVICE, "\r\n\r\n"));
        assertThat(read(file).messages()).isEmpty();
    }

    // ------------------------------------------------------------------------------------------------ WebSocket, HEP

    private static String latin(byte[] octets) {
        return new String(octets, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    /** A frame of RFC 6455 §5.2. */
    private static String frame(int first, String payload, boolean masked) {
        ByteBuffer frame = ByteBuffer.allocate(14 + payload.length());
        int mask = masked ? 0x80 : 0;
        int length = payload.length();
        frame.put((byte) first).put((byte) (mask | (length < 126 ? length : length < 65_536 ? 126 : 127)));
        if (length >= 65_536) {
            frame.putLong(length);
        } else if (length >= 126) {
            frame.putShort((short) length);
        }
        byte[] key = {1, -2, 3, (byte) 0x80};
        if (masked) {
            frame.put(key);
        }
        for (int i = 0; i < length; i++) {
            frame.put((byte) (payload.charAt(i) ^ (masked ? key[i & 3] : 0)));
        }
        return latin(Arrays.copyOf(frame.array(), frame.position()));
    }

    private static List<CapturedMessage> overWebSocket(int split, String third) throws IOException {
        String asked = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
                + frame(0x81, FIRST, true) + frame(0x89, "ping", true) + frame(0x02, SECOND.substring(0, 70), true)
                + frame(0x8A, "", true) + frame(0x80, SECOND.substring(70), true)
                + frame(0x82, third, true) + frame(0x81, "no SIP", true);
        String answered = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\r\n" + frame(0x82, FIRST, false);
        return read(file(
                        message(1, "tcp", DEVICE, PLATFORM, asked.substring(0, split)),
                        message(2, "tcp", DEVICE, PLATFORM, asked.substring(split)),
                        message(3, "tcp", PLATFORM, DEVICE, answered)))
                .messages();
    }

    @Test
    void messagesOverWebSocketAreUnmaskedAndPutTogether() throws IOException {
        for (int split = 1; split < 400; split++) {
            String third = request(3, split == 1 ? 70_000 : 200);
            List<CapturedMessage> messages = overWebSocket(split, third);
            assertThat(messages)
                    .as("split at %d", split)
                    .extracting(m -> latin(m.octets()))
                    .containsExactly(FIRST, SECOND, third, FIRST);
            assertThat(messages).allMatch(m -> m.transport().equals("ws"));
            assertThat(messages.get(3).source()).isEqualTo(PLATFORM);
        }
    }

    @Test
    void frameThatCannotBeEndsTheReading() throws IOException {
        String head = "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
        for (String bad : List.of(frame(0xC1, "deflated", true), "\u0081\u007f" + "\u00ff".repeat(8) + FIRST)) {
            assertThat(read(file(message(0, "tcp", DEVICE, PLATFORM, head + bad + frame(0x81, FIRST, true))))
                            .messages())
                    .isEmpty();
        }
    }

    /** What agents of Homer send, back in a capture file. */
    private static byte[] packed(CapturedMessage... seen) {
        HepWriter writer = new HepWriter(7);
        return file(Arrays.stream(seen)
                .map(m -> {
                    ByteBuffer packet = writer.write(m);
                    byte[] octets = Arrays.copyOf(packet.array(), packet.limit());
                    return message(9, "udp", DEVICE, new Endpoint("192.0.2.9", 9060), latin(octets));
                })
                .toArray(CapturedMessage[]::new));
    }

    @Test
    void packetsOfHomerShowWhatTheirAgentSaw() throws IOException {
        Capture capture = read(packed(
                message(1_616_570_703_253_001L, "udp", DEVICE, PLATFORM, FIRST),
                message(5_000_000, "tcp", PLATFORM_6, DEVICE_6, SECOND)));
        assertThat(texts(capture)).containsExactly(FIRST, SECOND);
        CapturedMessage first = capture.messages().get(0);
        assertThat(first.timeMicros()).isEqualTo(1_616_570_703_253_001L);
        assertThat(first.transport()).isEqualTo("udp");
        assertThat(first.source()).isEqualTo(DEVICE);
        assertThat(first.destination()).isEqualTo(PLATFORM);
        CapturedMessage second = capture.messages().get(1);
        assertThat(second.transport()).isEqualTo("tcp");
        assertThat(second.source()).isEqualTo(PLATFORM_6);
        assertThat(second.destination()).isEqualTo(DEVICE_6);
    }

    @Test
    void damagedPacketOfHomerIsPassedOver() throws IOException {
        ByteBuffer packet = new HepWriter(7).write(message(0, "udp", DEVICE, PLATFORM, FIRST));
        byte[] whole = Arrays.copyOf(packet.array(), packet.limit());
        for (int length = 0; length < whole.length; length++) {
            assertThat(HepReader.read(Arrays.copyOf(whole, length))).isNull();
        }
        Random random = new Random(12);
        int read = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] damaged = whole.clone();
            damaged[4 + random.nextInt(100)] = (byte) random.nextInt();
            read += HepReader.read(damaged) == null ? 0 : 1;
        }
        assertThat(read).isBetween(1, 19_999);
    }

    // ------------------------------------------------------------------------------------------------------ bad files

    @Test
    void packetCapturedInPartIsAMessageThatIsCut() throws IOException {
        byte[] file = pcap(ByteOrder.BIG_ENDIAN, false, RAW, List.of(Arrays.copyOf(DATAGRAMS.get(1), 200)));
        assertThat(read(file).messages()).singleElement().satisfies(m -> {
            assertThat(m.cut()).isTrue();
            assertThat(m.octets()).hasSize(200 - 28);
        });
    }

    @Test
    void fileThatEndsAnywhereGivesWhatCameBefore() throws IOException {
        for (byte[] file : List.of(
                pcap(ByteOrder.LITTLE_ENDIAN, false, RAW, DATAGRAMS),
                pcapng(ByteOrder.LITTLE_ENDIAN, RAW, DATAGRAMS))) {
            for (int length = 0; length < file.length; length += length < 200 ? 1 : 97) {
                byte[] part = Arrays.copyOf(file, length);
                List<String> notes;
                try {
                    Capture capture = read(part);
                    assertThat(capture.messages()).hasSizeLessThan(2);
                    notes = capture.notes();
                } catch (CaptureException e) {
                    notes = List.of(e.getMessage());
                }
                assertThat(notes)
                        .allSatisfy(
                                note -> assertThat(note).doesNotContain("\n").isNotBlank());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "abc", "This is a text and no capture at all."})
    void fileThatIsNoCaptureIsRefusedInOneLine(String text) {
        assertThatThrownBy(() -> read(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                .isInstanceOf(CaptureException.class)
                .hasMessageNotContaining("\n");
    }

    @Test
    void damagedFilesNeverFailOtherwise() {
        Random random = new Random(11);
        List<byte[]> both = new ArrayList<>(DATAGRAMS);
        both.addAll(segments());
        both.addAll(fragments(DATAGRAMS.get(1), 1480));
        List<byte[]> files = List.of(
                pcap(ByteOrder.LITTLE_ENDIAN, false, RAW, both),
                pcapng(ByteOrder.BIG_ENDIAN, RAW, both),
                pcap(ByteOrder.LITTLE_ENDIAN, false, 1, behind(header(18, 12, 0x8100, 0x0800), both)),
                packed(message(0, "tcp", DEVICE_6, PLATFORM_6, FIRST), message(0, "udp", DEVICE, PLATFORM, FIRST)));
        int read = 0;
        for (int round = 0; round < 3_000; round++) {
            byte[] file = files.get(round % files.size()).clone();
            for (int n = 1 + random.nextInt(8); n > 0; n--) {
                file[random.nextInt(random.nextBoolean() ? 300 : file.length)] = (byte) random.nextInt();
            }
            try {
                read += read(file).messages().size() >= 0 ? 1 : 0;
            } catch (IOException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
        assertThat(read).isGreaterThan(1_000);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sipwire.codec.capture.CaptureBytes.DEVICE;
import static org.sipwire.codec.capture.CaptureBytes.DEVICE_6;
import static org.sipwire.codec.capture.CaptureBytes.PLATFORM;
import static org.sipwire.codec.capture.CaptureBytes.PLATFORM_6;
import static org.sipwire.codec.capture.CaptureBytes.message;
import static org.sipwire.codec.capture.CaptureBytes.request;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class HepWriterTest {
    private static Map<Integer, String> chunks(ByteBuffer packet) {
        assertThat(packet.getInt()).isEqualTo(0x48455033);
        assertThat(packet.getShort() & 0xFFFF).isEqualTo(packet.limit());
        Map<Integer, String> chunks = new TreeMap<>();
        while (packet.hasRemaining()) {
            assertThat(packet.getShort()).isZero();
            int type = packet.getShort();
            byte[] value = new byte[(packet.getShort() & 0xFFFF) - 6];
            packet.get(value);
            chunks.put(type, HexFormat.of().formatHex(value));
        }
        return chunks;
    }

    @Test
    void datagramIsPackedAsVersion3Says() {
        String text = request(1, 3);
        Map<Integer, String> chunks =
                chunks(new HepWriter(2001).write(message(1_616_570_703_253_001L, "udp", DEVICE, PLATFORM, text)));
        assertThat(chunks)
                .containsEntry(1, "02")
                .containsEntry(2, "11")
                .containsEntry(3, "c0a823a5")
                .containsEntry(4, "c0a823a6")
                .containsEntry(7, "13d8")
                .containsEntry(8, "13c4")
                .containsEntry(9, "605ae94f")
                .containsEntry(10, "0003dc49")
                .containsEntry(11, "01")
                .containsEntry(12, "000007d1")
                .containsEntry(15, HexFormat.of().formatHex(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                .hasSize(11);
    }

    @Test
    void streamOverIpv6HasItsOwnChunks() {
        Map<Integer, String> chunks = chunks(new HepWriter(1).write(message(0, "tls", DEVICE_6, PLATFORM_6, "x")));
        assertThat(chunks)
                .containsEntry(1, "0a")
                .containsEntry(2, "06")
                .containsEntry(5, "20010db8000000000000000000000165")
                .containsEntry(6, "20010db8000000000000000000000166")
                .doesNotContainKeys(3, 4);
    }

    @Test
    void messageThatFitsInNoDatagramIsRefused() {
        HepWriter writer = new HepWriter(1);
        assertThat(writer.write(message(0, "tcp", DEVICE, PLATFORM, request(1, 65_500))))
                .isNull();
        assertThat(writer.write(message(0, "tcp", DEVICE, PLATFORM, request(1, 65_000))))
                .isNotNull();
    }
}

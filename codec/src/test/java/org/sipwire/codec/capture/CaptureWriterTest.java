/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sipwire.codec.capture.CaptureBytes.DEVICE;
import static org.sipwire.codec.capture.CaptureBytes.DEVICE_6;
import static org.sipwire.codec.capture.CaptureBytes.PLATFORM;
import static org.sipwire.codec.capture.CaptureBytes.PLATFORM_6;
import static org.sipwire.codec.capture.CaptureBytes.message;
import static org.sipwire.codec.capture.CaptureBytes.packets;
import static org.sipwire.codec.capture.CaptureBytes.request;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class CaptureWriterTest {

    /** The sum of 16-bit words that RFC 1071 wants to be all ones when a checksum holds. */
    private static int sum(byte[] octets) {
        long sum = 0;
        for (int i = 0; i < octets.length; i++) {
            sum += (octets[i] & 0xFF) << (i % 2 == 0 ? 8 : 0);
        }
        while (sum >> 16 != 0) {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }
        return (int) sum;
    }

    @Test
    void checksumsHold() {
        for (int body = 0; body < 3_000; body += 701) {
            byte[] file = CaptureBytes.file(
                    message(0, "udp", DEVICE, PLATFORM, request(1, body)),
                    message(0, "tcp", DEVICE, PLATFORM, request(2, body)),
                    message(0, "udp", DEVICE_6, PLATFORM_6, request(3, body)),
                    message(0, "tcp", DEVICE_6, PLATFORM_6, request(4, body)));
            for (byte[] packet : packets(file)) {
                boolean ipv6 = packet[0] >>> 4 == 6;
                int header = ipv6 ? 40 : 20;
                int protocol = packet[ipv6 ? 6 : 9];
                if (!ipv6) {
                    assertThat(sum(Arrays.copyOf(packet, 20))).isEqualTo(0xFFFF);
                }
                ByteBuffer pseudo = ByteBuffer.allocate(1 << 16);
                pseudo.put(packet, ipv6 ? 8 : 12, header - (ipv6 ? 8 : 12));
                pseudo.putInt(packet.length - header).putInt(protocol).put(packet, header, packet.length - header);
                assertThat(sum(Arrays.copyOf(pseudo.array(), pseudo.position())))
                        .isEqualTo(0xFFFF);
            }
        }
    }

    @Test
    void streamBeginsWithAHandshakeAndItsNumbersFit() {
        byte[] file = CaptureBytes.file(
                message(0, "tcp", DEVICE, PLATFORM, request(1, 4_000)),
                message(0, "tcp", PLATFORM, DEVICE, request(2, 0)));
        int[] flags = packets(file).stream().mapToInt(p -> p[33]).toArray();
        assertThat(flags).startsWith(0x02, 0x12, 0x10).endsWith(0x18);
        int next = 0;
        for (byte[] packet : packets(file)) {
            ByteBuffer tcp = ByteBuffer.wrap(packet);
            boolean fromDevice = (tcp.getShort(20) & 0xFFFF) == DEVICE.port();
            if (fromDevice) {
                assertThat(next == 0 || tcp.getInt(24) == next).isTrue();
                next = tcp.getInt(24) + packet.length - 40 + (packet[33] == 0x02 ? 1 : 0);
            } else {
                assertThat(tcp.getInt(28)).isEqualTo(next);
            }
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.capture.Endpoint;
import org.sipwire.transport.Transport;

class MessageRingTest {
    private static final int SIZE = 4096;
    private static final TestFlow UDP = new TestFlow(Transport.UDP, "127.0.0.1", 5060, "192.0.2.7", 50_800);
    private static final TestFlow TLS = new TestFlow(Transport.TLS, "2001:db8::1", 5061, "2001:db8::2", 40_000);

    private static List<TracedMessage> read(MessageRing ring) {
        byte[] copy = new byte[ring.capacity()];
        List<TracedMessage> messages = new ArrayList<>();
        MessageRing.read(copy, ring.copy(ring.begin(), copy), messages);
        return messages;
    }

    @Test
    void newestMessagesAreKeptWhateverTheirLengths() {
        Random random = new Random(5);
        MessageRing ring = new MessageRing(SIZE);
        ArrayDeque<byte[]> model = new ArrayDeque<>();
        int octets = 0;
        for (int i = 0; i < 5_000; i++) {
            byte[] message = new byte[random.nextInt(900)];
            random.nextBytes(message);
            ring.add(i, i % 2 == 0, message, 0, message.length, i % 3 == 0 ? TLS : UDP);
            model.add(message);
            octets += message.length + MessageRing.HEADER;
            while (octets > SIZE) {
                octets -= model.remove().length + MessageRing.HEADER;
            }
            assertThat(read(ring)).extracting(m -> m.message().octets()).containsExactlyElementsOf(model);
        }
        assertThat(ring.messages()).isEqualTo(5_000);
        assertThat(ring.overwritten()).isEqualTo(5_000 - model.size());
    }

    @Test
    void messageComesBackWithTimeAddressesAndTransport() {
        MessageRing ring = new MessageRing(SIZE);
        byte[] array = "..SIP/2.0 200 OK..".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        ring.add(1_616_570_703_253_001L, false, array, 2, 14, UDP);
        ring.add(1_616_570_703_259_002L, true, array, 2, 14, TLS);
        TracedMessage received = read(ring).get(0);
        assertThat(received.sent()).isFalse();
        assertThat(received.message().timeMicros()).isEqualTo(1_616_570_703_253_001L);
        assertThat(received.message().transport()).isEqualTo("udp");
        assertThat(received.message().source()).isEqualTo(new Endpoint("192.0.2.7", 50_800));
        assertThat(received.message().destination()).isEqualTo(new Endpoint("127.0.0.1", 5060));
        assertThat(received.message().startLine()).isEqualTo("SIP/2.0 200 OK");
        TracedMessage sent = read(ring).get(1);
        assertThat(sent.sent()).isTrue();
        assertThat(sent.message().transport()).isEqualTo("tls");
        assertThat(sent.message().source()).hasToString("[2001:db8::1]:5061");
        assertThat(sent.message().destination()).hasToString("[2001:db8::2]:40000");
    }

    @Test
    void messageLongerThanTheRingLosesItsEndAndSaysSo() {
        MessageRing ring = new MessageRing(SIZE);
        byte[] message = new byte[3 * SIZE];
        Arrays.fill(message, (byte) 'm');
        ring.add(1, true, message, 0, message.length, UDP);
        assertThat(read(ring)).singleElement().satisfies(traced -> {
            assertThat(traced.message().cut()).isTrue();
            assertThat(traced.message().octets()).hasSizeBetween(SIZE / 4, SIZE / 2);
        });
    }
}

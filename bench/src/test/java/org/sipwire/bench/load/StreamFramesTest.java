/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamFramesTest {
    private static final String FIRST = "SIP/2.0 200 OK\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n";
    private static final String SECOND = "MESSAGE sip:a SIP/2.0\r\nl: 12\r\n\r\nwith\r\n\r\nbody";
    private static final String THIRD = "SIP/2.0 401 Unauthorized\r\nCONTENT-LENGTH :  3\r\n\r\nabc";
    private static final String STREAM = FIRST + "\r\n\r\n" + SECOND + "\r\n" + THIRD;

    private final List<String> messages = new ArrayList<>();
    private final StreamFrames frames = new StreamFrames();

    private boolean read(String text) {
        return frames.read(
                Unpooled.wrappedBuffer(Scratch.ascii(text)),
                (bytes, offset, length) ->
                        messages.add(new String(bytes, offset, length, StandardCharsets.ISO_8859_1)));
    }

    @Test
    void messagesComeWholeAtEverySplit() {
        for (int split = 0; split <= STREAM.length(); split++) {
            messages.clear();
            assertThat(read(STREAM.substring(0, split))).isTrue();
            assertThat(read(STREAM.substring(split))).isTrue();
            assertThat(messages).as("split at %d", split).containsExactly(FIRST, SECOND, THIRD);
        }
    }

    @Test
    void messagesComeWholeByteByByte() {
        STREAM.chars().forEach(c -> assertThat(read(String.valueOf((char) c))).isTrue());
        assertThat(messages).containsExactly(FIRST, SECOND, THIRD);
    }

    @Test
    void nonsenseAsContentLengthEndsTheStream() {
        assertThat(read("SIP/2.0 200 OK\r\nContent-Length: x\r\n\r\n")).isFalse();
    }

    @Test
    void aMessageWithoutEndIsNotHeldForEver() {
        assertThat(read("SIP/2.0 200 OK\r\n" + "X: y\r\n".repeat(200_000))).isFalse();
    }
}

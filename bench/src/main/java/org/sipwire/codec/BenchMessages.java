/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The four messages of a registration, in the shape of a captured one: REGISTER, 401, REGISTER with Digest, 200. */
final class BenchMessages {

    private static final String[] NAMES = {"register", "challenge", "authorized", "registered"};

    private BenchMessages() {}

    static byte[][] all() {
        byte[][] messages = new byte[NAMES.length][];
        for (int i = 0; i < NAMES.length; i++) {
            messages[i] = one(NAMES[i]);
        }
        return messages;
    }

    /**
     * The same messages with a host of letters, of the same length, in place of the digits-only one: pkts-sip refuses a host of digits,
     * which every GB/T 28181 device has.
     */
    static byte[] withHostOfLetters(byte[] message) {
        return new String(message, StandardCharsets.ISO_8859_1)
                .replace("@340200000>", "@gb.domain>")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[][] inScratches(byte[][] messages) {
        byte[][] scratches = new byte[messages.length][];
        for (int i = 0; i < messages.length; i++) {
            scratches[i] = Arrays.copyOf(messages[i], 4096);
        }
        return scratches;
    }

    static byte[][] allWithHostOfLetters() {
        byte[][] messages = all();
        for (int i = 0; i < messages.length; i++) {
            messages[i] = withHostOfLetters(messages[i]);
        }
        return messages;
    }

    static byte[] one(String name) {
        try (InputStream in = BenchMessages.class.getResourceAsStream(name + ".sip")) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

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

    static byte[] one(String name) {
        try (InputStream in = BenchMessages.class.getResourceAsStream(name + ".sip")) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

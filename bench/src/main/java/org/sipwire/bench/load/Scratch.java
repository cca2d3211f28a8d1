/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.nio.charset.StandardCharsets;

/**
 * Where a message is put together before it goes to the wire.
 *
 * <p>One thread. Borrowed: the bytes hold until {@link #clear}.
 */
final class Scratch {
    private static final byte[] HEX = ascii("0123456789abcdef");

    private final byte[] bytes;
    private int length;

    Scratch(int capacity) {
        bytes = new byte[capacity];
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    byte[] array() {
        return bytes;
    }

    int length() {
        return length;
    }

    Scratch clear() {
        length = 0;
        return this;
    }

    Scratch put(byte[] text) {
        return put(text, 0, text.length);
    }

    Scratch put(byte[] text, int offset, int count) {
        System.arraycopy(text, offset, bytes, length, count);
        length += count;
        return this;
    }

    Scratch put(char c) {
        bytes[length++] = (byte) c;
        return this;
    }

    Scratch user(UserNames users, int user) {
        length = users.write(bytes, length, user);
        return this;
    }

    Scratch decimal(long value) {
        int digits = 1;
        for (long v = value; v >= 10; v /= 10) {
            digits++;
        }
        long v = value;
        for (int i = length + digits - 1; i >= length; i--) {
            bytes[i] = (byte) ('0' + v % 10);
            v /= 10;
        }
        length += digits;
        return this;
    }

    /** {@code digits} lower-case hexadecimal digits, leading zeros kept. */
    Scratch hex(long value, int digits) {
        for (int i = digits - 1; i >= 0; i--) {
            bytes[length++] = HEX[(int) (value >>> (4 * i)) & 15];
        }
        return this;
    }

    /** Writes {@code raw} as hexadecimal digits to {@code to[at..]}. */
    static int hex(byte[] raw, int count, byte[] to, int at) {
        int n = at;
        for (int i = 0; i < count; i++) {
            to[n++] = HEX[raw[i] >> 4 & 15];
            to[n++] = HEX[raw[i] & 15];
        }
        return n;
    }
}

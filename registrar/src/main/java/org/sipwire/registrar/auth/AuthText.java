/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The few ways in which this package reads and writes text in byte ranges. Stateless; may be called from any thread. */
final class AuthText {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private AuthText() {}

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** True when the range is {@code lowerCase} but for the case of its letters. */
    static boolean equalsIgnoreCase(byte[] lowerCase, byte[] a, int off, int len) {
        if (len != lowerCase.length) {
            return false;
        }
        for (int i = 0; i < len; i++) {
            int c = a[off + i];
            if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != lowerCase[i]) {
                return false;
            }
        }
        return true;
    }

    /**
     * Writes octets as lower-case hexadecimal digits (LHEX of RFC 2617), four octets a step.
     *
     * @param length a multiple of four
     */
    static void writeHex(byte[] octets, int length, byte[] dst, int at) {
        for (int i = 0; i < length; i += 4) {
            // 89ABCDEF -> 08 09 0A 0B 0C 0D 0E 0F: one nibble an octet, then each to its digit at once.
            long x = (int) INTS.get(octets, i) & 0xFFFFFFFFL;
            x = (x | x << 16) & 0x0000FFFF0000FFFFL;
            x = (x | x << 8) & 0x00FF00FF00FF00FFL;
            x = (x | x << 4) & 0x0F0F0F0F0F0F0F0FL;
            // 6 added carries into bit 4 for ten and above: those are 'a'..'f', 39 further than '0' + value.
            long letters = (x + 0x0606060606060606L >>> 4) & 0x0101010101010101L;
            LONGS.set(dst, at + i * 2, x + 0x3030303030303030L + letters * 39);
        }
    }

    /**
     * Compares without stopping at the first difference, so that the time tells nothing of where it is.
     *
     * @param length a multiple of eight
     */
    static boolean equalsInConstantTime(byte[] a, int aOff, byte[] b, int bOff, int length) {
        long difference = 0;
        for (int i = 0; i < length; i += 8) {
            difference |= (long) LONGS.get(a, aOff + i) ^ (long) LONGS.get(b, bOff + i);
        }
        return difference == 0;
    }

    static void putLong(byte[] dst, int at, long value) {
        LONGS.set(dst, at, value);
    }

    static boolean isLowerCaseHex(byte[] a, int off, int len) {
        for (int i = off; i < off + len; i++) {
            if (lowerCaseHexDigit(a[i]) < 0) {
                return false;
            }
        }
        return true;
    }

    /** The value of a digit of LHEX, or -1. */
    static int lowerCaseHexDigit(byte c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AsciiTest {

    private interface Scan {
        int find(byte[] a, int from, int to);
    }

    private interface Octet {
        boolean is(byte octet);
    }

    /** Each scan against its plain loop, with all octets, at all offsets, and with the sought octet right behind the range. */
    private static void agrees(Scan scan, Octet octet) {
        Random random = new Random(1);
        for (int round = 0; round < 20_000; round++) {
            byte[] a = new byte[random.nextInt(48)];
            random.nextBytes(a);
            if (round % 2 == 0) {
                for (int i = 0; i < a.length; i++) {
                    a[i] = (byte) (0x18 + (a[i] & 0x3F));
                }
            }
            int from = random.nextInt(a.length + 1);
            int to = from + random.nextInt(a.length - from + 1);
            int expected = from;
            while (expected < to && !octet.is(a[expected])) {
                expected++;
            }
            assertThat(scan.find(a, from, to)).isEqualTo(expected);
        }
    }

    @Test
    void scansFindWhatALoopFinds() {
        agrees((a, f, t) -> Ascii.indexOf(a, f, t, ':'), c -> c == ':');
        agrees((a, f, t) -> Ascii.indexOf(a, f, t, ':', ';'), c -> c == ':' || c == ';');
        agrees((a, f, t) -> Ascii.indexOf(a, f, t, ',', '"', '<'), c -> c == ',' || c == '"' || c == '<');
        agrees(Ascii::indexOfControl, c -> c >= 0 && c < ' ');
        agrees(Ascii::indexOfBlank, c -> c >= 0 && c <= ' ');
        agrees(Ascii::indexOfValueEnd, c -> c == ';' || c >= 0 && c < '-');
    }

    @Test
    void foldingMakesNoLetterOfAnotherOctet() {
        for (int c = 0; c < 256; c++) {
            byte[] a = new byte[8];
            a[3] = (byte) c;
            int folded = (int) (Ascii.fold(Ascii.word(a, 0)) >>> 24) & 0xFF;
            boolean letter = folded >= 'a' && folded <= 'z';
            assertThat(letter).isEqualTo(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z');
        }
    }

    @Test
    void decimalNumbersAreWrittenAndReadBack() {
        byte[] a = new byte[24];
        long[] numbers = {0, 9, 10, 99, 100, 101, 65_535, 99_999, 1_000_000, 4_294_967_295L, 99_999_999_999_999_999L};
        for (long n : numbers) {
            int end = Ascii.putDecimal(a, 2, n);
            assertThat(new String(a, 2, end - 2, StandardCharsets.US_ASCII)).isEqualTo(Long.toString(n));
            assertThat(Ascii.parseUnsigned(a, 2, end - 2)).isEqualTo(n);
        }
    }

    @Test
    void numbersAboveTheRangeSaturateAndNeverWrap() {
        for (String text : new String[] {"1000000000000000000000", "18446744073709551621", "9".repeat(300)}) {
            byte[] a = text.getBytes(StandardCharsets.US_ASCII);
            assertThat(Ascii.parseUnsigned(a, 0, a.length)).isEqualTo(Long.MAX_VALUE);
        }
        byte[] zeros = ("0".repeat(100) + "7").getBytes(StandardCharsets.US_ASCII);
        assertThat(Ascii.parseUnsigned(zeros, 0, zeros.length)).isEqualTo(7);
        assertThat(Ascii.parseUnsigned(new byte[] {'1', '-'}, 0, 2)).isEqualTo(-1);
        assertThat(Ascii.parseUnsigned(new byte[0], 0, 0)).isEqualTo(-1);
    }

    @Test
    void wordsAtTheEndOfAnArrayAreRead() {
        byte[] a = "abc".getBytes(StandardCharsets.US_ASCII);
        assertThat(Ascii.word(a, 0, 3)).isEqualTo(Ascii.wordOf("abc"));
        assertThat(Ascii.word(a, 1, 2)).isEqualTo(Ascii.wordOf("bc"));
        assertThat(Ascii.word(a, 3, 0)).isZero();
    }

    @Test
    void guessIsTheNumberItself() {
        for (int n = 0; n < 300; n++) {
            assertThat(Ascii.guess(n)).isEqualTo(n);
        }
    }

    @Test
    void hexadecimalDigitsAreWritten() {
        byte[] a = new byte[16];
        assertThat(Ascii.putHex(a, 0, 0x0123456789abcdefL)).isEqualTo(16);
        assertThat(new String(a, StandardCharsets.US_ASCII)).isEqualTo("0123456789abcdef");
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * Scheme and {@code auth-param}s of credentials and challenges (RFC 3261 sections 20.7 and 20.44, RFC 7616), the common part of
 * {@link Authorization} and {@link WwwAuthenticate}. One thread at a time. Borrowed.
 *
 * <pre>
 *   Digest username="34020000001320000003", realm="34020000", algorithm=MD5
 *   ^      ^         ^                                        ^
 *   scheme name      value, without its quotes                name
 * </pre>
 */
abstract class AuthParameters {

    static final int USERNAME = 0;
    static final int REALM = 1;
    static final int NONCE = 2;
    static final int URI = 3;
    static final int RESPONSE = 4;
    static final int ALGORITHM = 5;
    static final int CNONCE = 6;
    static final int QOP = 7;
    static final int NC = 8;
    static final int OPAQUE = 9;
    static final int USERHASH = 10;
    static final int STALE = 11;
    static final int DOMAIN = 12;
    static final int NEXTNONCE = 13;
    static final int RSPAUTH = 14;
    private static final int KNOWN = 15;

    private static final long DIGEST = Ascii.wordOf("digest");
    private static final long[] WORDS = {
        Ascii.wordOf("username"),
        Ascii.wordOf("realm"),
        Ascii.wordOf("nonce"),
        Ascii.wordOf("uri"),
        Ascii.wordOf("response"),
        Ascii.wordOf("algorith"),
        Ascii.wordOf("cnonce"),
        Ascii.wordOf("qop"),
        Ascii.wordOf("nc"),
        Ascii.wordOf("opaque"),
        Ascii.wordOf("userhash"),
        Ascii.wordOf("stale"),
        Ascii.wordOf("domain"),
        Ascii.wordOf("nextnonc"),
        Ascii.wordOf("rspauth"),
    };
    private static final int[] LENGTHS = {8, 5, 5, 3, 8, 9, 6, 3, 2, 6, 8, 5, 6, 9, 7};

    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;
    private static final long EQUALS_SIGNS = ONES * '=';
    private static final long MULTIPLIER = multiplier();
    private static final byte[] SLOTS = slots(MULTIPLIER);

    final AsciiView[] views = new AsciiView[KNOWN];
    final int[] offsets = new int[KNOWN];
    final int[] lengths = new int[KNOWN];
    byte[] array = new byte[0];
    int present;
    int error;
    boolean commaAfterScheme;
    private final AsciiView scheme = new AsciiView();
    private final AsciiView named = new AsciiView();
    private int schemeOffset;
    private int schemeLength;
    private int end;
    private int nameOffset;
    private int nameLength;
    private int valueOffset;
    private int valueLength;
    private int kind;

    AuthParameters() {
        for (int i = 0; i < KNOWN; i++) {
            views[i] = new AsciiView();
        }
    }

    /** A multiplier under which no two known names share one of 64 slots. */
    private static long multiplier() {
        long m = 0x9E3779B97F4A7C15L;
        while (slots(m) == null) {
            m = m * 6364136223846793005L + 1442695040888963407L | 1;
        }
        return m;
    }

    private static byte[] slots(long m) {
        byte[] table = new byte[64];
        java.util.Arrays.fill(table, (byte) -1);
        for (int k = 0; k < KNOWN; k++) {
            int slot = (int) (WORDS[k] * m >>> 58);
            if (table[slot] >= 0) {
                return null;
            }
            table[slot] = (byte) k;
        }
        return table;
    }

    /** Reads the range; {@code withScheme} unless it is an Authentication-Info, which has none. */
    final void read(byte[] a, int off, int len, boolean withScheme, ParseError malformed) {
        if (array != a) {
            array = a;
        }
        present = 0;
        error = 0;
        commaAfterScheme = false;
        end = off + len;
        int i = off;
        schemeOffset = off;
        schemeLength = 0;
        if (withScheme) {
            i = Ascii.skip(a, off, end, Ascii.TOKEN);
            schemeLength = i - off;
            int from = Ascii.skipBlanks(a, i, end);
            if (schemeLength == 0 || from == i && i < end && a[i] != ',') {
                error = malformed.code();
                return;
            }
            i = from;
            if (i < end && a[i] == ',') {
                commaAfterScheme = true;
                i++;
            }
        }
        while (true) {
            i = parameter(a, i, end);
            if (i < 0) {
                error = i == -1 ? malformed.code() : i;
                return;
            }
            if (!remember()) {
                error = malformed.code();
                return;
            }
            if (i < end && a[i] <= ' ') {
                i = Ascii.skipBlanks(a, i, end);
            }
            if (i >= end) {
                return;
            }
            if (a[i] != ',') {
                error = malformed.code();
                return;
            }
            i++;
        }
    }

    /** Reads one {@code name EQUAL value}; returns the index after it, -1 or an error's code. */
    private int parameter(byte[] a, int from, int to) {
        int i = from < to && a[from] == ' ' ? from + 1 : from;
        int k = nameAtSight(a, i);
        if (k >= 0) {
            nameOffset = i;
            nameLength = Ascii.guess(LENGTHS[k]);
            i += nameLength;
        } else {
            i = Ascii.skipBlanks(a, i, to);
            nameOffset = i;
            i = Ascii.skip(a, i, to, Ascii.TOKEN);
            nameLength = i - nameOffset;
            i = Ascii.skipBlanks(a, i, to);
            k = nameLength > 9 ? -1 : known(Ascii.fold(Ascii.word(a, nameOffset, nameLength)), nameLength);
        }
        kind = k;
        if (nameLength == 0 || i >= to || a[i] != '=') {
            return -1;
        }
        i++;
        if (i < to && a[i] <= ' ') {
            i = Ascii.skipBlanks(a, i, to);
        }
        if (i < to && a[i] == '"') {
            int close = Parameters.quoteEnd(a, i, to);
            if (close < 0) {
                return ParseError.QUOTE_UNTERMINATED.code();
            }
            valueOffset = i + 1;
            valueLength = close - i - 1;
            return close + 1;
        }
        valueOffset = i;
        while ((i = Ascii.indexOfValueEnd(a, i, to)) < to && a[i] != ',' && a[i] > ' ' && a[i] != '"') {
            i++;
        }
        valueLength = i - valueOffset;
        return valueLength == 0 ? -1 : i;
    }

    /**
     * The known name at {@code i} with its equals sign right behind it, or -1.
     *
     * <pre>
     *   response="9c75..       algorithm=MD5
     *   ^       ^              ^        ^
     *   i       i + 8          i        i + 9: the only known names of nine octets differ in the first eight
     * </pre>
     */
    private static int nameAtSight(byte[] a, int i) {
        if (i + 10 > a.length) {
            return -1;
        }
        long w = Ascii.word(a, i);
        long x = w ^ EQUALS_SIGNS;
        long marks = x - ONES & ~x & HIGHS;
        if (marks != 0) {
            long below = (marks & -marks) - 1 >>> 7;
            return known(Ascii.fold(w) & below, Long.numberOfTrailingZeros(marks) >>> 3);
        }
        return a[i + 8] == '=' ? known(Ascii.fold(w), 8) : a[i + 9] == '=' ? known(Ascii.fold(w), 9) : -1;
    }

    private static int slot(long word) {
        return (int) (word * MULTIPLIER >>> 58);
    }

    private static int known(long word, int length) {
        int k = SLOTS[slot(word)];
        return k >= 0 && WORDS[k] == word && LENGTHS[k] == length ? k : -1;
    }

    /** Notes the parameter just read if it is a known one; false when it was there before. */
    private boolean remember() {
        int k = kind;
        if (k < 0) {
            return true;
        }
        int bit = 1 << k;
        if ((present & bit) != 0) {
            return false;
        }
        present |= bit;
        offsets[k] = valueOffset;
        lengths[k] = valueLength;
        return true;
    }

    final AsciiView known(int k) {
        return views[k].wrap(array, offsets[k], (present >>> k & 1) == 0 ? -1 : lengths[k]);
    }

    /** The scheme as written, for example {@code Digest}. */
    public AsciiView scheme() {
        return scheme.wrap(array, schemeOffset, schemeLength);
    }

    /** Whether the scheme is Digest, capital and small letters alike. */
    public boolean isDigest() {
        return schemeLength == 6 && Ascii.fold(Ascii.word(array, schemeOffset, 6)) == DIGEST;
    }

    /** The named parameter without quotes; absent when it is not there. Valid until the next call. */
    public AsciiView parameter(CharSequence name) {
        int i = schemeOffset + schemeLength;
        i = Ascii.skipBlanks(array, i, end);
        if (i < end && array[i] == ',') {
            i++;
        }
        while (i < end) {
            i = parameter(array, i, end);
            if (i < 0) {
                break;
            }
            if (Ascii.equalsIgnoreCase(array, nameOffset, nameLength, name)) {
                return named.wrap(array, valueOffset, valueLength);
            }
            i = Ascii.skipBlanks(array, i, end) + 1;
        }
        return named.clear();
    }

    /** 0, or the code of the {@link ParseError}. */
    public int error() {
        return error;
    }
}

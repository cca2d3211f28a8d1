/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.internal;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A perfect hash from names, capital and small letters alike, to small numbers. Immutable: any thread.
 *
 * <p>A name of up to 15 octets is two words: its octets in small letters, zeros behind, and its length in the last octet of the second.
 * The two words go through one multiplication into a table whose multiplier is sought at construction until no two names share a slot,
 * so a lookup is two loads, one multiplication, and the comparison that proves the match. Longer names compare the octets between their
 * first and last words as well. Shared.
 *
 * <pre>
 *   C a l l - I D :           head = "call-id\0", tail = 7 &lt;&lt; 56
 *   M a x - F o r w a r d s : head = "max-forw",  tail = "ards" | 12 &lt;&lt; 56
 * </pre>
 */
public final class HeaderTable {

    private static final int BITS = 9;
    /** Serves the header fields of SIP as they are: a search of thousands takes a tenth of a second at the start of a server. */
    private static final long FIRST = 0xD929818132E83D51L;

    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;
    /** Head, tail and id of a slot lie side by side. */
    private final long[] slots = new long[4 << BITS];

    private final byte[][] names = new byte[1 << BITS][];
    private final long multiplier;
    private int attempts;

    /**
     * Builds the table.
     *
     * @param names  names of ASCII letters, digits and hyphens; the same name twice is an error
     * @param idOf   the number each name stands for, above zero
     */
    public HeaderTable(String[] names, int[] idOf) {
        byte[][] octets = new byte[names.length][];
        long[] heads = new long[names.length];
        long[] tails = new long[names.length];
        for (int i = 0; i < names.length; i++) {
            byte[] name = names[i].toLowerCase(Locale.ROOT).getBytes(StandardCharsets.US_ASCII);
            octets[i] = name;
            heads[i] = Ascii.word(name, 0, Math.min(name.length, 8));
            tails[i] = tail(name, 0, name.length);
        }
        multiplier = multiplier(heads, tails);
        for (int i = 0; i < names.length; i++) {
            int slot = slot(heads[i], tails[i], multiplier);
            slots[slot] = heads[i];
            slots[slot + 1] = tails[i];
            slots[slot + 2] = idOf[i];
            this.names[slot >>> 2] = octets[i];
        }
    }

    private long multiplier(long[] heads, long[] tails) {
        long m = FIRST;
        int[] takenIn = new int[1 << BITS];
        for (int attempt = 1; attempt < 1_000_000; attempt++) {
            if (isPerfect(heads, tails, m, takenIn, attempt)) {
                attempts = attempt;
                return m;
            }
            m = m * 6364136223846793005L + 1442695040888963407L | 1;
        }
        throw new IllegalStateException("no perfect hash found: is a name there twice?");
    }

    private static boolean isPerfect(long[] heads, long[] tails, long m, int[] takenIn, int attempt) {
        for (int i = 0; i < heads.length; i++) {
            int place = slot(heads[i], tails[i], m) >>> 2;
            if (takenIn[place] == attempt) {
                return false;
            }
            takenIn[place] = attempt;
        }
        return true;
    }

    /** How many multipliers were tried. */
    int attempts() {
        return attempts;
    }

    private static int slot(long head, long tail, long m) {
        return (int) ((head + Long.rotateLeft(tail, 29)) * m >>> 64 - BITS) << 2;
    }

    /** The second word of a name: what follows the first eight octets, or, of a name above 15, its last seven; and its length. */
    private static long tail(byte[] a, int off, int len) {
        long w = len <= 8 ? 0 : len <= 15 ? Ascii.word(a, off + 8, len - 8) : Ascii.word(a, off + len - 7, 7);
        return Ascii.fold(w) | (long) (len & 0xFF) << 56;
    }

    /** The number of the name in this range, or 0 when it is none of the table's. */
    public int lookup(byte[] a, int off, int len) {
        if (len > 255) {
            return 0;
        }
        long head = Ascii.fold(Ascii.word(a, off, len));
        long tail = tail(a, off, len);
        int slot = slot(head, tail, multiplier);
        if (slots[slot] != head || slots[slot + 1] != tail) {
            return 0;
        }
        if (len > 15 && !Ascii.equalsIgnoreCase(a, off + 8, names[slot >>> 2], 8, len - 15)) {
            return 0;
        }
        return (int) slots[slot + 2];
    }

    /**
     * Looks at the octets from {@code off}, of which 16 must be in the array, for a known name of at most 15 octets and the colon right
     * behind it.
     *
     * @return {@code id << 8 | length}; 0 when there is none, which proves nothing: the caller has to look more closely
     */
    public int probe(byte[] a, int off) {
        long w = Ascii.word(a, off);
        long x = w ^ ONES * ':';
        long marks = x - ONES & ~x & HIGHS;
        long head;
        long tail;
        int length;
        if (marks != 0) {
            // The octets below the lowest mark: (lowest bit - 1) covers them and the seven bits under the mark, which
            // the shift drops.
            long below = (marks & -marks) - 1 >>> 7;
            length = Long.numberOfTrailingZeros(marks) >>> 3;
            head = Ascii.fold(w) & below;
            tail = (long) length << 56;
        } else {
            head = Ascii.fold(w);
            w = Ascii.word(a, off + 8);
            x = w ^ ONES * ':';
            marks = x - ONES & ~x & HIGHS;
            if (marks == 0) {
                return 0;
            }
            long below = (marks & -marks) - 1 >>> 7;
            length = 8 + (Long.numberOfTrailingZeros(marks) >>> 3);
            tail = Ascii.fold(w) & below | (long) length << 56;
        }
        int slot = slot(head, tail, multiplier);
        return slots[slot] == head && slots[slot + 1] == tail ? (int) slots[slot + 2] << 8 | length : 0;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.internal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A perfect hash from names, capital and small letters alike, to small numbers. Immutable: any thread.
 *
 * <p>A name is known by its length, its first eight octets and its last eight (a shorter name by its first eight alone), folded to
 * small letters. These go through one multiplication into a table whose multiplier is sought at construction until no two names
 * share a slot, so a lookup is two loads, one multiplication, and the comparison that proves the match. Names above 16 octets compare
 * the octets between as well. Shared.
 */
public final class HeaderTable {

    private static final int BITS = 9;
    private final long[] heads = new long[1 << BITS];
    private final long[] tails = new long[1 << BITS];
    private final short[] lengths = new short[1 << BITS];
    private final short[] ids = new short[1 << BITS];
    private final byte[][] names;
    private final long multiplier;

    /**
     * Builds the table.
     *
     * @param names  names of ASCII letters, digits and hyphens; the same name twice is an error
     * @param idOf   the number each name stands for, above zero
     */
    public HeaderTable(String[] names, int[] idOf) {
        this.names = new byte[1 << BITS][];
        long m = 0x9E3779B97F4A7C15L;
        for (int attempt = 0; attempt < 1_000_000; attempt++) {
            if (fill(names, idOf, m)) {
                multiplier = m;
                return;
            }
            m = m * 6364136223846793005L + 1442695040888963407L | 1;
        }
        throw new IllegalStateException("no perfect hash found: is a name there twice?");
    }

    private boolean fill(String[] all, int[] idOf, long m) {
        Arrays.fill(ids, (short) 0);
        Arrays.fill(names, null);
        Arrays.fill(lengths, (short) -1);
        for (int i = 0; i < all.length; i++) {
            byte[] name = all[i].toLowerCase(java.util.Locale.ROOT).getBytes(StandardCharsets.US_ASCII);
            int n = name.length;
            long head = Ascii.word(name, 0, Math.min(n, 8));
            long tail = n > 8 ? Ascii.word(name, n - 8, 8) : 0;
            int slot = slot(head, tail, n, m);
            if (names[slot] != null) {
                return false;
            }
            heads[slot] = head;
            tails[slot] = tail;
            lengths[slot] = (short) n;
            names[slot] = name;
            ids[slot] = (short) idOf[i];
        }
        return true;
    }

    private static int slot(long head, long tail, int length, long m) {
        return (int) ((head + Long.rotateLeft(tail, 29) + length) * m >>> 64 - BITS);
    }

    /** The number of the name in this range, or 0 when it is none of the table's. */
    public int lookup(byte[] a, int off, int len) {
        long head = Ascii.fold(Ascii.word(a, off, len));
        long tail = len > 8 ? Ascii.fold(Ascii.word(a, off + len - 8, 8)) : 0;
        int slot = slot(head, tail, len, multiplier);
        if (heads[slot] != head || tails[slot] != tail || lengths[slot] != len) {
            return 0;
        }
        if (len > 16 && !Ascii.equalsIgnoreCase(a, off + 8, names[slot], 8, len - 16)) {
            return 0;
        }
        return ids[slot];
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * SipHash-2-4 (Aumasson, Bernstein 2012): a keyed 64-bit hash for tables that strangers fill, for tags and for nonces. An instance is
 * confined to one thread; the static form may be called from any.
 *
 * <p>Several ranges can be hashed as one: {@code start().add(a, off, len).add(b, off, len).finish()} gives what {@link #hash} gives for
 * the ranges joined. Nothing is allocated. Owned by its creator; keeps no range after the call.
 */
public final class SipHash {

    private final long k0;
    private final long k1;
    private long v0;
    private long v1;
    private long v2;
    private long v3;
    private long tail;
    private int count;

    /** A hash under this key: two random words, the same for as long as the hashes are kept. */
    public SipHash(long k0, long k1) {
        this.k0 = k0;
        this.k1 = k1;
    }

    /** The hash of one range under this instance's key. */
    public long hash(byte[] a, int off, int len) {
        return hash(k0, k1, a, off, len);
    }

    /** The hash of one range under the key. */
    public static long hash(long k0, long k1, byte[] a, int off, int len) {
        long v0 = k0 ^ 0x736f6d6570736575L;
        long v1 = k1 ^ 0x646f72616e646f6dL;
        long v2 = k0 ^ 0x6c7967656e657261L;
        long v3 = k1 ^ 0x7465646279746573L;
        int last = off + (len & ~7);
        for (int i = off; i <= last; i += 8) {
            // The last word holds the octets left over and, on top, the length.
            long m = i < last ? Ascii.word(a, i) : tailWord(a, i, len & 7) | (long) len << 56;
            v3 ^= m;
            for (int r = 0; r < 2; r++) {
                v0 += v1;
                v2 += v3;
                v1 = Long.rotateLeft(v1, 13) ^ v0;
                v3 = Long.rotateLeft(v3, 16) ^ v2;
                v0 = Long.rotateLeft(v0, 32);
                v2 += v1;
                v0 += v3;
                v1 = Long.rotateLeft(v1, 17) ^ v2;
                v3 = Long.rotateLeft(v3, 21) ^ v0;
                v2 = Long.rotateLeft(v2, 32);
            }
            v0 ^= m;
        }
        v2 ^= 0xFF;
        for (int r = 0; r < 4; r++) {
            v0 += v1;
            v2 += v3;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v1;
            v0 += v3;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 = Long.rotateLeft(v2, 32);
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static long tailWord(byte[] a, int at, int n) {
        return n == 0 ? 0 : Ascii.word(a, at, n);
    }

    /** Begins a hash over several ranges. Returns this. */
    public SipHash start() {
        v0 = k0 ^ 0x736f6d6570736575L;
        v1 = k1 ^ 0x646f72616e646f6dL;
        v2 = k0 ^ 0x6c7967656e657261L;
        v3 = k1 ^ 0x7465646279746573L;
        tail = 0;
        count = 0;
        return this;
    }

    /** Adds a range. Returns this. */
    public SipHash add(byte[] a, int off, int len) {
        int i = off;
        int to = off + len;
        for (; i < to && (count & 7) != 0; i++) {
            add(a[i]);
        }
        for (; i + 8 <= to; i += 8) {
            count += 8;
            block(Ascii.word(a, i));
        }
        for (; i < to; i++) {
            add(a[i]);
        }
        return this;
    }

    /** Adds the range of a view; an absent one adds nothing. Returns this. */
    public SipHash add(AsciiView view) {
        return view.length() <= 0 ? this : add(view.array(), view.offset(), view.length());
    }

    /** Adds one octet. Returns this. */
    public SipHash add(byte octet) {
        tail |= (octet & 0xFFL) << ((count & 7) << 3);
        if ((++count & 7) == 0) {
            block(tail);
            tail = 0;
        }
        return this;
    }

    /** Adds the eight octets of a word, little end first. Returns this. */
    public SipHash add(long word) {
        int shift = (count & 7) << 3;
        count += 8;
        if (shift == 0) {
            block(word);
        } else {
            block(tail | word << shift);
            tail = word >>> 64 - shift;
        }
        return this;
    }

    /** The hash of all that was added since {@link #start()}. */
    public long finish() {
        block(tail | (long) count << 56);
        v2 ^= 0xFF;
        round();
        round();
        round();
        round();
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private void block(long m) {
        v3 ^= m;
        round();
        round();
        v0 ^= m;
    }

    private void round() {
        v0 += v1;
        v2 += v3;
        v1 = Long.rotateLeft(v1, 13) ^ v0;
        v3 = Long.rotateLeft(v3, 16) ^ v2;
        v0 = Long.rotateLeft(v0, 32);
        v2 += v1;
        v0 += v3;
        v1 = Long.rotateLeft(v1, 17) ^ v2;
        v3 = Long.rotateLeft(v3, 21) ^ v0;
        v2 = Long.rotateLeft(v2, 32);
    }
}

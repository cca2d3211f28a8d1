/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The layout of an address-of-record with all its bindings in one {@code long[]}. Static: a record has no object of its own.
 *
 * <pre>
 *  word   63            48 47            32 31 30         16 15             0
 *       +-----------------------------------------------------------------+
 *   0   |                    hash of the address-of-record                |
 *   1   |F|                             |      due at, seconds            |  *
 *   2   |                               |  bindings     | octets of AOR   |
 *   3.. |       address-of-record, 8 octets a word, first octet lowest    |
 *       +-----------------------------------------------------------------+  then each binding:
 *   0   |  expires at, seconds          |F|           CSeq                |  *
 *   1   |  Call-ID      |  parameters   |  contact      |  words in all   |  octets of the texts
 *   2   | transport|host|     port      |  flags |agent |     path        |
 *   3   |                       id of the flow                            |
 *   4   |           reg-id              |   instance    |  q in 1/1000    |
 *   5.. |  contact instance parameters Call-ID path user-agent host       |
 *       +-----------------------------------------------------------------+
 * </pre>
 *
 * <p>All of it is immutable from when it is published until nobody looks at it any more ({@link RecordReaders}), but for the words marked {@code *}: a refresh writes one stamp and the sweep one due time,
 * each by compare-and-set. Before a record is replaced by a changed copy its marked words are frozen by the bit F, so that no
 * refresh can be written to a record that was already copied; see {@link BindingTable}. A {@code long[]} and not a {@code byte[]}
 * because only the elements of the former are sure to be aligned, and so atomic, on every JVM (JDK-8318966).
 *
 * <p>A record without bindings stands for a removed address-of-record until its segment is rebuilt.
 */
final class PackedRecord {

    static final int HASH = 0;
    static final int DUE = 1;
    static final int META = 2;
    static final int KEY = 3;

    static final int STAMP = 0;
    static final int LENGTHS = 1;
    static final int SOURCE = 2;
    static final int FLOW = 3;
    static final int EXTRA = 4;
    static final int TEXT = 5;

    static final long FROZEN_DUE = 1L << 63;
    static final long FROZEN_STAMP = 1L << 31;
    /** RFC 3261 §8.1.1.5: the sequence number MUST be less than 2**31. */
    static final long MAX_CSEQ = (1L << 31) - 1;

    static final int FLAG_OUTBOUND = 1;
    /** Above the flag: the node of a fleet that has the flow, 0 for none; within {@link #SOURCE}. */
    static final int NODE_SHIFT = 25;

    static final int MAX_NODE = 127;
    static final int MAX_BINDINGS = 0xFFFF;

    /** Writers are loops that refresh and the sweep; readers are all. A stamp publishes nothing but itself. */
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    /** Only plain access: the octets of a scratch. */
    static final VarHandle LITTLE = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private PackedRecord() {}

    static long wordOpaque(long[] record, int word) {
        return (long) WORD.getOpaque(record, word);
    }

    static boolean casWord(long[] record, int word, long expected, long value) {
        return WORD.compareAndSet(record, word, expected, value);
    }

    static int keyLength(long[] record) {
        return (int) record[META] & 0xFFFF;
    }

    static int count(long[] record) {
        return (int) record[META] >>> 16;
    }

    static int wordsOf(int octets) {
        return (octets + 7) >>> 3;
    }

    static int firstBinding(long[] record) {
        return KEY + wordsOf(keyLength(record));
    }

    /** Where the bindings end; behind it may be room. */
    static int end(long[] record) {
        int binding = firstBinding(record);
        for (int i = count(record); i > 0; i--) {
            binding += bindingWords(record, binding);
        }
        return binding;
    }

    static int bindingWords(long[] record, int binding) {
        return (int) record[binding + LENGTHS] & 0xFFFF;
    }

    static long dueAt(long dueWord) {
        return dueWord & 0xFFFF_FFFFL;
    }

    static boolean isFrozenDue(long dueWord) {
        return dueWord < 0;
    }

    static long stamp(long expiresAtSeconds, long cseq) {
        return expiresAtSeconds << 32 | cseq;
    }

    static boolean isFrozen(long stamp) {
        return (stamp & FROZEN_STAMP) != 0;
    }

    static long expiresAt(long stamp) {
        return stamp >>> 32;
    }

    static long cseq(long stamp) {
        return stamp & MAX_CSEQ;
    }

    /** Stops refreshes and the sweep from writing to the record; what they wrote before is kept and can now be copied. */
    static void freeze(long[] record) {
        freezeDue(record);
        int binding = firstBinding(record);
        for (int i = count(record); i > 0; i--) {
            freezeStamp(record, binding);
            binding += bindingWords(record, binding);
        }
    }

    /** Freezes one binding. @return its last stamp, without the frozen bit */
    static long freezeStamp(long[] record, int binding) {
        return (long) WORD.getAndBitwiseOr(record, binding + STAMP, FROZEN_STAMP) & ~FROZEN_STAMP;
    }

    /** Freezes the due time alone. */
    static void freezeDue(long[] record) {
        WORD.getAndBitwiseOr(record, DUE, FROZEN_DUE);
    }

    static boolean hasKey(long[] record, long hash, byte[] key, int offset, int length) {
        if (record[HASH] != hash || keyLength(record) != length) {
            return false;
        }
        // What follows is in bounds even while the record is being written anew: its length and so its room do not
        // change.
        int whole = length >>> 3;
        for (int i = 0; i < whole; i++) {
            if (record[KEY + i] != (long) LITTLE.get(key, offset + (i << 3))) {
                return false;
            }
        }
        int rest = length & 7;
        return rest == 0 || record[KEY + whole] == tail(key, offset + (whole << 3), rest);
    }

    static boolean sameKey(long[] a, long[] b) {
        int length = keyLength(b);
        if (a[HASH] != b[HASH] || keyLength(a) != length) {
            return false;
        }
        for (int i = KEY + wordsOf(length) - 1; i >= KEY; i--) {
            if (a[i] != b[i]) {
                return false;
            }
        }
        return true;
    }

    /** An order of keys: by hash, for pages. */
    static int compareKeys(long[] a, long[] b) {
        int order = Long.compareUnsigned(a[HASH], b[HASH]);
        if (order == 0) {
            order = Integer.compare(keyLength(a), keyLength(b));
        }
        return order != 0 ? order : Arrays.compare(a, KEY, firstBinding(a), b, KEY, firstBinding(b));
    }

    /** The earliest second at which a binding of the record ends; {@link Long#MAX_VALUE} without bindings. */
    static long earliestExpiry(long[] record) {
        long earliest = Long.MAX_VALUE;
        int binding = firstBinding(record);
        for (int i = count(record); i > 0; i--) {
            earliest = Math.min(earliest, expiresAt(wordOpaque(record, binding + STAMP)));
            binding += bindingWords(record, binding);
        }
        return earliest;
    }

    /**
     * Sets when a record not yet published is to be looked at.
     *
     * @param due when the record it replaces was to be looked at: there is an entry for then, which serves unless a binding now ends
     *     before it; 0 when there is none
     */
    static void setDue(long[] record, long due, long rim) {
        long earliest = Math.min(earliestExpiry(record), rim);
        record[DUE] = count(record) == 0 ? 0 : due == 0 ? earliest : Math.min(due, earliest);
    }

    /** A record that says the address-of-record of {@code record} has no bindings. */
    static long[] emptied(long[] record) {
        int words = firstBinding(record);
        long[] empty = new long[words];
        System.arraycopy(record, 0, empty, 0, words);
        empty[DUE] = 0;
        empty[META] = keyLength(record);
        return empty;
    }

    /** A copy of a frozen record, not frozen, with only the bindings that end after a second, which are {@code count}. */
    static long[] withoutLapsed(long[] record, long nowSeconds, int count) {
        long[] copy = new long[end(record)];
        int at = firstBinding(record);
        System.arraycopy(record, 0, copy, 0, at);
        copy[META] = (long) count << 16 | keyLength(record);
        copy[DUE] = 0;
        int binding = at;
        for (int i = count(record); i > 0; i--) {
            int words = bindingWords(record, binding);
            long stamp = wordOpaque(record, binding + STAMP);
            if (expiresAt(stamp) > nowSeconds) {
                System.arraycopy(record, binding, copy, at, words);
                copy[at + STAMP] = stamp & ~FROZEN_STAMP;
                at += words;
            }
            binding += words;
        }
        return at == copy.length ? copy : Arrays.copyOf(copy, at);
    }

    /** How many bindings of a record end after a second. */
    static int countLive(long[] record, long nowSeconds) {
        int live = 0;
        int binding = firstBinding(record);
        for (int i = count(record); i > 0; i--) {
            live += expiresAt(wordOpaque(record, binding + STAMP)) > nowSeconds ? 1 : 0;
            binding += bindingWords(record, binding);
        }
        return live;
    }

    /**
     * A record with a key, room for its bindings and none filled in: one of a pool's, maybe with more room, or a new one of the very size
     * where that is null.
     */
    static long[] create(long hash, byte[] key, int length, int bindingWords, int count, RecordPool pool) {
        int words = KEY + wordsOf(length) + bindingWords;
        // A device has one binding; where there are more the next is likely to come, and is to find room.
        int room = count > 1 ? Integer.highestOneBit(words - 1) << 1 : words;
        long[] record = pool == null ? new long[words] : pool.take(room);
        record[HASH] = hash;
        record[META] = (long) count << 16 | length;
        copyIn(key, 0, length, record, KEY);
        return record;
    }

    /** The address-of-record of a record; allocates. */
    static byte[] key(long[] record) {
        byte[] octets = new byte[wordsOf(keyLength(record)) << 3];
        for (int i = KEY, n = firstBinding(record); i < n; i++) {
            LITTLE.set(octets, i - KEY << 3, record[i]);
        }
        return Arrays.copyOf(octets, keyLength(record));
    }

    /** Copies octets into words, the last one filled up with zeroes. */
    static void copyIn(byte[] octets, int offset, int length, long[] record, int word) {
        int whole = length >>> 3;
        for (int i = 0; i < whole; i++) {
            record[word + i] = (long) LITTLE.get(octets, offset + (i << 3));
        }
        int rest = length & 7;
        if (rest != 0) {
            record[word + whole] = tail(octets, offset + (whole << 3), rest);
        }
    }

    private static long tail(byte[] octets, int offset, int rest) {
        long word = 0;
        for (int i = rest - 1; i >= 0; i--) {
            word = word << 8 | octets[offset + i] & 0xFF;
        }
        return word;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.util.Arrays;

/**
 * Finds transactions by the 64-bit hash of their key. Confined to one event loop.
 *
 * <p><b>Shape.</b> A directory of segments, as in extendible hashing: the topmost bits of a hash choose the segment,
 * the next twelve bits the place in it, and probing is linear within the segment.
 *
 * <pre>
 *   hash     63                     48 47            36 35        24 23        0
 *           +-------------------------+----------------+------------+-----------+
 *           | directory, as many bits | place in its   | compared   | not kept  |
 *           | as it has grown to      | segment        | only       |           |
 *           +-------------------------+----------------+------------+-----------+
 *   entry    63                                                  24 23         0
 *           +------------------------------------------------------+------------+
 *           | the hash's upper 40 bits                             | slot + 1   |  0 is an empty place
 *           +------------------------------------------------------+------------+
 * </pre>
 *
 * <p><b>Why.</b> A table that doubles in one piece stops its loop for some ten milliseconds at a million entries,
 * just when traffic is heaviest. Here a full segment splits alone: 4096 entries move, some ten microseconds. Two
 * segments that have become nearly empty merge again, so the table shrinks after a peak. An entry costs 8 octets, 10
 * to 20 with the empty places.
 *
 * <p>The table does not know keys: {@link #first} and {@link #next} give the slots whose hash agrees in 40 bits, the
 * caller compares. The hash is keyed ({@link org.sipwire.codec.SipHash}), so strangers cannot choose keys that
 * collide.
 */
final class TransactionTable {

    /** Slots are less than this, {@value}. */
    static final int MAX_SLOTS = (1 << 24) - 1;

    /** What {@link #first} and {@link #next} give when there is no more. */
    static final int NONE = -1;

    private static final int PLACE_BITS = 12;
    private static final int PLACES = 1 << PLACE_BITS;
    private static final int PLACE_MASK = PLACES - 1;
    private static final int PLACE_SHIFT = 36;
    private static final int MAX_DEPTH = 16;
    private static final int SPLIT_AT = PLACES * 13 / 16;
    private static final int MERGE_BELOW = PLACES * 5 / 16;
    private static final long TAG_MASK = -1L << 24;
    private static final long SLOT_MASK = ~TAG_MASK;

    private static final class Segment {
        final long[] entries = new long[PLACES];
        int depth;
        int size;

        Segment(int depth) {
            this.depth = depth;
        }
    }

    private Segment[] directory = {new Segment(0)};
    private int depth;
    private int segments = 1;
    private int size;

    private Segment cursorSegment;
    private int cursorPlace;
    private long cursorTag;

    /** The first slot put under this hash, or {@link #NONE}. */
    int first(long hash) {
        cursorSegment = segment(hash);
        cursorPlace = place(hash);
        cursorTag = hash & TAG_MASK;
        return next();
    }

    /** The next slot under the hash last given to {@link #first}, or {@link #NONE}. Not after a change of the table. */
    int next() {
        long[] entries = cursorSegment.entries;
        int place = cursorPlace;
        for (long entry; (entry = entries[place]) != 0; ) {
            place = place + 1 & PLACE_MASK;
            if ((entry & TAG_MASK) == cursorTag) {
                cursorPlace = place;
                return (int) (entry & SLOT_MASK) - 1;
            }
        }
        cursorPlace = place;
        return NONE;
    }

    /** Adds a slot under a hash. The pair must not be there yet. */
    void put(long hash, int slot) {
        assert slot >= 0 && slot < MAX_SLOTS : slot;
        Segment segment = segment(hash);
        while (segment.size >= SPLIT_AT && segment.depth < MAX_DEPTH) {
            split(segment, hash);
            segment = segment(hash);
        }
        if (segment.size == PLACES - 1) {
            throw new IllegalStateException("a segment of the transaction table is full");
        }
        insert(segment, hash & TAG_MASK | slot + 1);
        size++;
    }

    /**
     * Takes the pair out.
     *
     * @param hash of which only the upper 32 bits matter
     * @return false when it is not there
     */
    boolean remove(long hash, int slot) {
        Segment segment = segment(hash);
        long[] entries = segment.entries;
        int place = place(hash);
        for (long entry; (entry = entries[place]) != 0; place = place + 1 & PLACE_MASK) {
            if ((int) (entry & SLOT_MASK) == slot + 1) {
                close(entries, place);
                segment.size--;
                size--;
                if (segment.size < MERGE_BELOW / 2) {
                    merge(segment, hash);
                }
                return true;
            }
        }
        return false;
    }

    /** The number of entries. */
    int size() {
        return size;
    }

    /** The octets this table occupies. */
    long footprint() {
        return segments * (8L * PLACES + 48) + 4L * directory.length;
    }

    private Segment segment(long hash) {
        // A shift by 64 would be one by 0.
        return directory[(int) (hash >>> 1 >>> 63 - depth)];
    }

    private static int place(long hash) {
        return (int) (hash >>> PLACE_SHIFT) & PLACE_MASK;
    }

    private static void insert(Segment segment, long entry) {
        long[] entries = segment.entries;
        int place = place(entry);
        while (entries[place] != 0) {
            place = place + 1 & PLACE_MASK;
        }
        entries[place] = entry;
        segment.size++;
    }

    /**
     * Empties a place and moves back the entries behind it which that lets nearer to their own place: no tombstones.
     */
    private static void close(long[] entries, int hole) {
        int place = hole;
        while (true) {
            place = place + 1 & PLACE_MASK;
            long entry = entries[place];
            if (entry == 0) {
                entries[hole] = 0;
                return;
            }
            int home = place(entry);
            if ((place - home & PLACE_MASK) >= (place - hole & PLACE_MASK)) {
                entries[hole] = entry;
                hole = place;
            }
        }
    }

    /** Replaces a segment by two that share its entries by the next bit of the hash. */
    private void split(Segment full, long hash) {
        if (full.depth == depth) {
            Segment[] grown = new Segment[2 * directory.length];
            for (int i = 0; i < grown.length; i++) {
                grown[i] = directory[i >>> 1];
            }
            directory = grown;
            depth++;
        }
        Segment[] halves = {new Segment(full.depth + 1), new Segment(full.depth + 1)};
        int bit = 63 - full.depth;
        for (long entry : full.entries) {
            if (entry != 0) {
                insert(halves[(int) (entry >>> bit) & 1], entry);
            }
        }
        install(halves[0], hash & ~(1L << bit));
        install(halves[1], hash | 1L << bit);
        segments++;
    }

    /** Joins a segment that has become nearly empty with its sibling when both are. */
    private void merge(Segment thin, long hash) {
        if (thin.depth == 0) {
            return;
        }
        Segment sibling = segment(hash ^ 1L << 64 - thin.depth);
        if (sibling.depth != thin.depth || sibling.size + thin.size >= MERGE_BELOW) {
            return;
        }
        for (long entry : sibling.entries) {
            if (entry != 0) {
                insert(thin, entry);
            }
        }
        thin.depth--;
        install(thin, hash);
        segments--;
        shrinkDirectory();
    }

    private void shrinkDirectory() {
        while (depth > 0 && segments <= directory.length / 2) {
            for (Segment segment : directory) {
                if (segment.depth == depth) {
                    return;
                }
            }
            Segment[] halved = new Segment[directory.length / 2];
            Arrays.setAll(halved, i -> directory[2 * i]);
            directory = halved;
            depth--;
        }
    }

    /** Points all places of the directory whose prefix is the segment's to it. */
    private void install(Segment segment, long hash) {
        int count = 1 << depth - segment.depth;
        int from = segment.depth == 0 ? 0 : (int) (hash >>> 64 - segment.depth) << depth - segment.depth;
        Arrays.fill(directory, from, from + count, segment);
    }
}

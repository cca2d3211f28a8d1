/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counts by key that forget: each count loses one a period. The array never grows. May be called from any thread.
 *
 * <p>A key is a keyed hash, so a stranger cannot choose keys that meet. It lives in one of the four entries of its set (one half of a cache
 * line), told from others by 28 bits more; when all four are taken the lowest count makes way, so that many small offenders cannot push out
 * a great one.
 *
 * <pre>
 *   entry  63          36 35      24 23          0
 *         +--------------+----------+-------------+     time: seconds, modulo 2^24 (194 days), to which the
 *         | more of key  |  level   |    time     |     forgetting has been done
 *         +--------------+----------+-------------+
 * </pre>
 *
 * Shared between the loops.
 */
final class LeakyBuckets {

    private static final int WAYS = 4;
    private static final int TIME_MASK = 0xFFFFFF;
    private static final int LEVEL_MASK = 0xFFF;

    /**
     * Who writes: a loop that saw an attempt fail. Who reads: every loop before it hears an attempt. What it publishes: nothing but itself; an
     * addition that lost the race is made again.
     */
    private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] entries;
    private final int leakSeconds;
    private final int highest;

    LeakyBuckets(int slots, int leakSeconds, int highest) {
        this.entries = new long[slots];
        this.leakSeconds = leakSeconds;
        this.highest = Math.min(highest, LEVEL_MASK);
    }

    /** The count of a key as of now. */
    int level(long key, long nowSeconds) {
        int set = set(key);
        for (int i = set; i < set + WAYS; i++) {
            long entry = (long) ENTRY.getOpaque(entries, i);
            if (entry >>> 36 == key >>> 36) {
                return levelOf(entry, nowSeconds);
            }
        }
        return 0;
    }

    /** Adds one to the count of a key, and returns what it is now. */
    int add(long key, long nowSeconds) {
        for (; ; ) {
            int at = entryFor(key, nowSeconds);
            long entry = (long) ENTRY.getOpaque(entries, at);
            boolean mine = entry >>> 36 == key >>> 36;
            int before = mine ? levelOf(entry, nowSeconds) : 0;
            int level = Math.min(before + 1, highest);
            // What has passed of the running period stays: a count asked often must not forget the slower for it.
            long time =
                    before == 0 ? nowSeconds : (entry & TIME_MASK) + (long) (rawLevel(entry) - before) * leakSeconds;
            long next = key >>> 36 << 36 | (long) level << 24 | time & TIME_MASK;
            if (ENTRY.compareAndSet(entries, at, entry, next)) {
                return level;
            }
        }
    }

    /** The key's entry, else a free one, else the one with the lowest count. */
    private int entryFor(long key, long nowSeconds) {
        int set = set(key);
        int lowest = set;
        int lowestLevel = Integer.MAX_VALUE;
        for (int i = set; i < set + WAYS; i++) {
            long entry = (long) ENTRY.getOpaque(entries, i);
            if (entry >>> 36 == key >>> 36) {
                return i;
            }
            int level = levelOf(entry, nowSeconds);
            if (level < lowestLevel) {
                lowestLevel = level;
                lowest = i;
            }
        }
        return lowest;
    }

    private int set(long key) {
        return (int) key & entries.length - WAYS;
    }

    private static int rawLevel(long entry) {
        return (int) (entry >>> 24) & LEVEL_MASK;
    }

    private int levelOf(long entry, long nowSeconds) {
        int level = rawLevel(entry);
        if (level == 0) {
            return 0;
        }
        int passed = (int) (nowSeconds - entry) & TIME_MASK;
        // A loop may read the clock a little behind another.
        return passed > TIME_MASK - 60 ? level : Math.max(0, level - passed / leakSeconds);
    }
}

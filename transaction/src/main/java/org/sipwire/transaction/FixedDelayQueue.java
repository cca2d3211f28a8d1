/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.util.Arrays;

/**
 * Timers that all run for the same time, and so fire in the order they were started: a queue. Confined to one event
 * loop.
 *
 * <p>Timer J over UDP is such a timer, and the most frequent of all: a registrar that answers 50,000 requests a
 * second has 1.6 million of them. Here each costs 8 octets, against 28 in a {@link TimerWheel}; in return none can be
 * cancelled.
 *
 * <pre>
 *   entry    63                       24 23        0
 *           +---------------------------+-----------+
 *           |  deadline, ms (35 years)  |   slot    |
 *           +---------------------------+-----------+
 * </pre>
 */
final class FixedDelayQueue {

    /** What {@link #poll} gives when nothing is due. */
    static final int NONE = -1;

    private static final int BLOCK = 4096;
    private static final int SPARE = 2;

    private long[][] blocks = new long[4][];
    private int headBlock;
    private int blockCount;
    private int headIndex;
    private int tailIndex = BLOCK;
    private final long[][] spare = new long[SPARE][];
    private int spareCount;
    private int size;

    /** Starts a timer; its deadline is not before that of the timer started last. */
    void add(int slot, long deadlineMillis) {
        if (tailIndex == BLOCK) {
            appendBlock();
        }
        blocks[headBlock + blockCount - 1 & blocks.length - 1][tailIndex++] = deadlineMillis << 24 | slot;
        size++;
    }

    private void appendBlock() {
        if (blockCount == blocks.length) {
            long[][] grown = new long[2 * blockCount][];
            for (int i = 0; i < blockCount; i++) {
                grown[i] = blocks[headBlock + i & blockCount - 1];
            }
            blocks = grown;
            headBlock = 0;
        }
        long[] block = spareCount > 0 ? spare[--spareCount] : new long[BLOCK];
        blocks[headBlock + blockCount++ & blocks.length - 1] = block;
        tailIndex = 0;
    }

    /** Takes out the slot of a timer that is due, or gives {@link #NONE}. */
    int poll(long nowMillis) {
        if (size == 0) {
            return NONE;
        }
        long entry = blocks[headBlock][headIndex];
        if (entry >>> 24 > nowMillis) {
            return NONE;
        }
        size--;
        if (++headIndex == BLOCK || size == 0) {
            removeBlock();
        }
        return (int) entry & (1 << 24) - 1;
    }

    private void removeBlock() {
        if (spareCount < SPARE) {
            spare[spareCount++] = blocks[headBlock];
        }
        blocks[headBlock] = null;
        headBlock = headBlock + 1 & blocks.length - 1;
        headIndex = 0;
        if (--blockCount == 0) {
            tailIndex = BLOCK;
            if (blocks.length > 64) {
                blocks = Arrays.copyOf(blocks, 4);
                headBlock = 0;
            }
        }
    }

    /** The timers that run. */
    int size() {
        return size;
    }

    /** The octets this queue occupies. */
    long footprint() {
        return (blockCount + spareCount) * 8L * BLOCK + 4L * blocks.length;
    }
}

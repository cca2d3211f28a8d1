/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.util.Arrays;

/**
 * Timers without an object each: a hashed wheel in primitive arrays. Confined to one event loop; its time is the
 * caller's.
 *
 * <p>A timer is a row of the arrays, linked into the list of the bucket its deadline falls in; starting and
 * cancelling cost the same however many there are. {@value #BUCKETS} buckets of {@value #BUCKET_MILLIS} ms make a
 * turn of 65 s, more than any timer of RFC 3261 but C; a later deadline is passed over once a turn. Deadlines are
 * exact to the millisecond: a timer fires in the first {@link #expire} at or after its deadline and never before.
 *
 * <p>A handle is the row with a generation, so that a handle kept too long cancels nothing.
 */
final class TimerWheel {

    /** Called for each timer that is due. It may start and cancel timers. */
    interface Expiry {
        /** @param payload what the timer was started with */
        void onExpiry(int payload);
    }

    /** No timer: no handle is 0. */
    static final long NONE = 0;

    private static final int BUCKETS = 8192;
    private static final int BUCKET_MILLIS = 8;
    private static final int DUE = BUCKETS;
    private static final int END = -1;
    private static final int FREE = -2;
    private static final int INITIAL_ROWS = 64;

    private final int[] heads = new int[BUCKETS + 1];
    private int dueTail = END;
    private long[] deadlines;
    private int[] payloads;
    private int[] generations;
    private int[] nexts;
    private int[] previous;
    private int[] buckets;
    private int freeHead;
    private int rows;
    private int size;
    private int generationBase;
    private long nowMillis;

    /** A wheel whose time begins here. */
    TimerWheel(long startMillis) {
        nowMillis = startMillis;
        Arrays.fill(heads, END);
        reset();
    }

    private void reset() {
        deadlines = new long[INITIAL_ROWS];
        payloads = new int[INITIAL_ROWS];
        generations = new int[INITIAL_ROWS];
        nexts = new int[INITIAL_ROWS];
        previous = new int[INITIAL_ROWS];
        buckets = new int[INITIAL_ROWS];
        freeHead = END;
        rows = 0;
    }

    /** Starts a timer. A deadline that has passed fires in the next {@link #expire}. */
    long start(long deadlineMillis, int payload) {
        int row = freeHead;
        if (row != END) {
            freeHead = nexts[row];
        } else {
            row = rows++;
            if (row == deadlines.length) {
                grow();
            }
            generations[row] = generationBase;
        }
        deadlines[row] = deadlineMillis;
        payloads[row] = payload;
        link(row, bucket(Math.max(deadlineMillis, nowMillis)));
        size++;
        return (long) ++generations[row] << 32 | row + 1;
    }

    /** Stops a timer. False when it has fired or was cancelled. */
    boolean cancel(long handle) {
        int row = row(handle);
        if (row == END) {
            return false;
        }
        unlink(row);
        free(row);
        return true;
    }

    /** What a timer was started with; it must run. */
    int payload(long handle) {
        assert row(handle) != END;
        return payloads[(int) handle - 1];
    }

    /** The deadline of a timer, or -1 when it has fired or was cancelled. */
    long deadlineMillis(long handle) {
        int row = row(handle);
        return row == END ? -1 : deadlines[row];
    }

    /**
     * Fires all that is due by now, about in the order of the deadlines.
     *
     * @return the number fired
     */
    int expire(long millis, Expiry expiry) {
        if (millis < nowMillis) {
            return 0;
        }
        long from = nowMillis / BUCKET_MILLIS;
        long to = Math.min(millis / BUCKET_MILLIS, from + BUCKETS - 1);
        nowMillis = millis;
        if (size == 0) {
            return 0;
        }
        for (long tick = from; tick <= to; tick++) {
            gather((int) (tick & BUCKETS - 1));
        }
        int fired = 0;
        for (int row; (row = heads[DUE]) != END; fired++) {
            int payload = payloads[row];
            unlink(row);
            free(row);
            expiry.onExpiry(payload);
        }
        return fired;
    }

    /** Moves what is due from a bucket to the end of the due list. */
    private void gather(int bucket) {
        for (int row = heads[bucket]; row != END; ) {
            int next = nexts[row];
            if (deadlines[row] <= nowMillis) {
                unlink(row);
                append(row);
            }
            row = next;
        }
    }

    private void append(int row) {
        buckets[row] = DUE;
        nexts[row] = END;
        previous[row] = dueTail;
        if (dueTail == END) {
            heads[DUE] = row;
        } else {
            nexts[dueTail] = row;
        }
        dueTail = row;
    }

    /** The timers that run. */
    int size() {
        return size;
    }

    /** The octets this wheel occupies. */
    long footprint() {
        return 28L * deadlines.length + 4L * heads.length;
    }

    private int row(long handle) {
        int row = (int) handle - 1;
        return row >= 0 && row < rows && generations[row] == (int) (handle >>> 32) && buckets[row] != FREE ? row : END;
    }

    private static int bucket(long millis) {
        return (int) (millis / BUCKET_MILLIS & BUCKETS - 1);
    }

    private void link(int row, int bucket) {
        int head = heads[bucket];
        buckets[row] = bucket;
        previous[row] = END;
        nexts[row] = head;
        if (head != END) {
            previous[head] = row;
        }
        heads[bucket] = row;
    }

    private void unlink(int row) {
        int next = nexts[row];
        int prev = previous[row];
        if (prev == END) {
            heads[buckets[row]] = next;
        } else {
            nexts[prev] = next;
        }
        if (next != END) {
            previous[next] = prev;
        } else if (buckets[row] == DUE) {
            dueTail = prev;
        }
    }

    private void free(int row) {
        buckets[row] = FREE;
        nexts[row] = freeHead;
        freeHead = row;
        if (--size == 0 && deadlines.length > 16 * INITIAL_ROWS) {
            // The peak is over. Generations go on, so that a handle from before the peak stays stale.
            for (int i = 0; i < rows; i++) {
                generationBase = Math.max(generationBase, generations[i]);
            }
            reset();
        }
    }

    private void grow() {
        int length = 2 * deadlines.length;
        deadlines = Arrays.copyOf(deadlines, length);
        payloads = Arrays.copyOf(payloads, length);
        generations = Arrays.copyOf(generations, length);
        nexts = Arrays.copyOf(nexts, length);
        previous = Arrays.copyOf(previous, length);
        buckets = Arrays.copyOf(buckets, length);
    }
}

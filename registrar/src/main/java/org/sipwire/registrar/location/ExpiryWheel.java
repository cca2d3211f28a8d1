/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Which addresses-of-record are to be looked at in which second: one bucket of hashes a second. {@link #add} may be called from any
 * thread, {@link #sweep} by one at a time.
 *
 * <p>An address-of-record has one entry, at or before the second its first binding ends. A refresh does not move it: when its second
 * comes, whoever sweeps looks at the record and enters it again for later. So a refresh costs nothing here, and a sweep costs what is
 * due: each address-of-record is looked at about once a registration period, however many there are. Entries that are no longer
 * true (the record says a later second) are dropped when met.
 *
 * <p>What lies further ahead than the wheel reaches, {@value #SPAN} s, is to be entered at its {@link #rim} and entered again from there.
 *
 * <p>A bucket is a stack of chunks; a cell is claimed by counting and filled by compare-and-set. The sweep closes the cells it passes, so a
 * writer that was late finds its cell closed and enters the hash again. About 9 B an entry.
 */
final class ExpiryWheel {

    static final int SPAN = 1 << 15;

    private static final int FIRST_CHUNK = 8;
    private static final int LAST_CHUNK = 64;
    private static final long CLOSED = -1;

    /** Cells: writers fill, the sweep takes and closes. The hash is all that is published. */
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);

    private static final VarHandle CLAIMED;
    private static final VarHandle SWEPT;

    static {
        try {
            CLAIMED = MethodHandles.lookup().findVarHandle(Chunk.class, "claimed", int.class);
            SWEPT = MethodHandles.lookup().findVarHandle(ExpiryWheel.class, "swept", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Gets the hashes that are due. */
    interface Visitor {
        void due(long hash, long second);
    }

    private static final class Chunk {
        final long[] cells;
        final Chunk next;
        volatile int claimed;

        Chunk(int cells, Chunk next) {
            this.cells = new long[cells];
            this.next = next;
        }
    }

    private final AtomicReferenceArray<Chunk> buckets = new AtomicReferenceArray<>(SPAN);

    /** The last second whose bucket was taken. Written by the sweep, read by who adds. */
    private volatile long swept;

    private Chunk taken;
    private int takenCell;

    ExpiryWheel(long nowSeconds) {
        swept = nowSeconds - 1;
    }

    /** The last second that may be entered at present; later on it is a later one. */
    long rim() {
        return swept + SPAN - 1;
    }

    /** Enters a hash, which is neither 0 nor -1, for a second. */
    void add(long hash, long second) {
        for (; ; ) {
            long last = swept;
            long at = Math.max(second, last + 1);
            assert at < last + SPAN : second;
            put((int) (at & SPAN - 1), hash);
            // The sweep announces a second before it takes the bucket: either it finds the entry, or this finds the
            // announcement.
            if (swept < at) {
                return;
            }
        }
    }

    private void put(int bucket, long hash) {
        for (; ; ) {
            Chunk head = buckets.get(bucket);
            if (head != null && head.claimed < head.cells.length) {
                int cell = (int) CLAIMED.getAndAdd(head, 1);
                if (cell < head.cells.length && CELL.compareAndSet(head.cells, cell, 0L, hash)) {
                    return;
                }
                continue;
            }
            int size = head == null ? FIRST_CHUNK : Math.min(LAST_CHUNK, head.cells.length * 2);
            buckets.compareAndSet(bucket, head, new Chunk(size, head));
        }
    }

    /**
     * Takes what is due.
     *
     * @return how many entries were taken, at most {@code budget}
     */
    int sweep(long nowSeconds, int budget, Visitor visitor) {
        int left = budget;
        // After a long pause every bucket is due once; going round more than once would find nothing.
        if (nowSeconds - swept > SPAN) {
            SWEPT.setVolatile(this, nowSeconds - SPAN);
        }
        for (; ; ) {
            while (taken != null) {
                for (; takenCell < taken.cells.length; takenCell++) {
                    if (left == 0) {
                        return budget;
                    }
                    long hash = (long) CELL.getAndSet(taken.cells, takenCell, CLOSED);
                    if (hash != 0) {
                        left--;
                        visitor.due(hash, swept);
                    }
                }
                taken = taken.next;
                takenCell = 0;
            }
            if (swept >= nowSeconds) {
                return budget - left;
            }
            long second = swept + 1;
            SWEPT.setVolatile(this, second);
            taken = buckets.getAndSet((int) (second & SPAN - 1), null);
            takenCell = 0;
        }
    }
}

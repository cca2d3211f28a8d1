/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The counters of one event loop, a row of cells. One thread writes, any may read.
 *
 * <p>Counting costs a plain load and an opaque store; a scrape pays for the rest and sums the loops. An enum gives
 * the cells their names: its ordinal is the cell. The row is padded at both ends, so that two loops never write to
 * one cache line.
 *
 * <p>Shared between its loop, which writes, and readers.
 */
public final class LoopCounters {

    /** 128 octets: two cache lines, since the prefetcher fetches them in pairs. */
    private static final int PAD = 16;

    /**
     * The cells. The loop writes (opaque: a reader sees each value whole and, in time, the newest), scrapers read
     * (opaque). A counter publishes nothing but itself.
     */
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] cells;

    /** A row of zeros. */
    public LoopCounters(int size) {
        cells = new long[PAD + size + PAD];
    }

    /** Adds one. On the loop. */
    public void increment(int cell) {
        add(cell, 1);
    }

    /** Adds one to the cell an enum names. On the loop. */
    public void increment(Enum<?> cell) {
        add(cell.ordinal(), 1);
    }

    /** Adds to a cell. On the loop. */
    public void add(int cell, long delta) {
        int i = PAD + cell;
        CELL.setOpaque(cells, i, cells[i] + delta);
    }

    /** Sets a cell that is a level and not a count. On the loop. */
    public void set(int cell, long value) {
        CELL.setOpaque(cells, PAD + cell, value);
    }

    /** The value of a cell. On any thread. */
    public long get(int cell) {
        return (long) CELL.getOpaque(cells, PAD + cell);
    }

    /** The value of the cell an enum names. On any thread. */
    public long get(Enum<?> cell) {
        return get(cell.ordinal());
    }
}

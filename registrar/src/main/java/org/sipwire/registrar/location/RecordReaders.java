/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Who looks at records at present, so that a record that was replaced is written anew only when nobody can see it. Nobody waits: a record
 * that may be seen is left to the collector.
 *
 * <pre>
 *   reader                                    writer
 *     1  says at which hash it looks            1  puts another record in the slot (compare-and-set)
 *     2  reads the slot                         2  reads at which hash each of the others looks
 *     3  uses the record                        3  writes the old record anew, unless one looks at its hash
 *     4  looks away
 * </pre>
 *
 * <p>Either the writer's 2 sees the reader's 1, or the reader's 2 sees the writer's 1. A reader also meets records of other hashes on its
 * way, which may be written anew meanwhile: it reads no more of them than whether they have its key, and asks the slot again before
 * it believes so; see {@link BindingTable}.
 *
 * <p>Updates of loops say the hash, each by a {@link RecordPool} of its own. All others - pages, look-ups, the sweep, whoever rebuilds a
 * segment of the table - are guests, which are only counted: while there is one, no record is written anew.
 *
 * <p>Shared.
 */
final class RecordReaders {

    /** Pools at most; further updates are guests. */
    private static final int MOST = 256;

    private final int batch;
    private final AtomicInteger guests = new AtomicInteger();
    private final AtomicReference<RecordPool[]> pools = new AtomicReference<>(new RecordPool[0]);

    /** @param batch how many replaced records a pool gathers before it asks; 0 when no record is ever written anew */
    RecordReaders(int batch) {
        this.batch = batch;
    }

    /** A pool for one thread's updates, or null when there is none to be had. */
    RecordPool join() {
        RecordPool pool = new RecordPool(batch);
        for (; ; ) {
            RecordPool[] before = pools.get();
            if (batch == 0 || before.length == MOST) {
                return null;
            }
            RecordPool[] after = Arrays.copyOf(before, before.length + 1);
            after[before.length] = pool;
            if (pools.compareAndSet(before, after)) {
                return pool;
            }
        }
    }

    /** Before a guest reads a slot of the table. */
    void enter() {
        guests.getAndIncrement();
    }

    void leave() {
        guests.getAndDecrement();
    }

    /** Takes a record that a compare-and-set took out of its slot just now. */
    void replaced(RecordPool pool, long[] record) {
        if (pool.giveReplaced(record)) {
            VarHandle.fullFence();
            pool.settle(pools.get(), guests.get() == 0);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Replaced records of one thread, to be written anew: a binding that comes with a new Call-ID takes a record and leaves one, so it need
 * allocate none, and what it writes to is in the processor's cache. {@link RecordReaders} tells when a record may be written anew.
 *
 * <p>Confined to its thread but for {@link #lookingAt}, which those of other threads read.
 */
final class RecordPool {

    /** Records longer than this, in words, are left to the collector. */
    private static final int MAX_WORDS = 1024;

    private static final int MOST_OF_A_LENGTH = 32;

    /** Words of all spare records at most: half a megabyte a thread. */
    private static final int MOST_WORDS = 1 << 16;

    /** Alone in its cache line: its thread writes it at every update, those of others read it now and then. */
    private static final int LOOKING = 8;

    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] looking = new long[LOOKING * 2];
    private final long[][][] spare = new long[MAX_WORDS + 1][][];
    private final int[] spares = new int[MAX_WORDS + 1];
    private final long[][] replaced;
    private int waiting;
    private int held;

    /** @param batch how many replaced records to gather before it is asked whether others look at them */
    RecordPool(int batch) {
        replaced = new long[batch][];
    }

    /** Says at which address-of-record this thread looks, before it reads a slot of the table. */
    void lookAt(long hash) {
        CELL.setOpaque(looking, LOOKING, hash);
        // Whoever replaces a record and then reads the cell either finds the hash in it, or replaced the record before
        // this thread could find it.
        VarHandle.fullFence();
    }

    void lookAway() {
        CELL.setRelease(looking, LOOKING, 0L);
    }

    /** The hash of the address-of-record looked at, or 0. Any thread. */
    long lookingAt() {
        return (long) CELL.getAcquire(looking, LOOKING);
    }

    /** A record of exactly so many words with whatever it held before, or a new one. */
    long[] take(int words) {
        if (words <= MAX_WORDS && spares[words] > 0) {
            held -= words;
            long[] record = spare[words][--spares[words]];
            spare[words][spares[words]] = null;
            return record;
        }
        return new long[words];
    }

    /** Takes a record that nobody else can see. */
    void give(long[] record) {
        int words = record.length;
        if (words > MAX_WORDS || spares[words] == MOST_OF_A_LENGTH || held + words > MOST_WORDS) {
            return;
        }
        if (spare[words] == null) {
            spare[words] = new long[MOST_OF_A_LENGTH][];
        }
        held += words;
        spare[words][spares[words]++] = record;
    }

    /** Takes a record that was replaced, at which others may still look. @return whether a batch is full */
    boolean giveReplaced(long[] record) {
        replaced[waiting++] = record;
        return waiting == replaced.length;
    }

    /** Empties the batch: keeps, if any, those at which none of the others looks. */
    void settle(RecordPool[] others, boolean any) {
        while (waiting > 0) {
            long[] record = replaced[--waiting];
            replaced[waiting] = null;
            if (any && !isLookedAt(record[PackedRecord.HASH], others)) {
                give(record);
            }
        }
    }

    private boolean isLookedAt(long hash, RecordPool[] others) {
        for (RecordPool other : others) {
            if (other != this && other.lookingAt() == hash) {
                return true;
            }
        }
        return false;
    }
}

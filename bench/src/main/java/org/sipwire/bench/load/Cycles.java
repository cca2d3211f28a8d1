/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

/**
 * The cycles in flight, as columns by slot number. A slot is free, or a cycle's from its arrival to its last answer; its generation
 * rises with each request, and both stand in the branch, so that an answer finds its slot without a lookup and a late one finds nobody.
 *
 * <p>One thread. Owned by the engine.
 */
final class Cycles {
    private static final Op[] OPS = Op.values();

    final int[] user;
    final int[] generation;
    final int[] cseq;
    final int[] nonceCount;
    final int[] aux;
    final long[] call;
    final long[] intendedNanos;
    final long[] sentNanos;
    /** When the request is sent again (RFC 3261 §17.1.2.2, Timer E), or {@link Long#MAX_VALUE}. */
    final long[] resendNanos;

    final long[] deadlineNanos;
    final long[] intervalNanos;
    final byte[] challenged;
    final short[] connection;
    private final byte[] op;
    private final int[] free;
    private int freeCount;
    private int highWater;

    Cycles(int slots) {
        user = new int[slots];
        generation = new int[slots];
        cseq = new int[slots];
        nonceCount = new int[slots];
        aux = new int[slots];
        call = new long[slots];
        intendedNanos = new long[slots];
        sentNanos = new long[slots];
        resendNanos = new long[slots];
        deadlineNanos = new long[slots];
        intervalNanos = new long[slots];
        challenged = new byte[slots];
        connection = new short[slots];
        op = new byte[slots];
        free = new int[slots];
    }

    /** A free slot, or -1. */
    int take(Op taken) {
        int slot = freeCount > 0 ? free[--freeCount] : highWater < op.length ? highWater++ : -1;
        if (slot >= 0) {
            op[slot] = (byte) (taken.ordinal() + 1);
            challenged[slot] = 0;
        }
        return slot;
    }

    void release(int slot) {
        op[slot] = 0;
        generation[slot]++;
        free[freeCount++] = slot;
    }

    boolean isTaken(int slot) {
        return slot >= 0 && slot < highWater && op[slot] != 0;
    }

    Op op(int slot) {
        return OPS[op[slot] - 1];
    }

    /** Slots at and above this one were never taken. */
    int highWater() {
        return highWater;
    }

    int inFlight() {
        return highWater - freeCount;
    }
}

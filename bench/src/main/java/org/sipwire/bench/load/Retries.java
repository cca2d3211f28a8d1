/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.util.PriorityQueue;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Devices that have to try again: one to five seconds later, at a moment by chance, so that they do not come back together. One thread.
 * Owned by the engine.
 */
final class Retries {
    private static final long LEAST_NANOS = 1_000_000_000L;
    private static final long SPREAD_NANOS = 4_000_000_000L;
    private static final int USER_BITS = 24;
    /** Most users: {@value}. */
    static final int MAX_USERS = 1 << USER_BITS;

    private final long epoch = System.nanoTime();
    private final PriorityQueue<Long> queue = new PriorityQueue<>();

    void later(int user, long nowNanos) {
        long due = nowNanos + LEAST_NANOS + ThreadLocalRandom.current().nextLong(SPREAD_NANOS);
        // Microseconds since the beginning: 40 bits are twelve days.
        queue.add((due - epoch) / 1000 << USER_BITS | user);
    }

    /** A user whose time has come, or -1. */
    int next(long nowNanos) {
        Long first = queue.peek();
        if (first == null || epoch + (first >> USER_BITS) * 1000 > nowNanos) {
            return -1;
        }
        queue.poll();
        return (int) (first & MAX_USERS - 1);
    }

    void clear() {
        queue.clear();
    }

    boolean isEmpty() {
        return queue.isEmpty();
    }
}

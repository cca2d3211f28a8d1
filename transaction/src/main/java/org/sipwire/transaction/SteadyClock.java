/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The wall clock without its steps. What is promised for a time, such as a registration (RFC 3261 §10.2.1.1: an interval, not a date),
 * must not end since somebody corrected the clock, nor last until a clock that was put back has caught up. So this one runs with
 * {@link System#nanoTime} from the time at which the process began, and follows the wall clock by one twentieth at most: an interval of an
 * hour lasts 57 to 63 minutes, whatever the wall clock does, and what is stored agrees with other machines again after a while.
 *
 * <pre>
 *   wall    ________|~~~~~~~~~~~~~~~~~    put forward by an hour
 *   steady  ________....,,,,,--------~    there 20 hours later
 * </pre>
 *
 * <p>Lock-free: whoever finds the last look at the wall clock older than a second claims the next one. Any thread. Shared.
 */
public final class SteadyClock {
    private static final SteadyClock SYSTEM = new SteadyClock(System.nanoTime(), System.currentTimeMillis());
    private static final long LOOK_NANOS = 1_000_000_000L;
    private static final long MOST_MILLIS_A_LOOK = 50;

    /** What is added to the milliseconds of nanoTime. */
    private final AtomicLong offsetMillis;

    private final AtomicLong lookedNanos;
    private volatile long behindMillis;

    SteadyClock(long nanoTime, long wallMillis) {
        offsetMillis = new AtomicLong(wallMillis - nanoTime / 1_000_000);
        lookedNanos = new AtomicLong(nanoTime);
    }

    /** Milliseconds since 1970, without steps: for intervals. */
    public static long millis() {
        return SYSTEM.millis(System.nanoTime(), System.currentTimeMillis());
    }

    /** The same of a time by {@link System#nanoTime} and by the wall clock that were read together. */
    static long systemMillis(long nanoTime, long wallMillis) {
        return SYSTEM.millis(nanoTime, wallMillis);
    }

    /** The date by the wall clock, of a time by this one: for what tells others the time. Exact to a second after a step. */
    public static long toDate(long steadyMillis) {
        return steadyMillis + SYSTEM.behindMillis;
    }

    /** By how much the wall clock is ahead at the last look. */
    long behindMillis() {
        return behindMillis;
    }

    long millis(long nanoTime, long wallMillis) {
        long looked = lookedNanos.get();
        long looks = (nanoTime - looked) / LOOK_NANOS;
        if (looks > 0 && lookedNanos.compareAndSet(looked, nanoTime)) {
            long error = wallMillis - nanoTime / 1_000_000 - offsetMillis.get();
            long most = looks * MOST_MILLIS_A_LOOK;
            long step = Math.max(-most, Math.min(most, error));
            offsetMillis.addAndGet(step);
            behindMillis = error - step;
        }
        return nanoTime / 1_000_000 + offsetMillis.get();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

/**
 * The moments at which arrivals are meant to happen: evenly spread, fixed before the run, deaf to how the server does.
 *
 * <p>Immutable. Shared.
 */
final class Schedule {
    private static final long NANOS = 1_000_000_000L;

    private final long startNanos;
    private final long ratePerSecond;
    private final long arrivals;

    Schedule(long startNanos, long ratePerSecond, long durationNanos) {
        this.startNanos = startNanos;
        this.ratePerSecond = ratePerSecond;
        this.arrivals =
                Math.max(1, wholeSeconds(durationNanos) * ratePerSecond + rest(durationNanos) * ratePerSecond / NANOS);
    }

    long arrivals() {
        return arrivals;
    }

    long startNanos() {
        return startNanos;
    }

    /** Moment of arrival {@code index}, without the drift that adding a rounded period each time would bring. */
    long intendedNanos(long index) {
        return startNanos + index / ratePerSecond * NANOS + index % ratePerSecond * NANOS / ratePerSecond;
    }

    private static long wholeSeconds(long nanos) {
        return nanos / NANOS;
    }

    private static long rest(long nanos) {
        return nanos % NANOS;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.trace;

/**
 * Wall time in microseconds that does not step back: the two clocks of the system tied together, anew when they have drifted apart.
 * Confined to its loop.
 */
final class TraceClock {
    private static final long CHECK_NANOS = 1_000_000_000L;
    private static final long TOLERATED_MICROS = 20_000;

    private long offsetMicros;
    private long checkedNanos;

    TraceClock(long nanos) {
        offsetMicros = offset(nanos);
        checkedNanos = nanos;
    }

    /** Microseconds since 1970 at an instant of {@link System#nanoTime}. */
    long micros(long nanos) {
        if (nanos - checkedNanos > CHECK_NANOS) {
            checkedNanos = nanos;
            long offset = offset(nanos);
            if (Math.abs(offset - offsetMicros) > TOLERATED_MICROS) {
                offsetMicros = offset;
            }
        }
        return nanos / 1000 + offsetMicros;
    }

    private static long offset(long nanos) {
        return System.currentTimeMillis() * 1000 - nanos / 1000;
    }
}

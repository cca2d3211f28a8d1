/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.util.List;

/**
 * How long something takes on one event loop: durations in buckets of which two span a doubling. One thread writes, any may read.
 *
 * <pre>
 *   bucket     0          1           2           3                      48           last
 *   up to      1.024 us   1.536 us    2.048 us    3.072 us      ...      17.2 s       any
 * </pre>
 *
 * <p>It looks at one of {@value #SAMPLE} only, since two readings of the clock cost about as much as a hundredth of a REGISTER; the number is
 * prime, so that no rhythm of requests hides one kind of them. Counts and sum are of what was looked at. Nothing is allocated.
 *
 * <p>Shared between its loop, which writes, and readers.
 */
public final class LoopHistogram {
    /** One of so many is measured: {@value}. */
    public static final int SAMPLE = 17;

    /** Buckets, the last for all that is longer than the others. */
    public static final int BUCKETS = 50;

    /** Up to this power of two nanoseconds, durations are in the first bucket. */
    private static final int FIRST_POWER = 10;

    private final LoopCounters cells = new LoopCounters(BUCKETS + 1);
    private int untilSample = SAMPLE;

    /** A histogram of nothing yet. */
    public LoopHistogram() {}

    /** What several loops have measured. Shared: not to be changed. */
    public record Snapshot(long[] counts, double sumSeconds) {}

    /** The beginning of what may be measured: 0 when this one is not. On the loop. */
    public long begin() {
        if (--untilSample > 0) {
            return 0;
        }
        untilSample = SAMPLE;
        return System.nanoTime() | 1;
    }

    /** Its end. On the loop. */
    public void end(long begun) {
        if (begun != 0) {
            record(System.nanoTime() - begun);
        }
    }

    /** Counts a duration. On the loop. */
    void record(long nanos) {
        cells.increment(bucket(nanos));
        cells.add(BUCKETS, Math.max(0, nanos));
    }

    /** The bucket of a duration. */
    static int bucket(long nanos) {
        if (nanos <= 1L << FIRST_POWER) {
            return 0;
        }
        long n = nanos - 1;
        int power = 63 - Long.numberOfLeadingZeros(n);
        int half = (int) (n >>> power - 1) & 1;
        return Math.min(1 + 2 * (power - FIRST_POWER) + half, BUCKETS - 1);
    }

    /** The longest duration a bucket counts, in seconds; infinite for the last. */
    public static double upperBoundSeconds(int bucket) {
        if (bucket == BUCKETS - 1) {
            return Double.POSITIVE_INFINITY;
        }
        if (bucket == 0) {
            return (1L << FIRST_POWER) / 1e9;
        }
        long power = 1L << FIRST_POWER + (bucket - 1) / 2;
        return (bucket % 2 == 1 ? power + power / 2 : 2 * power) / 1e9;
    }

    /** The sum over the loops' histograms. On any thread. */
    public static Snapshot sum(List<LoopHistogram> histograms) {
        long[] counts = new long[BUCKETS];
        long nanos = 0;
        for (LoopHistogram histogram : histograms) {
            for (int i = 0; i < BUCKETS; i++) {
                counts[i] += histogram.cells.get(i);
            }
            nanos += histogram.cells.get(BUCKETS);
        }
        return new Snapshot(counts, nanos / 1e9);
    }
}

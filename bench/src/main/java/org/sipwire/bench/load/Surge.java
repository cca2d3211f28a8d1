/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.util.List;

/**
 * What a server did while arrivals surged ({@code --surge}), and how soon it was itself again.
 *
 * @param before done a second before it, the first and the last second left out: seconds are counted by a clock that may be late
 * @param during done a second while it went on, counted alike
 * @param recoverySeconds seconds after its end until the end of the first that was as it should be: nearly all that arrived was done, half
 *     of it within {@value #PROMPT_MICROS} us; infinite when none was
 */
record Surge(double before, double during, double recoverySeconds) {
    private static final long PROMPT_MICROS = 100_000;
    private static final double NEARLY_ALL = 0.95;

    /** Null for a run without one. */
    static Surge of(LoadOptions options, List<LoadStats.Second> seconds) {
        return options.surge == 1 ? null : of((int) (options.durationNanos() / 3_000_000_000L), seconds);
    }

    /** The figures of a run in three parts of so many seconds each. */
    static Surge of(int third, List<LoadStats.Second> seconds) {
        double recovery = Double.POSITIVE_INFINITY;
        for (LoadStats.Second second : seconds) {
            if (second.index() > 2 * third && second.index() <= 3 * third && isCalm(second)) {
                recovery = second.index() - 2 * third;
                break;
            }
        }
        return new Surge(done(seconds, 1, third - 1), done(seconds, third + 1, 2 * third - 1), recovery);
    }

    private static boolean isCalm(LoadStats.Second second) {
        return second.rates().done() >= NEARLY_ALL * second.rates().arrivals()
                && second.micros().p50() <= PROMPT_MICROS;
    }

    private static double done(List<LoadStats.Second> seconds, int after, int until) {
        return seconds.stream()
                .filter(second -> second.index() > after && second.index() <= until)
                .mapToLong(second -> second.rates().done())
                .average()
                .orElse(0);
    }
}

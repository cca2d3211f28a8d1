/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.util.List;

/**
 * The moments at which arrivals are meant to happen: evenly spread over each phase, fixed before the run, deaf to how the server does.
 *
 * <p>Immutable. Shared.
 */
final class Schedule {
    private static final long NANOS = 1_000_000_000L;

    /** What a fleet does in a phase; a plain run has one phase only. */
    enum Kind {
        /** Whatever the scenario has for the turn. */
        PLAIN,
        /** Each device registers once, as after a power cut. */
        REGISTER,
        /** The devices keep alive in turns. */
        KEEP_ALIVE
    }

    /** So many arrivals within a time. */
    record Phase(Kind kind, long arrivals, long durationNanos) {}

    private final long startNanos;
    private final Phase[] phases;
    private final long[] firstIndex;
    private final long[] begins;
    private final long arrivals;

    Schedule(long startNanos, long ratePerSecond, long durationNanos) {
        this(
                startNanos,
                List.of(new Phase(Kind.PLAIN, Math.max(1, arrivals(ratePerSecond, durationNanos)), durationNanos)));
    }

    Schedule(long startNanos, List<Phase> phases) {
        this.startNanos = startNanos;
        this.phases = phases.toArray(Phase[]::new);
        this.firstIndex = new long[this.phases.length];
        this.begins = new long[this.phases.length];
        long index = 0;
        long begin = startNanos;
        for (int i = 0; i < this.phases.length; i++) {
            firstIndex[i] = index;
            begins[i] = begin;
            index += this.phases[i].arrivals();
            begin += this.phases[i].durationNanos();
        }
        this.arrivals = index;
    }

    private static long arrivals(long ratePerSecond, long durationNanos) {
        return durationNanos / NANOS * ratePerSecond + durationNanos % NANOS * ratePerSecond / NANOS;
    }

    long arrivals() {
        return arrivals;
    }

    long startNanos() {
        return startNanos;
    }

    /** The phase that an arrival belongs to. */
    int phase(long index) {
        int phase = phases.length - 1;
        while (phase > 0 && index < firstIndex[phase]) {
            phase--;
        }
        return phase;
    }

    Kind kind(int phase) {
        return phases[phase].kind();
    }

    /** The index of the first arrival of a phase. */
    long firstOf(int phase) {
        return firstIndex[phase];
    }

    /** Moment of arrival {@code index}, without the drift that adding a rounded period each time would bring. */
    long intendedNanos(long index) {
        int phase = phase(index);
        long nth = index - firstIndex[phase];
        long of = phases[phase].arrivals();
        long duration = phases[phase].durationNanos();
        // In whole and part, for the product of a day and of a million a second does not fit.
        long each = duration / of;
        long rest = duration % of;
        return begins[phase] + nth * each + nth / of * rest + nth % of * rest / of;
    }
}

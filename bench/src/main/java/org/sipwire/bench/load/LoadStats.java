/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What a run counts: totals, latencies in nanoseconds, and one {@link Second} for each second of it.
 *
 * <p>Written by the run's event loop; read after the run, or on that loop. Shared after the run.
 */
final class LoadStats {
    private static final long HIGHEST_NANOS = 600_000_000_000L;

    /** One second of the run; latencies in microseconds, CPU as a share of one core. */
    record Second(int index, Rates rates, int inFlight, Latencies micros, double cpu) {}

    /** Counts of one second. */
    record Rates(long arrivals, long done, long errors, long retransmissions) {}

    /** Latencies of one second from the intended moment, and how late its sends were. */
    record Latencies(long p50, long p90, long p99, long max, long lagP99) {}

    private final long[] started = new long[Op.values().length];
    private final long[] done = new long[Op.values().length];
    private final long[] failed = new long[Op.values().length];
    private final long[] errors = new long[LoadError.values().length];
    private final long[] statuses = new long[700];
    private final Map<Op, Histogram> latency = new EnumMap<>(Op.class);
    private final Histogram answer = histogram();
    private final Histogram lag = histogram();
    private final Histogram secondLatency = histogram();
    private final Histogram secondLag = histogram();
    private final List<Second> seconds = new ArrayList<>();
    private long arrivals;
    private long challenges;
    private long retransmissions;
    private long late;
    private long stray;
    private long requests;
    private long disturbances;
    private long sent;
    private long received;
    private long arrivalsBefore;
    private long doneBefore;
    private long errorsBefore;
    private long retransmissionsBefore;

    LoadStats() {
        for (Op op : Op.values()) {
            latency.put(op, histogram());
        }
    }

    private static Histogram histogram() {
        return new Histogram(1, HIGHEST_NANOS, 3);
    }

    private static void record(Histogram histogram, long nanos) {
        histogram.recordValue(Math.max(0, Math.min(nanos, HIGHEST_NANOS)));
    }

    void arrival(long lagNanos) {
        arrivals++;
        record(lag, lagNanos);
        record(secondLag, lagNanos);
    }

    void started(Op op) {
        started[op.ordinal()]++;
    }

    /** What was started was no cycle after all: it was sent broken, on purpose. */
    void disturbed(Op op) {
        started[op.ordinal()]--;
        disturbances++;
    }

    void done(Op op, long nanos) {
        done[op.ordinal()]++;
        record(latency.get(op), nanos);
        record(secondLatency, nanos);
    }

    void failed(Op op, LoadError error) {
        failed[op.ordinal()]++;
        error(error);
    }

    void error(LoadError error) {
        errors[error.ordinal()]++;
    }

    void status(int status) {
        statuses[status]++;
    }

    /** A final answer came, {@code nanos} after its request was first sent. */
    void answered(long nanos) {
        record(answer, nanos);
    }

    void challenge() {
        challenges++;
    }

    void retransmission() {
        retransmissions++;
    }

    void late() {
        late++;
    }

    void stray() {
        stray++;
    }

    void request() {
        requests++;
    }

    void sent() {
        sent++;
    }

    void received() {
        received++;
    }

    /** Ends a second: what was counted since the last one. */
    Second second(int inFlight, double cpu) {
        Rates rates = new Rates(
                arrivals - arrivalsBefore,
                totalDone() - doneBefore,
                totalErrors() - errorsBefore,
                retransmissions - retransmissionsBefore);
        Latencies micros = new Latencies(
                micros(secondLatency, 50),
                micros(secondLatency, 90),
                micros(secondLatency, 99),
                secondLatency.getMaxValue() / 1000,
                micros(secondLag, 99));
        Second second = new Second(seconds.size() + 1, rates, inFlight, micros, cpu);
        seconds.add(second);
        arrivalsBefore = arrivals;
        doneBefore = totalDone();
        errorsBefore = totalErrors();
        retransmissionsBefore = retransmissions;
        secondLatency.reset();
        secondLag.reset();
        return second;
    }

    static long micros(Histogram histogram, double percentile) {
        return histogram.getValueAtPercentile(percentile) / 1000;
    }

    List<Second> seconds() {
        return seconds;
    }

    long arrivals() {
        return arrivals;
    }

    long doneOf(Op op) {
        return done[op.ordinal()];
    }

    long startedOf(Op op) {
        return started[op.ordinal()];
    }

    long failedOf(Op op) {
        return failed[op.ordinal()];
    }

    long totalDone() {
        long total = 0;
        for (long count : done) {
            total += count;
        }
        return total;
    }

    long errorsOf(LoadError error) {
        return errors[error.ordinal()];
    }

    long totalErrors() {
        long total = 0;
        for (long count : errors) {
            total += count;
        }
        return total;
    }

    /** How often a status ended a cycle that wanted another. */
    long statusCount(int status) {
        return statuses[status];
    }

    long challenges() {
        return challenges;
    }

    long retransmissions() {
        return retransmissions;
    }

    long lateAnswers() {
        return late;
    }

    long strayAnswers() {
        return stray;
    }

    /** Requests sent broken, on purpose. */
    long disturbances() {
        return disturbances;
    }

    long requests() {
        return requests;
    }

    long sentMessages() {
        return sent;
    }

    long receivedMessages() {
        return received;
    }

    Histogram latency(Op op) {
        return latency.get(op);
    }

    /** All cycles that the schedule asked for. */
    Histogram cycles() {
        Histogram all = histogram();
        for (Op op : Op.values()) {
            if (op != Op.CATALOG) {
                all.add(latency.get(op));
            }
        }
        return all;
    }

    Histogram answer() {
        return answer;
    }

    Histogram lag() {
        return lag;
    }
}

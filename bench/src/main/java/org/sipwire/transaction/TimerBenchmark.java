/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A timer's life with so many others running: the wheel's that fires and the wheel's that is cancelled, Timer J's in its queue, and, as
 * the yardstick, one in the JDK's {@link PriorityQueue}. Time is virtual: {@code live} timers of 32 s run at any moment.
 *
 * <p>One thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms2g", "-Xmx2g", "-XX:+UseSerialGC"})
public class TimerBenchmark {
    private static final long DELAY_MICROS = 32_000_000;

    /** Timers that run. */
    @Param({"10000", "1000000"})
    public int live;

    private final TimerWheel wheel = new TimerWheel(0);
    private final FixedDelayQueue queue = new FixedDelayQueue();
    private final PriorityQueue<Long> heap = new PriorityQueue<>();
    private final TimerWheel.Expiry expiry = payload -> fire();
    private long[] clocks;
    private long stepMicros;
    private long fired;
    private long handle;

    /** Lets {@code live} timers run in each. */
    @Setup(Level.Trial)
    public void fill() {
        stepMicros = DELAY_MICROS / live;
        clocks = new long[3];
        for (int i = 0; i < live; i++) {
            wheelFires();
            queueFires();
            heapFires();
        }
    }

    private void fire() {
        fired++;
    }

    private long advance(int clock) {
        return (clocks[clock] += stepMicros) / 1000;
    }

    /** One starts, one fires. */
    @Benchmark
    public long wheelFires() {
        long now = advance(0);
        wheel.expire(now, expiry);
        handle = wheel.start(now + DELAY_MICROS / 1000, 7);
        return handle;
    }

    /** One starts and is cancelled, as a retransmission's is when the answer comes. */
    @Benchmark
    public boolean wheelCancelled() {
        return wheel.cancel(wheel.start(clocks[0] / 1000 + 500, 7));
    }

    /** One starts, one fires. */
    @Benchmark
    public int queueFires() {
        long now = advance(1);
        int slot = queue.poll(now);
        fired += slot == FixedDelayQueue.NONE ? 0 : 1;
        queue.add(7, now + DELAY_MICROS / 1000);
        return slot;
    }

    /** One starts, one fires. */
    @Benchmark
    public Long heapFires() {
        long now = advance(2);
        Long first = heap.peek();
        if (first != null && first <= now) {
            heap.poll();
            fired++;
        }
        heap.add(now + DELAY_MICROS / 1000);
        return first;
    }

    long fired() {
        return fired;
    }

    int[] sizes() {
        return new int[] {wheel.size(), queue.size(), heap.size()};
    }
}

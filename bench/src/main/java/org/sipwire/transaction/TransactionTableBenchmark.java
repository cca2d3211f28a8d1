/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The table of transactions as a registrar uses it: most look-ups find nothing (a new request), and each new entry pushes out the one
 * that is oldest. Beside it what {@link HashMap} takes, an object an entry.
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
public class TransactionTableBenchmark {

    /** Transactions that are alive: within the caches, and far beyond them. */
    @Param({"10000", "1000000"})
    public int live;

    private final TransactionTable table = new TransactionTable();
    private final Map<Long, Integer> map = new HashMap<>();
    private long newest;
    private long mapNewest;
    private long turn;

    /** Makes {@code live} transactions. */
    @Setup
    public void fill() {
        for (newest = 0; newest < live; newest++) {
            table.put(hash(newest), slot(newest));
            map.put(hash(newest), slot(newest));
        }
        mapNewest = newest;
    }

    /** A hash as a keyed one is: without order. It is another one for each number. */
    static long hash(long number) {
        long x = (number + 1) * 0x9E3779B97F4A7C15L;
        x = (x ^ x >>> 32) * 0xD6E8FEB86659FD93L;
        return x ^ x >>> 32;
    }

    private int slot(long number) {
        return (int) (number % live);
    }

    /** A retransmission: it is there. */
    @Benchmark
    public int find() {
        turn = (turn * 1_664_525L + 1_013_904_223L) & 0x7FFF_FFFFL;
        return table.first(hash(newest - 1 - turn % live));
    }

    /** A new transaction for the oldest. */
    @Benchmark
    public int replaceOldest() {
        long hash = hash(newest);
        int before = table.first(hash);
        if (!table.remove(hash(newest - live), slot(newest))) {
            throw new IllegalStateException("lost");
        }
        table.put(hash, slot(newest++));
        return before;
    }

    /** The same in a map of objects. */
    @Benchmark
    public Integer replaceOldestInHashMap() {
        long hash = hash(mapNewest);
        Integer before = map.get(hash);
        map.remove(hash(mapNewest - live));
        map.put(hash, slot(mapNewest++));
        return before;
    }

    int size() {
        return table.size();
    }

    int mapSize() {
        return map.size();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a registration costs inside the fence: decode REGISTER, 401, decode REGISTER with Digest, 200, with {@code live} transactions
 * waiting for Timer J, in huge pages as {@code registrar/run} has them. An operation is one cycle or the part of it that the name says; an
 * invocation is {@value #CYCLES} of them, whose nonces were asked for and answered before its time began.
 *
 * <p>{@code bench/run jmh RegisterPath -prof gc}: {@code gc.alloc.rate.norm} is below 0.5 B with {@code kept} Call-IDs. A registration
 * with a fresh Call-ID replaces its binding, which is memory that stays.
 *
 * <p>One thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 6)
@Measurement(iterations = 10)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms3g", "-Xmx3g", "-XX:+UseSerialGC", "-XX:+UseTransparentHugePages"})
public class RegisterPathBenchmark {
    static final int CYCLES = 1 << 18;

    /** Users, and transactions that are alive. */
    @Param({"10000", "1000000"})
    public int live;

    /** Whether a device keeps its Call-ID (RFC 3261 §10.2 SHOULD) or takes a fresh one each time. */
    @Param("kept")
    public String callId;

    private RegisterPath path;

    /** Registers everybody once. */
    @Setup
    public void open() {
        path = new RegisterPath(new RegisterPath.Load(live, live, callId.equals("fresh"), CYCLES));
        path.fill();
    }

    /** The client's work. */
    @Setup(Level.Iteration)
    public void prepare() {
        path.prepare();
    }

    /** REGISTER, 401, REGISTER, 200. */
    @Benchmark
    @OperationsPerInvocation(CYCLES)
    public void cycle() {
        for (int i = 0; i < CYCLES; i++) {
            expect(401, path.challenge());
            expect(200, path.accept());
        }
    }

    /** REGISTER, 401. */
    @Benchmark
    @OperationsPerInvocation(CYCLES)
    public void challenge() {
        for (int i = 0; i < CYCLES; i++) {
            expect(401, path.challenge());
        }
    }

    /** REGISTER with Digest, 200. */
    @Benchmark
    @OperationsPerInvocation(CYCLES)
    public void accept() {
        for (int i = 0; i < CYCLES; i++) {
            expect(200, path.accept());
        }
    }

    /** Nothing but writing the requests of a cycle: the benchmark's own share. */
    @Benchmark
    @OperationsPerInvocation(CYCLES)
    public int requestsAlone() {
        int sum = 0;
        for (int i = 0; i < CYCLES; i++) {
            sum += path.build();
        }
        return sum;
    }

    private void expect(int status, int answered) {
        if (answered != status) {
            throw new IllegalStateException(status + " was due: " + path.lastAnswer());
        }
    }
}

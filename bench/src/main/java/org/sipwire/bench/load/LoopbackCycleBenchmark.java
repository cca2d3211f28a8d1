/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.io.IOException;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The time of REGISTER, 401, REGISTER, 200 over the loopback, one after the other, client included: the registrar, and Netty's floor of
 * canned answers. Two round trips of two threads; where both have a core of their own it is mostly the kernel's.
 *
 * <p>One thread beside the server's loop.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "-Dio.netty.leakDetection.level=disabled")
public class LoopbackCycleBenchmark {

    /** What the messages go over. */
    @Param({"udp", "tcp"})
    public String transport;

    /** Who answers. */
    @Param({"sipwire", "floor"})
    public String server;

    private LoopbackServer running;
    private LoopbackCycle client;

    /** Starts the server and connects. */
    @Setup
    public void open() throws IOException, InterruptedException {
        running = server.equals("floor") ? LoopbackServer.floor() : LoopbackServer.sipwire(transport);
        client = new LoopbackCycle(transport.equals("tcp"), running.port(), "register");
    }

    /** Ends both. */
    @TearDown
    public void close() throws Exception {
        client.close();
        running.close();
    }

    /** One registration; returns the number of it. */
    @Benchmark
    public long cycle() throws IOException {
        return client.next();
    }
}

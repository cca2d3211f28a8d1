/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.io.ByteArrayOutputStream;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A stream of the four messages of a registration, cut into messages. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class SipFramerBenchmark {

    private static final int FOUR = 4;

    private final byte[] stream = stream();
    private final SipFramer framer = new SipFramer();

    private static byte[] stream() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] message : BenchMessages.all()) {
            out.writeBytes(message);
        }
        return out.toByteArray();
    }

    /** All octets are there. */
    @Benchmark
    @OperationsPerInvocation(FOUR)
    public int whole() {
        int at = 0;
        for (int i = 0; i < FOUR; i++) {
            at += framer.skip(stream, at, stream.length - at);
            at += framer.frame(stream, at, stream.length - at);
        }
        return at;
    }
}

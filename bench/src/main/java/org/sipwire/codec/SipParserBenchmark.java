/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

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
import org.openjdk.jmh.infra.Blackhole;

/** One message of a registration, parsed and read as a registrar reads it, beside the two other parsers of the JVM. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class SipParserBenchmark {

    private static final int FOUR = 4;

    private final byte[][] messages = BenchMessages.all();
    /** The messages at the start of larger arrays, as they lie in a transport's scratch. */
    private final byte[][] scratches = BenchMessages.inScratches(messages);

    private final SipwireReader deployed = new SipwireReader(SipCompliance.DEPLOYED);
    private final SipwireReader thorough = new SipwireReader(SipCompliance.DEPLOYED.checkingAllHeaders(true));
    private final JainReader jain = new JainReader();
    private final PktsReader pkts = new PktsReader();
    private final byte[][] lettered = BenchMessages.allWithHostOfLetters();
    private final byte[] scratch = new byte[4096];
    private final SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);

    /** Parse and read every value. */
    @Benchmark
    @OperationsPerInvocation(FOUR)
    public long sipwire() {
        long sum = 0;
        for (int i = 0; i < FOUR; i++) {
            sum += deployed.read(scratches[i], messages[i].length);
        }
        return sum;
    }

    /** The same, with the grammar of every known header field checked. */
    @Benchmark
    @OperationsPerInvocation(FOUR)
    public long sipwireChecksAll() {
        long sum = 0;
        for (int i = 0; i < FOUR; i++) {
            sum += thorough.read(scratches[i], messages[i].length);
        }
        return sum;
    }

    /** The same by JAIN-SIP. */
    @Benchmark
    @OperationsPerInvocation(FOUR)
    public void jainSip(Blackhole blackhole) {
        for (byte[] message : messages) {
            blackhole.consume(jain.facts(message));
        }
    }

    /** The same by pkts-sip, without the credentials it has no type for. */
    @Benchmark
    @OperationsPerInvocation(FOUR)
    public void pktsSip(Blackhole blackhole) {
        for (byte[] message : lettered) {
            blackhole.consume(pkts.facts(message));
        }
    }

    /** What no parser that owns its octets can leave out: the copy. */
    @Benchmark
    @OperationsPerInvocation(FOUR)
    public byte[] copyOnly() {
        for (byte[] message : messages) {
            System.arraycopy(message, 0, scratch, 0, message.length);
        }
        return scratch;
    }

    /** Parse alone. */
    @Benchmark
    @OperationsPerInvocation(FOUR)
    public long sipwireParseOnly() {
        long sum = 0;
        for (int i = 0; i < FOUR; i++) {
            sum += parser.parseDatagram(scratches[i], 0, messages[i].length);
        }
        return sum;
    }
}

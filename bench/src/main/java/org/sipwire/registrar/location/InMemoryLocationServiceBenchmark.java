/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.nio.charset.StandardCharsets;
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

/** What a lookup and a refresh cost among so many bindings, and that neither allocates: run with {@code -prof gc}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class InMemoryLocationServiceBenchmark {

    /** Addresses-of-record there are: within the caches, and far beyond them. */
    @Param({"10000", "1000000"})
    public int addresses;

    private final InMemoryLocationService locations = new InMemoryLocationService();
    private final BindingUpdate update = new BindingUpdate();
    private final Bindings cursor = new Bindings();
    private final byte[] aor = octets("34020000001320000000@3402000000");
    private final byte[] contact = octets("sip:34020000001320000000@192.168.100.100:50600;transport=udp");
    private final byte[] callId = octets("1838763823@192.168.100.100");
    private final byte[] host = octets("192.168.100.100");
    private final LocationService.Completion completion = this::completed;
    private LocationResult last;
    private int found;
    private int next;
    private long cseq;

    private static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private void completed(LocationResult result, Bindings current) {
        last = result;
        found = current.count();
    }

    /** How many bindings the last operation saw. */
    int found() {
        return found;
    }

    @Setup
    public void register() {
        for (int i = 0; i < addresses; i++) {
            name(i);
            register(++cseq);
        }
    }

    /** The next device, in an order no prefetcher foresees. */
    private void choose() {
        next = (int) ((next * 1_664_525L + 1_013_904_223L & 0x7FFF_FFFFL) % addresses);
        name(next);
    }

    private void name(int device) {
        for (int digit = 19, rest = device; digit > 12; digit--, rest /= 10) {
            aor[digit] = (byte) ('0' + rest % 10);
            contact[digit + 4] = aor[digit];
        }
    }

    private void register(long sequence) {
        update.begin(aor, 0, aor.length, System.currentTimeMillis()).request(callId, 0, callId.length, sequence);
        update.flow(0, 50_600, 7).source(host, 0, host.length);
        update.beginContact(contact, 0, contact.length).endContact(3600);
        locations.update(update, completion);
    }

    @Benchmark
    public LocationResult lookup() {
        choose();
        locations.lookup(aor, 0, aor.length, cursor, Runnable::run, completion);
        return last;
    }

    @Benchmark
    public LocationResult refresh() {
        choose();
        register(++cseq & PackedRecord.MAX_CSEQ);
        return last;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The two answers of a registration, written from the request's own lines. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class ResponseWriterBenchmark {

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private final byte[] message = BenchMessages.one("authorized");
    private final byte[] source = ascii("192.0.2.165");
    private final byte[] challenge =
            ascii("Digest realm=\"34020000\", nonce=\"0123456789abcdef0123456789abcdef\", algorithm=MD5");
    private final byte[] contact = ascii("<sip:34020000001320000007@192.0.2.165:5080;line=130bf7a750f46d9>");
    private final byte[] date = ascii("2024-03-24T15:25:03.259");
    private final SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
    private final ResponseWriter writer = new ResponseWriter();

    /** Parses the request once: writing does not change it. */
    public ResponseWriterBenchmark() {
        parser.parseDatagram(message, 0, message.length);
    }

    /** 401 with received, rport, a To tag and one challenge. */
    @Benchmark
    public int unauthorized() {
        writer.begin(parser.request(), 401).via(source, source.length, 5080).toTag(0x1234567L);
        writer.header(SipHeader.WWW_AUTHENTICATE, challenge, 0, challenge.length);
        return writer.end();
    }

    /** 200 with a binding, Date and Expires. */
    @Benchmark
    public int ok() {
        writer.begin(parser.request(), 200).via(source, source.length, 5080).toTag(0x1234567L);
        writer.headerStart(SipHeader.CONTACT)
                .put(contact, 0, contact.length)
                .put(";expires=")
                .put(3600L)
                .headerEnd();
        writer.header(SipHeader.DATE, date, 0, date.length).header(SipHeader.EXPIRES, 3600);
        return writer.end();
    }

    /** Where the last answer stands. */
    byte[] written() {
        return writer.array();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.baseline;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
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

/**
 * What the machine charges for work that no registrar can leave out: the copy of a REGISTER out of the kernel's buffer, and the two
 * MD5 of a Digest check whose HA1 is stored.
 *
 * <p>One thread. Owned.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class BaselineBenchmark {
    static final int MESSAGE_BYTES = 700;

    private final ByteBuffer direct = ByteBuffer.allocateDirect(2048);
    private final byte[] heap = new byte[2048];
    private final byte[] ha2Input = "REGISTER:sip:192.168.35.165:5060".getBytes(StandardCharsets.ISO_8859_1);
    // HA1, a nonce of 32 digits, HA2: what the second MD5 of a check without qop is taken of.
    private final byte[] responseInput =
            ("939e7578ed9e3c518a452acee763bce9:0123456789abcdef0123456789abcdef:39aff3a2bab6126f332b942af96d3366")
                    .getBytes(StandardCharsets.ISO_8859_1);
    private final byte[] digest = new byte[16];
    private final MessageDigest md5;

    public BaselineBenchmark() {
        try {
            md5 = MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** 700 octets from outside the heap into it. */
    @Benchmark
    public byte[] copy() {
        direct.get(0, heap, 0, MESSAGE_BYTES);
        return heap;
    }

    /** MD5 of the method and the URI, then of HA1, nonce and that. */
    @Benchmark
    public byte[] twoMd5() throws DigestException {
        md5.update(ha2Input, 0, ha2Input.length);
        md5.digest(digest, 0, 16);
        md5.update(responseInput, 0, responseInput.length);
        md5.digest(digest, 0, 16);
        return digest;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sequences of messages against a whole server without sockets, over two UDP peers and a connection, on a virtual clock; what has to come of
 * them is said by models. Coverage-guided with JAZZER_FUZZ=1 in the environment, else the kept inputs and random ones.
 */
class ServerFuzzTest {

    static Stream<byte[]> sequences() {
        return new Random(1).ints(40).mapToObj(seed -> random(seed, 200));
    }

    private static byte[] random(long seed, int length) {
        byte[] octets = new byte[length];
        new Random(seed).nextBytes(octets);
        return octets;
    }

    @MethodSource("sequences")
    @FuzzTest(maxDuration = "10m")
    void anySequenceIsAnsweredAsTheModelsSay(byte[] input) {
        if (input != null && input.length <= 4096) {
            new ServerSequence(input).run();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void randomSequencesAreAnsweredAsTheModelsSay(long seed) {
        for (int i = 0; i < 40; i++) {
            new ServerSequence(random(seed * 1_000 + i, 1_500)).run();
        }
    }
}

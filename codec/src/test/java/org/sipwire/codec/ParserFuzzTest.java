/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Coverage-guided fuzzing of parser and framer: with JAZZER_FUZZ=1 in the environment; without it the kept inputs run as plain tests.
 */
class ParserFuzzTest {

    /** Where fuzzing begins, beside the kept inputs. */
    static Stream<byte[]> messages() {
        return Stream.concat(Messages.torture().stream(), Corpora.messages().stream());
    }

    @MethodSource("messages")
    @FuzzTest(maxDuration = "10m")
    void anyDatagramIsAMessageOrANamedError(byte[] input) {
        if (input == null || input.length > 65_535) {
            return;
        }
        RoundTrip.check(input, SipCompliance.DEPLOYED);
        RoundTrip.check(input, SipCompliance.RFC3261);
    }

    @MethodSource("messages")
    @FuzzTest(maxDuration = "10m")
    void anyStreamIsFramedAlikeAtEverySplit(byte[] input) {
        if (input == null || input.length > 16_384) {
            return;
        }
        RoundTrip.checkStream(input);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DigestBenchmarkTest {

    @ParameterizedTest
    @CsvSource({"none", "auth"})
    void rightAnswersAreVerifiedAndWrongOnesRefused(String qop) throws Exception {
        DigestBenchmark benchmark = new DigestBenchmark();
        benchmark.qop = qop;
        benchmark.challengeDevices();
        int verified = qop.equals("none") ? DigestAuthenticator.ACCEPTED : DigestAuthenticator.REPLAY;
        for (int i = 0; i < 100; i++) {
            assertThat(benchmark.verifyStoredHa1()).isEqualTo(verified);
            assertThat(benchmark.verifySharedPassword()).isEqualTo(verified);
            assertThat(benchmark.verifyWrongPassword())
                    .isEqualTo(benchmark.verifyUnknownUser())
                    .isNotEqualTo(verified);
        }
        assertThat(benchmark.challengeAndWrite401()).isGreaterThan(300);
        assertThat(benchmark.twoBareMd5Passes()).hasSize(16);
    }
}

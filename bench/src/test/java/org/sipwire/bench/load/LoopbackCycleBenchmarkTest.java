/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoopbackCycleBenchmarkTest {

    @ParameterizedTest
    @CsvSource({"udp, sipwire", "tcp, sipwire", "udp, floor", "tcp, floor"})
    void everyCycleIsARegistration(String transport, String server) throws Exception {
        LoopbackCycleBenchmark benchmark = new LoopbackCycleBenchmark();
        benchmark.transport = transport;
        benchmark.server = server;
        benchmark.open();
        try {
            for (int i = 1; i <= 20; i++) {
                assertThat(benchmark.cycle()).isEqualTo(i);
            }
        } finally {
            benchmark.close();
        }
    }
}

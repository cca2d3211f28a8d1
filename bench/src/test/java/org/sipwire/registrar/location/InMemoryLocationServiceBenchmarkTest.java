/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InMemoryLocationServiceBenchmarkTest {

    @Test
    void refreshesAreRefreshesAndLookupsFindSomebody() {
        InMemoryLocationServiceBenchmark benchmark = new InMemoryLocationServiceBenchmark();
        benchmark.addresses = 1000;
        benchmark.register();
        for (int i = 0; i < 1000; i++) {
            assertThat(benchmark.refresh()).isEqualTo(LocationResult.REFRESHED);
            assertThat(benchmark.lookup()).isEqualTo(LocationResult.UNCHANGED);
            assertThat(benchmark.found()).isEqualTo(1);
        }
    }
}

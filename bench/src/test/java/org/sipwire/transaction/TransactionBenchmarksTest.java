/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What the benchmarks of this package measure is what they say. */
class TransactionBenchmarksTest {

    @Test
    void tableHoldsAsManyAsLiveAndFindsThem() {
        TransactionTableBenchmark benchmark = new TransactionTableBenchmark();
        benchmark.live = 1000;
        benchmark.fill();
        for (int i = 0; i < 5000; i++) {
            assertThat(benchmark.replaceOldest()).isEqualTo(TransactionTable.NONE);
            assertThat(benchmark.replaceOldestInHashMap()).isNull();
            assertThat(benchmark.find()).isBetween(0, 999);
        }
        assertThat(benchmark.size()).isEqualTo(1000);
        assertThat(benchmark.mapSize()).isEqualTo(1000);
    }

    @Test
    void asManyTimersFireAsStart() {
        TimerBenchmark benchmark = new TimerBenchmark();
        benchmark.live = 1000;
        benchmark.fill();
        long before = benchmark.fired();
        for (int i = 0; i < 5000; i++) {
            benchmark.wheelFires();
            benchmark.queueFires();
            benchmark.heapFires();
            assertThat(benchmark.wheelCancelled()).isTrue();
        }
        assertThat(benchmark.fired() - before).isBetween(3L * 4990, 3L * 5010);
        assertThat(benchmark.sizes()).hasSize(3);
        for (int size : benchmark.sizes()) {
            assertThat(size).isBetween(990, 1010);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LoopCountersTest {

    @Test
    void cellsCountOnTheirOwn() {
        LoopCounters counters = TransactionCounter.newRow();
        counters.increment(TransactionCounter.STRAY_ACKS);
        counters.add(TransactionCounter.STRAY_ACKS.ordinal(), 4);
        counters.set(TransactionCounter.SERVER_TRANSACTIONS.ordinal(), 9);
        for (TransactionCounter counter : TransactionCounter.values()) {
            long expected =
                    switch (counter) {
                        case STRAY_ACKS -> 5;
                        case SERVER_TRANSACTIONS -> 9;
                        default -> 0;
                    };
            assertThat(counters.get(counter)).as("%s", counter).isEqualTo(expected);
        }
    }

    @Test
    void anotherThreadSeesTheCount() throws InterruptedException {
        LoopCounters counters = new LoopCounters(1);
        Thread loop = new Thread(() -> {
            for (int i = 0; i < 100_000; i++) {
                counters.increment(0);
            }
        });
        loop.start();
        long last = 0;
        while (loop.isAlive()) {
            long now = counters.get(0);
            assertThat(now).isGreaterThanOrEqualTo(last);
            last = now;
        }
        loop.join();
        assertThat(counters.get(0)).isEqualTo(100_000);
    }
}

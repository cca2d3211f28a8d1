/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FixedDelayQueueTest {

    private final FixedDelayQueue queue = new FixedDelayQueue();

    @Test
    void slotComesOutAtItsInstantAndNotBefore() {
        queue.add(5, 32_000);
        queue.add(6, 32_001);
        assertThat(queue.poll(31_999)).isEqualTo(FixedDelayQueue.NONE);
        assertThat(queue.poll(32_000)).isEqualTo(5);
        assertThat(queue.poll(32_000)).isEqualTo(FixedDelayQueue.NONE);
        assertThat(queue.poll(40_000)).isEqualTo(6);
        assertThat(queue.poll(40_000)).isEqualTo(FixedDelayQueue.NONE);
        assertThat(queue.size()).isZero();
    }

    @Test
    void behavesAsAQueueDoesThroughGrowthAndShrinking() {
        Random random = new Random(3);
        ArrayDeque<Integer> model = new ArrayDeque<>();
        long now = 0;
        long before = queue.footprint();
        for (int round = 0; round < 40; round++) {
            int adds = random.nextInt(60_000);
            for (int i = 0; i < adds; i++) {
                int slot = random.nextInt(TransactionTable.MAX_SLOTS);
                queue.add(slot, now + 100);
                model.add(slot);
            }
            now += 100;
            int polls = random.nextInt(60_000);
            for (int i = 0; i < polls && !model.isEmpty(); i++) {
                assertThat(queue.poll(now)).isEqualTo(model.remove());
            }
            assertThat(queue.size()).isEqualTo(model.size());
        }
        while (!model.isEmpty()) {
            assertThat(queue.poll(now)).isEqualTo(model.remove());
        }
        assertThat(queue.footprint()).isLessThan(before + 100_000);
    }
}

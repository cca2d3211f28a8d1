/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlowIndexTest {

    private final TransactionSlab slab = new TransactionSlab();
    private final FlowIndex index = new FlowIndex(slab);

    @Test
    void flowWithoutTransactionsHasNone() {
        assertThat(index.first(7)).isEqualTo(TransactionSlab.NONE);
        int slot = slab.acquireExtended();
        index.add(7, slot);
        assertThat(index.first(7)).isEqualTo(slot);
        index.remove(7, slot);
        index.remove(7, slot);
        assertThat(index.first(7)).isEqualTo(TransactionSlab.NONE);
        assertThat(index.size()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void behavesAsAMapOfSetsDoes(long seed) {
        Random random = new Random(seed);
        Map<Long, Set<Integer>> model = new HashMap<>();
        Map<Integer, Long> flows = new HashMap<>();
        for (int i = 0; i < 50_000; i++) {
            int range = i / 10_000 % 2 == 0 ? 2_000 : 30;
            long id = 1 + random.nextInt(range) * 64L;
            if (random.nextInt(3) > 0 && range > 30) {
                int slot = slab.acquireExtended();
                index.add(id, slot);
                model.computeIfAbsent(id, key -> new HashSet<>()).add(slot);
                flows.put(slot, id);
            } else if (!flows.isEmpty()) {
                int slot = flows.keySet().iterator().next();
                long flow = flows.remove(slot);
                index.remove(flow, slot);
                slab.release(slot);
                model.get(flow).remove(slot);
                if (model.get(flow).isEmpty()) {
                    model.remove(flow);
                }
            }
            assertThat(index.size()).isEqualTo(model.size());
        }
        model.forEach((id, slots) -> {
            Set<Integer> found = new HashSet<>();
            for (int slot; (slot = index.first(id)) != TransactionSlab.NONE; ) {
                assertThat(found.add(slot)).isTrue();
                index.remove(id, slot);
            }
            assertThat(found).isEqualTo(slots);
        });
        assertThat(index.size()).isZero();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransactionTableTest {

    private final TransactionTable table = new TransactionTable();

    private Set<Integer> found(long hash) {
        Set<Integer> slots = new HashSet<>();
        for (int slot = table.first(hash); slot != TransactionTable.NONE; slot = table.next()) {
            assertThat(slots.add(slot)).as("slot %d once", slot).isTrue();
        }
        return slots;
    }

    @Test
    void slotIsFoundUnderItsHashUntilRemoved() {
        table.put(42L << 40, 7);
        assertThat(found(42L << 40)).containsExactly(7);
        assertThat(found(43L << 40)).isEmpty();
        assertThat(table.remove(42L << 40, 7)).isTrue();
        assertThat(found(42L << 40)).isEmpty();
        assertThat(table.remove(42L << 40, 7)).isFalse();
        assertThat(table.size()).isZero();
    }

    @Test
    void slotsOfOneHashAreAllFound() {
        for (int slot = 0; slot < 100; slot++) {
            table.put(-1L, slot);
        }
        assertThat(found(-1L)).hasSize(100);
        assertThat(table.remove(-1L, 50)).isTrue();
        assertThat(found(-1L)).hasSize(99).doesNotContain(50);
    }

    @Test
    void upperHalfOfTheHashIsEnoughToRemove() {
        Random random = new Random(1);
        long[] hashes = random.longs(20_000).toArray();
        for (int slot = 0; slot < hashes.length; slot++) {
            table.put(hashes[slot], slot);
        }
        for (int slot = 0; slot < hashes.length; slot++) {
            assertThat(table.remove(hashes[slot] & -1L << 32, slot)).isTrue();
        }
        assertThat(table.size()).isZero();
    }

    @Test
    void tableShrinksAgainAfterAPeak() {
        long before = table.footprint();
        Random random = new Random(2);
        long[] hashes = random.longs(500_000).toArray();
        for (int slot = 0; slot < hashes.length; slot++) {
            table.put(hashes[slot], slot);
        }
        assertThat(table.footprint() / (double) hashes.length)
                .as("octets an entry")
                .isLessThan(21);
        for (int slot = 0; slot < hashes.length; slot++) {
            assertThat(table.remove(hashes[slot], slot)).isTrue();
        }
        assertThat(table.footprint()).isLessThanOrEqualTo(2 * before);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void behavesAsAHashMapDoes(long seed) {
        Random random = new Random(seed);
        Map<Integer, Long> model = new HashMap<>();
        // Phases of growing and of shrinking, over a range that makes segments split and merge.
        for (int phase = 0; phase < 6; phase++) {
            int target = phase % 2 == 0 ? 30_000 : 10;
            for (int i = 0; i < 40_000; i++) {
                int slot = random.nextInt(40_000);
                boolean grow = random.nextInt(10) < (model.size() < target ? 9 : 1);
                step(model, slot, grow ? mix(random.nextInt(35_000)) : 0, grow);
            }
            assertSame(model);
        }
    }

    @FuzzTest(maxDuration = "20s")
    void anyOrderOfOperationsBehavesAsAHashMapDoes(FuzzedDataProvider data) {
        TransactionTableTest fresh = new TransactionTableTest();
        Map<Integer, Long> model = new HashMap<>();
        while (data.remainingBytes() > 0) {
            // Few hashes, so that runs of entries meet, wrap and close again.
            long hash = (long) data.consumeInt(0, 255) << 36 | (long) data.consumeInt(0, 3) << 60;
            fresh.step(model, data.consumeInt(0, 500), hash, data.consumeBoolean());
        }
        fresh.assertSame(model);
    }

    private static long mix(int i) {
        long z = i * 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        return z ^ z >>> 27;
    }

    private void step(Map<Integer, Long> model, int slot, long hash, boolean put) {
        Long old = model.get(slot);
        if (put && old == null) {
            table.put(hash, slot);
            model.put(slot, hash);
        } else if (old != null) {
            assertThat(table.remove(old, slot)).isTrue();
            model.remove(slot);
        }
        assertThat(table.size()).isEqualTo(model.size());
    }

    private void assertSame(Map<Integer, Long> model) {
        Map<Long, Set<Integer>> byHash = new HashMap<>();
        model.forEach((slot, hash) ->
                byHash.computeIfAbsent(hash, h -> new HashSet<>()).add(slot));
        byHash.forEach((hash, slots) -> assertThat(found(hash)).isEqualTo(slots));
        assertThat(found(0x123456789ABCDEFL)).isEmpty();
    }
}

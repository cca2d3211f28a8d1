/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sipwire.registrar.auth.NonceCount.FORGOTTEN;
import static org.sipwire.registrar.auth.NonceCount.FRESH;
import static org.sipwire.registrar.auth.NonceCount.REPLAYED;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class NonceCountTest {

    private static final int SLOTS = 1 << 16;

    private final NonceCount count = new NonceCount(SLOTS);

    @Test
    void firstUseIsFreshAndTheSecondAReplay() {
        assertThat(count.claim(1, 1)).isEqualTo(FRESH);
        assertThat(count.claim(1, 1)).isEqualTo(REPLAYED);
        assertThat(count.claim(2, 1)).isEqualTo(FRESH);
    }

    @Test
    void countsWithinTheWindowPassOnceInAnyOrder() {
        assertThat(count.claim(1, 30)).isEqualTo(FRESH);
        for (int nc = 29; nc > 30 - 24; nc--) {
            assertThat(count.claim(1, nc)).as("nc %d", nc).isEqualTo(FRESH);
            assertThat(count.claim(1, nc)).as("nc %d", nc).isEqualTo(REPLAYED);
        }
    }

    @Test
    void countBelowTheWindowIsAReplay() {
        assertThat(count.claim(1, 100)).isEqualTo(FRESH);
        assertThat(count.claim(1, 76)).isEqualTo(REPLAYED);
        assertThat(count.claim(1, 77)).isEqualTo(FRESH);
    }

    @Test
    void countMayJumpAhead() {
        assertThat(count.claim(1, 1)).isEqualTo(FRESH);
        assertThat(count.claim(1, 50_000)).isEqualTo(FRESH);
        assertThat(count.claim(1, 49_999)).isEqualTo(FRESH);
        assertThat(count.claim(1, 1)).isEqualTo(REPLAYED);
    }

    @Test
    void countTooGreatForTheRecordAsksForAFreshNonce() {
        assertThat(count.claim(1, 65_534)).isEqualTo(FRESH);
        assertThat(count.claim(1, 65_535)).isEqualTo(FORGOTTEN);
        assertThat(count.claim(1, 0xFFFFFFFFL)).isEqualTo(FORGOTTEN);
    }

    @Test
    void nonceUsedWithoutCountIsUsedUp() {
        assertThat(count.claimOnce(1)).isEqualTo(FRESH);
        assertThat(count.claimOnce(1)).isEqualTo(REPLAYED);
        assertThat(count.claim(1, 1)).isEqualTo(REPLAYED);
        assertThat(count.claim(1, 65_534)).isEqualTo(REPLAYED);
    }

    @Test
    void nonceUsedWithCountIsNotGoodWithout() {
        assertThat(count.claim(1, 1)).isEqualTo(FRESH);
        assertThat(count.claimOnce(1)).isEqualTo(REPLAYED);
    }

    @Test
    void laterNonceTakesTheSlotAndTheEarlierIsForgottenNotFresh() {
        assertThat(count.claim(5, 1)).isEqualTo(FRESH);
        assertThat(count.claim(5 + SLOTS, 1)).isEqualTo(FRESH);
        assertThat(count.claim(5, 1)).isEqualTo(FORGOTTEN);
        assertThat(count.claim(5, 2)).isEqualTo(FORGOTTEN);
        assertThat(count.claimOnce(5)).isEqualTo(FORGOTTEN);
        assertThat(count.claim(5 + SLOTS, 1)).isEqualTo(REPLAYED);
    }

    @Test
    void numbersMayBeginAnew() {
        long quarter = 1L << Nonce.NUMBER_BITS - 2;
        for (long number = 9; number < 1L << Nonce.NUMBER_BITS; number += quarter) {
            assertThat(count.claim(number, 1)).isEqualTo(FRESH);
        }
        assertThat(count.claim(9, 1)).isEqualTo(FRESH);
        assertThat(count.claim(9 + 3 * quarter, 1)).isEqualTo(FORGOTTEN);
    }

    /** Against sets of all uses: whatever is fresh here must be new there. */
    @Test
    void noUseIsFreshTwiceWhateverTheOrder() {
        Random random = new Random(4711);
        Map<Long, Set<Long>> used = new HashMap<>();
        int fresh = 0;
        for (int i = 0; i < 400_000; i++) {
            long number = random.nextInt(64) + (long) random.nextInt(4) * SLOTS;
            boolean once = random.nextInt(50) == 0;
            long nc = once ? -1 : 1 + random.nextInt(200);
            int result = once ? count.claimOnce(number) : count.claim(number, nc);
            Set<Long> uses = used.computeIfAbsent(number, n -> new HashSet<>());
            if (result == FRESH) {
                fresh++;
                assertThat(uses).doesNotContain(-1L);
                assertThat(once && !uses.isEmpty()).isFalse();
                assertThat(uses.add(nc)).isTrue();
            }
        }
        assertThat(fresh).isPositive();
    }

    @Test
    void oneOfConcurrentClaimsOfAUseIsFresh() throws Exception {
        int threads = 4;
        int nonces = 20_000;
        AtomicInteger fresh = new AtomicInteger();
        CyclicBarrier start = new CyclicBarrier(threads);
        Thread[] claimers = new Thread[threads];
        for (int t = 0; t < threads; t++) {
            claimers[t] = new Thread(() -> {
                try {
                    start.await();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
                for (int n = 0; n < nonces; n++) {
                    fresh.addAndGet(count.claim(n, 1) == FRESH ? 1 : 0);
                }
            });
            claimers[t].start();
        }
        for (Thread claimer : claimers) {
            claimer.join();
        }
        assertThat(fresh).hasValue(nonces);
    }
}

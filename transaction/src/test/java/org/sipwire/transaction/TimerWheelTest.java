/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimerWheelTest {

    private final TimerWheel wheel = new TimerWheel(0);
    private final List<Integer> fired = new ArrayList<>();

    private List<Integer> firedAt(long millis) {
        fired.clear();
        wheel.expire(millis, fired::add);
        return List.copyOf(fired);
    }

    @Test
    void timerFiresAtItsInstantAndNotBefore() {
        wheel.start(500, 1);
        wheel.start(501, 2);
        assertThat(firedAt(499)).isEmpty();
        assertThat(firedAt(500)).containsExactly(1);
        assertThat(firedAt(500)).isEmpty();
        assertThat(firedAt(501)).containsExactly(2);
        assertThat(wheel.size()).isZero();
    }

    @Test
    void deadlineBeyondATurnIsPassedOver() {
        wheel.start(190_000, 1);
        for (long millis = 0; millis < 190_000; millis += 10) {
            assertThat(firedAt(millis)).isEmpty();
        }
        assertThat(firedAt(190_000)).containsExactly(1);
    }

    @Test
    void longPauseFiresEverythingInOrderOfBuckets() {
        for (int i = 20; i > 0; i--) {
            wheel.start(i * 1_000L, i);
        }
        assertThat(firedAt(1_000_000)).hasSize(20).startsWith(1, 2, 3).isSorted();
    }

    @Test
    void cancelledTimerDoesNotFire() {
        long first = wheel.start(100, 1);
        wheel.start(100, 2);
        long third = wheel.start(100, 3);
        assertThat(wheel.cancel(first)).isTrue();
        assertThat(wheel.cancel(third)).isTrue();
        assertThat(wheel.cancel(third)).isFalse();
        assertThat(firedAt(100)).containsExactly(2);
    }

    @Test
    void handleKeptTooLongCancelsNothing() {
        long old = wheel.start(100, 1);
        assertThat(firedAt(100)).containsExactly(1);
        long young = wheel.start(200, 2);
        assertThat(wheel.cancel(old)).isFalse();
        assertThat(wheel.cancel(TimerWheel.NONE)).isFalse();
        assertThat(wheel.deadlineMillis(young)).isEqualTo(200);
        assertThat(wheel.deadlineMillis(old)).isEqualTo(-1);
        assertThat(firedAt(200)).containsExactly(2);
    }

    @Test
    void callbackMayCancelWhatIsDueAndStartAgain() {
        long[] handles = new long[3];
        handles[1] = wheel.start(100, 1);
        handles[2] = wheel.start(100, 2);
        List<Integer> order = new ArrayList<>();
        wheel.expire(100, payload -> {
            order.add(payload);
            wheel.cancel(handles[3 - payload]);
            wheel.start(100, 7);
        });
        assertThat(order).hasSize(1);
        assertThat(firedAt(100)).containsExactly(7);
    }

    @Test
    void memoryIsGivenBackAfterAPeak() {
        long before = wheel.footprint();
        for (int i = 0; i < 100_000; i++) {
            wheel.start(i % 60_000, i);
        }
        long handle = wheel.start(5, 0);
        assertThat(wheel.footprint()).isGreaterThan(before * 10);
        assertThat(firedAt(60_000)).hasSize(100_001);
        assertThat(wheel.footprint()).isEqualTo(before);
        wheel.start(70_000, 5);
        assertThat(wheel.cancel(handle)).as("a handle from before the peak").isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void behavesAsASortedListDoes(long seed) {
        Random random = new Random(seed);
        Model model = new Model();
        for (int i = 0; i < 20_000; i++) {
            model.step(random.nextInt(10), random.nextInt(100_000), random.nextInt());
        }
        model.finish();
    }

    @FuzzTest(maxDuration = "20s")
    void anyOrderOfOperationsBehavesAsASortedListDoes(FuzzedDataProvider data) {
        Model model = new TimerWheelTest().new Model();
        while (data.remainingBytes() > 0) {
            model.step(data.consumeInt(0, 9), data.consumeInt(0, 200_000), data.consumeInt());
        }
        model.finish();
    }

    /** A map of what runs, asked after every operation. */
    private final class Model {
        private final Map<Integer, Long> deadlines = new HashMap<>();
        private final Map<Integer, Long> handles = new HashMap<>();
        private long now;
        private int next;

        void step(int what, int millis, int pick) {
            if (what < 5) {
                // Mostly as timers are: soon, and some far or in the past.
                long deadline = now + (what < 3 ? millis % 1_000 : what == 3 ? millis : -millis % 100);
                int payload = next++;
                handles.put(payload, wheel.start(deadline, payload));
                deadlines.put(payload, deadline);
            } else if (what < 8) {
                int payload = next == 0 ? 0 : Math.floorMod(pick, next);
                boolean runs = deadlines.remove(payload) != null;
                assertThat(wheel.cancel(handles.getOrDefault(payload, TimerWheel.NONE)))
                        .isEqualTo(runs);
            } else {
                now += what == 8 ? millis % 20 : millis % 5_000;
                expire();
            }
            assertThat(wheel.size()).isEqualTo(deadlines.size());
        }

        private void expire() {
            List<Integer> due = new ArrayList<>();
            deadlines.forEach((payload, deadline) -> {
                if (deadline <= now) {
                    due.add(payload);
                }
            });
            assertThat(firedAt(now)).containsExactlyInAnyOrderElementsOf(due);
            deadlines.keySet().removeAll(due);
        }

        void finish() {
            now += 1_000_000;
            expire();
            assertThat(wheel.size()).isZero();
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SurgeTest {

    private static LoadStats.Second second(int index, long arrivals, long done, long p50) {
        return new LoadStats.Second(
                index,
                new LoadStats.Rates(arrivals, done, 0, 0),
                0,
                new LoadStats.Latencies(p50, p50, p50, p50, 0),
                0.5);
    }

    @Test
    void goodputIsOfTheSurgeAndRecoveryCountsFromItsEnd() {
        Surge surge = Surge.of(
                3,
                List.of(
                        second(1, 100, 60, 500),
                        second(2, 100, 100, 500),
                        second(3, 150, 140, 500),
                        second(4, 400, 120, 900_000),
                        second(5, 400, 180, 900_000),
                        second(6, 350, 190, 900_000),
                        second(7, 100, 180, 900_000),
                        second(8, 100, 100, 700),
                        second(9, 100, 100, 700)));
        assertThat(surge).isEqualTo(new Surge(100, 180, 2));
    }

    @Test
    void neverAsBeforeIsInfinite() {
        assertThat(Surge.of(1, List.of(second(1, 9, 9, 1), second(2, 20, 9, 1), second(3, 9, 3, 1)))
                        .recoverySeconds())
                .isInfinite();
    }

    @Test
    void arrivalsComeSoManyTimesAsOftenInTheMiddleThird() {
        Schedule schedule = LoadOptions.parse(
                        "--target", "udp://127.0.0.1:5060", "--rate", "10", "--surge", "2.5", "--duration", "3s")
                .schedule(0);
        assertThat(schedule.arrivals()).isEqualTo(10 + 25 + 10);
        assertThat(schedule.intendedNanos(9)).isEqualTo(900_000_000L);
        assertThat(schedule.intendedNanos(10)).isEqualTo(1_000_000_000L);
        assertThat(schedule.intendedNanos(11)).isEqualTo(1_040_000_000L);
        assertThat(schedule.intendedNanos(35)).isEqualTo(2_000_000_000L);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    void arrivalsAreEvenlySpreadAndDoNotDrift() {
        Schedule schedule = new Schedule(1_000, 3, 10 * SECOND);
        assertThat(schedule.arrivals()).isEqualTo(30);
        assertThat(schedule.intendedNanos(0)).isEqualTo(1_000);
        assertThat(schedule.intendedNanos(1)).isEqualTo(1_000 + SECOND / 3);
        assertThat(schedule.intendedNanos(29)).isEqualTo(1_000 + 9 * SECOND + 2 * SECOND / 3);
    }

    @Test
    void partsOfASecondCount() {
        assertThat(new Schedule(0, 1000, SECOND / 2).arrivals()).isEqualTo(500);
        assertThat(new Schedule(0, 1, SECOND / 2).arrivals()).isEqualTo(1);
    }

    @Test
    void longAndFastSchedulesDoNotOverflow() {
        Schedule schedule = new Schedule(0, 1_000_000, 86_400 * SECOND);
        assertThat(schedule.arrivals()).isEqualTo(86_400_000_000L);
        assertThat(schedule.intendedNanos(86_399_999_999L)).isEqualTo(86_400 * SECOND - 1000);
    }
}

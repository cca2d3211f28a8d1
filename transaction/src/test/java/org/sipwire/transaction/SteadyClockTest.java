/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SteadyClockTest {
    private static final long HOUR = 3_600_000;
    private static final long WALL = 1_800_000_000_000L;
    private static final long NANOS = -77_000_000_000L;

    private final SteadyClock clock = new SteadyClock(NANOS, WALL);

    /** What it shows after so many milliseconds, with the wall clock put forward by some. */
    private long after(long millis, long put) {
        return clock.millis(NANOS + millis * 1_000_000, WALL + millis + put) - WALL;
    }

    @Test
    void aClockThatIsRightIsShown() {
        for (long millis = 0; millis < 10_000; millis += 7) {
            assertThat(after(millis, 0)).isEqualTo(millis);
        }
        assertThat(clock.behindMillis()).isZero();
    }

    @Test
    void anHourForwardEndsNoRegistrationOfAnHourAtOnce() {
        long end = after(0, 0) + HOUR;
        assertThat(after(10, HOUR)).isLessThan(end - HOUR * 9 / 10);
        assertThat(after(HOUR * 19 / 20, HOUR)).isLessThan(end);
        assertThat(after(HOUR, HOUR)).isGreaterThanOrEqualTo(end);
    }

    @Test
    void anHourBackLetsNoRegistrationLiveMuchLonger() {
        long end = after(0, 0) + HOUR;
        assertThat(after(HOUR, -HOUR)).isLessThan(end);
        assertThat(after(HOUR * 21 / 20 + HOUR / 100, -HOUR)).isGreaterThan(end);
    }

    @Test
    void itComesToAgreeWithTheWallClockAndDatesDoAtOnce() {
        long shown = after(1000, HOUR);
        assertThat(shown + clock.behindMillis()).isCloseTo(1000 + HOUR, within(1L));
        for (long second = 2; second < 80_000; second++) {
            shown = after(second * 1000, HOUR);
        }
        assertThat(shown).isEqualTo(79_999_000 + HOUR);
        assertThat(clock.behindMillis()).isZero();
    }

    @Test
    void aProcessThatWasStoppedFindsItsTimeGoneOn() {
        assertThat(after(35_000, 0)).isEqualTo(35_000);
    }
}

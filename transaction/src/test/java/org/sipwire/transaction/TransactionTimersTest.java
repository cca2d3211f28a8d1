/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

/** RFC 3261 Table 4, RFC 6026 and RFC 4320 by their numbers. */
class TransactionTimersTest {

    private final TransactionTimers timers = TransactionTimers.DEFAULT;

    @Test
    void durationsAreThoseOfTable4() {
        assertThat(timers.sixtyFourT1()).isEqualTo(32_000);
        assertThat(timers.d(false)).isGreaterThanOrEqualTo(32_000);
        assertThat(timers.d(true)).isZero();
        assertThat(timers.j(false)).isEqualTo(32_000);
        assertThat(timers.j(true)).isZero();
        assertThat(timers.t4(false)).isEqualTo(5_000);
        assertThat(timers.t4(true)).isZero();
    }

    @Test
    void hundredToNonInviteIsLateByTheTimeTimerETakesToReachT2() {
        // Timer E fires after 0.5, 1.5 and 3.5 s; the third firing sets it to 4 s, which is T2.
        assertThat(timers.lateTrying()).isEqualTo(3_500);
        assertThat(new TransactionTimers(500, 500, 5_000, 200, 190_000).lateTrying())
                .isEqualTo(500);
    }

    @Test
    void retransmitIntervalDoublesUpToT2() {
        assertThat(timers.doubledToT2(500)).isEqualTo(1_000);
        assertThat(timers.doubledToT2(3_000)).isEqualTo(4_000);
    }

    @Test
    void durationsThatCannotBeTimersAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new TransactionTimers(0, 4_000, 5_000, 200, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new TransactionTimers(500, 400, 5_000, 200, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new TransactionTimers(90_000, 90_000, 5_000, 200, 1));
    }
}

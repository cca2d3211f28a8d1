/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Who goes first when more datagrams come than can be worked on. */
class SourceGuardTest {

    private static final long KNOWN = 1L << 62 | 0x7F000001_0000L | 5060;
    private static final long MILLI = 1_000_000;

    private final SourceGuard guard = new SourceGuard();

    private void behind(int turns) {
        for (int i = 0; i < turns; i++) {
            guard.turn(false, 0);
        }
    }

    private int admittedOf(int strangers) {
        int admitted = 0;
        for (int i = 0; i < strangers; i++) {
            admitted += guard.admits(1L << 62 | 0x7F000042_0000L | i) ? 1 : 0;
        }
        return admitted;
    }

    @Test
    void nothingIsShedWhereNobodyWasVouchedFor() {
        behind(100);
        assertThat(guard.isShedding()).isFalse();
    }

    @Test
    void burstOfOneTurnIsNoOverload() {
        guard.vouch(KNOWN);
        for (int i = 0; i < 100; i++) {
            guard.turn(false, 0);
            guard.turn(true, 0);
        }
        assertThat(guard.isShedding()).isFalse();
    }

    @Test
    void knownSourcesGoFirstAndStrangersKeepAChance() {
        guard.vouch(KNOWN);
        behind(100);
        assertThat(guard.isShedding()).isTrue();
        assertThat(guard.admits(KNOWN)).isTrue();
        assertThat(admittedOf(60_000)).isBetween(60_000 / 64, 60_000 / 16);
    }

    @Test
    void strangersAreAdmittedAgainWhenTheSocketRunsEmpty() {
        guard.vouch(KNOWN);
        behind(3);
        int share = guard.share();
        assertThat(share).isBetween(1, 255);
        guard.turn(true, 10 * MILLI);
        assertThat(guard.share()).isEqualTo(share - 10);
        guard.turn(true, 10 * MILLI + MILLI / 2);
        guard.turn(true, 11 * MILLI);
        assertThat(guard.share()).isEqualTo(share - 11);
        guard.turn(true, 1000 * MILLI);
        assertThat(guard.isShedding()).isFalse();
    }

    @Test
    void sourcesAreForgottenAfterTwoGenerationsAndNotBefore() {
        for (int i = 0; i < 200; i++) {
            guard.vouch(KNOWN + i);
        }
        Random others = new Random(1);
        for (int i = 0; i < SourceGuard.GENERATION; i++) {
            guard.vouch(others.nextLong());
        }
        behind(100);
        assertThat(admittedOfKnown()).isEqualTo(200);
        for (int i = 0; i < 3 * SourceGuard.GENERATION; i++) {
            guard.vouch(others.nextLong());
        }
        // By chance others have their bits: two generations fill less than half of them.
        assertThat(admittedOfKnown()).isLessThan(160);
    }

    private int admittedOfKnown() {
        int admitted = 0;
        for (int i = 0; i < 200; i++) {
            admitted += guard.admits(KNOWN + i) ? 1 : 0;
        }
        return admitted;
    }
}

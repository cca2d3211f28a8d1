/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.AsciiView;

class NonceTest {

    private static final long SECOND = 1_000_000_000L;
    private static final byte[] REALM = "realm".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] KEY = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private final NonceFactory factory =
            new NonceFactory(config(null, AuthConfig.FleetNonces.STALE), 1_800_000_000_000L, 0);
    private final Nonce nonce = factory.forLoop(REALM);

    private static AuthConfig config(byte[] key, AuthConfig.FleetNonces fleet) {
        AuthConfig.Builder builder = AuthConfig.builder("realm");
        if (key != null) {
            builder.nonceKey(key);
        }
        return builder.fleetNonces(fleet).build();
    }

    private static AsciiView issue(Nonce by, long nanoTime, long source) {
        byte[] text = new byte[Nonce.LENGTH];
        assertThat(by.write(text, 0, nanoTime, source)).isEqualTo(Nonce.LENGTH);
        return new AsciiView().wrap(text, 0, text.length);
    }

    @Test
    void freshNonceIsCurrentForItsSource() {
        AsciiView issued = issue(nonce, 0, 42);
        assertThat(nonce.read(issued, 0, 42)).isEqualTo(Nonce.CURRENT);
        assertThat(nonce.read(issued, 0, 43)).isEqualTo(Nonce.FOREIGN);
    }

    @Test
    void nonceFitsTwoBlocksOfMd5BesideACnonceOfEightDigits() {
        int response = 32 + 1 + Nonce.LENGTH + 1 + 8 + 1 + 8 + 1 + "auth".length() + 1 + 32;
        assertThat(response + 1 + 8).isLessThanOrEqualTo(128);
    }

    @Test
    void numbersAreReadAsTheyWereWritten() {
        for (int i = 1; i <= 5_000; i++) {
            AsciiView issued = issue(nonce, i * SECOND / 100, 7);
            assertThat(nonce.read(issued, i * SECOND / 100, 7)).isEqualTo(Nonce.CURRENT);
            assertThat(nonce.number()).isEqualTo(i);
            assertThat(nonce.madeAtMillis()).isEqualTo(factory.millis(i * SECOND / 100));
            assertThat(nonce.loop()).isZero();
        }
    }

    @Test
    void nonceEndsWithItsLifeTime() {
        AsciiView issued = issue(nonce, 0, 0);
        assertThat(nonce.read(issued, 300 * SECOND - 1_000_000, 0)).isEqualTo(Nonce.CURRENT);
        assertThat(nonce.read(issued, 300 * SECOND, 0)).isEqualTo(Nonce.EXPIRED);
        assertThat(nonce.read(issued, 1_000_000 * SECOND, 0)).isEqualTo(Nonce.EXPIRED);
    }

    @Test
    void nonceEndsWithItsLifeTimeThoughItsLoopReadTheClockBeforeTheFactoryWasMade() {
        long early = -SECOND / 2_000;
        AsciiView issued = issue(nonce, early, 0);
        assertThat(nonce.read(issued, early + 300 * SECOND - 1_000_000, 0)).isEqualTo(Nonce.CURRENT);
        assertThat(nonce.read(issued, early + 300 * SECOND, 0)).isEqualTo(Nonce.EXPIRED);
    }

    @Test
    void nonceOfALoopThatReadTheClockLaterIsCurrent() {
        AsciiView issued = issue(nonce, 4 * SECOND, 0);
        assertThat(nonce.read(issued, 0, 0)).isEqualTo(Nonce.CURRENT);
        assertThat(nonce.read(issued, -2 * SECOND, 0)).isEqualTo(Nonce.EXPIRED);
    }

    @Test
    void stepOfTheSystemClockEndsNothing() {
        // The factory reads the wall clock once; what passes after is the monotonic clock's, so a step cannot be seen
        // at all.
        long before = factory.millis(10 * SECOND);
        assertThat(factory.millis(11 * SECOND) - before).isEqualTo(1_000);
        assertThat(factory.millis(9 * SECOND) - before).isEqualTo(-1_000);
    }

    @Test
    void everyBitIsCoveredByTheTag() {
        String text = issue(nonce, 0, 1).toString();
        String digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for (int i = 0; i < text.length(); i++) {
            for (int bit = 1; bit < 64; bit <<= 1) {
                char other = digits.charAt(digits.indexOf(text.charAt(i)) ^ bit);
                byte[] altered = text.getBytes(StandardCharsets.US_ASCII);
                altered[i] = (byte) other;
                assertThat(nonce.read(new AsciiView().wrap(altered, 0, altered.length), 0, 1))
                        .isEqualTo(Nonce.FOREIGN);
            }
        }
    }

    @Test
    void noncesOfTwoLoopsDiffer() {
        Nonce other = factory.forLoop(REALM);
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            assertThat(seen.add(issue(nonce, 0, 0).toString())).isTrue();
            assertThat(seen.add(issue(other, 0, 0).toString())).isTrue();
        }
    }

    @Test
    void nonceOfAnotherProcessWithTheSameKeyIsExpiredByDefault() {
        NonceFactory before = new NonceFactory(config(KEY, AuthConfig.FleetNonces.STALE), 1_800_000_000_000L, 0);
        NonceFactory after =
                new NonceFactory(config(KEY, AuthConfig.FleetNonces.STALE), 1_800_000_001_000L, 500 * SECOND);
        if (before.instance() != after.instance()) {
            AsciiView issued = issue(before.forLoop(REALM), 0, 5);
            assertThat(after.forLoop(REALM).read(issued, 500 * SECOND, 5)).isEqualTo(Nonce.EXPIRED);
        } else {
            assertThat(before.key0()).isEqualTo(after.key0());
        }
    }

    @Test
    void nonceOfAnotherFleetMemberIsGoodOnceWhereItIsAccepted() {
        NonceFactory there = new NonceFactory(config(KEY, AuthConfig.FleetNonces.ACCEPT), 1_800_000_000_000L, 0);
        NonceFactory here = another(there);
        Nonce theirs = there.forLoop(REALM);
        Nonce ours = here.forLoop(REALM);
        for (int i = 0; i < 1_000; i++) {
            AsciiView issued = issue(theirs, i * SECOND / 100, 5);
            assertThat(ours.read(issued, 500 * SECOND + i * SECOND / 100, 5)).isEqualTo(Nonce.CURRENT);
            assertThat(ours.claim(1)).isEqualTo(NonceCount.FRESH);
            assertThat(ours.claim(1)).isEqualTo(NonceCount.REPLAYED);
            assertThat(ours.claim(2)).isEqualTo(NonceCount.REPLAYED);
            assertThat(ours.claimOnce()).isEqualTo(NonceCount.REPLAYED);
        }
    }

    @Test
    void fleetMemberWhoseClockIsAheadIsToleratedForAMinute() {
        NonceFactory there = new NonceFactory(config(KEY, AuthConfig.FleetNonces.ACCEPT), 1_800_000_000_000L, 0);
        Nonce ours = another(there).forLoop(REALM);
        Nonce theirs = there.forLoop(REALM);
        assertThat(ours.read(issue(theirs, 59 * SECOND, 0), 500 * SECOND, 0)).isEqualTo(Nonce.CURRENT);
        assertThat(ours.read(issue(theirs, 61 * SECOND, 0), 500 * SECOND, 0)).isEqualTo(Nonce.EXPIRED);
    }

    /** The processes pick their numbers at random, one of 65,536. */
    private static NonceFactory another(NonceFactory than) {
        NonceFactory factory;
        do {
            factory = new NonceFactory(config(KEY, AuthConfig.FleetNonces.ACCEPT), 1_800_000_000_000L, 500 * SECOND);
        } while (factory.instance() == than.instance());
        return factory;
    }

    @Test
    void factoriesWithoutAKeyDoNotShareOne() {
        NonceFactory other = new NonceFactory(config(null, AuthConfig.FleetNonces.STALE), 1_800_000_000_000L, 0);
        assertThat(other.forLoop(REALM).read(issue(nonce, 0, 0), 0, 0)).isEqualTo(Nonce.FOREIGN);
    }
}

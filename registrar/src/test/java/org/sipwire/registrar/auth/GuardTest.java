/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.sipwire.registrar.auth.DigestAuthenticator.ACCEPTED;
import static org.sipwire.registrar.auth.DigestAuthenticator.FOREIGN_NONCE;
import static org.sipwire.registrar.auth.DigestAuthenticator.NO_CREDENTIALS;
import static org.sipwire.registrar.auth.DigestAuthenticator.STALE;
import static org.sipwire.registrar.auth.DigestAuthenticator.THROTTLED;
import static org.sipwire.registrar.auth.DigestAuthenticator.WRONG;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.sipwire.registrar.auth.AuthFixture.TestFlow;

class GuardTest {

    private final AuthFixture fixture = new AuthFixture(AuthFixture.gb());

    private int attempt(String user, String password) {
        return fixture.verify(fixture.answer().username(user).password(password));
    }

    private void failTimes(int times) {
        for (int i = 0; i < times; i++) {
            assertThat(attempt("cam", "wrong")).isEqualTo(WRONG);
        }
    }

    private void from(String host) {
        fixture.flow = new TestFlow(host, 5060);
    }

    @Test
    void fiveWrongPasswordsAreAnsweredAsOneAndTheSixthForbidden() {
        failTimes(5);
        assertThat(attempt("cam", "wrong")).isEqualTo(THROTTLED);
        assertThat(fixture.authenticator.status(THROTTLED)).isEqualTo(403);
    }

    @Test
    void hammeringIsForbiddenThenPutOffThenNotAnswered() {
        failTimes(5);
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            assertThat(attempt("cam", "wrong")).isEqualTo(THROTTLED);
            int status = fixture.authenticator.status(THROTTLED);
            statuses.add(status);
            if (status == 503) {
                assertThat(fixture.authenticator.retryAfterSeconds()).isBetween(1, 3_600);
            }
        }
        assertThat(statuses.stream().distinct()).containsExactly(403, 503, 0);
        assertThat(fixture.authenticator.count(AuthCounter.REFUSED_FORBIDDEN)).isEqualTo(5);
        assertThat(fixture.authenticator.count(AuthCounter.REFUSED_BUSY)).isEqualTo(10);
        assertThat(fixture.authenticator.count(AuthCounter.REFUSED_SILENTLY)).isEqualTo(15);
    }

    @Test
    void rightPasswordIsNotLookedAtWhileItsSourceIsRefused() {
        failTimes(5);
        assertThat(attempt("cam", AuthFixture.PASSWORD)).isEqualTo(THROTTLED);
    }

    @Test
    void failuresAreForgottenOneAMinute() {
        failTimes(5);
        fixture.passSeconds(59);
        assertThat(attempt("cam", AuthFixture.PASSWORD)).isEqualTo(THROTTLED);
        fixture.passSeconds(61);
        assertThat(attempt("cam", AuthFixture.PASSWORD)).isEqualTo(ACCEPTED);
    }

    @Test
    void otherUsersOfTheSourceAreHeard() {
        failTimes(5);
        assertThat(attempt("cam", "wrong")).isEqualTo(THROTTLED);
        assertThat(attempt("neighbour", AuthFixture.PASSWORD)).isEqualTo(ACCEPTED);
    }

    @Test
    void otherSourcesOfTheUserAreHeard() {
        for (int host = 1; host < 100; host++) {
            from("198.51.100." + host);
            for (int i = 0; i < 6; i++) {
                attempt("cam", "wrong");
            }
            assertThat(attempt("cam", "wrong")).isEqualTo(THROTTLED);
        }
        from("192.0.2.77");
        assertThat(attempt("cam", AuthFixture.PASSWORD)).isEqualTo(ACCEPTED);
    }

    @Test
    void userUnderAttackFromManySourcesHasOneGuessEach() {
        int heard = 0;
        for (int i = 0; i < 1_000; i++) {
            from("10.1." + i / 250 + "." + i % 250);
            int first = attempt("cam", "wrong");
            assertThat(first).isEqualTo(WRONG);
            heard += attempt("cam", "wrong") == WRONG ? 1 : 0;
        }
        assertThat(heard).isLessThanOrEqualTo(AuthFixture.gb().build().guard().userFailures());
        from("192.0.2.77");
        assertThat(attempt("cam", AuthFixture.PASSWORD)).isEqualTo(ACCEPTED);
    }

    @Test
    void sourceThatTriesManyUsersIsPutOffAndOthersAreNot() {
        int heard = 0;
        for (int i = 0; i < 2_000; i++) {
            heard += attempt("user" + i, "wrong") == WRONG ? 1 : 0;
        }
        assertThat(heard).isEqualTo(200);
        assertThat(fixture.authenticator.count(AuthCounter.REFUSED_BUSY)).isPositive();
        from("192.0.2.77");
        assertThat(attempt("user1", AuthFixture.PASSWORD)).isEqualTo(ACCEPTED);
    }

    @Test
    void requestsWithoutCredentialsAreNotFailures() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(fixture.verify(fixture.register())).isEqualTo(NO_CREDENTIALS);
        }
        assertThat(attempt("cam", AuthFixture.PASSWORD)).isEqualTo(ACCEPTED);
    }

    @Test
    void rightAnswersToOldNoncesAreNotFailures() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(fixture.verify(fixture.answer().nonce("1616570703"))).isEqualTo(STALE);
        }
        assertThat(attempt("cam", AuthFixture.PASSWORD)).isEqualTo(ACCEPTED);
    }

    @Test
    void forgedSourcesCannotLockTheirOwnerOut() {
        // Whoever writes a stranger's address into a datagram never sees the nonces that address gets.
        String elsewhere = fixture.answer().nonce;
        from("192.0.2.77");
        for (int i = 0; i < 2_000; i++) {
            assertThat(fixture.verify(fixture.answer().nonce(elsewhere).password("wrong")))
                    .isEqualTo(FOREIGN_NONCE);
        }
        assertThat(fixture.verify(fixture.answer())).isEqualTo(ACCEPTED);
    }

    @Test
    void answersToForeignNoncesAreNotLookedAtForeverForTheyTellRightFromWrong() {
        for (int i = 0; i < 200; i++) {
            fixture.verify(fixture.answer().nonce("1616570703").password("wrong" + i));
        }
        long before = fixture.authenticator.digestPasses();
        assertThat(fixture.verify(fixture.answer().nonce("1616570703"))).isEqualTo(FOREIGN_NONCE);
        assertThat(fixture.authenticator.digestPasses()).isEqualTo(before);
    }

    @Test
    void guardCanBeSwitchedOff() {
        AuthFixture open = new AuthFixture(AuthFixture.unguarded(AuthFixture.gb()));
        for (int i = 0; i < 1_000; i++) {
            assertThat(open.verify(open.answer().password("wrong"))).isEqualTo(WRONG);
        }
        assertThat(open.verify(open.answer())).isEqualTo(ACCEPTED);
    }

    @Test
    void memoryIsBoundedAndTheGreatestOffenderStays() {
        LeakyBuckets buckets = new LeakyBuckets(1 << 10, 60, 100);
        SplittableRandom random = new SplittableRandom(1);
        long offender = random.nextLong();
        for (int i = 0; i < 50; i++) {
            buckets.add(offender, 0);
        }
        for (int i = 0; i < 100_000; i++) {
            buckets.add(random.nextLong(), 0);
        }
        assertThat(buckets.level(offender, 0)).isEqualTo(50);
    }

    @Test
    void bucketLeaksAsTimePassesHoweverOftenItIsAsked() {
        LeakyBuckets buckets = new LeakyBuckets(1 << 10, 10, 100);
        long key = 0x123456789ABCDEFL;
        for (int i = 0; i < 5; i++) {
            buckets.add(key, 0);
        }
        assertThat(buckets.level(key, 9)).isEqualTo(5);
        assertThat(buckets.level(key, 10)).isEqualTo(4);
        assertThat(buckets.add(key, 15)).isEqualTo(5);
        assertThat(buckets.level(key, 19)).isEqualTo(5);
        assertThat(buckets.level(key, 20)).isEqualTo(4);
        assertThat(buckets.level(key, 60)).isZero();
        assertThat(buckets.level(key, 1_000_000)).isZero();
    }

    @Test
    void limitsThatCannotWorkAreRefused() {
        assertThatThrownBy(() -> GuardLimits.DEFAULT.withPairFailures(-1)).hasMessageContaining("pairFailures");
        assertThatThrownBy(() -> new GuardLimits(5, 60, 200, 5, 50, 10, 1_000)).hasMessageContaining("slots");
    }
}

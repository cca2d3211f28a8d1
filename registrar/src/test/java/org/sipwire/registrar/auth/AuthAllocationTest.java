/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sipwire.registrar.auth.DigestAuthenticator.ACCEPTED;
import static org.sipwire.registrar.auth.DigestAuthenticator.NO_CREDENTIALS;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipRequest;
import org.sipwire.registrar.auth.AuthFixture.Answer;

/** Inside the fence nothing is allocated. If one of these fails, JMH's {@code -prof gc} on DigestBenchmark shows how much. */
class AuthAllocationTest {

    private static final int WARM_UP = 20_000;
    private static final int MEASURED = 10_000;

    private static void allocatesNothing(Runnable way) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (int i = 0; i < WARM_UP; i++) {
            way.run();
        }
        long best = Long.MAX_VALUE;
        for (int round = 0; round < 3; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < MEASURED; i++) {
                way.run();
            }
            best = Math.min(best, threads.getCurrentThreadAllocatedBytes() - before);
        }
        // A compiler thread's hand-over may cost this thread an object now and then; one a message would be 16 octets.
        assertThat(best).isLessThan(MEASURED / 2);
    }

    @Test
    void challengeAllocatesNothing() {
        AuthFixture fixture = new AuthFixture(AuthFixture.strict());
        SipRequest request = fixture.register("Capability algorithm=\"H:MD5\"");
        ResponseWriter writer = new ResponseWriter();
        allocatesNothing(() -> {
            assertEquals(fixture.verify(request), NO_CREDENTIALS);
            writer.begin(request, 401);
            fixture.authenticator.writeChallenge(writer, false);
            writer.end();
        });
    }

    @Test
    void acceptanceAllocatesNothing() {
        AuthFixture fixture = new AuthFixture(AuthFixture.gb().nonceReuse(AuthConfig.NonceReuse.WITHIN_LIFETIME));
        SipRequest request = fixture.register(fixture.answer().toString());
        allocatesNothing(() -> assertEquals(fixture.verify(request), ACCEPTED));
    }

    @Test
    void everyAlgorithmAndQopAllocatesNothing() {
        for (DigestAlgorithm algorithm : DigestAlgorithm.values()) {
            AuthFixture fixture = new AuthFixture(AuthFixture.unguarded(AuthFixture.strict())
                    .algorithms(List.of(algorithm))
                    .qop(Set.of(AuthConfig.Qop.AUTH, AuthConfig.Qop.AUTH_INT)));
            for (String qop : List.of("auth", "auth-int")) {
                SipRequest request = fixture.register(fixture.answer().qop(qop).toString());
                allocatesNothing(() -> fixture.verify(request));
            }
        }
    }

    @Test
    void refusalAllocatesNothing() {
        AuthFixture fixture = new AuthFixture(AuthFixture.gb());
        Answer answer = fixture.answer().password("wrong");
        SipRequest wrong = fixture.register(answer.toString());
        allocatesNothing(() -> fixture.verify(wrong));
        AuthFixture unguarded = new AuthFixture(AuthFixture.unguarded(AuthFixture.gb()));
        allocatesNothing(() -> unguarded.verify(wrong));
    }

    private static void assertEquals(int actual, int expected) {
        if (actual != expected) {
            throw new AssertionError(actual);
        }
    }
}

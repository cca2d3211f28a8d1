/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sipwire.registrar.auth.DigestAuthenticator.ACCEPTED;
import static org.sipwire.registrar.auth.DigestAuthenticator.DOWNGRADE;
import static org.sipwire.registrar.auth.DigestAuthenticator.REPLAY;
import static org.sipwire.registrar.auth.DigestAuthenticator.WRONG;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.sipwire.codec.SipRequest;
import org.sipwire.registrar.auth.AuthFixture.Answer;

/** Ten thousand tries of each kind by somebody who knows everything but what must not be known; none may be accepted. The guard is off. */
class DigestAttackTest {

    private static final int TRIES = 10_000;
    private static final String DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private final Random random = new Random(20210324);
    private final AuthFixture gb = new AuthFixture(AuthFixture.unguarded(AuthFixture.gb()));
    private final AuthFixture strict = new AuthFixture(AuthFixture.unguarded(AuthFixture.strict()));

    @TempDir
    private Path folder;

    /** Even who knows the password gets no further with a nonce of his own making than to a fresh challenge. */
    @Test
    void noForgedNonceIsAccepted() {
        String seen = gb.answer().nonce;
        Set<Integer> results = new HashSet<>();
        for (int i = 0; i < TRIES; i++) {
            StringBuilder forged = new StringBuilder(seen);
            int changes = 1 + random.nextInt(4);
            for (int c = 0; c < changes; c++) {
                forged.setCharAt(random.nextInt(forged.length()), DIGITS.charAt(random.nextInt(64)));
            }
            if (!forged.toString().equals(seen)) {
                results.add(gb.verify(gb.answer().nonce(forged.toString())));
            }
        }
        assertThat(results).containsExactly(DigestAuthenticator.STALE);
        assertThat(gb.authenticator.count(AuthCounter.ACCEPTED)).isZero();
    }

    @Test
    void noReplayIsAccepted() {
        List<SipRequest> captured = new ArrayList<>();
        for (AuthFixture fixture : List.of(gb, strict)) {
            captured.clear();
            for (int i = 0; i < 100; i++) {
                String answer = fixture.answer().toString();
                AuthFixture capture = new AuthFixture(AuthFixture.gb());
                captured.add(capture.register(answer));
                assertThat(fixture.verify(answer)).isEqualTo(ACCEPTED);
            }
            for (int i = 0; i < TRIES; i++) {
                assertThat(fixture.verify(captured.get(random.nextInt(captured.size()))))
                        .isEqualTo(REPLAY);
            }
        }
    }

    @Test
    void noReplayWithAnotherCountIsAccepted() {
        Answer answer = strict.answer();
        assertThat(strict.verify(answer)).isEqualTo(ACCEPTED);
        for (int i = 2; i < TRIES + 2; i++) {
            Answer replay =
                    strict.answerTo("Digest realm=\"" + AuthFixture.REALM + "\",nonce=\"" + answer.nonce + "\"");
            replay.qop("auth").with("response", "\"" + answer.response() + "\"").nc(String.format("%08x", i));
            assertThat(strict.verify(replay)).isEqualTo(WRONG);
        }
    }

    @Test
    void noDowngradeIsAccepted() {
        AuthFixture sha = new AuthFixture(AuthFixture.unguarded(
                AuthFixture.strict().algorithms(List.of(DigestAlgorithm.SHA_512_256, DigestAlgorithm.SHA_256))));
        List<String> weaker = List.of("MD5", "md5", "MD5-sess", "SHA-256-sess", "SHA-1", "");
        for (int i = 0; i < TRIES; i++) {
            Answer answer = sha.answer();
            if (i % 2 == 0) {
                String algorithm = weaker.get(random.nextInt(weaker.size()));
                answer.algorithm(
                        algorithm.startsWith("MD5-sess")
                                ? "MD5-sess"
                                : algorithm.startsWith("SHA-256") ? "SHA-256-sess" : "MD5");
                answer.with("algorithm", algorithm.isEmpty() ? "\"\"" : algorithm);
            } else {
                answer.qop(null).with("qop", "none").without("qop");
                answer.with("nc", "00000001").with("cnonce", "\"x\"");
            }
            assertThat(sha.verify(answer)).isEqualTo(DOWNGRADE);
        }
    }

    /** What an enumeration has to go by: the result, and the work behind it, counted in hashes. */
    @Test
    void knownAndUnknownUsersCannotBeToldApart() throws Exception {
        Path file = folder.resolve("users");
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 1_000; i++) {
            lines.append("known" + i + ":" + AuthFixture.REALM + ":")
                    .append(AuthFixture.hex("MD5", "known" + i + ":" + AuthFixture.REALM + ":secret"))
                    .append('\n');
        }
        Files.writeString(file, lines, StandardCharsets.UTF_8);
        try (HtdigestCredentialStore store = HtdigestCredentialStore.open(file, AuthFixture.REALM)) {
            probeUsersOf(new AuthFixture(AuthFixture.unguarded(AuthFixture.gb()), store));
        }
    }

    private void probeUsersOf(AuthFixture fixture) {
        assertThat(fixture.verify(fixture.answer().username("known7").password("secret")))
                .isEqualTo(ACCEPTED);
        Set<Long> work = new HashSet<>();
        for (int i = 0; i < TRIES; i++) {
            String user = (random.nextBoolean() ? "known" : "other") + random.nextInt(1_000);
            SipRequest request = fixture.register(
                    fixture.answer().username(user).password("guess" + i).toString());
            long before = fixture.authenticator.digestPasses();
            assertThat(fixture.verify(request)).isEqualTo(WRONG);
            work.add(fixture.authenticator.digestPasses() - before);
        }
        assertThat(work).hasSize(1);
        assertThat(fixture.authenticator.count(AuthCounter.ACCEPTED)).isEqualTo(1);
    }

    /** The guard must not tell who exists either: it refuses both alike, at the same try. */
    @Test
    void guardRefusesKnownAndUnknownUsersAlike() throws Exception {
        Path file = folder.resolve("guarded");
        Files.writeString(
                file,
                "known:" + AuthFixture.REALM + ":" + AuthFixture.hex("MD5", "known:" + AuthFixture.REALM + ":secret"));
        try (HtdigestCredentialStore store = HtdigestCredentialStore.open(file, AuthFixture.REALM)) {
            List<List<Integer>> seen = new ArrayList<>();
            for (String user : List.of("known", "other")) {
                AuthFixture fixture = new AuthFixture(AuthFixture.gb(), store);
                List<Integer> statuses = new ArrayList<>();
                for (int i = 0; i < 30; i++) {
                    statuses.add(fixture.authenticator.status(
                            fixture.verify(fixture.answer().username(user).password("guess" + i))));
                }
                seen.add(statuses);
            }
            assertThat(seen.get(0)).isEqualTo(seen.get(1)).contains(401, 403, 503, 0);
        }
    }

    /**
     * By the clock: medians of interleaved samples. The difference is published with the test's report, where acceptance asks for less than
     * 5 %; asserted is what a busy machine keeps to.
     */
    @Test
    void timeDoesNotTellKnownFromUnknownUsers(TestReporter reporter) throws Exception {
        Path file = folder.resolve("timed");
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 1_000; i++) {
            lines.append("known" + (1_000 + i) + ":" + AuthFixture.REALM + ":")
                    .append(AuthFixture.hex("MD5", "known" + (1_000 + i) + ":" + AuthFixture.REALM + ":secret"))
                    .append('\n');
        }
        Files.writeString(file, lines, StandardCharsets.UTF_8);
        try (HtdigestCredentialStore store = HtdigestCredentialStore.open(file, AuthFixture.REALM)) {
            AuthFixture fixture = new AuthFixture(AuthFixture.unguarded(AuthFixture.gb()), store);
            int probes = 512;
            SipRequest[] known = new SipRequest[probes];
            SipRequest[] unknown = new SipRequest[probes];
            for (int i = 0; i < probes; i++) {
                known[i] = probe(fixture, "known" + (1_000 + i));
                unknown[i] = probe(fixture, "other" + (1_000 + i));
            }
            int samples = 2 * TRIES;
            long[] knownNanos = new long[samples];
            long[] unknownNanos = new long[samples];
            // The first half warms up and is written over.
            for (int i = 0; i < 2 * samples; i++) {
                int at = random.nextInt(probes);
                // Who goes first changes, or one of them would always find the caches warmer.
                if ((i & 1) == 0) {
                    knownNanos[i % samples] = time(fixture, known[at]);
                    unknownNanos[i % samples] = time(fixture, unknown[at]);
                } else {
                    unknownNanos[i % samples] = time(fixture, unknown[at]);
                    knownNanos[i % samples] = time(fixture, known[at]);
                }
            }
            Arrays.sort(knownNanos);
            Arrays.sort(unknownNanos);
            double ofKnown = knownNanos[samples / 2];
            double ofUnknown = unknownNanos[samples / 2];
            double difference = Math.abs(ofKnown - ofUnknown) / ofKnown;
            reporter.publishEntry(Map.of(
                    "known ns", "" + ofKnown,
                    "unknown ns", "" + ofUnknown,
                    "difference", String.format("%.1f %%", 100 * difference)));
            assertThat(difference).isLessThan(0.25);
            assertThat(fixture.authenticator.count(AuthCounter.ACCEPTED)).isZero();
        }
    }

    private static SipRequest probe(AuthFixture fixture, String user) {
        // A parser of its own keeps each request.
        return new AuthFixture(AuthFixture.gb())
                .register(fixture.answer().username(user).password("guess").toString());
    }

    private static long time(AuthFixture fixture, SipRequest request) {
        long begun = System.nanoTime();
        int result = fixture.verify(request);
        long nanos = System.nanoTime() - begun;
        assertThat(result).isEqualTo(WRONG);
        return nanos;
    }
}

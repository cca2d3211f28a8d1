/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sipwire.registrar.auth.DigestAuthenticator.ACCEPTED;
import static org.sipwire.registrar.auth.DigestAuthenticator.PENDING;
import static org.sipwire.registrar.auth.DigestAuthenticator.REPLAY;
import static org.sipwire.registrar.auth.DigestAuthenticator.UNAVAILABLE;
import static org.sipwire.registrar.auth.DigestAuthenticator.WRONG;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.SipRequest;
import org.sipwire.registrar.auth.AuthFixture.Answer;

/** Verification with a store that answers later. */
class AsyncVerificationTest {

    /** Holds questions until the test answers them. */
    private static final class LaterStore implements CredentialStore {
        final Queue<Runnable> questions = new ArrayDeque<>();
        int result = FOUND;

        @Override
        public int ha1(CredentialQuery query, byte[] ha1) {
            return CredentialStore.PENDING;
        }

        @Override
        public void load(CredentialQuery query, Listener listener) {
            String name = query.username().toUtf8();
            String realm = new String(query.realm(), StandardCharsets.UTF_8);
            String algorithm = query.algorithm().token();
            questions.add(() -> listener.loaded(
                    result,
                    result == FOUND
                            ? AuthText.ascii(
                                    AuthFixture.hex(algorithm, name + ":" + realm + ":" + AuthFixture.PASSWORD))
                            : null));
        }
    }

    private final LaterStore store = new LaterStore();
    private final AuthFixture fixture = new AuthFixture(AuthFixture.strict(), store);

    private List<Integer> judgeLater(Answer... answers) throws InterruptedException {
        List<Integer> results = new ArrayList<>();
        for (Answer answer : answers) {
            SipRequest request = fixture.register(answer.toString());
            assertThat(fixture.verify(request)).isEqualTo(PENDING);
            fixture.authenticator.resume((self, result) -> results.add(result));
            java.util.Arrays.fill(request.array(), (byte) '#');
        }
        while (!store.questions.isEmpty()) {
            store.questions.remove().run();
        }
        while (!fixture.flow.tasks.isEmpty()) {
            fixture.flow.tasks.take().run();
        }
        return results;
    }

    @Test
    void rightAnswerIsAcceptedLater() throws Exception {
        assertThat(judgeLater(fixture.answer())).containsExactly(ACCEPTED);
        assertThat(fixture.authenticator.username().toString()).isEqualTo(AuthFixture.USER);
    }

    @Test
    void wrongAnswerIsWrongLater() throws Exception {
        assertThat(judgeLater(fixture.answer().password("wrong"))).containsExactly(WRONG);
    }

    @Test
    void unknownUserIsWrongLater() throws Exception {
        store.result = CredentialStore.UNKNOWN;
        assertThat(judgeLater(fixture.answer())).containsExactly(WRONG);
    }

    @Test
    void storeThatFailsIsUnavailable() throws Exception {
        store.result = CredentialStore.UNAVAILABLE;
        assertThat(judgeLater(fixture.answer())).containsExactly(UNAVAILABLE);
        assertThat(fixture.authenticator.status(UNAVAILABLE)).isEqualTo(503);
        assertThat(fixture.authenticator.retryAfterSeconds()).isPositive();
    }

    @Test
    void severalThatWaitAreNotMixedUp() throws Exception {
        Answer right = fixture.answer();
        Answer wrong = fixture.answer().username("other").password("wrong");
        Answer body = fixture.answer().qop("auth-int");
        assertThat(judgeLater(right, wrong, body, right)).containsExactly(ACCEPTED, WRONG, ACCEPTED, REPLAY);
    }

    @Test
    void slowStoreDoesNotMakeTheNonceOld() throws Exception {
        SipRequest request = fixture.register(fixture.answer().toString());
        assertThat(fixture.verify(request)).isEqualTo(PENDING);
        List<Integer> results = new ArrayList<>();
        fixture.authenticator.resume((self, result) -> results.add(result));
        fixture.passSeconds(400);
        store.questions.remove().run();
        fixture.flow.tasks.take().run();
        assertThat(results).containsExactly(ACCEPTED);
    }

    @Test
    void challengeAfterwardsIsForTheSourceThatWaited() throws Exception {
        AuthFixture.TestFlow waiting = fixture.flow;
        SipRequest request = fixture.register(fixture.answer().password("wrong").toString());
        assertThat(fixture.verify(request)).isEqualTo(PENDING);
        List<String> challenges = new ArrayList<>();
        fixture.authenticator.resume(
                (self, result) -> challenges.addAll(fixture.challenges(fixture.register(), false)));
        fixture.flow = new AuthFixture.TestFlow("198.51.100.9", 5060);
        fixture.challenges();
        store.questions.remove().run();
        waiting.tasks.take().run();
        fixture.flow = waiting;
        assertThat(judgeLater(fixture.answerTo(challenges.get(0)))).containsExactly(ACCEPTED);
    }
}

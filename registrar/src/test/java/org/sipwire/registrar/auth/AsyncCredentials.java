/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.sipwire.codec.SipRequest;

/** Plays the registrar and the event loop for stores that answer later. */
final class AsyncCredentials {

    private AsyncCredentials() {}

    /** Judges an answer to the end: its result, whether it came at once or later. */
    static int verify(AuthFixture fixture, AuthFixture.Answer answer) throws InterruptedException {
        SipRequest request = fixture.register(answer.toString());
        int result = fixture.verify(request);
        return result == DigestAuthenticator.PENDING ? resume(fixture, request) : result;
    }

    /** After PENDING: the request's octets are overwritten at once, as the next datagram would, and the loop runs what it is given. */
    static int resume(AuthFixture fixture, SipRequest request) throws InterruptedException {
        int[] result = {DigestAuthenticator.PENDING};
        fixture.authenticator.resume((self, outcome) -> {
            assertThat(self).isSameAs(fixture.authenticator);
            result[0] = outcome;
        });
        java.util.Arrays.fill(request.array(), (byte) '#');
        Runnable task = fixture.flow.tasks.poll(20, TimeUnit.SECONDS);
        assertThat(task).as("the store must answer").isNotNull();
        task.run();
        assertThat(result[0]).isNotEqualTo(DigestAuthenticator.PENDING);
        return result[0];
    }
}

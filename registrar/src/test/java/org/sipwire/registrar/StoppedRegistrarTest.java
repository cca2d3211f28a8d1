/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sipwire.registrar.RegistrarHarness.Answer;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.NonceFactory;
import org.sipwire.registrar.auth.SharedPasswordStore;

/** A registrar whose process was stopped for longer than Timer J and the life of a nonce, and goes on. */
class StoppedRegistrarTest {
    private static final String URI = "sip:example.com";
    private static final int STOP_SECONDS = 35;

    private static RegistrarHarness registrar(int nonceLifetimeSeconds) {
        AuthConfig auth = AuthConfig.builder("example.com")
                .nonceLifetimeSeconds(nonceLifetimeSeconds)
                .build();
        return new RegistrarHarness(
                RegistrarConfig.builder().build(),
                null,
                builder -> builder.authentication(auth, new SharedPasswordStore("secret"), new NonceFactory(auth)));
    }

    private static String contact(String user) {
        return "Contact: <sip:" + user + "@192.168.35.165:5080>";
    }

    private static Answer challenge(RegistrarHarness registrar, String user, int cseq) {
        Answer challenge = registrar.send(registrar.request(
                "REGISTER", URI, "sip:" + user + "@example.com", cseq, "Call-ID: " + user, contact(user)));
        assertThat(challenge.status()).isEqualTo(401);
        return challenge;
    }

    private static Answer answer(RegistrarHarness registrar, Answer challenge, String user, int cseq, int expires) {
        return registrar.send(registrar.request(
                "REGISTER",
                URI,
                "sip:" + user + "@example.com",
                cseq,
                "Call-ID: " + user,
                contact(user),
                "Expires: " + expires,
                DigestClient.answer(challenge.header("WWW-Authenticate"), user, "secret", URI)));
    }

    private static void stop(RegistrarHarness registrar) {
        registrar.passSeconds(STOP_SECONDS);
        registrar.layer.tick();
        registrar.locations.expire(registrar.millis, 1_000);
    }

    @Test
    void bindingsStayUnlessTheirOwnTimeIsOver() {
        RegistrarHarness registrar = registrar(30);
        Answer brief = challenge(registrar, "brief", 1);
        assertThat(answer(registrar, brief, "brief", 2, 60).status()).isEqualTo(200);
        registrar.passSeconds(28);
        for (int i = 0; i < 20; i++) {
            String user = "user" + i;
            assertThat(answer(registrar, challenge(registrar, user, 1), user, 2, 60)
                            .status())
                    .isEqualTo(200);
        }
        registrar.events.clear();
        assertThat(registrar.layer.liveTransactions()).isEqualTo(21);
        int sent = registrar.udp.count;
        stop(registrar);
        assertThat(registrar.layer.liveTransactions()).as("Timer J").isZero();
        assertThat(registrar.udp.count).as("nothing is sent").isEqualTo(sent);
        assertThat(registrar.events).containsExactly("expired brief@example.com 0");
        for (int i = 0; i < 20; i++) {
            assertThat(registrar.contacts("user" + i + "@example.com")).hasSize(1);
        }
        assertThat(registrar.contacts("brief@example.com")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"30, 401", "60, 200"})
    void noncesAreJudgedByTheirAge(int lifetimeSeconds, int status) {
        RegistrarHarness registrar = registrar(lifetimeSeconds);
        Answer before = challenge(registrar, "alice", 1);
        stop(registrar);
        Answer after = answer(registrar, before, "alice", 2, 3_600);
        assertThat(after.status()).isEqualTo(status);
        if (status == 401) {
            assertThat(after.header("WWW-Authenticate")).contains("stale=true");
            assertThat(answer(registrar, after, "alice", 3, 3_600).status()).isEqualTo(200);
        }
        assertThat(registrar.contacts("alice@example.com")).hasSize(1);
        // A nonce that was used before the stop is not worth more after it.
        assertThat(answer(registrar, before, "alice", 4, 3_600).status()).isEqualTo(401);
    }
}

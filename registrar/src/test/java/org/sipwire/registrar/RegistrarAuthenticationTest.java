/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.sipwire.registrar.RegistrarHarness.Answer;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.CredentialQuery;
import org.sipwire.registrar.auth.CredentialStore;
import org.sipwire.registrar.auth.NonceFactory;
import org.sipwire.registrar.auth.SharedPasswordStore;
import org.sipwire.registrar.location.InMemoryLocationService;

/** Steps 3 and 4 of RFC 3261 §10.3, and answers that have to wait for a store. */
class RegistrarAuthenticationTest {

    private static final String DEVICE = "sip:34020000001320000003@3402000000";
    private static final String AOR = "34020000001320000003@3402000000";
    private static final String PHONE = "Contact: <sip:34020000001320000003@192.168.35.165:5080>";
    private static final String URI = "sip:34020000002000000001@3402000000";

    private static RegistrarHarness authenticating(
            RegistrarConfig.Builder config, AuthConfig auth, CredentialStore store) {
        return new RegistrarHarness(
                config.build(), null, builder -> builder.authentication(auth, store, new NonceFactory(auth)));
    }

    private static RegistrarHarness gb() {
        return authenticating(
                RegistrarConfig.gb28181("3402000000"),
                AuthConfig.gb28181("34020000").build(),
                new SharedPasswordStore("12345678"));
    }

    private static String answer(Answer challenge, String user, String password) {
        return DigestClient.answer(challenge.header("WWW-Authenticate"), user, password, URI);
    }

    @Test
    void deviceOfTheCapturedFlowRegisters() {
        RegistrarHarness registrar = gb();
        Answer challenge = registrar.send(registrar.request(
                "REGISTER", URI, DEVICE, 1, PHONE, "Expires: 3600", "Authorization: Capability, algorithm=\"H:MD5\""));
        assertThat(challenge.status()).isEqualTo(401);
        assertThat(challenge.header("WWW-Authenticate"))
                .startsWith("Digest realm=\"34020000\"")
                .contains("algorithm=MD5", "nonce=\"")
                .doesNotContain("qop");
        assertThat(challenge.header("Via")).contains(";rport=5080").contains(";received=192.168.35.165");
        assertThat(challenge.header("To")).contains(";tag=");
        Answer ok = registrar.send(registrar.request(
                "REGISTER",
                URI,
                DEVICE,
                2,
                PHONE,
                "Expires: 3600",
                answer(challenge, "34020000001320000003", "12345678")));
        assertThat(ok.status()).isEqualTo(200);
        assertThat(ok.header("Contact")).isEqualTo("<sip:34020000001320000003@192.168.35.165:5080>;expires=3600");
        assertThat(ok.header("Expires")).isEqualTo("3600");
        assertThat(ok.header("Date")).isEqualTo("2021-03-24T15:25:03.259");
        assertThat(registrar.contacts(AOR)).hasSize(1);
    }

    @Test
    void challengeLeavesNoTransaction() {
        RegistrarHarness registrar = gb();
        registrar.send(registrar.register(DEVICE, 1, PHONE));
        assertThat(registrar.layer.liveTransactions()).isZero();
    }

    @Test
    void wrongPasswordIsChallengedAgain() {
        RegistrarHarness registrar = gb();
        Answer challenge = registrar.send(registrar.register(DEVICE, 1, PHONE));
        Answer again = registrar.send(registrar.request(
                "REGISTER", URI, DEVICE, 2, PHONE, answer(challenge, "34020000001320000003", "12345679")));
        assertThat(again.status()).isEqualTo(401);
        assertThat(again.header("WWW-Authenticate")).doesNotContain("stale=true");
        assertThat(registrar.contacts(AOR)).isEmpty();
    }

    @Test
    void retransmittedAnswerGetsTheSameOk() {
        RegistrarHarness registrar = gb();
        Answer challenge = registrar.send(registrar.register(DEVICE, 1, PHONE));
        String message = registrar.request(
                "REGISTER", URI, DEVICE, 2, PHONE, answer(challenge, "34020000001320000003", "12345678"));
        Answer ok = registrar.send(message);
        registrar.passSeconds(5);
        assertThat(registrar.send(message)).isEqualTo(ok);
        assertThat(registrar.events).hasSize(1);
    }

    @Test
    void anotherUsersAddressIsForbidden() {
        AuthConfig auth = AuthConfig.builder("example.com").build();
        RegistrarHarness registrar = authenticating(RegistrarConfig.builder(), auth, new SharedPasswordStore("secret"));
        Answer challenge = registrar.send(registrar.request("REGISTER", URI, "sip:alice@example.com", 1, PHONE));
        Answer refused = registrar.send(registrar.request(
                "REGISTER", URI, "sip:alice@example.com", 2, PHONE, answer(challenge, "bob", "secret")));
        assertThat(refused.status()).isEqualTo(403);
        assertThat(registrar.contacts("alice@example.com")).isEmpty();
    }

    @Test
    void userMayNameItsWholeAddress() {
        AuthConfig auth = AuthConfig.builder("example.com").build();
        RegistrarHarness registrar = authenticating(RegistrarConfig.builder(), auth, new SharedPasswordStore("secret"));
        Answer challenge = registrar.send(registrar.request("REGISTER", URI, "sip:alice@example.com", 1, PHONE));
        String proof = answer(challenge, "alice@example.com", "secret");
        assertThat(registrar
                        .send(registrar.request("REGISTER", URI, "sip:alice@example.com", 2, PHONE, proof))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void thirdPartyRegistersByConfiguration() {
        AuthConfig auth = AuthConfig.builder("example.com").build();
        RegistrarHarness registrar = authenticating(
                RegistrarConfig.builder().thirdParties(Set.of("pbx")), auth, new SharedPasswordStore("secret"));
        Answer challenge = registrar.send(registrar.request("REGISTER", URI, "sip:alice@example.com", 1, PHONE));
        String proof = answer(challenge, "pbx", "secret");
        assertThat(registrar
                        .send(registrar.request("REGISTER", URI, "sip:alice@example.com", 2, PHONE, proof))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void gbDeviceMayNameItselfOtherwise() {
        RegistrarHarness registrar = gb();
        Answer challenge = registrar.send(registrar.register(DEVICE, 1, PHONE));
        assertThat(registrar
                        .send(registrar.request(
                                "REGISTER", URI, DEVICE, 2, PHONE, answer(challenge, "admin", "12345678")))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void authenticationInfoProvesTheRegistrarToo() {
        AuthConfig auth = AuthConfig.builder("example.com")
                .authenticationInfo(AuthConfig.AuthenticationInfo.RSPAUTH)
                .build();
        RegistrarHarness registrar = authenticating(RegistrarConfig.builder(), auth, new SharedPasswordStore("secret"));
        Answer challenge = registrar.send(registrar.request("REGISTER", URI, "sip:alice@example.com", 1, PHONE));
        String proof = answer(challenge, "alice", "secret");
        Answer ok = registrar.send(registrar.request("REGISTER", URI, "sip:alice@example.com", 2, PHONE, proof));
        String nonce = DigestClient.parameter(challenge.header("WWW-Authenticate"), "nonce");
        String expected = DigestClient.md5(DigestClient.md5("alice:example.com:secret") + ":" + nonce
                + ":00000001:0a4f113b:auth:" + DigestClient.md5(":" + URI));
        assertThat(ok.header("Authentication-Info")).contains("rspauth=\"" + expected + "\"");
        assertThat(ok.header("Contact")).isNotNull();
    }

    /** A store whose passwords come later. */
    private static final class SlowStore implements CredentialStore {
        final List<Runnable> waiting = new ArrayList<>();
        int found = FOUND;

        @Override
        public int ha1(CredentialQuery query, byte[] ha1) {
            return PENDING;
        }

        @Override
        public void load(CredentialQuery query, Listener listener) {
            waiting.add(() -> listener.loaded(
                    found, DigestClient.md5("alice:example.com:secret").getBytes()));
        }

        void answer() {
            List<Runnable> now = new ArrayList<>(waiting);
            waiting.clear();
            now.forEach(Runnable::run);
        }
    }

    @Test
    void requestWaitsForSlowCredentialsAndIsAnsweredOnce() {
        AuthConfig auth = AuthConfig.builder("example.com").build();
        SlowStore store = new SlowStore();
        RegistrarHarness registrar = authenticating(RegistrarConfig.builder(), auth, store);
        Answer challenge = registrar.send(registrar.request("REGISTER", URI, "sip:alice@example.com", 1, PHONE));
        String message = registrar.request(
                "REGISTER", URI, "sip:alice@example.com", 2, PHONE, answer(challenge, "alice", "secret"));
        assertThat(registrar.send(message)).isNull();
        assertThat(registrar.send(message)).isNull();
        assertThat(store.waiting).hasSize(1);
        store.answer();
        assertThat(new Answer(registrar.udp.sent.get(1)).status()).isEqualTo(200);
        assertThat(registrar.contacts("alice@example.com")).hasSize(1);
        assertThat(registrar.send(message).text()).isEqualTo(registrar.udp.sent.get(1));
    }

    @Test
    void storeOfCredentialsThatIsAwayIsServiceUnavailable() {
        AuthConfig auth = AuthConfig.builder("example.com").build();
        SlowStore store = new SlowStore();
        store.found = CredentialStore.UNAVAILABLE;
        RegistrarHarness registrar = authenticating(RegistrarConfig.builder(), auth, store);
        Answer challenge = registrar.send(registrar.request("REGISTER", URI, "sip:alice@example.com", 1, PHONE));
        registrar.send(registrar.request(
                "REGISTER", URI, "sip:alice@example.com", 2, PHONE, answer(challenge, "alice", "secret")));
        store.answer();
        Answer refused = new Answer(registrar.udp.sent.get(1));
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header("Retry-After")).isNotNull();
    }

    @Test
    void okWaitsUntilTheStoreHasCommitted() {
        DelayedLocationService delayed =
                new DelayedLocationService(new InMemoryLocationService(() -> 1_616_570_703_259L));
        RegistrarHarness registrar =
                new RegistrarHarness(RegistrarConfig.gb28181("3402000000").build(), delayed, b -> {});
        String first = registrar.register(DEVICE, 1, PHONE, "Path: <sip:edge;lr>", "Expires: 600");
        assertThat(registrar.send(first)).isNull();
        assertThat(registrar.send(registrar.register("sip:other@3402000000", 1, "Contact: <sip:x@h>")))
                .isNull();
        assertThat(registrar.events).isEmpty();
        delayed.release();
        Answer ok = new Answer(registrar.udp.sent.get(0));
        assertThat(ok.status()).isEqualTo(200);
        assertThat(ok.header("Contact")).isEqualTo("<sip:34020000001320000003@192.168.35.165:5080>;expires=600");
        assertThat(ok.header("Path")).isEqualTo("<sip:edge;lr>");
        assertThat(ok.header("Via")).contains(";rport=5080");
        assertThat(new Answer(registrar.udp.sent.get(1)).header("Contact")).isEqualTo("<sip:x@h>;expires=3600");
        assertThat(registrar.events).containsExactly("registered " + AOR + " 1 1", "registered other@3402000000 1 1");
    }

    @Test
    void storeThatIsAwayIsServiceUnavailableWithATimeToRetry() {
        DelayedLocationService delayed = new DelayedLocationService(new InMemoryLocationService());
        delayed.away = true;
        RegistrarHarness registrar =
                new RegistrarHarness(RegistrarConfig.builder().build(), delayed, b -> {});
        registrar.send(registrar.register(DEVICE, 1, PHONE));
        delayed.release();
        Answer refused = new Answer(registrar.udp.sent.get(0));
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header("Retry-After")).isEqualTo("5");
        assertThat(registrar.registrar.count(RegistrarCounter.UNAVAILABLE)).isEqualTo(1);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.registrar.auth.AuthConfig.Leniency;

class AuthConfigTest {

    @ParameterizedTest
    @EnumSource(Leniency.class)
    void noLeniencyIsOnOutsideTheGbProfile(Leniency leniency) {
        assertThat(AuthConfig.builder("r").build().allows(leniency)).isFalse();
    }

    @Test
    void gbProfileNamesItsLeniencies() {
        AuthConfig config = AuthConfig.gb28181("34020000").build();
        assertThat(config.allows(Leniency.URI_UNLIKE_REQUEST_URI)).isTrue();
        assertThat(config.allows(Leniency.ANSWER_WITHOUT_QOP)).isTrue();
        assertThat(config.allows(Leniency.NC_OF_ANY_LENGTH)).isFalse();
        assertThat(config.qop()).isEmpty();
        assertThat(config.algorithms()).containsExactly(DigestAlgorithm.MD5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "a\"b", "a\\b", "a\r\nb", "a\u007fb"})
    void realmThatWouldBreakTheHeaderIsRefused(String realm) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AuthConfig.builder(realm).build())
                .withMessageContaining("realm");
    }

    @Test
    void configurationThatCannotWorkIsRefused() {
        refused(builder().algorithms(List.of()), "No Digest algorithm");
        refused(builder().algorithms(List.of(DigestAlgorithm.MD5, DigestAlgorithm.MD5)), "twice");
        refused(builder().algorithms(List.of(DigestAlgorithm.MD5_SESS)).qop(Set.of()), "needs qop");
        refused(builder().nonceLifetimeSeconds(0), "life time");
        refused(builder().nonceLifetimeSeconds(700_000), "life time");
        refused(builder().nonceKey(new byte[15]), "nonce key");
        refused(builder().nonceSlots(100_000), "slots");
        refused(builder().fleetNonces(AuthConfig.FleetNonces.ACCEPT), "nonce key");
    }

    @Test
    void userhashNeedsAStoreThatFindsHashedUsers() {
        AuthConfig config = builder().userhash(true).build();
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        DigestAuthenticator.forLoop(config, new SharedPasswordStore("x"), new NonceFactory(config)))
                .withMessageContaining("SharedPasswordStore");
    }

    @Test
    void unknownAlgorithmIsNamedInTheError() {
        assertThat(DigestAlgorithm.parse("sha-256")).isEqualTo(DigestAlgorithm.SHA_256);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DigestAlgorithm.parse("SHA-1"))
                .withMessageContaining("SHA-1");
    }

    @Test
    void laterChangesOfTheBuilderDoNotReachTheConfiguration() {
        AuthConfig.Builder builder = builder();
        AuthConfig config = builder.build();
        builder.nonceLifetimeSeconds(1).algorithms(List.of(DigestAlgorithm.SHA_256));
        assertThat(config.nonceLifetimeSeconds()).isEqualTo(300);
        assertThat(config.algorithms()).containsExactly(DigestAlgorithm.MD5);
    }

    private static AuthConfig.Builder builder() {
        return AuthConfig.builder("example.org");
    }

    private static void refused(AuthConfig.Builder builder, String why) {
        assertThatIllegalArgumentException().isThrownBy(builder::build).withMessageContaining(why);
    }
}

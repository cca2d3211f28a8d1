/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sipwire.registrar.auth.AuthFixture.URI;
import static org.sipwire.registrar.auth.AuthFixture.USER;
import static org.sipwire.registrar.auth.AuthFixture.gb;
import static org.sipwire.registrar.auth.AuthFixture.parameter;
import static org.sipwire.registrar.auth.AuthFixture.strict;
import static org.sipwire.registrar.auth.DigestAuthenticator.ACCEPTED;
import static org.sipwire.registrar.auth.DigestAuthenticator.DOWNGRADE;
import static org.sipwire.registrar.auth.DigestAuthenticator.FOREIGN_NONCE;
import static org.sipwire.registrar.auth.DigestAuthenticator.MALFORMED;
import static org.sipwire.registrar.auth.DigestAuthenticator.NO_CREDENTIALS;
import static org.sipwire.registrar.auth.DigestAuthenticator.REPLAY;
import static org.sipwire.registrar.auth.DigestAuthenticator.STALE;
import static org.sipwire.registrar.auth.DigestAuthenticator.WRONG;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.codec.SipRequest;
import org.sipwire.registrar.auth.AuthConfig.AuthenticationInfo;
import org.sipwire.registrar.auth.AuthConfig.Leniency;
import org.sipwire.registrar.auth.AuthConfig.Qop;
import org.sipwire.registrar.auth.AuthFixture.Answer;

/** The rules of Digest, each by its name, on parsed requests. */
class DigestAuthenticatorTest {

    private final AuthFixture gb = new AuthFixture(gb());
    private final AuthFixture strict = new AuthFixture(strict());

    @Test
    void resultsAreTheOrdinalsOfTheirCounters() {
        assertThat(List.of(ACCEPTED, NO_CREDENTIALS, STALE, WRONG, FOREIGN_NONCE, REPLAY, DOWNGRADE, MALFORMED))
                .containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
        assertThat(AuthCounter.values()[MALFORMED]).isEqualTo(AuthCounter.MALFORMED);
        assertThat(AuthCounter.values()[DigestAuthenticator.THROTTLED]).isEqualTo(AuthCounter.REFUSED_FORBIDDEN);
        assertThat(AuthCounter.values()[DigestAuthenticator.UNAVAILABLE]).isEqualTo(AuthCounter.STORE_UNAVAILABLE);
    }

    @Nested
    class Challenge {

        @Test
        void platformOfGb28181AsksForMd5WithoutQop() {
            assertThat(gb.challenges())
                    .singleElement()
                    .asString()
                    .matches("Digest realm=\"34020000\",nonce=\"[A-Za-z0-9_-]{28}\",algorithm=MD5");
        }

        @Test
        void registrarAsksForQopAuth() {
            assertThat(strict.challenges())
                    .singleElement()
                    .asString()
                    .matches("Digest realm=\"34020000\",nonce=\"[A-Za-z0-9_-]{28}\",algorithm=MD5,qop=\"auth\"");
        }

        @Test
        void everyAlgorithmHasAChallengeInOrderOfPreference() {
            AuthFixture fixture = new AuthFixture(strict().algorithms(
                            List.of(DigestAlgorithm.SHA_512_256, DigestAlgorithm.SHA_256, DigestAlgorithm.MD5)));
            assertThat(fixture.challenges().stream().map(c -> parameter(c, "algorithm")))
                    .containsExactly("SHA-512-256", "SHA-256", "MD5");
            assertThat(fixture.challenges().stream()
                            .map(c -> parameter(c, "nonce"))
                            .distinct())
                    .hasSize(1);
        }

        @Test
        void bothQopValuesAreOfferedWhenConfigured() {
            AuthFixture fixture = new AuthFixture(strict().qop(EnumSet.allOf(Qop.class)));
            assertThat(fixture.challenges().get(0)).endsWith(",qop=\"auth,auth-int\"");
        }

        @Test
        void staleIsSaidOnlyWhenAskedFor() {
            SipRequest request = gb.register();
            gb.verify(request);
            assertThat(gb.challenges(request, true).get(0)).endsWith(",stale=true");
            assertThat(gb.challenges(request, false).get(0)).doesNotContain("stale");
        }

        @Test
        void everyChallengeHasANonceOfItsOwn() {
            Set<String> nonces = new java.util.HashSet<>();
            for (int i = 0; i < 1_000; i++) {
                nonces.add(parameter(gb.challenges().get(0), "nonce"));
            }
            assertThat(nonces).hasSize(1_000);
        }
    }

    @Nested
    class Credentials {

        @Test
        void rightAnswerIsAcceptedAndNamesItsUser() {
            assertThat(gb.verify(gb.answer())).isEqualTo(ACCEPTED);
            assertThat(gb.authenticator.username().toString()).isEqualTo(USER);
            assertThat(gb.authenticator.status(ACCEPTED)).isEqualTo(200);
        }

        @ParameterizedTest
        @EnumSource(DigestAlgorithm.class)
        void rightAnswerIsAcceptedInEveryAlgorithm(DigestAlgorithm algorithm) {
            AuthFixture fixture = new AuthFixture(strict().algorithms(List.of(algorithm)));
            assertThat(fixture.verify(fixture.answer())).isEqualTo(ACCEPTED);
            assertThat(fixture.verify(fixture.answer().password("wrong"))).isEqualTo(WRONG);
        }

        @Test
        void wrongPasswordIsWrong() {
            assertThat(gb.verify(gb.answer().password("123456789"))).isEqualTo(WRONG);
            assertThat(gb.authenticator.status(WRONG)).isEqualTo(401);
            assertThat(DigestAuthenticator.isStale(WRONG)).isFalse();
        }

        @Test
        void wrongAnswerDoesNotSpendTheNonce() {
            String challenge = gb.challenges().get(0);
            assertThat(gb.verify(gb.answerTo(challenge).password("wrong"))).isEqualTo(WRONG);
            assertThat(gb.verify(gb.answerTo(challenge))).isEqualTo(ACCEPTED);
        }

        @Test
        void methodIsCovered() {
            Answer answer = gb.answer();
            assertThat(gb.verify(gb.request("INVITE", URI, "", answer.toString())))
                    .isEqualTo(WRONG);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "Capability algorithm=\"H:MD5\"",
                    "Capability, algorithm=\"H:MD5\"",
                    "Capability algorithm=\"A:SM2;H:SM3;S:SM4/OFB/PKCS5;SI:SM3-SM2\", keyversion=\"2022\"",
                    "Unidirection random1=\"YWJj\",random2=\"ZGVm\",serverid=\"1\",sign1=\"eA\",algorithm=\"A:SM2\"",
                    "Bidirection random1=\"YWJj\", algorithm=\"A:SM2;H:SM3\"",
                    "Asymmetric nonce=\"YWJj\",response=\"ZGVm\",algorithm=SHA1",
                    "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
                })
        void anotherSchemeIsNoCredentials(String authorization) {
            assertThat(gb.verify(authorization)).isEqualTo(NO_CREDENTIALS);
        }

        @Test
        void schemeThatOnlyBeginsWithDigestIsNotDigest() {
            assertThat(gb.verify(gb.answer().toString().replace("Digest ", "Digestn ")))
                    .isEqualTo(NO_CREDENTIALS);
        }

        @Test
        void schemeAndNamesAreComparedWithoutCase() {
            String answer = gb.answer().toString();
            assertThat(gb.verify(answer.replace("Digest", "DIGEST")
                            .replace("nonce=", "Nonce=")
                            .replace("uri=", "URI=")))
                    .isEqualTo(ACCEPTED);
        }

        @Test
        void answerForAnotherRealmIsNoCredentials() {
            assertThat(gb.verify(gb.answer().with("realm", "\"3402000000\""))).isEqualTo(NO_CREDENTIALS);
        }

        @Test
        void rightOneOfSeveralAuthorizationLinesIsFound() {
            String answer = gb.answer().toString();
            assertThat(gb.verify(
                            "Capability algorithm=\"H:MD5\"",
                            gb.answer().with("realm", "\"elsewhere\"").toString(),
                            answer))
                    .isEqualTo(ACCEPTED);
        }

        @Test
        void preferredAlgorithmOfSeveralAnswersIsTheOneJudged() {
            AuthFixture fixture =
                    new AuthFixture(strict().algorithms(List.of(DigestAlgorithm.SHA_256, DigestAlgorithm.MD5)));
            List<String> challenges = fixture.challenges();
            String right = fixture.answerTo(challenges.get(0)).toString();
            String wrong = fixture.answerTo(challenges.get(1)).password("wrong").toString();
            assertThat(fixture.verify(wrong, right)).isEqualTo(ACCEPTED);
        }

        @ParameterizedTest
        @ValueSource(strings = {"username", "realm", "nonce", "uri", "response"})
        void missingParameterIsMalformed(String name) {
            assertThat(gb.verify(gb.answer().without(name))).isEqualTo(MALFORMED);
            assertThat(gb.authenticator.status(MALFORMED)).isEqualTo(400);
        }

        @ParameterizedTest
        @ValueSource(strings = {"username", "nonce", "uri", "response"})
        void emptyParameterIsMalformed(String name) {
            assertThat(gb.verify(gb.answer().with(name, "\"\""))).isEqualTo(MALFORMED);
        }

        @Test
        void parameterGivenTwiceIsMalformed() {
            assertThat(gb.verify(gb.answer() + ", username=\"admin\"")).isEqualTo(MALFORMED);
        }

        @Test
        void unknownAndEmptyParametersAreLetPass() {
            assertThat(gb.verify(gb.answer() + ", opaque=\"\", foo=bar")).isEqualTo(ACCEPTED);
        }

        @Test
        void responseOfAnotherLengthIsWrong() {
            assertThat(gb.verify(gb.answer().with("response", "\"0\""))).isEqualTo(WRONG);
            assertThat(gb.verify(gb.answer().with("response", "\"" + "a".repeat(4_000) + "\"")))
                    .isEqualTo(WRONG);
        }

        @Test
        void missingAlgorithmMeansMd5() {
            assertThat(gb.verify(gb.answer().without("algorithm"))).isEqualTo(ACCEPTED);
        }

        @Test
        void algorithmIsComparedWithoutCaseAndMayBeQuoted() {
            assertThat(gb.verify(gb.answer().with("algorithm", "md5"))).isEqualTo(ACCEPTED);
            assertThat(gb.verify(gb.answer().with("algorithm", "\"MD5\""))).isEqualTo(ACCEPTED);
        }

        @Test
        void usernameOfUtf8IsHashedAsSent() {
            assertThat(gb.verify(gb.answer().username("Jäsøn Doe 摄像头"))).isEqualTo(ACCEPTED);
            assertThat(gb.authenticator.username().toUtf8()).isEqualTo("Jäsøn Doe 摄像头");
        }

        @Test
        void usernameWithQuotedPairsIsHashedAsSent() {
            assertThat(gb.verify(gb.answer().username("a\\\"b\\\\c"))).isEqualTo(ACCEPTED);
        }
    }

    @Nested
    class QualityOfProtection {

        @Test
        void answerWithQopIsAcceptedThoughNoneWasOffered() {
            assertThat(gb.verify(gb.answer().qop("auth"))).isEqualTo(ACCEPTED);
        }

        @Test
        void qopAndCountMayBeQuoted() {
            Answer answer = strict.answer().with("qop", "\"auth\"").with("nc", "\"00000001\"");
            assertThat(strict.verify(answer)).isEqualTo(ACCEPTED);
        }

        @ParameterizedTest
        @ValueSource(strings = {"nc", "cnonce"})
        void qopWithoutCountOrCnonceIsMalformedAndNotRfc2069(String missing) {
            assertThat(strict.verify(strict.answer().without(missing))).isEqualTo(MALFORMED);
            // The hash of RFC 2069 under a qop: were the qop overlooked, this would be accepted without a count.
            Answer disguised =
                    gb.answer().with("qop", "auth").with("cnonce", "\"1\"").with("nc", "00000001");
            assertThat(gb.verify(disguised.without(missing))).isEqualTo(MALFORMED);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"0", "00000000", "0000001", "000000001", "0000000G", "0000000A", "-0000001", "0x000001"})
        void improperCountIsMalformed(String nc) {
            assertThat(strict.verify(strict.answer().nc(nc))).isEqualTo(MALFORMED);
        }

        @Test
        void countOfNineDigitsNeedsALeniency() {
            AuthFixture lenient = new AuthFixture(strict().leniencies(Set.of(Leniency.NC_OF_ANY_LENGTH)));
            assertThat(lenient.verify(lenient.answer().nc("000000002"))).isEqualTo(ACCEPTED);
            assertThat(lenient.verify(lenient.answer().nc("0000000000000001"))).isEqualTo(MALFORMED);
        }

        @ParameterizedTest
        @ValueSource(strings = {"\"\"", "none", "\"auth,auth-int\"", "auth-conf"})
        void unknownQopIsMalformed(String qop) {
            assertThat(strict.verify(strict.answer().with("qop", qop))).isEqualTo(MALFORMED);
        }

        @Test
        void answerWithoutQopToAChallengeWithQopIsADowngrade() {
            Answer answer = strict.answer().qop(null);
            assertThat(strict.verify(answer)).isEqualTo(DOWNGRADE);
            assertThat(strict.authenticator.status(DOWNGRADE)).isEqualTo(401);
        }

        @Test
        void answerWithoutQopNeedsALeniency() {
            AuthFixture lenient = new AuthFixture(strict().leniencies(Set.of(Leniency.ANSWER_WITHOUT_QOP)));
            assertThat(lenient.verify(lenient.answer().qop(null))).isEqualTo(ACCEPTED);
        }

        @Test
        void authIntCoversTheBody() {
            Answer answer = strict.answer().qop("auth-int").body("<Notify/>");
            assertThat(strict.verify(strict.request("REGISTER", URI, "<Notify/>", answer.toString())))
                    .isEqualTo(ACCEPTED);
            Answer other = strict.answer().qop("auth-int").body("<Notify/>");
            assertThat(strict.verify(strict.request("REGISTER", URI, "<Other/>", other.toString())))
                    .isEqualTo(WRONG);
        }

        @Test
        void authIntOfAnEmptyBodyIsAccepted() {
            assertThat(strict.verify(strict.answer().qop("auth-int"))).isEqualTo(ACCEPTED);
        }

        @Test
        void authWhereOnlyAuthIntWasOfferedIsADowngrade() {
            AuthFixture fixture = new AuthFixture(strict().qop(Set.of(Qop.AUTH_INT)));
            assertThat(fixture.verify(fixture.answer().qop("auth"))).isEqualTo(DOWNGRADE);
            assertThat(fixture.verify(fixture.answer())).isEqualTo(ACCEPTED);
        }

        @ParameterizedTest
        @ValueSource(strings = {"MD5-sess", "SHA-256", "SM3", "AKAv1-MD5", "\"\""})
        void algorithmThatWasNotOfferedIsADowngrade(String algorithm) {
            assertThat(strict.verify(strict.answer().with("algorithm", algorithm)))
                    .isEqualTo(DOWNGRADE);
        }

        @Test
        void md5WhereOnlySha256WasOfferedIsADowngrade() {
            AuthFixture fixture = new AuthFixture(strict().algorithms(List.of(DigestAlgorithm.SHA_256)));
            assertThat(fixture.verify(fixture.answer().algorithm("MD5"))).isEqualTo(DOWNGRADE);
            assertThat(fixture.verify(fixture.answer().algorithm("MD5").without("algorithm")))
                    .isEqualTo(DOWNGRADE);
        }
    }

    @Nested
    class DigestUri {

        @Test
        void uriUnlikeTheRequestUriIsMalformed() {
            assertThat(strict.verify(strict.answer().uri("sip:elsewhere.example")))
                    .isEqualTo(MALFORMED);
            assertThat(strict.verify(strict.answer().uri("sip:" + USER + "@3402000000")))
                    .isEqualTo(MALFORMED);
            assertThat(strict.verify(strict.answer().uri("not a uri"))).isEqualTo(MALFORMED);
        }

        @Test
        void uriUnlikeTheRequestUriIsALeniencyOfTheGbProfile() {
            assertThat(gb.verify(gb.answer().uri("sip:64000000002000000001@192.168.1.93:5060")))
                    .isEqualTo(ACCEPTED);
        }

        @ParameterizedTest
        @ValueSource(strings = {"sip:example.org", "sip:EXAMPLE.org", "sip:example.org:5060", "sip:example.org;lr"})
        void equivalentUriIsAcceptedAndHashedAsSent(String uri) {
            Answer answer = strict.answer().uri(uri);
            assertThat(strict.verify(strict.request("REGISTER", "sip:example.org", "", answer.toString())))
                    .isEqualTo(ACCEPTED);
        }

        @ParameterizedTest
        @ValueSource(strings = {"sip:192.0.2.1:5060", "sip:192.0.2.1"})
        void theAddressThatTheRequestWasSentToIsTheRegistrarsToo(String uri) {
            Answer answer = strict.answer().uri(uri);
            assertThat(strict.verify(strict.request("REGISTER", "sip:example.org", "", answer.toString())))
                    .isEqualTo(ACCEPTED);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"sip:192.0.2.1:5061", "sip:192.0.2.2:5060", "sip:bob@192.0.2.1:5060", "sip:[192.0.2.1]x"})
        void anotherAddressIsNot(String uri) {
            Answer answer = strict.answer().uri(uri);
            assertThat(strict.verify(strict.request("REGISTER", "sip:example.org", "", answer.toString())))
                    .isEqualTo(MALFORMED);
        }

        @ParameterizedTest
        @ValueSource(strings = {"sip:example.org:5070", "sips:example.org", "sip:bob@example.org", "tel:1", "sip:"})
        void otherResourceIsRefused(String uri) {
            Answer answer = strict.answer().uri(uri);
            assertThat(strict.verify(strict.request("REGISTER", "sip:example.org", "", answer.toString())))
                    .isEqualTo(MALFORMED);
        }
    }

    @Nested
    class NonceLife {

        @Test
        void rightAnswerToAnOldNonceIsStale() {
            Answer answer = gb.answer();
            gb.passSeconds(299);
            assertThat(gb.verify(gb.answerTo(gb.challenges().get(0)))).isEqualTo(ACCEPTED);
            gb.passSeconds(2);
            assertThat(gb.verify(answer)).isEqualTo(STALE);
            assertThat(DigestAuthenticator.isStale(STALE)).isTrue();
            assertThat(gb.authenticator.status(STALE)).isEqualTo(401);
        }

        @Test
        void wrongAnswerToAnOldNonceIsWrongAndNotStale() {
            Answer answer = gb.answer().password("wrong");
            gb.passSeconds(301);
            assertThat(gb.verify(answer)).isEqualTo(WRONG);
        }

        @ParameterizedTest
        @ValueSource(strings = {"1616570703", "94859044", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "", "=", "é"})
        void inventedNonceIsNotAcceptedWithARightAnswer(String nonce) {
            assertThat(gb.verify(gb.answer().nonce(nonce))).isEqualTo(nonce.isEmpty() ? MALFORMED : STALE);
        }

        @Test
        void inventedNonceWithAWrongAnswerIsForeignAndNotStale() {
            assertThat(gb.verify(gb.answer().nonce("1616570703").password("wrong")))
                    .isEqualTo(FOREIGN_NONCE);
            assertThat(DigestAuthenticator.isStale(FOREIGN_NONCE)).isFalse();
        }

        @Test
        void alteredNonceIsNotAccepted() {
            String nonce = gb.answer().nonce;
            for (int i = 0; i < nonce.length(); i++) {
                char other = nonce.charAt(i) == 'A' ? 'B' : 'A';
                String altered = nonce.substring(0, i) + other + nonce.substring(i + 1);
                assertThat(gb.verify(gb.answer().nonce(altered))).as(altered).isEqualTo(STALE);
            }
        }

        @Test
        void nonceOfAnotherRegistrarIsNotAccepted() {
            AuthFixture other = new AuthFixture(gb());
            assertThat(gb.verify(other.answer())).isEqualTo(STALE);
        }

        @Test
        void nonceOfAnotherRealmIsNotAccepted() {
            DigestAuthenticator other = DigestAuthenticator.forLoop(
                    AuthConfig.gb28181("3402000000").build(), gb.store, gb.factory, gb.guard);
            Answer answer = gb.answer();
            answer.realm = "3402000000";
            assertThat(other.verify(gb.register(answer.toString()), gb.flow, gb.nanoTime))
                    .isEqualTo(STALE);
        }

        @Test
        void nonceForAnotherSourceIsNotAccepted() {
            Answer answer = gb.answer();
            gb.flow = new AuthFixture.TestFlow("192.0.2.11", 5080);
            assertThat(gb.verify(answer)).isEqualTo(STALE);
        }

        @Test
        void nonceForAnotherPortOfTheSourceIsAcceptedBecauseNatChangesIt() {
            Answer answer = gb.answer();
            gb.flow = new AuthFixture.TestFlow("192.0.2.10", 6000);
            assertThat(gb.verify(answer)).isEqualTo(ACCEPTED);
        }

        @Test
        void bindingToTheSourceCanBeSwitchedOff() {
            AuthFixture fixture = new AuthFixture(gb().nonceBinding(AuthConfig.NonceBinding.NONE));
            Answer answer = fixture.answer();
            fixture.flow = new AuthFixture.TestFlow("198.51.100.1", 5060);
            assertThat(fixture.verify(answer)).isEqualTo(ACCEPTED);
        }

        @Test
        void nonceIsNotBoundToTheCallId() {
            Answer answer = gb.answer();
            SipRequest other = gb.parse(("REGISTER " + URI + " SIP/2.0|Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK2|"
                            + "From: <sip:1@2>;tag=other|To: <sip:1@2>|Call-ID: another|CSeq: 9 REGISTER|"
                            + "Authorization: " + answer + "|Content-Length: 0||")
                    .replace("|", "\r\n"));
            assertThat(gb.verify(other)).isEqualTo(ACCEPTED);
        }
    }

    @Nested
    class Replay {

        @Test
        void sameCountTwiceIsAReplay() {
            Answer answer = strict.answer();
            assertThat(strict.verify(answer)).isEqualTo(ACCEPTED);
            assertThat(strict.verify(answer)).isEqualTo(REPLAY);
            assertThat(DigestAuthenticator.isStale(REPLAY)).isTrue();
        }

        @Test
        void nextCountIsAccepted() {
            String challenge = strict.challenges().get(0);
            for (int i = 1; i < 100; i++) {
                String nc = String.format("%08x", i);
                assertThat(strict.verify(strict.answerTo(challenge).nc(nc))).isEqualTo(ACCEPTED);
            }
        }

        @Test
        void reorderedCountsAreAcceptedOnceEach() {
            String challenge = strict.challenges().get(0);
            for (String nc : List.of("00000003", "00000001", "00000002")) {
                assertThat(strict.verify(strict.answerTo(challenge).nc(nc))).isEqualTo(ACCEPTED);
                assertThat(strict.verify(strict.answerTo(challenge).nc(nc))).isEqualTo(REPLAY);
            }
        }

        @Test
        void answerWithoutCountIsAcceptedOnce() {
            Answer answer = gb.answer();
            assertThat(gb.verify(answer)).isEqualTo(ACCEPTED);
            assertThat(gb.verify(answer)).isEqualTo(REPLAY);
        }

        @Test
        void refreshWithTheFormerNonceIsAskedAgainAndThenAccepted() {
            String former = gb.challenges().get(0);
            assertThat(gb.verify(gb.answerTo(former))).isEqualTo(ACCEPTED);
            SipRequest refresh = gb.register(gb.answerTo(former).toString());
            assertThat(DigestAuthenticator.isStale(gb.verify(refresh))).isTrue();
            String fresh = gb.challenges(refresh, true).get(0);
            assertThat(gb.verify(gb.answerTo(fresh))).isEqualTo(ACCEPTED);
        }

        @Test
        void reuseWithinTheLifeTimeIsAPolicy() {
            AuthFixture fixture = new AuthFixture(gb().nonceReuse(AuthConfig.NonceReuse.WITHIN_LIFETIME));
            Answer answer = fixture.answer();
            assertThat(fixture.verify(answer)).isEqualTo(ACCEPTED);
            assertThat(fixture.verify(answer)).isEqualTo(ACCEPTED);
            fixture.flow = new AuthFixture.TestFlow("192.0.2.11", 5080);
            assertThat(fixture.verify(answer)).isEqualTo(STALE);
        }

        @Test
        void nonceSpentWithoutCountIsSpentForCountsToo() {
            String challenge = gb.challenges().get(0);
            assertThat(gb.verify(gb.answerTo(challenge))).isEqualTo(ACCEPTED);
            assertThat(gb.verify(gb.answerTo(challenge).qop("auth").nc("00000007")))
                    .isEqualTo(REPLAY);
        }

        @Test
        void replayOnAnotherLoopIsAReplay() {
            DigestAuthenticator other = DigestAuthenticator.forLoop(gb.config, gb.store, gb.factory, gb.guard);
            SipRequest request = gb.register(gb.answer().toString());
            assertThat(other.verify(request, gb.flow, gb.nanoTime)).isEqualTo(ACCEPTED);
            assertThat(gb.verify(request)).isEqualTo(REPLAY);
            assertThat(other.verify(request, gb.flow, gb.nanoTime)).isEqualTo(REPLAY);
        }
    }

    @Nested
    class Information {

        @Test
        void isNotSentUnlessConfigured() {
            SipRequest request = strict.register(strict.answer().toString());
            assertThat(strict.verify(request)).isEqualTo(ACCEPTED);
            assertThat(strict.info(request)).isNull();
        }

        @ParameterizedTest
        @ValueSource(strings = {"auth", "auth-int"})
        void rspauthProvesTheRegistrarKnowsThePassword(String qop) {
            AuthFixture fixture = new AuthFixture(strict().authenticationInfo(AuthenticationInfo.RSPAUTH));
            Answer answer = fixture.answer().qop(qop);
            SipRequest request = fixture.register(answer.toString());
            assertThat(fixture.verify(request)).isEqualTo(ACCEPTED);
            assertThat(fixture.info(request))
                    .isEqualTo(
                            "qop=" + qop + ",rspauth=\"" + answer.response("") + "\",cnonce=\"0a4f113b\",nc=00000001");
        }

        @Test
        void nextNonceSavesTheNextChallenge() {
            AuthFixture fixture = new AuthFixture(gb().authenticationInfo(AuthenticationInfo.NEXTNONCE));
            SipRequest request = fixture.register(fixture.answer().toString());
            assertThat(fixture.verify(request)).isEqualTo(ACCEPTED);
            String info = fixture.info(request);
            assertThat(info).matches("nextnonce=\"[A-Za-z0-9_-]{28}\"");
            String next = parameter(" " + info, "nextnonce");
            assertThat(fixture.verify(fixture.answer().nonce(next))).isEqualTo(ACCEPTED);
        }

        @Test
        void rspauthAndNextNonceGoTogether() {
            AuthFixture fixture = new AuthFixture(strict().authenticationInfo(AuthenticationInfo.NEXTNONCE));
            SipRequest request = fixture.register(fixture.answer().toString());
            assertThat(fixture.verify(request)).isEqualTo(ACCEPTED);
            assertThat(fixture.info(request)).contains("rspauth=\"").contains(",nextnonce=\"");
        }
    }

    @Test
    void outcomesAreCounted() {
        gb.verify(gb.answer());
        gb.verify(gb.answer().password("wrong"));
        gb.verify(gb.answer().nonce("1").password("wrong"));
        assertThat(gb.authenticator.count(AuthCounter.ACCEPTED)).isEqualTo(1);
        assertThat(gb.authenticator.count(AuthCounter.WRONG)).isEqualTo(1);
        assertThat(gb.authenticator.count(AuthCounter.FOREIGN_NONCE)).isEqualTo(1);
        assertThat(gb.authenticator.count(AuthCounter.NO_CREDENTIALS)).isEqualTo(3);
    }
}

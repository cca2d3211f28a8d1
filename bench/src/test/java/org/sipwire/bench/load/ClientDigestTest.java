/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ClientDigestTest {
    private final WireMessage message = new WireMessage();
    private final Challenges challenges = new Challenges(4, 768);

    private boolean store(String... values) {
        StringBuilder text = new StringBuilder(
                "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP h;branch=b\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n");
        for (String value : values) {
            text.append("WWW-Authenticate: ").append(value).append("\r\n");
        }
        byte[] bytes = Scratch.ascii(text.append("\r\n").toString());
        assertThat(message.parse(bytes, 0, bytes.length)).isTrue();
        return challenges.store(1, message);
    }

    private String authorization(UserNames users, int user, String uri, int count) {
        Scratch out = new Scratch(2048);
        new ClientDigest(users, "12345678")
                .authorization(out, challenges, 1, user, Scratch.ascii("REGISTER"), Scratch.ascii(uri), count);
        return new String(out.array(), 0, out.length(), StandardCharsets.ISO_8859_1);
    }

    private static String hash(String algorithm, String text) throws Exception {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance(algorithm).digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static String field(String line, String name) {
        Matcher matcher = Pattern.compile(name + "=\"?([^\",\r]*)").matcher(line);
        assertThat(matcher.find()).as("%s in %s", name, line).isTrue();
        return matcher.group(1);
    }

    @Test
    void theCapturedDeviceAnswersAsItDid() {
        assertThat(store("Digest realm=\"34020000\",algorithm=MD5,nonce=\"1616570703\""))
                .isTrue();
        String line = authorization(new UserNames("3402000000132", 7), 3, "sip:192.168.35.165:5060", 1);
        assertThat(line)
                .isEqualTo(
                        "Authorization: Digest username=\"34020000001320000003\", realm=\"34020000\", nonce=\"1616570703\","
                                + " uri=\"sip:192.168.35.165:5060\", response=\"9c75261f524d20d385f1371c7a077505\", algorithm=MD5\r\n");
    }

    @Test
    void qopAuthCountsTheNonceAndKeepsOpaque() throws Exception {
        assertThat(
                        store(
                                "Digest realm=\"a, b\", qop=\"auth-int,auth\", opaque=\"o=1\", nonce=\"n\\\"x\", stale=TRUE, algorithm=md5"))
                .isTrue();
        assertThat(challenges.stale(message)).isTrue();
        String line = authorization(new UserNames("u", 1), 5, "sip:d", 10);
        String expected = hash(
                "MD5",
                hash("MD5", "u5:a, b:12345678") + ":n\\\"x:0000000a:0a4f113b:auth:" + hash("MD5", "REGISTER:sip:d"));
        assertThat(line)
                .contains("response=\"" + expected + "\"")
                .contains("nc=0000000a")
                .contains("qop=auth,")
                .contains("opaque=\"o=1\"");
    }

    @Test
    void shaChallengesAreAnsweredInKind() throws Exception {
        for (String[] names : new String[][] {{"SHA-256", "SHA-256"}, {"SHA-512-256", "SHA-512/256"}}) {
            assertThat(store("Digest realm=\"r\", nonce=\"n\", algorithm=" + names[0]))
                    .isTrue();
            String line = authorization(new UserNames("u", 1), 5, "sip:d", 1);
            assertThat(field(line, "algorithm")).isEqualTo(names[0]);
            assertThat(field(line, "response"))
                    .isEqualTo(
                            hash(names[1], hash(names[1], "u5:r:12345678") + ":n:" + hash(names[1], "REGISTER:sip:d")));
        }
    }

    @Test
    void theFirstChallengeThatCanBeAnsweredIsTaken() {
        assertThat(store(
                        "Basic realm=\"x\"",
                        "Digest realm=\"r\", nonce=\"1\", algorithm=SHA3-999",
                        "Digest realm=\"r\", nonce=\"2\""))
                .isTrue();
        assertThat(field(authorization(new UserNames("u", 1), 5, "sip:d", 1), "nonce"))
                .isEqualTo("2");
    }

    @Test
    void whatCannotBeAnsweredIsRefused() {
        assertThat(store("Digest realm=\"r\"")).isFalse();
        assertThat(store("Digest realm=\"r\", nonce=\"1\", qop=\"auth-int\"")).isFalse();
        assertThat(store("Digest realm=\"r\", nonce=\"" + "n".repeat(900) + "\""))
                .isFalse();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.sipwire.codec.AsciiView;

class DigestResponseTest {

    private final DigestHasher hasher = new DigestHasher();
    private final DigestResponse response = new DigestResponse(hasher);

    @TestFactory
    Stream<DynamicTest> publishedExampleIsReproduced() throws IOException {
        try (InputStream own = DigestResponseTest.class.getResourceAsStream("published-examples.tsv")) {
            return vectors(new String(own.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList());
        }
    }

    @TestFactory
    Stream<DynamicTest> corpusVectorIsReproduced() throws IOException {
        return vectors(corpus("vectors.tsv"));
    }

    @TestFactory
    Stream<DynamicTest> corpusHa1IsReproduced() throws IOException {
        return rows(corpus("ha1.tsv")).stream()
                .map(row -> DynamicTest.dynamicTest(row.get("source") + " " + row.get("algorithm"), () -> {
                    DigestAlgorithm algorithm = DigestAlgorithm.parse(row.get("algorithm"));
                    assertThat(ha1(algorithm, row)).isEqualTo(row.get("ha1"));
                }));
    }

    @Test
    void capturedDeviceAnswerIsReproduced() {
        Map<String, String> row = Map.of(
                "username", "34020000001320000003",
                "realm", "34020000",
                "password", "12345678",
                "method", "REGISTER",
                "uri", "sip:192.168.35.165:5060",
                "nonce", "1616570703");
        assertThat(compute(row)).isEqualTo("9c75261f524d20d385f1371c7a077505");
        assertThat(response.matches(view("9c75261f524d20d385f1371c7a077505"))).isTrue();
    }

    @Test
    void answerDiffersWithAnyDigit() {
        capturedDeviceAnswerIsReproduced();
        String right = "9c75261f524d20d385f1371c7a077505";
        for (int i = 0; i < right.length(); i++) {
            char other = right.charAt(i) == '0' ? '1' : '0';
            String wrong = right.substring(0, i) + other + right.substring(i + 1);
            assertThat(response.matches(view(wrong))).as(wrong).isFalse();
        }
        assertThat(response.matches(view(right.substring(1)))).isFalse();
        assertThat(response.matches(view(right + "0"))).isFalse();
        assertThat(response.matches(view(""))).isFalse();
    }

    @Test
    void upperCaseAnswerIsNoRequestDigest() {
        capturedDeviceAnswerIsReproduced();
        assertThat(response.matches(view("9C75261F524D20D385F1371C7A077505"))).isFalse();
    }

    @Test
    void rememberedHa2IsThatOfItsMethodUriAndAlgorithm() {
        for (int round = 0; round < 3; round++) {
            for (DigestAlgorithm algorithm : List.of(DigestAlgorithm.MD5, DigestAlgorithm.SHA_256)) {
                for (String text : List.of("REGISTER:sip:a", "REGISTER:sip:b", "INVITE:sip:a", "REGISTE:R:sip:a")) {
                    int colon = text.equals("REGISTE:R:sip:a") ? 7 : text.indexOf(':');
                    response.begin(algorithm);
                    response.computeHa2(view(text.substring(0, colon)), view(text.substring(colon + 1)));
                    String hex = new String(response.ha2(), 0, algorithm.hexLength(), StandardCharsets.US_ASCII);
                    assertThat(hex).isEqualTo(AuthFixture.hex(algorithm.token(), text));
                }
            }
        }
    }

    @Test
    void rememberedHa2CostsNoHash() {
        capturedDeviceAnswerIsReproduced();
        long before = hasher.passes();
        response.computeHa2(view("REGISTER"), view("sip:192.168.35.165:5060"));
        assertThat(hasher.passes()).isEqualTo(before);
    }

    @Test
    void inputOfEveryLengthIsHashedWhole() {
        byte[] input = new byte[2_000];
        for (int i = 0; i < input.length; i++) {
            input[i] = (byte) (i * 31);
        }
        for (DigestAlgorithm algorithm : DigestAlgorithm.values()) {
            for (int length : new int[] {0, 1, 55, 56, 63, 64, 65, 127, 128, 511, 512, 513, 1_025, 2_000}) {
                byte[] hex = new byte[algorithm.hexLength()];
                hasher.begin(algorithm)
                        .put((byte) '<')
                        .put(input, 0, length)
                        .put((byte) '>')
                        .finishHex(hex, 0);
                byte[] whole = new byte[length + 2];
                System.arraycopy(input, 0, whole, 1, length);
                whole[0] = '<';
                whole[length + 1] = '>';
                assertThat(new String(hex, StandardCharsets.US_ASCII))
                        .isEqualTo(AuthFixture.hex(algorithm.token(), whole));
            }
        }
    }

    private Stream<DynamicTest> vectors(List<String> lines) {
        return rows(lines).stream()
                .map(row -> DynamicTest.dynamicTest(
                        row.get("id"), () -> assertThat(compute(row)).isEqualTo(row.get("response"))));
    }

    /** By the code that judges devices, step by step as the authenticator does. */
    private String compute(Map<String, String> row) {
        String named = row.getOrDefault("algorithm", "");
        DigestAlgorithm algorithm = named.isEmpty() ? DigestAlgorithm.MD5 : DigestAlgorithm.parse(named);
        response.begin(algorithm);
        ha1(algorithm, row);
        AsciiView nonce = view(row.get("nonce"));
        AsciiView cnonce = optional(row.get("cnonce"));
        AsciiView qop = optional(row.get("qop"));
        response.session(nonce, cnonce);
        AsciiView method = view(row.get("method"));
        if ("auth-int".equals(row.get("qop"))) {
            byte[] body = unescaped(row.get("entity-body"));
            response.computeHa2(method, view(row.get("uri")), body, 0, body.length);
        } else {
            response.computeHa2(method, view(row.get("uri")));
        }
        response.compute(nonce, optional(row.get("nc")), cnonce, qop);
        return new String(response.expected(), 0, algorithm.hexLength(), StandardCharsets.US_ASCII);
    }

    private String ha1(DigestAlgorithm algorithm, Map<String, String> row) {
        byte[] realm = row.get("realm").getBytes(StandardCharsets.UTF_8);
        CredentialQuery query = new CredentialQuery(realm, hasher).wrap(view(row.get("username")), false, algorithm);
        assertThat(new SharedPasswordStore(row.get("password")).ha1(query, response.ha1()))
                .isEqualTo(CredentialStore.FOUND);
        return new String(response.ha1(), 0, algorithm.hexLength(), StandardCharsets.US_ASCII);
    }

    private static AsciiView view(String text) {
        byte[] octets = text.getBytes(StandardCharsets.UTF_8);
        return new AsciiView().wrap(octets, 0, octets.length);
    }

    private static AsciiView optional(String text) {
        return text == null || text.isEmpty() ? new AsciiView() : view(text);
    }

    private static byte[] unescaped(String text) {
        return text.replace("\\r", "\r").replace("\\n", "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static List<Map<String, String>> rows(List<String> lines) {
        List<Map<String, String>> rows = new ArrayList<>();
        if (lines.isEmpty()) {
            return rows;
        }
        String[] names = lines.get(0).split("\t", -1);
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.split("\t", -1);
            Map<String, String> row = new TreeMap<>();
            for (int i = 0; i < names.length; i++) {
                row.put(names[i], cells[i]);
            }
            rows.add(row);
        }
        return rows;
    }

    private static List<String> corpus(String name) throws IOException {
        Path file = Path.of(System.getProperty("sipwire.shared", "absent"), "corpora", "digest", name);
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }
}

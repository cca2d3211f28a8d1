/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sipwire.registrar.auth.DigestAuthenticator.FOREIGN_NONCE;
import static org.sipwire.registrar.auth.DigestAuthenticator.STALE;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.Authorization;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipParser;
import org.sipwire.codec.SipRequest;

/**
 * REGISTERs as real devices sent them. Their nonces are another platform's, so the most they can get is {@code stale=true}: the proof that the
 * answer was found right.
 */
class CapturedDeviceTest {

    /** Passwords by which the captures could be reproduced; that of the last kind is not known. */
    private static final List<String> PASSWORDS = List.of("12345678", "12345", "admin123");

    private static final Set<String> PASSWORD_UNKNOWN = Set.of("dahua-sd-03-register-digest.sip");

    private static final String CAPTURED = "REGISTER sip:34020000002000000001@3402000000 SIP/2.0\r\n"
            + "Via: SIP/2.0/UDP 192.168.35.165:5080;rport;branch=z9hG4bK803881327\r\n"
            + "From: <sip:34020000001320000003@3402000000>;tag=1463632109\r\n"
            + "To: <sip:34020000001320000003@3402000000>\r\n"
            + "Call-ID: 123456789@192.168.35.165\r\nCSeq: 2 REGISTER\r\n"
            + "Authorization: Digest username=\"34020000001320000003\", realm=\"34020000\", nonce=\"1616570703\","
            + " uri=\"sip:192.168.35.165:5060\", response=\"9c75261f524d20d385f1371c7a077505\", algorithm=MD5\r\n"
            + "Max-Forwards: 70\r\nUser-Agent: eXosip/4.1.0\r\nExpires: 3600\r\nContent-Length: 0\r\n\r\n";

    @Test
    void answerOfTheCapturedDeviceIsRight() {
        byte[] message = CAPTURED.getBytes(StandardCharsets.US_ASCII);
        assertThat(judge(message, "12345678")).isEqualTo(STALE);
        assertThat(judge(message, "87654321")).isEqualTo(FOREIGN_NONCE);
    }

    @TestFactory
    Stream<DynamicTest> answerOfARealDeviceIsRightUnderTheGbProfile() throws IOException {
        Path folder = Path.of(System.getProperty("sipwire.shared", "absent"), "corpora", "gb28181");
        if (!Files.isDirectory(folder)) {
            return Stream.empty();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().filter(CapturedDeviceTest::isAnswered).toList().stream()
                    .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> judge(file)));
        }
    }

    private static boolean isAnswered(Path file) {
        try {
            String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
            return text.regionMatches(true, 0, "REGISTER ", 0, 9) && text.contains("Authorization: Digest");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void judge(Path file) throws IOException {
        byte[] message = Files.readAllBytes(file);
        long right = PASSWORDS.stream().filter(p -> judge(message, p) == STALE).count();
        boolean known = !PASSWORD_UNKNOWN.contains(file.getFileName().toString());
        assertThat(right).isEqualTo(known ? 1 : 0);
        assertThat(judge(message, "surely not")).isEqualTo(FOREIGN_NONCE);
    }

    private static int judge(byte[] message, String password) {
        byte[] bytes = message.clone();
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
        assertThat(parser.parseDatagram(bytes, 0, bytes.length)).isPositive();
        SipRequest request = parser.request();
        int line = request.first(SipHeader.AUTHORIZATION);
        AsciiView realm = new Authorization()
                .wrap(request.array(), request.valueOffset(line), request.valueLength(line))
                .realm();
        AuthFixture fixture = new AuthFixture(AuthConfig.gb28181(realm.toString()), new SharedPasswordStore(password));
        return fixture.verify(request);
    }
}

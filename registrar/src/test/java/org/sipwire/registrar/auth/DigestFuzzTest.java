/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.AuthenticationInfo;
import org.sipwire.codec.Authorization;
import org.sipwire.codec.HeaderValues;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipParser;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.WwwAuthenticate;

/**
 * Coverage-guided fuzzing of both sides of Digest: with JAZZER_FUZZ=1 in the environment, else a plain test. What is accepted is computed
 * again by other code. Nobody guesses a nonce or a hash, so two octets stand for them: 1 for a nonce just issued, 2 for the right response
 * to what else the credentials say.
 */
class DigestFuzzTest {

    private static final byte NONCE = 1;
    private static final byte RESPONSE = 2;

    private static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static Stream<byte[]> credentials() {
        String begin = "Digest username=\"34020000001320000003\",realm=\"34020000\",nonce=\"\u0001\",uri=\""
                + AuthFixture.URI + "\"";
        String right = begin + ",response=\"\u0002\"";
        return Stream.of(
                        right + ",algorithm=MD5",
                        right + ",algorithm=MD5,cnonce=\"0a4f113b\",nc=00000001,qop=auth",
                        right + ",algorithm=SHA-256, qop=auth-int , cnonce=\"x\",nc=0000000a",
                        right + ",algorithm=SHA-512-256-sess,cnonce=\"x\",nc=0000000a,qop=\"auth\"",
                        begin + ",response=\"00000000000000000000000000000000\"\nCapability algorithm=\"H:MD5\"\n"
                                + right,
                        right.replace("34020000001320000003", "a\\\"b") + ",opaque=\"\",userhash=true",
                        right.replace("34020000001320000003", " 34020000001320000003 ") + ",username*=UTF-8''x",
                        begin.replace("\u0001", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA") + ",response=\"\u0002\"",
                        "Digest ,username=a,realm=34020000,nonce=\u0001,uri=x,response=\u0002")
                .map(DigestFuzzTest::octets);
    }

    @MethodSource("credentials")
    @FuzzTest(maxDuration = "10m")
    void whatIsAcceptedIsRightAndNew(byte[] input) {
        if (input == null || input.length > 2048) {
            return;
        }
        int mode = input.length & 3;
        AuthConfig.Builder config = (mode & 1) == 0 ? AuthFixture.gb() : AuthFixture.strict();
        config.nonceSlots(1 << 16)
                .algorithms(List.of(DigestAlgorithm.SHA_256, DigestAlgorithm.SHA_512_256, DigestAlgorithm.MD5))
                .authenticationInfo(AuthConfig.AuthenticationInfo.NEXTNONCE);
        AuthFixture server = new AuthFixture((mode & 2) == 0 ? config : AuthFixture.unguarded(config));
        String nonce = AuthFixture.parameter(server.challenges().get(0), "nonce");
        byte[] message = message(input, nonce);
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
        if (parser.parseDatagram(message, 0, message.length) < 0) {
            return;
        }
        SipRequest request = parser.request();
        Set<String> proofs = proofs(request);
        int result = server.verify(request);
        assertThat(result).isBetween(DigestAuthenticator.ACCEPTED, DigestAuthenticator.THROTTLED);
        if (result == DigestAuthenticator.ACCEPTED) {
            assertThat(proofs).contains(nonce);
            assertThat(server.authenticator.username().isPresent()).isTrue();
            String info = server.info(request);
            if (info != null) {
                byte[] text = octets(info);
                assertThat(new AuthenticationInfo().wrap(text, 0, text.length).error())
                        .as(info)
                        .isZero();
            }
            assertThat(server.verify(request)).isNotEqualTo(DigestAuthenticator.ACCEPTED);
        } else {
            assertThat(server.challenges(request, DigestAuthenticator.isStale(result)))
                    .hasSize(3);
        }
    }

    /** A REGISTER with an Authorization for each line of the input. */
    private static byte[] message(byte[] input, String nonce) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        text.writeBytes(octets("REGISTER " + AuthFixture.URI
                + " SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5080;branch=z9hG4bK1\r\n"
                + "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\n"));
        for (String line : new String(input, StandardCharsets.ISO_8859_1).split("\n")) {
            String known = line.replace(String.valueOf((char) NONCE), nonce);
            text.writeBytes(octets(
                    "Authorization: " + known.replace(String.valueOf((char) RESPONSE), response(known)) + "\r\n"));
        }
        text.writeBytes(octets("Content-Length: 4\r\n\r\nbody"));
        return text.toByteArray();
    }

    /** The right response to credentials, whatever response they have; empty when there is none. */
    private static String response(String line) {
        byte[] octets = octets(line.replace(String.valueOf((char) RESPONSE), "x"));
        return response(new Authorization().wrap(octets, 0, octets.length), "REGISTER", "body", AuthFixture.PASSWORD);
    }

    private static String response(Authorization sent, String method, String body, String password) {
        String algorithm =
                sent.algorithm().isPresent() ? sent.algorithm().toString().toUpperCase(java.util.Locale.ROOT) : "MD5";
        String base = algorithm.replace("-SESS", "");
        if (sent.error() != 0 || !Set.of("MD5", "SHA-256", "SHA-512-256").contains(base)) {
            return "";
        }
        String user = sent.username().toString().replaceAll("^ +| +$", "");
        String ha1 = hex(base, user + ":" + sent.realm() + ":" + password);
        if (!base.equals(algorithm)) {
            ha1 = hex(base, ha1 + ":" + sent.nonce() + ":" + text(sent.cnonce()));
        }
        AsciiView quality = sent.qop();
        boolean whole = quality.equalsIgnoreCase("auth-int");
        String ha2 = hex(base, method + ":" + sent.uri() + (whole ? ":" + hex(base, body) : ""));
        String middle = quality.isPresent() ? ":" + text(sent.nc()) + ":" + text(sent.cnonce()) + ":" + quality : "";
        return hex(base, ha1 + ":" + sent.nonce() + middle + ":" + ha2);
    }

    private static String text(AsciiView view) {
        return view.isPresent() ? view.toString() : "";
    }

    private static String hex(String algorithm, String text) {
        return AuthFixture.hex(algorithm, octets(text));
    }

    /** The nonces of all credentials in the request that prove the password. */
    private static Set<String> proofs(SipRequest request) {
        Set<String> nonces = new HashSet<>();
        for (int i = request.first(SipHeader.AUTHORIZATION); i >= 0; i = request.next(i)) {
            Authorization sent =
                    new Authorization().wrap(request.array(), request.valueOffset(i), request.valueLength(i));
            String body = new String(
                    request.array(), request.bodyOffset(), request.bodyLength(), StandardCharsets.ISO_8859_1);
            String right = response(sent, request.methodName().toString(), body, AuthFixture.PASSWORD);
            if (!right.isEmpty()
                    && sent.realm().contentEquals(AuthFixture.REALM)
                    && sent.response().contentEquals(right)) {
                nonces.add(sent.nonce().toString());
            }
        }
        return nonces;
    }

    // ---- the client's side --------------------------------------------------------------------------------

    static Stream<byte[]> challenges() {
        return Stream.of(
                        "Digest realm=\"34020000\",nonce=\"abc\",algorithm=MD5",
                        "Digest realm=\"a b\",nonce=\"abc\",algorithm=SHA-256,qop=\"auth,auth-int\",opaque=\"o\"\n"
                                + "Digest realm=\"a b\",nonce=\"abc\",qop=\"auth-int\",stale=true,userhash=true",
                        "Digest realm=\"x\\\"y\\\\\",nonce=\"\\\"\",opaque=\"\\\\\",algorithm=SHA-512-256-sess",
                        "Digest realm=x,nonce=y,opaque=z,qop=auth",
                        "Digest nonce=\"n\", Digest realm=\"r\", nonce=\"m\",domain=\"sip:x\"",
                        "Basic realm=\"x\"")
                .map(DigestFuzzTest::octets);
    }

    @MethodSource("challenges")
    @FuzzTest(maxDuration = "10m")
    void anyChallengeIsAnsweredRightlyOrNotAtAll(byte[] input) {
        if (input == null || input.length > 2048) {
            return;
        }
        DigestClient client = new DigestClient("al\"ice", "secret", new DigestHasher());
        for (int turn = 0; turn < 3; turn++) {
            SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
            byte[] refusal = refusal(input);
            if (parser.parseDatagram(refusal, 0, refusal.length) < 0 || parser.isRequest()) {
                return;
            }
            boolean answers = client.challenged(parser.response());
            assertThat(client.isChallenged()).isEqualTo(answers);
            if (!answers) {
                return;
            }
            client.begin();
            answer(client, parser);
        }
    }

    private static byte[] refusal(byte[] input) {
        StringBuilder text =
                new StringBuilder("SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1\r\n"
                        + "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n");
        for (String line : new String(input, StandardCharsets.ISO_8859_1).split("\n")) {
            text.append("WWW-Authenticate: ").append(line).append("\r\n");
        }
        return octets(text + "Content-Length: 0\r\n\r\n");
    }

    /** What the client writes is one well-formed line, about one of the challenges, and right. */
    private static void answer(DigestClient client, SipParser challenged) {
        Set<String> asked = new HashSet<>();
        HeaderValues values = challenged.response().values(SipHeader.WWW_AUTHENTICATE);
        while (values.next()) {
            WwwAuthenticate one = new WwwAuthenticate().wrap(values.array(), values.offset(), values.length());
            asked.add(text(one.realm()) + "\n" + text(one.nonce()) + "\n" + text(one.opaque()));
        }
        RequestWriter writer = new RequestWriter().begin(SipMethod.REGISTER, octets("sip:b"));
        writer.header(SipHeader.VIA, "SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK2")
                .header(SipHeader.FROM, "<sip:a@b>;tag=1")
                .header(SipHeader.TO, "<sip:a@b>")
                .header(SipHeader.CALL_ID, "1")
                .header(SipHeader.CSEQ, "2 REGISTER");
        client.authorize(writer, SipMethod.REGISTER, "sip:b", new byte[0]);
        int length = writer.end();
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
        assertThat(parser.parseDatagram(writer.array().clone(), 0, length)).isEqualTo(length);
        SipRequest request = parser.request();
        assertThat(request.headerCount()).isEqualTo(7);
        int line = request.first(SipHeader.AUTHORIZATION);
        Authorization sent =
                new Authorization().wrap(request.array(), request.valueOffset(line), request.valueLength(line));
        assertThat(sent.error()).isZero();
        assertThat(asked).contains(text(sent.realm()) + "\n" + text(sent.nonce()) + "\n" + text(sent.opaque()));
        assertThat(sent.response().toString()).isEqualTo(response(sent, "REGISTER", "", "secret"));
    }
}

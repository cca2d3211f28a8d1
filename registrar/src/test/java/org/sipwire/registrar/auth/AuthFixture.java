/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipParser;
import org.sipwire.codec.SipRequest;
import org.sipwire.transport.DetachedFlow;
import org.sipwire.transport.Transport;

/**
 * A registrar's authenticator, and a client that computes its answers by other code than the registrar's. Time is what the test says.
 */
final class AuthFixture {

    static final String USER = "34020000001320000003";
    static final String PASSWORD = "12345678";
    static final String REALM = "34020000";
    static final String URI = "sip:34020000002000000001@3402000000";

    final AuthConfig config;
    final NonceFactory factory;
    final Guard guard;
    final CredentialStore store;
    final DigestAuthenticator authenticator;
    long nanoTime = 1_000_000_000_000L;
    TestFlow flow = new TestFlow("192.0.2.10", 5080);
    private final SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
    private final ResponseWriter writer = new ResponseWriter();

    AuthFixture(AuthConfig.Builder config) {
        this(config, new SharedPasswordStore(PASSWORD));
    }

    AuthFixture(AuthConfig.Builder config, CredentialStore store) {
        this.config = config.build();
        this.store = store;
        factory = new NonceFactory(this.config, System.currentTimeMillis(), nanoTime);
        guard = new Guard(this.config.guard());
        authenticator = DigestAuthenticator.forLoop(this.config, store, factory, guard);
    }

    static AuthConfig.Builder gb() {
        return AuthConfig.gb28181(REALM);
    }

    static AuthConfig.Builder strict() {
        return AuthConfig.builder(REALM);
    }

    static AuthConfig.Builder unguarded(AuthConfig.Builder builder) {
        return builder.guard(GuardLimits.OFF);
    }

    void passSeconds(long seconds) {
        nanoTime += seconds * 1_000_000_000L;
    }

    SipRequest parse(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertThat(parser.parseDatagram(bytes, 0, bytes.length)).as(text).isPositive();
        return parser.request();
    }

    /** A REGISTER with these Authorization lines. */
    SipRequest register(String... authorizations) {
        return request("REGISTER", URI, "", authorizations);
    }

    SipRequest request(String method, String uri, String body, String... authorizations) {
        StringBuilder text = new StringBuilder(method + " " + uri + " SIP/2.0\r\n")
                .append("Via: SIP/2.0/UDP 192.0.2.10:5080;rport;branch=z9hG4bK1\r\n")
                .append("From: <sip:" + USER + "@3402000000>;tag=1\r\nTo: <sip:" + USER + "@3402000000>\r\n")
                .append("Call-ID: 1@192.0.2.10\r\nCSeq: 1 " + method + "\r\nMax-Forwards: 70\r\n");
        for (String authorization : authorizations) {
            text.append("Authorization: ").append(authorization).append("\r\n");
        }
        int length = body.getBytes(StandardCharsets.UTF_8).length;
        return parse(text + "Content-Length: " + length + "\r\n\r\n" + body);
    }

    int verify(SipRequest request) {
        return authenticator.verify(request, flow, nanoTime);
    }

    int verify(String... authorizations) {
        return verify(register(authorizations));
    }

    int verify(Answer answer) {
        return verify(answer.toString());
    }

    /** The WWW-Authenticate values of a fresh 401 to a request without credentials. */
    List<String> challenges() {
        SipRequest request = register();
        assertThat(verify(request)).isEqualTo(DigestAuthenticator.NO_CREDENTIALS);
        return challenges(request, false);
    }

    List<String> challenges(SipRequest request, boolean stale) {
        writer.begin(request, 401);
        authenticator.writeChallenge(writer, stale);
        return values("WWW-Authenticate");
    }

    /** The Authentication-Info value of a 200, or null. */
    String info(SipRequest request) {
        writer.begin(request, 200);
        authenticator.writeAuthenticationInfo(writer);
        List<String> values = values("Authentication-Info");
        return values.isEmpty() ? null : values.get(0);
    }

    private List<String> values(String name) {
        writer.end();
        String text = new String(writer.array(), 0, writer.length(), StandardCharsets.UTF_8);
        List<String> values = new ArrayList<>();
        for (String line : text.split("\r\n")) {
            if (line.startsWith(name + ": ")) {
                values.add(line.substring(name.length() + 2));
            }
        }
        return values;
    }

    /** The answer of the right device to a fresh challenge. */
    Answer answer() {
        return answerTo(challenges().get(0));
    }

    Answer answerTo(String challenge) {
        return new Answer(challenge);
    }

    static String parameter(String header, String name) {
        Matcher matcher =
                Pattern.compile("[ ,]" + name + "=(?:\"([^\"]*)\"|([^,\\s]*))").matcher(header);
        if (!matcher.find()) {
            return null;
        }
        return matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
    }

    static String hex(String algorithm, String text) {
        return hex(algorithm, text.getBytes(StandardCharsets.UTF_8));
    }

    static String hex(String algorithm, byte[] octets) {
        try {
            String base = algorithm.replace("-sess", "").replace("SHA-512-256", "SHA-512/256");
            return HexFormat.of().formatHex(MessageDigest.getInstance(base).digest(octets));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** What a client sends: every part can be changed before it is computed, and every parameter after. */
    static final class Answer {
        String algorithm;
        String username = USER;
        String realm;
        String password = PASSWORD;
        String nonce;
        String uri = URI;
        String method = "REGISTER";
        String qop;
        String nc = "00000001";
        String cnonce = "0a4f113b";
        String body = "";
        final Map<String, String> changed = new TreeMap<>();
        final List<String> dropped = new ArrayList<>();

        Answer(String challenge) {
            String named = parameter(challenge, "algorithm");
            algorithm = named == null ? "MD5" : named;
            realm = parameter(challenge, "realm");
            nonce = parameter(challenge, "nonce");
            String offered = parameter(challenge, "qop");
            qop = offered == null ? null : offered.split(",")[0];
        }

        Answer username(String value) {
            username = value;
            return this;
        }

        Answer password(String value) {
            password = value;
            return this;
        }

        Answer nonce(String value) {
            nonce = value;
            return this;
        }

        Answer uri(String value) {
            uri = value;
            return this;
        }

        Answer qop(String value) {
            qop = value;
            return this;
        }

        Answer nc(String value) {
            nc = value;
            return this;
        }

        Answer algorithm(String value) {
            algorithm = value;
            return this;
        }

        Answer body(String value) {
            body = value;
            return this;
        }

        Answer with(String name, String rawValue) {
            changed.put(name, rawValue);
            return this;
        }

        Answer without(String name) {
            dropped.add(name);
            return this;
        }

        String ha1() {
            String ha1 = hex(algorithm, username + ":" + realm + ":" + password);
            return algorithm.endsWith("-sess") ? hex(algorithm, ha1 + ":" + nonce + ":" + cnonce) : ha1;
        }

        String response() {
            return response(method);
        }

        String response(String ofMethod) {
            String a2 = ofMethod + ":" + uri + ("auth-int".equals(qop) ? ":" + hex(algorithm, body) : "");
            String middle = qop == null ? nonce : nonce + ":" + nc + ":" + cnonce + ":" + qop;
            return hex(algorithm, ha1() + ":" + middle + ":" + hex(algorithm, a2));
        }

        @Override
        public String toString() {
            Map<String, String> parameters = new java.util.LinkedHashMap<>();
            parameters.put("username", "\"" + username + "\"");
            parameters.put("realm", "\"" + realm + "\"");
            parameters.put("nonce", "\"" + nonce + "\"");
            parameters.put("uri", "\"" + uri + "\"");
            parameters.put("response", "\"" + response() + "\"");
            parameters.put("algorithm", algorithm);
            if (qop != null) {
                parameters.put("cnonce", "\"" + cnonce + "\"");
                parameters.put("qop", qop);
                parameters.put("nc", nc);
            }
            parameters.putAll(changed);
            dropped.forEach(parameters::remove);
            StringBuilder text = new StringBuilder("Digest ");
            parameters.forEach(
                    (name, value) -> text.append(name).append('=').append(value).append(", "));
            return text.substring(0, text.length() - 2);
        }
    }

    /** A peer by its address alone; its loop runs tasks when the test says. */
    static final class TestFlow extends DetachedFlow {
        final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

        TestFlow(String host, int port) {
            super(Transport.UDP, host, port);
        }

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.AuthenticationInfo;
import org.sipwire.codec.HeaderValues;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipResponse;
import org.sipwire.codec.WwwAuthenticate;

/**
 * The client's side of Digest (RFC 3261 §22, RFC 7616, RFC 8760): remembers the challenge of a registrar or proxy and answers it, again and
 * again with a counted nonce (RFC 7616 §3.4, nc). One for each user and peer. Confined to one thread at a time.
 *
 * <p>Of several challenges the one with the strongest hash is answered: SHA-512-256, SHA-256, MD5; of equals the first. {@code qop=auth} is
 * chosen where it is offered, {@code auth-int} where it alone is, and the form of RFC 2069 where there is no qop, as GB/T 28181 platforms
 * have it.
 *
 * <pre>
 *   401, 407 --> challenged: true --> authorize --> the request again --> 200 --> accepted: nextnonce
 *                challenged: false: wrong credentials, or nothing that can be answered
 * </pre>
 *
 * <p>Owned by whoever sends the requests.
 */
public final class DigestClient {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int CNONCE_OCTETS = 12;
    /** A server that finds every nonce stale at once is not to be asked for ever. */
    private static final int MAX_STALE_IN_A_ROW = 3;

    private final String username;
    private final String password;
    private final DigestResponse response;
    private final DigestHasher hasher;
    private final Answer server = new Answer(SipHeader.WWW_AUTHENTICATE, SipHeader.AUTHORIZATION);
    private final Answer proxy = new Answer(SipHeader.PROXY_AUTHENTICATE, SipHeader.PROXY_AUTHORIZATION);
    private final WwwAuthenticate challenge = new WwwAuthenticate();

    /** The challenge of one side, a server's or a proxy's, and how often it was answered. */
    private static final class Answer {
        final SipHeader asks;
        final SipHeader answers;
        DigestAlgorithm algorithm;
        boolean namesAlgorithm;
        String realm;
        String nonce;
        String opaque;
        String qop;
        long nonceCount;
        /** What HA1 was computed for: it does not change with the nonce. */
        String ha1Realm;

        DigestAlgorithm ha1Algorithm;
        byte[] ha1;
        /** Whether the challenge came in answer to the request before, which is not answered otherwise yet. */
        boolean fresh;

        int staleInARow;

        Answer(SipHeader asks, SipHeader answers) {
            this.asks = asks;
            this.answers = answers;
        }
    }

    /**
     * A client that knows no challenge yet.
     *
     * @param username as the server knows it
     * @param password its secret
     * @param hasher the thread's hashes
     */
    public DigestClient(String username, String password, DigestHasher hasher) {
        // Octets of UTF-8 as the characters that a writer makes octets of again.
        this.username = new String(username.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        this.password = password;
        this.hasher = hasher;
        response = new DigestResponse(hasher);
    }

    /**
     * Takes a 401 or 407.
     *
     * @return false when it is not to be answered: there is no challenge that this side understands, or the credentials were wrong. RFC
     *     3261 §22.1 and §22.3: "a UAC MUST NOT re-attempt requests with the credentials that have just been rejected (though the request
     *     may be retried if the nonce was stale)"
     */
    public boolean challenged(SipResponse refusal) {
        Answer answer = refusal.status() == 407 ? proxy : server;
        int best = -1;
        DigestAlgorithm bestAlgorithm = null;
        HeaderValues values = refusal.values(answer.asks);
        for (int i = 0; values.next(); i++) {
            DigestAlgorithm algorithm = usable(values);
            if (algorithm != null && (best < 0 || algorithm.base().compareTo(bestAlgorithm.base()) > 0)) {
                best = i;
                bestAlgorithm = algorithm;
            }
        }
        if (best < 0) {
            return false;
        }
        values = refusal.values(answer.asks);
        for (int i = 0; i <= best; i++) {
            values.next();
        }
        challenge.wrap(values.array(), values.offset(), values.length());
        String nonce = challenge.nonce().toString();
        boolean stale = challenge.isStale();
        boolean same = nonce.equals(answer.nonce);
        if (answer.fresh && !stale || answer.staleInARow >= MAX_STALE_IN_A_ROW) {
            forget();
            return false;
        }
        if (!stale && same && answer.nonceCount > 0) {
            // What was refused would be sent again, but for its count.
            forget();
            return false;
        }
        answer.staleInARow = stale ? answer.staleInARow + 1 : 0;
        answer.fresh = true;
        answer.algorithm = bestAlgorithm;
        answer.namesAlgorithm = challenge.algorithm().isPresent();
        answer.realm = challenge.realm().isPresent() ? challenge.realm().toString() : "";
        answer.nonce = nonce;
        answer.opaque = challenge.opaque().isPresent() ? challenge.opaque().toString() : null;
        answer.qop = qop(challenge.qop());
        answer.nonceCount = same ? answer.nonceCount : 0;
        return true;
    }

    /** The algorithm of a challenge that can be answered, else null. */
    private DigestAlgorithm usable(HeaderValues values) {
        challenge.wrap(values.array(), values.offset(), values.length());
        if (challenge.error() != 0
                || !challenge.isDigest()
                || !challenge.nonce().isPresent()
                || !isQuotable(challenge.nonce())
                || !isQuotable(challenge.realm())
                || !isQuotable(challenge.opaque())
                || challenge.qop().isPresent() && qop(challenge.qop()) == null) {
            return null;
        }
        AsciiView algorithm = challenge.algorithm();
        return algorithm.isPresent()
                ? DigestAlgorithm.of(algorithm.array(), algorithm.offset(), algorithm.length())
                : DigestAlgorithm.MD5;
    }

    /** Whether quotes can be put around a value as it came: in one that had none a backslash need not stand before what it may escape. */
    private static boolean isQuotable(AsciiView value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) == '\\' && (++i == value.length() || value.charAt(i) > 0x7F)) {
                return false;
            }
        }
        return true;
    }

    /** The quality to use of those offered, or null. */
    private static String qop(AsciiView offered) {
        String chosen = null;
        if (offered.isPresent()) {
            for (String option : offered.toString().split("[ \t,]+")) {
                if (option.equalsIgnoreCase("auth")) {
                    return "auth";
                }
                chosen = option.equalsIgnoreCase("auth-int") ? "auth-int" : chosen;
            }
        }
        return chosen;
    }

    /** Whether a challenge is known, so that a request can be sent with its answer at once. */
    public boolean isChallenged() {
        return server.nonce != null || proxy.nonce != null;
    }

    /** Forgets the challenges: another server is asked, or the credentials were wrong. */
    public void forget() {
        for (Answer answer : new Answer[] {server, proxy}) {
            answer.nonce = null;
            answer.fresh = false;
            answer.staleInARow = 0;
        }
    }

    /**
     * Takes any other final response: the server has accepted the answer, and may name the nonce to use next (RFC 7616 §3.5).
     */
    public void answered(SipResponse other) {
        server.fresh = false;
        proxy.fresh = false;
        server.staleInARow = 0;
        proxy.staleInARow = 0;
        int line = other.first(SipHeader.AUTHENTICATION_INFO);
        if (line >= 0 && server.nonce != null) {
            AsciiView next = new AuthenticationInfo()
                    .wrap(other.array(), other.valueOffset(line), other.valueLength(line))
                    .nextnonce();
            if (next.length() > 0) {
                server.nonce = next.toString();
                server.nonceCount = 0;
            }
        }
    }

    /** Counts the nonces for one more request, which {@link #authorize} may then be called for several times. */
    public void begin() {
        server.nonceCount++;
        proxy.nonceCount++;
    }

    /**
     * Writes Authorization and Proxy-Authorization, for as many challenges as are known.
     *
     * @param uri the Request-URI as it is written
     * @param body what {@code auth-int} covers
     */
    public void authorize(RequestWriter writer, SipMethod method, String uri, byte[] body) {
        for (Answer answer : new Answer[] {server, proxy}) {
            if (answer.nonce != null) {
                writer.header(answer.answers, credentials(answer, method, uri, body));
            }
        }
    }

    private String credentials(Answer answer, SipMethod method, String uri, byte[] body) {
        DigestAlgorithm algorithm = answer.algorithm;
        int hex = algorithm.hexLength();
        computeHa1(answer);
        byte[] octets = new byte[CNONCE_OCTETS];
        RANDOM.nextBytes(octets);
        String cnonce = HexFormat.of().formatHex(octets);
        String nc = String.format("%08x", answer.nonceCount);
        response.begin(algorithm);
        System.arraycopy(answer.ha1, 0, response.ha1(), 0, hex);
        AsciiView nonceView = view(answer.nonce);
        AsciiView cnonceView = view(cnonce);
        response.session(nonceView, cnonceView);
        AsciiView methodView = new AsciiView().wrap(method.bytes(), 0, method.bytes().length);
        if ("auth-int".equals(answer.qop)) {
            response.computeHa2(methodView, view(uri), body, 0, body.length);
        } else {
            response.computeHa2(methodView, view(uri));
        }
        AsciiView qop = answer.qop == null ? new AsciiView().clear() : view(answer.qop);
        response.compute(nonceView, view(nc), cnonceView, qop);

        StringBuilder text = new StringBuilder("Digest username=");
        quote(text, username).append(", realm=\"").append(answer.realm).append('"');
        text.append(", nonce=\"").append(answer.nonce).append("\", uri=\"").append(uri);
        text.append("\", response=\"").append(new String(response.expected(), 0, hex, StandardCharsets.US_ASCII));
        text.append('"');
        if (answer.namesAlgorithm) {
            text.append(", algorithm=").append(algorithm.token());
        }
        if (answer.opaque != null) {
            text.append(", opaque=\"").append(answer.opaque).append('"');
        }
        if (answer.qop != null || algorithm.isSession()) {
            text.append(", cnonce=\"").append(cnonce).append('"');
        }
        if (answer.qop != null) {
            text.append(", qop=").append(answer.qop).append(", nc=").append(nc);
        }
        return text.toString();
    }

    private void computeHa1(Answer answer) {
        DigestAlgorithm base = answer.algorithm.base();
        if (answer.ha1 == null || base != answer.ha1Algorithm || !answer.realm.equals(answer.ha1Realm)) {
            byte[] ha1 = new byte[DigestResponse.MAX_HEX];
            hasher.begin(base)
                    .put(view(quoted(username)))
                    .put((byte) ':')
                    .put(view(answer.realm))
                    .put((byte) ':');
            byte[] secret = password.getBytes(StandardCharsets.UTF_8);
            int end = hasher.put(secret, 0, secret.length).finishHex(ha1, 0);
            answer.ha1 = Arrays.copyOf(ha1, end);
            answer.ha1Realm = answer.realm;
            answer.ha1Algorithm = base;
        }
    }

    /** Parameters are hashed as they are sent, escapes included: see {@link DigestResponse}. */
    private static String quoted(String text) {
        StringBuilder quoted = quote(new StringBuilder(), text);
        return quoted.substring(1, quoted.length() - 1);
    }

    private static StringBuilder quote(StringBuilder into, String text) {
        into.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                into.append('\\');
            }
            into.append(c);
        }
        return into.append('"');
    }

    /** Header fields are written as ISO-8859-1, so that is what is hashed. */
    private static AsciiView view(String text) {
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        return new AsciiView().wrap(octets, 0, octets.length);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipResponse;
import org.sipwire.codec.WwwAuthenticate;
import org.sipwire.registrar.auth.DigestAlgorithm;
import org.sipwire.registrar.auth.DigestHasher;

/**
 * The client's side of Digest (RFC 2617, 7616): keeps the last challenge and answers it, as often as it is taken. Without qop in the form
 * of RFC 2069, with {@code auth} when that is offered. Confined to the agent's loop.
 */
final class AgentDigest {
    private final String username;
    private final String password;
    private final DigestHasher hasher = new DigestHasher();
    private final SecureRandom random = new SecureRandom();
    private DigestAlgorithm algorithm = DigestAlgorithm.MD5;
    private String realm;
    private String nonce = "";
    private String opaque = "";
    private boolean namesAlgorithm;
    private boolean auth;
    private boolean proxy;
    private int count;

    AgentDigest(String username, String password) {
        this.username = username;
        this.password = password;
    }

    /** How a response challenges. */
    enum Challenge {
        /** None that this side can answer. */
        NONE,
        /** The answer before was right, its nonce too old. */
        STALE,
        /** Another. */
        FRESH
    }

    /** Takes the first challenge of a 401 or 407 that can be answered. */
    Challenge take(SipResponse response) {
        SipHeader header = response.status() == 407 ? SipHeader.PROXY_AUTHENTICATE : SipHeader.WWW_AUTHENTICATE;
        WwwAuthenticate challenge = new WwwAuthenticate();
        for (int i = response.first(header); i >= 0; i = response.next(i)) {
            challenge.wrap(response.array(), response.valueOffset(i), response.valueLength(i));
            if (challenge.isDigest() && challenge.nonce().isPresent() && takes(challenge)) {
                proxy = response.status() == 407;
                return challenge.isStale() ? Challenge.STALE : Challenge.FRESH;
            }
        }
        return Challenge.NONE;
    }

    private boolean takes(WwwAuthenticate challenge) {
        AsciiView name = challenge.algorithm();
        DigestAlgorithm known =
                name.isPresent() ? DigestAlgorithm.of(name.array(), name.offset(), name.length()) : DigestAlgorithm.MD5;
        boolean offered = challenge.qop().isPresent();
        boolean offersAuth = offered && (',' + challenge.qop().toString().replace(" ", "") + ',').contains(",auth,");
        if (known == null || known.isSession() || offered && !offersAuth) {
            return false;
        }
        algorithm = known;
        namesAlgorithm = name.isPresent();
        realm = text(challenge.realm());
        nonce = text(challenge.nonce());
        opaque = challenge.opaque().isPresent() ? text(challenge.opaque()) : null;
        auth = offersAuth;
        count = 0;
        return true;
    }

    private static String text(AsciiView view) {
        return view.isPresent() ? view.toString() : "";
    }

    /** Whether there is a challenge to answer. */
    boolean hasChallenge() {
        return realm != null;
    }

    void forget() {
        realm = null;
    }

    SipHeader header() {
        return proxy ? SipHeader.PROXY_AUTHORIZATION : SipHeader.AUTHORIZATION;
    }

    /** The credentials for a request; what came within quotes goes out within quotes, octet for octet. */
    String answer(String method, String uri) {
        String ha1 = hash(username + ':' + realm + ':' + password);
        String ha2 = hash(method + ':' + uri);
        StringBuilder text = new StringBuilder(320);
        text.append("Digest username=\"")
                .append(username)
                .append("\", realm=\"")
                .append(realm);
        text.append("\", nonce=\"")
                .append(nonce)
                .append("\", uri=\"")
                .append(uri)
                .append("\", response=\"");
        if (auth) {
            String nc = String.format("%08x", ++count);
            String cnonce = Long.toHexString(random.nextLong());
            text.append(hash(ha1 + ':' + nonce + ':' + nc + ':' + cnonce + ":auth:" + ha2));
            text.append("\", qop=auth, nc=").append(nc).append(", cnonce=\"").append(cnonce);
        } else {
            text.append(hash(ha1 + ':' + nonce + ':' + ha2));
        }
        text.append('"');
        if (namesAlgorithm) {
            text.append(", algorithm=").append(algorithm.token());
        }
        if (opaque != null) {
            text.append(", opaque=\"").append(opaque).append('"');
        }
        return text.toString();
    }

    private String hash(String text) {
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        byte[] hex = new byte[algorithm.hexLength()];
        hasher.begin(algorithm).put(octets, 0, octets.length).finishHex(hex, 0);
        return new String(hex, StandardCharsets.US_ASCII);
    }
}

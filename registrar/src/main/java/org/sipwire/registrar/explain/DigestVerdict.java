/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.explain;

import java.nio.charset.StandardCharsets;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.Authorization;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.WwwAuthenticate;
import org.sipwire.registrar.auth.DigestCheck;

/**
 * Whether the Digest of a captured request fits a password, and if not, what may be the matter.
 *
 * <p>Shared.
 *
 * @param verified true when the response is the one the password gives
 * @param text a clause for a sentence
 */
record DigestVerdict(boolean verified, String text) {

    /** The first Digest credentials of a request, or null. */
    static Authorization credentials(ReadMessage request) {
        for (ReadMessage.Line line : request.lines()) {
            if (line.header() == SipHeader.AUTHORIZATION || line.header() == SipHeader.PROXY_AUTHORIZATION) {
                byte[] octets = line.octets();
                Authorization view = new Authorization().wrap(octets, 0, octets.length);
                if (view.isDigest()) {
                    return view;
                }
            }
        }
        return null;
    }

    /** The first Digest challenge of a response, or null. */
    static WwwAuthenticate challenge(ReadMessage response) {
        for (ReadMessage.Line line : response.lines()) {
            if (line.header() == SipHeader.WWW_AUTHENTICATE || line.header() == SipHeader.PROXY_AUTHENTICATE) {
                byte[] octets = line.octets();
                WwwAuthenticate view = new WwwAuthenticate().wrap(octets, 0, octets.length);
                if (view.isDigest()) {
                    return view;
                }
            }
        }
        return null;
    }

    /**
     * Judges credentials.
     *
     * @param challenge the one they answer, or null when it was not captured
     * @param password null: none was given
     */
    static DigestVerdict of(ReadMessage request, Authorization credentials, ReadMessage challenge, String password) {
        String sent = credentials.response().toString();
        String mismatch = mismatch(credentials, challenge);
        if (sent.isEmpty()) {
            return new DigestVerdict(false, "has no response" + mismatch);
        }
        if (sent.matches("x+")) {
            return new DigestVerdict(false, "is masked in this capture and cannot be checked" + mismatch);
        }
        if (password == null) {
            return new DigestVerdict(false, "is not checked, as no password was given" + mismatch);
        }
        DigestCheck check = new DigestCheck();
        String expected = check.expected(credentials, request.method(), request.body(), password);
        if (expected == null) {
            return new DigestVerdict(
                    false, "cannot be checked: the algorithm is unknown or a parameter is missing" + mismatch);
        }
        if (expected.equals(sent)) {
            return new DigestVerdict(true, "fits the given password" + mismatch);
        }
        return new DigestVerdict(
                false,
                "does not fit the given password, for which it would be " + expected
                        + hint(check, request, credentials, challenge, password) + mismatch);
    }

    /** What differs between the challenge and its answer, though it should not. */
    private static String mismatch(Authorization credentials, ReadMessage response) {
        WwwAuthenticate challenge = response == null ? null : challenge(response);
        if (challenge == null) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        if (!challenge.nonce().equals(credentials.nonce())) {
            text.append("; the nonce is not the one of the challenge before it");
        }
        if (!challenge.realm().equals(credentials.realm())) {
            text.append("; the realm is not the one of the challenge, ").append(challenge.realm());
        }
        boolean offered = challenge.qop().isPresent();
        if (!offered && credentials.qop().isPresent()) {
            text.append("; it uses qop, which was not offered");
        }
        if (challenge.algorithm().isPresent()
                && credentials.algorithm().isPresent()
                && !challenge.algorithm().equalsIgnoreCase(credentials.algorithm())) {
            text.append("; the algorithm is not the one asked for, ").append(challenge.algorithm());
        }
        return text.toString();
    }

    /** What the device may have mixed up: found by trying. */
    private static String hint(
            DigestCheck check, ReadMessage request, Authorization credentials, ReadMessage challenge, String password) {
        String sent = credentials.response().toString();
        String method = request.method();
        byte[] body = request.body();
        if (check.expected(credentials, method, body, password).equalsIgnoreCase(sent)) {
            return "; it fits but for its capital letters";
        }
        AsciiView requestUri = view(request.requestUri());
        if (sent.equals(check.expected(credentials, credentials.realm(), requestUri, method, body, password))) {
            return "; it fits the Request-URI, which the uri parameter does not repeat";
        }
        WwwAuthenticate asked = challenge == null ? null : challenge(challenge);
        if (asked != null
                && sent.equals(check.expected(credentials, asked.realm(), credentials.uri(), method, body, password))) {
            return "; it fits the challenge's realm, which the realm parameter does not repeat";
        }
        for (String other : new String[] {password + "\n", password + "\r\n", password + " ", password.strip(), ""}) {
            if (!other.equals(password) && sent.equals(check.expected(credentials, method, body, other))) {
                return other.isEmpty()
                        ? "; it fits an empty password"
                        : "; it fits the password with other blanks around it";
            }
        }
        return ": the device has another password, or another user name than it sends";
    }

    private static AsciiView view(String text) {
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        return new AsciiView().wrap(octets, 0, octets.length);
    }
}

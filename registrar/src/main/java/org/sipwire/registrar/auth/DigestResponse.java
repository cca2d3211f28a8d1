/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import org.sipwire.codec.AsciiView;

/**
 * Computes the answer to a challenge (RFC 7616 §3.4.1; RFC 2617 §3.2.2.1; RFC 2069 §2.1.2 when there is no qop). Confined to one event
 * loop.
 *
 * <pre>
 *   HA1      = H(username ":" realm ":" password)                      for -sess: H(HA1 ":" nonce ":" cnonce)
 *   HA2      = H(method ":" uri)                                       for auth-int: H(method ":" uri ":" H(body))
 *   response = H(HA1 ":" nonce ":" HA2)                                without qop
 *            = H(HA1 ":" nonce ":" nc ":" cnonce ":" qop ":" HA2)      with qop
 * </pre>
 *
 * <p>Hashes are kept as the lower-case hexadecimal text in which they are hashed again. Parameters are hashed as they were sent, without
 * quotes and with nothing unescaped: that is what {@code unq()} of RFC 2617 §1.2 means, and what clients do.
 *
 * <p>HA2 is the same for all devices of a domain, so the last few are remembered: a device's answer then costs one hash and not two. What
 * is remembered does not depend on the user, so neither does the time. Owned by the loop's authenticator; nothing is allocated.
 */
final class DigestResponse {

    /** The longest hash as text. */
    static final int MAX_HEX = 64;

    private static final int REMEMBERED = 4;
    private static final int MAX_REMEMBERED = 192;
    private static final byte[] NO_BODY = {};

    private final DigestHasher hasher;
    private final byte[] ha1 = new byte[MAX_HEX];
    private final byte[] ha2 = new byte[MAX_HEX];
    private final byte[] bodyHash = new byte[MAX_HEX];
    private final byte[] expected = new byte[MAX_HEX];
    private DigestAlgorithm algorithm = DigestAlgorithm.MD5;
    private int hexLength;

    private final AsciiView noMethod = new AsciiView();
    private final byte[][] knownTexts = new byte[REMEMBERED][MAX_REMEMBERED];
    private final int[] knownLengths = new int[REMEMBERED];
    private final DigestAlgorithm[] knownAlgorithms = new DigestAlgorithm[REMEMBERED];
    private final byte[][] knownHa2 = new byte[REMEMBERED][MAX_HEX];
    private int nextKnown;

    DigestResponse(DigestHasher hasher) {
        this.hasher = hasher;
    }

    /** Begins an answer. Returns this. */
    DigestResponse begin(DigestAlgorithm used) {
        algorithm = used;
        hexLength = used.hexLength();
        return this;
    }

    /** Where HA1 is to be written, {@link DigestAlgorithm#hexLength} digits from 0. */
    byte[] ha1() {
        return ha1;
    }

    /** HA2 as computed last. */
    byte[] ha2() {
        return ha2;
    }

    /** Makes HA1 the session key of RFC 2617 §3.2.2.2 when the algorithm is a {@code -sess} one. */
    void session(AsciiView nonce, AsciiView cnonce) {
        if (algorithm.isSession()) {
            hasher.begin(algorithm).put(ha1, 0, hexLength).put((byte) ':').put(nonce);
            hasher.put((byte) ':').put(cnonce).finishHex(ha1, 0);
        }
    }

    /** Computes HA2 of a method and the {@code uri} parameter, both as sent. */
    void computeHa2(AsciiView method, AsciiView uri) {
        DigestAlgorithm base = algorithm.base();
        int methodLength = Math.max(0, method.length());
        int length = methodLength + 1 + uri.length();
        for (int i = 0; i < REMEMBERED; i++) {
            if (knownLengths[i] == length && knownAlgorithms[i] == base && isKnown(knownTexts[i], method, uri)) {
                System.arraycopy(knownHa2[i], 0, ha2, 0, hexLength);
                return;
            }
        }
        hasher.begin(base).put(method).put((byte) ':').put(uri);
        hasher.finishHex(ha2, 0);
        if (length <= MAX_REMEMBERED) {
            int i = nextKnown;
            nextKnown = i + 1 & REMEMBERED - 1;
            knownAlgorithms[i] = base;
            knownLengths[i] = length;
            knownTexts[i][method.copyTo(knownTexts[i], 0)] = ':';
            uri.copyTo(knownTexts[i], methodLength + 1);
            System.arraycopy(ha2, 0, knownHa2[i], 0, hexLength);
        }
    }

    private static boolean isKnown(byte[] text, AsciiView method, AsciiView uri) {
        int methodLength = Math.max(0, method.length());
        return text[methodLength] == ':'
                && (methodLength == 0 || method.contentEquals(text, 0, methodLength))
                && uri.contentEquals(text, methodLength + 1, uri.length());
    }

    /** Computes HA2 for {@code auth-int}: it covers the body too, so nothing is remembered. */
    void computeHa2(AsciiView method, AsciiView uri, byte[] body, int offset, int length) {
        hasher.begin(algorithm).put(body, offset, length).finishHex(bodyHash, 0);
        hasher.begin(algorithm).put(method).put((byte) ':').put(uri);
        hasher.put((byte) ':').put(bodyHash, 0, hexLength).finishHex(ha2, 0);
    }

    /**
     * HA2 of Authentication-Info's {@code rspauth}: as the request's, with an empty method (RFC 7616 §3.5).
     *
     * @param authInt whether the response's body is covered, which is empty in every answer to REGISTER
     */
    void computeAnswerHa2(AsciiView uri, boolean authInt) {
        if (authInt) {
            computeHa2(noMethod, uri, NO_BODY, 0, 0);
        } else {
            computeHa2(noMethod, uri);
        }
    }

    /** Computes the answer from HA1 and HA2; {@code qop} absent is the form of RFC 2069. */
    void compute(AsciiView nonce, AsciiView nc, AsciiView cnonce, AsciiView qop) {
        hasher.begin(algorithm)
                .put(ha1, 0, hexLength)
                .put((byte) ':')
                .put(nonce)
                .put((byte) ':');
        if (qop.isPresent()) {
            hasher.put(nc).put((byte) ':').put(cnonce).put((byte) ':').put(qop).put((byte) ':');
        }
        hasher.put(ha2, 0, hexLength).finishHex(expected, 0);
    }

    /** The answer as computed last, {@link DigestAlgorithm#hexLength} digits. */
    byte[] expected() {
        return expected;
    }

    /** True when the answer sent is the one computed last. The time does not depend on where they differ. */
    boolean matches(AsciiView sent) {
        // The length is no secret, the digits are. RFC 2617 §3.2.2: request-digest is lower case; upper case is another
        // text.
        return sent.length() == hexLength
                && AuthText.equalsInConstantTime(sent.array(), sent.offset(), expected, 0, hexLength);
    }
}

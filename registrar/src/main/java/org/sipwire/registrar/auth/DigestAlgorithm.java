/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import java.util.Locale;

/**
 * The hash of a Digest challenge: MD5 (RFC 2617), SHA-256 and SHA-512-256 (RFC 7616, RFC 8760 for SIP), each also in its session form.
 * May be used on any thread. Shared: immutable.
 */
public enum DigestAlgorithm {
    /** RFC 2617: what every device speaks, and the meaning of an answer that names no algorithm. */
    MD5("MD5", "MD5", 16, false),
    /** MD5 with a session key: HA1 is hashed once more with nonce and cnonce. */
    MD5_SESS("MD5-sess", "MD5", 16, true),
    /** RFC 7616. */
    SHA_256("SHA-256", "SHA-256", 32, false),
    /** SHA-256 with a session key. */
    SHA_256_SESS("SHA-256-sess", "SHA-256", 32, true),
    /** RFC 7616: SHA-512 cut to 256 bits, with an initial value of its own (FIPS 180-4 §5.3.6.2). */
    SHA_512_256("SHA-512-256", "SHA-512/256", 32, false),
    /** SHA-512-256 with a session key. */
    SHA_512_256_SESS("SHA-512-256-sess", "SHA-512/256", 32, true);

    private static final DigestAlgorithm[] VALUES = values();

    private final String token;
    private final byte[] lowerCase;
    private final String jdkName;
    private final int octets;
    private final boolean session;

    DigestAlgorithm(String token, String jdkName, int octets, boolean session) {
        this.token = token;
        this.lowerCase = AuthText.ascii(token.toLowerCase(Locale.ROOT));
        this.jdkName = jdkName;
        this.octets = octets;
        this.session = session;
    }

    /** The token of the {@code algorithm} parameter. */
    public String token() {
        return token;
    }

    /** The octets of one hash. */
    public int octets() {
        return octets;
    }

    /** The octets of one hash as lower-case hexadecimal text: the form in which hashes are hashed again. */
    public int hexLength() {
        return octets * 2;
    }

    /** True for the {@code -sess} forms. */
    public boolean isSession() {
        return session;
    }

    /** The algorithm without {@code -sess}: stored HA1 values are the same for both. */
    public DigestAlgorithm base() {
        return switch (this) {
            case MD5, MD5_SESS -> MD5;
            case SHA_256, SHA_256_SESS -> SHA_256;
            case SHA_512_256, SHA_512_256_SESS -> SHA_512_256;
        };
    }

    /** The name by which the JDK knows the hash. */
    String jdkName() {
        return jdkName;
    }

    /** The algorithm of a token, compared without case (some platforms write {@code md5}), or null when it is none of these. */
    public static DigestAlgorithm of(byte[] a, int off, int len) {
        for (DigestAlgorithm algorithm : VALUES) {
            if (AuthText.equalsIgnoreCase(algorithm.lowerCase, a, off, len)) {
                return algorithm;
            }
        }
        return null;
    }

    /** The algorithm of a token for configuration, compared without case. */
    public static DigestAlgorithm parse(String token) {
        byte[] text = AuthText.ascii(token.strip());
        DigestAlgorithm algorithm = of(text, 0, text.length);
        if (algorithm == null) {
            throw new IllegalArgumentException("Unknown Digest algorithm '" + token
                    + "': one of MD5, SHA-256, SHA-512-256 or one of these with -sess");
        }
        return algorithm;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The bearer token (RFC 6750) of {@code --http-token}, or none. Kept and compared as a hash, so that neither its length nor its beginning
 * shows in the time that a comparison takes.
 *
 * <p>Thread: {@link #change} by whoever reloads, the rest on the endpoint's loop. Shared.
 */
final class AccessToken {
    private static final String SCHEME = "bearer ";

    /** Of the token; null when everyone may ask. Written by whoever reloads, read by the endpoint's loop. */
    private volatile byte[] expected;

    /**
     * Admits who knows a token.
     *
     * @param token null to admit everyone
     */
    AccessToken(String token) {
        change(token);
    }

    /** Admits who knows another token from now on; null for everyone. */
    void change(String token) {
        expected = token == null ? null : hash(token);
    }

    /** Whether a request may be answered, by its Authorization field, empty when there is none. */
    boolean admits(String authorization) {
        byte[] wanted = expected;
        if (wanted == null) {
            return true;
        }
        boolean bearer = authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
        return MessageDigest.isEqual(
                        wanted,
                        hash(bearer ? authorization.substring(SCHEME.length()).strip() : ""))
                && bearer;
    }

    private static byte[] hash(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}

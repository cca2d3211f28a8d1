/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import java.nio.charset.StandardCharsets;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.Authorization;

/**
 * Computes the response that Digest credentials should carry for a password: to judge a captured request by the code that judges devices.
 *
 * <p>One thread at a time.
 */
public final class DigestCheck {
    private final DigestHasher hasher = new DigestHasher();
    private final DigestResponse response = new DigestResponse(hasher);

    /** A check of nothing yet. */
    public DigestCheck() {}

    /**
     * The response for a password, in lower-case hexadecimal digits.
     *
     * @param credentials of the scheme Digest
     * @param method of the request
     * @param body of the request, which {@code qop=auth-int} covers
     * @param password as the device should know it
     * @return null when the credentials name an algorithm that is none of {@link DigestAlgorithm}, or lack what is hashed
     */
    public String expected(Authorization credentials, String method, byte[] body, String password) {
        return expected(credentials, credentials.realm(), credentials.uri(), method, body, password);
    }

    /** The same with another realm and digest-uri than the credentials name: to find out what a device mixed up. */
    public String expected(
            Authorization credentials, AsciiView realm, AsciiView uri, String method, byte[] body, String password) {
        AsciiView named = credentials.algorithm();
        DigestAlgorithm algorithm = named.isPresent()
                ? DigestAlgorithm.of(named.array(), named.offset(), named.length())
                : DigestAlgorithm.MD5;
        if (algorithm == null
                || !realm.isPresent()
                || !uri.isPresent()
                || !credentials.nonce().isPresent()) {
            return null;
        }
        response.begin(algorithm);
        CredentialQuery query =
                new CredentialQuery(realm.toBytes(), hasher).wrap(credentials.username(), false, algorithm);
        new SharedPasswordStore(password).ha1(query, response.ha1());
        response.session(credentials.nonce(), credentials.cnonce());
        byte[] name = method.getBytes(StandardCharsets.US_ASCII);
        AsciiView methodView = new AsciiView().wrap(name, 0, name.length);
        if (credentials.qop().equalsIgnoreCase("auth-int")) {
            response.computeHa2(methodView, uri, body, 0, body.length);
        } else {
            response.computeHa2(methodView, uri);
        }
        response.compute(credentials.nonce(), credentials.nc(), credentials.cnonce(), credentials.qop());
        return new String(response.expected(), 0, algorithm.hexLength(), StandardCharsets.US_ASCII);
    }
}

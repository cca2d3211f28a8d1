/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport;

import java.nio.file.Path;
import java.util.Objects;

/**
 * Certificates of TLS and WSS listening points, in PEM files.
 *
 * <p>Shared: immutable. The files are read when the stack is created and at each reload.
 *
 * @param certificate the certificate chain, this side's first
 * @param key its private key, PKCS#8
 * @param trusted certificates of those whose client certificates are accepted; null: the platform's
 * @param clientCertificates whether clients are asked for a certificate
 */
public record TlsConfig(Path certificate, Path key, Path trusted, ClientCertificates clientCertificates) {

    /** What is asked of clients. */
    public enum ClientCertificates {
        /** They are not asked. */
        NONE,
        /** They are asked, and admitted without one. */
        OPTIONAL,
        /** None gets in without one. */
        REQUIRED
    }

    /** Checks the parts. */
    public TlsConfig {
        Objects.requireNonNull(certificate, "certificate");
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(clientCertificates, "clientCertificates");
    }

    /** A server's certificate; clients need none. */
    public static TlsConfig of(Path certificate, Path key) {
        return new TlsConfig(certificate, key, null, ClientCertificates.NONE);
    }

    /** The same, with clients asked for certificates of those in a PEM file. */
    public TlsConfig withClientCertificates(Path trustedCertificates, ClientCertificates asked) {
        return new TlsConfig(certificate, key, trustedCertificates, asked);
    }
}

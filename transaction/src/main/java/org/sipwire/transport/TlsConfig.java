/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Certificates of TLS and WSS, of listening points and of connections this side opens, in PEM files.
 *
 * <p>Shared: immutable. The files are read when the stack is created and at each reload.
 *
 * @param identity what this side shows unless the peer asks for another name; null: nothing, it only opens connections
 * @param named what it shows to peers that ask for a name (SNI, RFC 6066 §3)
 * @param trusted certificates of those whose certificates are accepted, a PEM file; null: the platform's
 * @param clientCertificates whether clients are asked for a certificate
 */
public record TlsConfig(
        Identity identity, List<NamedIdentity> named, Path trusted, ClientCertificates clientCertificates) {

    /**
     * A certificate and its key.
     *
     * @param certificate the chain, this side's first
     * @param key the private key, PKCS#8, not encrypted
     */
    public record Identity(Path certificate, Path key) {
        /** Checks that nothing is missing. */
        public Identity {
            Objects.requireNonNull(certificate, "certificate");
            Objects.requireNonNull(key, "key");
        }
    }

    /**
     * A certificate for a name.
     *
     * @param host {@code sip.example.org} or {@code *.example.org}
     * @param identity its certificate and key
     */
    public record NamedIdentity(String host, Identity identity) {}

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
        Objects.requireNonNull(clientCertificates, "clientCertificates");
        named = List.copyOf(named);
    }

    /** A server's certificate; clients need none. */
    public static TlsConfig of(Path certificate, Path key) {
        return new TlsConfig(new Identity(certificate, key), List.of(), null, ClientCertificates.NONE);
    }

    /** A client's, without a certificate of its own; those the platform trusts are accepted. */
    public static TlsConfig client() {
        return new TlsConfig(null, List.of(), null, ClientCertificates.NONE);
    }

    /** The same, and another certificate for those who ask for a name. */
    public TlsConfig withNamed(String host, Path certificate, Path key) {
        List<NamedIdentity> more = new ArrayList<>(named);
        more.add(new NamedIdentity(host, new Identity(certificate, key)));
        return new TlsConfig(identity, more, trusted, clientCertificates);
    }

    /** The same, with peers accepted whose certificates are signed by those in a PEM file. */
    public TlsConfig withTrusted(Path certificates) {
        return new TlsConfig(identity, named, certificates, clientCertificates);
    }

    /** The same, with clients asked for certificates. */
    public TlsConfig withClientCertificates(ClientCertificates asked) {
        return new TlsConfig(identity, named, trusted, asked);
    }
}

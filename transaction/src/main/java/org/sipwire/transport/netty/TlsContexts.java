/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SniHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.DomainWildcardMappingBuilder;
import io.netty.util.Mapping;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import javax.net.ssl.SSLException;
import org.sipwire.transport.TlsConfig;
import org.sipwire.transport.TlsConfig.Identity;
import org.sipwire.transport.TlsConfig.NamedIdentity;

/**
 * The TLS contexts of a stack: OpenSSL when its library is present, else the JDK's. Any thread.
 *
 * <p>{@link #reload} replaces them; connections that are up keep what they have, new ones get the new certificate. One thread writes the
 * field, the loops read it when a connection comes.
 *
 * <p>Shared.
 */
public final class TlsContexts {

    /** What one reading of the files gave. */
    private record Loaded(SslContext server, Mapping<String, SslContext> byName, SslContext client) {}

    private final TlsConfig config;
    private volatile Loaded loaded;

    /**
     * Reads the files.
     *
     * @throws IllegalArgumentException with one line that names the file and what is wrong with it
     */
    public TlsContexts(TlsConfig config) {
        this.config = config;
        reload();
    }

    /**
     * Reads the files again; what was read before stays in force when they cannot be read.
     *
     * @throws IllegalArgumentException with one line that names the file and what is wrong with it
     */
    public void reload() {
        SslContext server = config.identity() == null ? null : serverContext(config.identity());
        Mapping<String, SslContext> byName = null;
        if (!config.named().isEmpty()) {
            DomainWildcardMappingBuilder<SslContext> names = new DomainWildcardMappingBuilder<>(server);
            for (NamedIdentity named : config.named()) {
                names.add(named.host(), serverContext(named.identity()));
            }
            byName = names.build();
        }
        loaded = new Loaded(server, byName, clientContext());
    }

    private SslContext serverContext(Identity identity) {
        File certificate = readable(identity.certificate(), "certificate");
        File key = readable(identity.key(), "key");
        try {
            Pem.checkPair(certificate, key);
            SslContextBuilder builder =
                    SslContextBuilder.forServer(certificate, key).sslProvider(provider());
            if (config.trusted() != null) {
                builder.trustManager(readable(config.trusted(), "trusted certificates"));
            }
            return builder.clientAuth(
                            switch (config.clientCertificates()) {
                                case NONE -> ClientAuth.NONE;
                                case OPTIONAL -> ClientAuth.OPTIONAL;
                                case REQUIRED -> ClientAuth.REQUIRE;
                            })
                    .build();
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            throw unusable(identity, e);
        }
    }

    private SslContext clientContext() {
        Identity identity = config.identity();
        try {
            SslContextBuilder builder = SslContextBuilder.forClient().sslProvider(provider());
            if (identity != null) {
                builder.keyManager(
                        identity.certificate().toFile(), identity.key().toFile());
            }
            if (config.trusted() != null) {
                builder.trustManager(readable(config.trusted(), "trusted certificates"));
            }
            return builder.build();
        } catch (SSLException | RuntimeException e) {
            throw identity != null
                    ? unusable(identity, e)
                    : new IllegalArgumentException("TLS cannot be used: " + rootMessage(e), e);
        }
    }

    /** PEM files as a context reads them. */
    private abstract static class Pem extends SslContext {
        private static final byte[] ANYTHING = {'s', 'i', 'p'};

        /** Refuses a key that is another certificate's, as a renewal leaves it that replaced one file alone: each handshake would fail. */
        static void checkPair(File certificate, File key) throws IOException, GeneralSecurityException {
            PrivateKey secret = toPrivateKey(key, null);
            PublicKey shown = toX509Certificates(certificate)[0].getPublicKey();
            String algorithm =
                    switch (secret.getAlgorithm()) {
                        case "RSA" -> "SHA256withRSA";
                        case "EC" -> "SHA256withECDSA";
                        case "EdDSA", "Ed25519", "Ed448" -> "EdDSA";
                        default -> null;
                    };
            if (algorithm != null && !fits(secret, shown, algorithm)) {
                throw new InvalidKeyException("the key is not the certificate's");
            }
        }

        private static boolean fits(PrivateKey secret, PublicKey shown, String algorithm)
                throws GeneralSecurityException {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(secret);
            signature.update(ANYTHING);
            byte[] signed = signature.sign();
            try {
                signature.initVerify(shown);
                signature.update(ANYTHING);
                return signature.verify(signed);
            } catch (InvalidKeyException | SignatureException e) {
                // Of another algorithm, or of another length.
                return false;
            }
        }
    }

    private static SslProvider provider() {
        return OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
    }

    private static File readable(Path path, String what) {
        if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
            throw new IllegalArgumentException("the TLS " + what + " file " + path + " cannot be read");
        }
        return path.toFile();
    }

    private static IllegalArgumentException unusable(Identity identity, Exception e) {
        return new IllegalArgumentException(
                "the TLS certificate " + identity.certificate() + " and key " + identity.key() + " cannot be used: "
                        + rootMessage(e),
                e);
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String text = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }

    ChannelHandler serverHandler(ByteBufAllocator allocator) {
        Loaded now = loaded;
        return now.byName() == null ? now.server().newHandler(allocator) : new SniHandler(now.byName());
    }

    /** A handler that also checks that the peer's certificate is for the host that was dialled. */
    ChannelHandler clientHandler(ByteBufAllocator allocator, InetSocketAddress to) {
        return loaded.client().newHandler(allocator, to.getHostString(), to.getPort());
    }
}

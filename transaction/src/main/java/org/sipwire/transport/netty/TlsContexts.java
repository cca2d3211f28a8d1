/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLException;
import org.sipwire.transport.TlsConfig;

/**
 * The TLS contexts of a stack: OpenSSL when its library is present, else the JDK's. Any thread.
 *
 * <p>{@link #reload} replaces them; connections that are up keep what they have, new ones get the new certificate. One thread writes the
 * field, the loops read it when a connection comes.
 *
 * <p>Shared.
 */
public final class TlsContexts {
    private final TlsConfig config;
    private volatile SslContext server;
    private volatile SslContext client;

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
        File certificate = readable(config.certificate(), "certificate");
        File key = readable(config.key(), "key");
        File trusted = config.trusted() == null ? null : readable(config.trusted(), "trusted certificates");
        SslProvider provider = provider();
        try {
            SslContextBuilder serverBuilder =
                    SslContextBuilder.forServer(certificate, key).sslProvider(provider);
            SslContextBuilder clientBuilder =
                    SslContextBuilder.forClient().sslProvider(provider).keyManager(certificate, key);
            if (trusted != null) {
                serverBuilder.trustManager(trusted);
                clientBuilder.trustManager(trusted);
            }
            serverBuilder.clientAuth(
                    switch (config.clientCertificates()) {
                        case NONE -> ClientAuth.NONE;
                        case OPTIONAL -> ClientAuth.OPTIONAL;
                        case REQUIRED -> ClientAuth.REQUIRE;
                    });
            SslContext newServer = serverBuilder.build();
            client = clientBuilder.build();
            server = newServer;
        } catch (SSLException | RuntimeException e) {
            throw new IllegalArgumentException(
                    "TLS certificate " + config.certificate() + " with key " + config.key() + ": " + rootMessage(e), e);
        }
    }

    private static SslProvider provider() {
        return OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
    }

    private static File readable(Path path, String what) {
        if (!Files.isReadable(path)) {
            throw new IllegalArgumentException("TLS " + what + " file " + path + " cannot be read");
        }
        return path.toFile();
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

    SslHandler serverHandler(ByteBufAllocator allocator) {
        return server.newHandler(allocator);
    }

    SslHandler clientHandler(ByteBufAllocator allocator) {
        return client.newHandler(allocator);
    }
}

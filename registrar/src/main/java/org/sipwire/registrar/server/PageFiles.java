/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * The live page and what belongs to it. It holds nothing of the server: its script asks {@code /v1} as any client does.
 *
 * <p>Thread: the endpoint's loop. Shared.
 */
final class PageFiles {
    /** Only what this server sends is run, shown or asked, whatever got into the page. */
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:;"
                    + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private record File(String type, byte[] content) {}

    private final Map<String, File> files = Map.of(
            "/", load("index.html", "text/html; charset=utf-8"),
            "/page.css", load("page.css", "text/css; charset=utf-8"),
            "/page.js", load("page.js", "text/javascript; charset=utf-8"));

    private static File load(String name, String type) {
        try (InputStream in = PageFiles.class.getResourceAsStream("page/" + name)) {
            return new File(type, in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether a path is one of the page's. */
    boolean has(String path) {
        return files.containsKey(path);
    }

    /** Answers with the file of a path that {@link #has}. */
    void handle(HttpExchange exchange) {
        if (exchange.isReading()) {
            File file = files.get(exchange.path());
            exchange.page(file.type, Unpooled.wrappedBuffer(file.content), POLICY);
        } else {
            exchange.methodNotAllowed("GET, HEAD");
        }
    }
}

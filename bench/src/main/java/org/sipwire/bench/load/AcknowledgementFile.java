/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * What was acknowledged, as lines of a file: the second of the wall clock at which the registration was sent, the one at which it was
 * granted, the address-of-record, the seconds asked for, the Call-ID; blanks between them.
 *
 * <p>One thread. Owned: close it.
 */
final class AcknowledgementFile implements Acknowledgements, AutoCloseable {
    private final BufferedWriter lines;

    AcknowledgementFile(Path file) throws IOException {
        lines = Files.newBufferedWriter(file, StandardCharsets.UTF_8);
    }

    @Override
    public void acknowledged(String aor, int expiresSeconds, String callId, long sentNanos, long acknowledgedNanos) {
        double now = System.currentTimeMillis() / 1e3;
        double sent = now - (acknowledgedNanos - sentNanos) / 1e9;
        try {
            lines.write(String.format(Locale.ROOT, "%.3f %.3f %s %d %s%n", sent, now, aor, expiresSeconds, callId));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Datagrams that the kernel dropped because a socket's buffer was full: the last column of {@code /proc/net/udp}. 0 elsewhere.
 *
 * <p>Any thread. Owned: holds the count at its creation.
 */
final class KernelDrops {
    private static final List<Path> TABLES = List.of(Path.of("/proc/net/udp"), Path.of("/proc/net/udp6"));

    private final IntPredicate localPort;
    private final long before;

    KernelDrops(IntPredicate localPort) {
        this.localPort = localPort;
        this.before = count();
    }

    long sinceStart() {
        return Math.max(0, count() - before);
    }

    private long count() {
        long total = 0;
        for (Path table : TABLES) {
            try {
                if (Files.isReadable(table)) {
                    total += sum(Files.readAllLines(table, StandardCharsets.ISO_8859_1), localPort);
                }
            } catch (IOException e) {
                return 0;
            }
        }
        return total;
    }

    static long sum(List<String> lines, IntPredicate localPort) {
        long total = 0;
        for (String line : lines) {
            String[] columns = line.trim().split("\\s+");
            int colon = columns.length > 12 ? columns[1].indexOf(':') : -1;
            if (colon > 0 && localPort.test(Integer.parseInt(columns[1].substring(colon + 1), 16))) {
                total += Long.parseLong(columns[columns.length - 1]);
            }
        }
        return total;
    }
}

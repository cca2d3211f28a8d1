/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * CPU time of processes on this machine: the first column of {@code /proc/PID/task/TID/schedstat}, in nanoseconds, summed over threads.
 *
 * <p>Any thread. Owned: holds the time at its creation.
 */
final class ServerCpu {
    private final List<Long> pids;
    private final double before;

    ServerCpu(List<Long> pids) {
        this.pids = pids;
        this.before = seconds();
    }

    /** NaN when no process was named, or one cannot be read. */
    double sinceStart() {
        return seconds() - before;
    }

    private double seconds() {
        if (pids.isEmpty()) {
            return Double.NaN;
        }
        long nanos = 0;
        for (long pid : pids) {
            try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
                for (Path thread : threads) {
                    String text = Files.readString(thread.resolve("schedstat"), StandardCharsets.ISO_8859_1);
                    nanos += Long.parseLong(text.substring(0, text.indexOf(' ')));
                }
            } catch (IOException e) {
                return Double.NaN;
            }
        }
        return nanos / 1e9;
    }
}

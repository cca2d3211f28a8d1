/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.util.List;

/**
 * A finished run.
 *
 * @param seconds from the first arrival to the last answer
 * @param limits why the generator, not the server, may have set the figures; empty when it did not
 * @param failures the conditions of {@code --fail-on} that hold
 */
record LoadResult(
        LoadOptions options,
        LoadStats stats,
        double seconds,
        Generator generator,
        List<String> limits,
        List<String> failures) {
    /**
     * How the generator itself did.
     *
     * @param cpu share of one core that its event loop used
     * @param socketDrops datagrams the kernel dropped at its own sockets
     * @param targetDrops datagrams the kernel dropped at the target's port during the run, when that is on this machine
     * @param serverCpuSeconds CPU time of the processes named by {@code --pid}, NaN without
     * @param receiveBuffer octets of SO_RCVBUF granted, 0 for streams
     */
    record Generator(
            double cpu,
            double busiestSecond,
            long socketDrops,
            long targetDrops,
            int receiveBuffer,
            long gcMillis,
            double serverCpuSeconds) {}

    double donePerSecond() {
        return stats.totalDone() / seconds;
    }

    double serverMicrosPerCycle() {
        return generator.serverCpuSeconds() * 1e6 / Math.max(1, stats.totalDone());
    }

    /** Null for a run without a surge. */
    Surge surge() {
        return Surge.of(options, stats.seconds());
    }

    int exitStatus() {
        return failures.isEmpty() ? 0 : 1;
    }

    LoadResult withFailures(List<String> found) {
        return new LoadResult(options, stats, seconds, generator, limits, found);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.sipwire.bench.load.FleetServer;

/** Takes samples of a server. Confined to its thread. */
final class Probe {
    private final FleetServer server;
    private final long pid;
    private double longestPause;
    private double largestLag;

    /** Of a server by its endpoint, and its process on this machine, 0 when that is not known. */
    Probe(String http, long pid) {
        this.server = new FleetServer(http, pid);
        this.pid = pid;
    }

    /**
     * Looks once.
     *
     * @param collect whether garbage is collected first: the heap is in the sample only then
     */
    Map<Gauge, Double> sample(boolean collect) throws IOException, InterruptedException {
        if (collect) {
            server.collect();
        }
        List<String> lines = server.metrics();
        Map<Gauge, Double> sample = new EnumMap<>(Gauge.class);
        for (Gauge gauge : Gauge.values()) {
            if (!gauge.isOfProcess() && (gauge != Gauge.HEAP || collect)) {
                lines.stream().filter(gauge::owns).forEach(line -> sample.merge(gauge, value(line), Double::sum));
            }
        }
        for (String line : lines) {
            // A collection that was asked for is not the server's doing.
            if (line.startsWith("jvm_gc_pause_seconds_max") && !line.contains("Diagnostic Command")) {
                longestPause = Math.max(longestPause, value(line));
            } else if (line.startsWith("sip_loop_lag_max_seconds ")) {
                largestLag = Math.max(largestLag, value(line));
            }
        }
        if (pid != 0) {
            for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
                if (line.startsWith("VmRSS:")) {
                    sample.put(Gauge.RESIDENT, digits(line) * 1024);
                } else if (line.startsWith("Threads:")) {
                    sample.put(Gauge.THREADS, digits(line));
                }
            }
            try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
                sample.put(Gauge.DESCRIPTORS, (double) descriptors.count());
            }
        }
        return sample;
    }

    private static double value(String line) {
        return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
    }

    private static double digits(String line) {
        return Double.parseDouble(line.replaceAll("\\D", ""));
    }

    /** The longest pause of the collector that a sample told of, in milliseconds; not of collections asked for. */
    double longestPauseMillis() {
        return longestPause * 1e3;
    }

    /** The largest lag of an event loop that a sample told of, in milliseconds. */
    double largestLagMillis() {
        return largestLag * 1e3;
    }
}

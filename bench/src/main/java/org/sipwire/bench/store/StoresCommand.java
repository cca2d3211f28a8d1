/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.sipwire.bench.load.LoadGenerator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares the stores of the registrar: how many registrations a second, and how late at half of that. */
@Command(
        name = "stores",
        mixinStandardHelpOptions = true,
        description =
                "Registrars with different stores in turns under the same closed-loop load, then each at half of its own rate;"
                        + " prints the medians and the ratio of each to memory.")
public final class StoresCommand implements Callable<Integer> {

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "3", description = "Rounds (${DEFAULT-VALUE}).")
    int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "4",
            description = "Length of each measurement (${DEFAULT-VALUE}).")
    int seconds;

    @Option(
            names = "--window",
            paramLabel = "N",
            defaultValue = "128",
            description = "Registrations in flight under full load (${DEFAULT-VALUE}).")
    int window;

    @Option(
            names = "--users",
            paramLabel = "N",
            defaultValue = "50000",
            description = "Users that take turns (${DEFAULT-VALUE}).")
    int users;

    @Option(
            names = "--scenario",
            paramLabel = "NAME",
            defaultValue = "register",
            description = "As of the command load (${DEFAULT-VALUE}).")
    String scenario;

    @Option(names = "--redis", paramLabel = "URI", description = "Measures this Redis too.")
    String redis;

    @Option(
            names = "--directory",
            paramLabel = "DIR",
            description =
                    "Where RocksDB's directories are made: the disk that is measured (the system's temporary folder).")
    Path parent;

    @Option(
            names = "--min-share",
            paramLabel = "PERCENT",
            defaultValue = "0",
            description = "Fails when RocksDB with sync does less than this share of memory's rate (${DEFAULT-VALUE}).")
    double minShare;

    @Option(
            names = "--max-p99",
            paramLabel = "MS",
            defaultValue = "0",
            description = "Fails when its p99 at half load is longer; 0 for no bound (${DEFAULT-VALUE}).")
    double maxP99Millis;

    @Option(
            names = "--pin",
            description = "Servers on core 0, the load where it is: start this command by taskset -c 1.")
    boolean pin;

    /** What was measured of one store. */
    private record Measured(List<Double> rates, List<Double> p50s, List<Double> p99s, List<Double> fullP99s) {
        Measured() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }
    }

    @Override
    public Integer call() throws Exception {
        Path directory =
                parent == null ? Files.createTempDirectory("stores") : Files.createTempDirectory(parent, "stores");
        Map<String, ServerProcess> servers = new LinkedHashMap<>();
        try {
            servers.put("memory", start("--store", "memory"));
            servers.put("rocksdb sync", start("--store", "rocksdb:" + directory.resolve("sync")));
            servers.put(
                    "rocksdb async",
                    start("--store", "rocksdb:" + directory.resolve("async"), "--store-sync", "false"));
            if (redis != null) {
                servers.put("redis", start("--store", redis));
            }
            return measure(servers);
        } finally {
            servers.values().forEach(ServerProcess::close);
            Directories.delete(directory);
        }
    }

    private ServerProcess start(String... options) throws IOException {
        List<String> command = new ArrayList<>(pin ? List.of("taskset", "-c", "0") : List.of());
        command.add(ServerProcess.launcher());
        List<String> words = new ArrayList<>(List.of(options));
        words.addAll(List.of("--threads", "1"));
        return ServerProcess.start(command, words.toArray(String[]::new));
    }

    private int measure(Map<String, ServerProcess> servers) {
        Map<String, Measured> figures = new LinkedHashMap<>();
        // Whoever is measured first must not be the one that is still being compiled.
        servers.forEach((name, server) -> {
            load(server, "--window", "" + window, "--duration", 2 * seconds + "s");
            figures.put(name, new Measured());
        });
        for (int round = 1; round <= rounds; round++) {
            for (Map.Entry<String, ServerProcess> entry : servers.entrySet()) {
                LoadGenerator.Figures full =
                        load(entry.getValue(), "--window", "" + window, "--duration", seconds + "s");
                int half = (int) Math.max(1, full.donePerSecond() / 2);
                LoadGenerator.Figures calm = load(entry.getValue(), "--rate", "" + half, "--duration", seconds + "s");
                Measured measured = figures.get(entry.getKey());
                measured.rates().add(full.donePerSecond());
                measured.fullP99s().add(full.p99Millis());
                measured.p50s().add(calm.p50Millis());
                measured.p99s().add(calm.p99Millis());
                System.out.printf(
                        Locale.ROOT,
                        "round %d: %s %.0f/s; at %d/s p50 %.2f ms, p99 %.2f ms%s%n",
                        round,
                        entry.getKey(),
                        full.donePerSecond(),
                        half,
                        calm.p50Millis(),
                        calm.p99Millis(),
                        full.errors() + calm.errors() == 0 ? "" : ", " + (full.errors() + calm.errors()) + " errors");
            }
        }
        return report(figures);
    }

    private int report(Map<String, Measured> figures) {
        double memory = median(figures.get("memory").rates());
        System.out.printf(
                Locale.ROOT,
                "%d rounds of %d s, %s, %d in flight, %d users; medians%n%-14s %14s %10s %14s %14s %14s%n",
                rounds,
                seconds,
                scenario,
                window,
                users,
                "store",
                "registrations/s",
                "of memory",
                "p99 ms full",
                "p50 ms half",
                "p99 ms half");
        figures.forEach((name, measured) -> System.out.printf(
                Locale.ROOT,
                "%-14s %14.0f %9.0f%% %14.2f %14.2f %14.2f%n",
                name,
                median(measured.rates()),
                100 * median(measured.rates()) / memory,
                median(measured.fullP99s()),
                median(measured.p50s()),
                median(measured.p99s())));
        Measured sync = figures.get("rocksdb sync");
        boolean fast = 100 * median(sync.rates()) / memory >= minShare;
        boolean prompt = maxP99Millis == 0 || median(sync.p99s()) <= maxP99Millis;
        return fast && prompt ? 0 : 1;
    }

    private LoadGenerator.Figures load(ServerProcess server, String... how) {
        List<String> words = new ArrayList<>(List.of(
                "--target",
                server.address("udp"),
                "--scenario",
                scenario,
                "--users",
                "" + users,
                "--source-port",
                "5100",
                "--password",
                ServerProcess.PASSWORD,
                "--domain",
                ServerProcess.DOMAIN));
        words.addAll(List.of(how));
        return LoadGenerator.start(null, words.toArray(String[]::new)).figures();
    }

    private static double median(List<Double> values) {
        return values.stream()
                .mapToDouble(v -> v)
                .sorted()
                .skip(values.size() / 2)
                .findFirst()
                .orElse(Double.NaN);
    }
}

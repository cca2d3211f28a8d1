/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.soak;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.sipwire.bench.load.LoadGenerator;
import org.sipwire.bench.store.ServerProcess;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code soak}. Confined to its thread. */
@Command(
        name = "soak",
        sortOptions = false,
        usageHelpAutoWidth = true,
        mixinStandardHelpOptions = true,
        description = {
            "Mixed load for a long time against a server that it starts, or that is named: users at random register, refresh, expire",
            "and unregister over UDP and TCP, 1 %% of what is sent is broken, connections are lost, devices of GB/T 28181 keep alive.",
            "Looks at memory, descriptors, threads and tables meanwhile, and lays a line through each figure after the first third;",
            "a load of less than five minutes is too short for a verdict on lines."
        },
        footer = {
            "",
            "Exit status: 0 when nothing grows, too little failed, and a server of its own has let go of everything in the end.",
            "",
            "  bench/run soak --minutes 30 --rate 10000 --pin --json soak.json"
        })
public final class SoakCommand implements Callable<Integer> {
    /** Timer J (RFC 3261 §17.2.2) over UDP, and some for a busy machine. */
    private static final int LAST_TRANSACTION_SECONDS = 50;

    private static final int DEVICE_TURN_SECONDS = 20;
    /** A name so long is a plain user's to the platform, which would ask each device for its catalogue. */
    private static final int LONGER_THAN_DEVICE_ID = 65;

    private static final double COLLECT_SECONDS = 60;
    /** Tables need a minute or two to fill: what grows in less says nothing. */
    private static final double SHORTEST_MINUTES = 5;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "30",
            description = "How long load goes on; 0.5 is half a minute (${DEFAULT-VALUE}).")
    double minutes;

    @Option(
            names = "--rate",
            paramLabel = "R",
            defaultValue = "2000",
            description =
                    "Arrivals a second in all: 70 %% over UDP, 20 %% over TCP, 10 %% of devices (${DEFAULT-VALUE}).")
    int rate;

    @Option(
            names = "--expires",
            paramLabel = "SECONDS",
            defaultValue = "20",
            description = "Of registrations; a user comes again after so long on the average (${DEFAULT-VALUE}).")
    int expires;

    @Option(
            names = "--every",
            paramLabel = "SECONDS",
            defaultValue = "10",
            description = "Between two looks (${DEFAULT-VALUE}).")
    double every;

    @Option(
            names = "--max-errors",
            paramLabel = "PERCENT",
            defaultValue = "0.1",
            description = "Of cycles that may fail (${DEFAULT-VALUE}).")
    double maxErrors;

    @Option(names = "--udp", paramLabel = "H:P", description = "A server that runs already; with --tcp and --http.")
    String udp;

    @Option(names = "--tcp", paramLabel = "H:P", description = "Its TCP listener.")
    String tcp;

    @Option(names = "--http", paramLabel = "H:P", description = "Its endpoint.")
    String http;

    @Option(names = "--pid", paramLabel = "PID", description = "Its process, when that is on this machine.")
    long pid;

    @Option(
            names = "--password",
            paramLabel = "TEXT",
            defaultValue = ServerProcess.PASSWORD,
            description = "Of every user (${DEFAULT-VALUE}).")
    String password;

    @Option(
            names = "--realm",
            paramLabel = "NAME",
            defaultValue = ServerProcess.DOMAIN,
            description = "Its realm and domain (${DEFAULT-VALUE}).")
    String realm;

    @Option(
            names = "--platform",
            paramLabel = "ID",
            defaultValue = "34020000002000000001",
            description = "Its GB/T 28181 ID (${DEFAULT-VALUE}).")
    String platform;

    @Option(
            names = "--java-opts",
            paramLabel = "TEXT",
            defaultValue = "-Xms1500m -Xmx1500m -XX:+AlwaysPreTouch",
            description =
                    "For the JVM of the server it starts: a heap that is touched in advance, so that what is resident grows by"
                            + " leaks alone (${DEFAULT-VALUE}).")
    String javaOptions;

    @Option(
            names = "--pin",
            description = "The server it starts on core 0, the load where it is: start this command by taskset -c 1.")
    boolean pin;

    @Option(names = "--json", paramLabel = "FILE", description = "Writes samples and trends as JSON.")
    Path json;

    @Spec
    private CommandSpec spec;

    private final Series series = new Series();

    @Override
    public Integer call() throws Exception {
        boolean isNamed = udp != null;
        require(
                isNamed == (tcp != null) && isNamed == (http != null),
                "--udp, --tcp and --http name a server together");
        require(minutes > 0 && every > 0 && expires > 0 && rate >= 10, "times must be above 0, and --rate 10 or more");
        SoakReport report = new SoakReport(series, minutes * 60 / 3, minutes >= SHORTEST_MINUTES);
        if (isNamed) {
            run(report, new Probe(http, pid));
        } else {
            try (ServerProcess server = start()) {
                udp = hostPort(server.address("udp"));
                tcp = hostPort(server.address("tcp"));
                Probe probe = new Probe(hostPort(server.address("http")), server.pid());
                run(report, probe);
                drain(report, probe);
                readLog(report, server);
                if (!server.stop()) {
                    report.fail("the server did not end in order");
                }
            }
        }
        int status = report.print(System.out);
        if (json != null) {
            report.writeJson(json);
        }
        return status;
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new CommandLine.ParameterException(spec.commandLine(), otherwise);
        }
    }

    private static String hostPort(String uri) {
        URI parsed = URI.create(uri);
        return parsed.getHost() + ':' + parsed.getPort();
    }

    private ServerProcess start() throws IOException {
        List<String> command = new ArrayList<>(List.of("env", "SIPWIRE_JAVA_OPTS=" + javaOptions));
        command.addAll(pin ? List.of("taskset", "-c", "0") : List.of());
        command.add(ServerProcess.launcher());
        return ServerProcess.start(
                command,
                "--listen",
                "tcp://127.0.0.1:0",
                "--store",
                "memory",
                "--threads",
                "1",
                "--gb28181",
                platform,
                "--min-expires",
                Integer.toString(Math.min(expires, 60)));
    }

    private void run(SoakReport report, Probe probe) throws Exception {
        Map<String, LoadGenerator> generators = generators();
        double seconds = minutes * 60;
        long begun = System.nanoTime();
        double collected = 0;
        for (double now = sleepUntil(begun, every); now <= seconds; now = sleepUntil(begun, now + every)) {
            if (generators.values().stream().anyMatch(LoadGenerator::isOver)) {
                report.fail("a generator ended before its time");
                generators.values().forEach(LoadGenerator::stop);
                break;
            }
            boolean collect = now - collected >= Math.min(COLLECT_SECONDS, seconds / 20);
            collected = collect ? now : collected;
            series.add(now, probe.sample(collect));
            System.out.println(
                    SoakReport.line(series.samples().get(series.samples().size() - 1)));
            System.out.flush();
        }
        for (Map.Entry<String, LoadGenerator> entry : generators.entrySet()) {
            print(report, entry.getKey(), entry.getValue().figures());
        }
        System.out.printf(
                Locale.ROOT,
                "longest pause of the collector %.1f ms, largest lag of a loop %.1f ms (collections asked for included)%n",
                probe.longestPauseMillis(),
                probe.largestLagMillis());
    }

    private void print(SoakReport report, String name, LoadGenerator.Figures figures) {
        System.out.printf(
                Locale.ROOT,
                "%s: %d done, %.0f/s, p50 %.2f ms, p99 %.2f ms, %d broken on purpose, %d errors%s%s%n",
                name,
                figures.done(),
                figures.donePerSecond(),
                figures.p50Millis(),
                figures.p99Millis(),
                figures.disturbances(),
                figures.errors(),
                figures.errorKinds(),
                figures.limits().isEmpty() ? "" : "; the generator was the limit: " + figures.limits());
        if (figures.errors() * 100.0 > maxErrors * figures.done()) {
            report.fail(figures.errors() + " errors " + name);
        }
    }

    private Map<String, LoadGenerator> generators() {
        int devices = Math.max(1, rate / 10);
        int overTcp = Math.max(1, rate / 5);
        int overUdp = Math.max(1, rate - devices - overTcp);
        Map<String, LoadGenerator> generators = new LinkedHashMap<>();
        generators.put("churn over UDP", churn("udp://" + udp, "u", overUdp, 64));
        generators.put("churn over TCP", churn("tcp://" + tcp, "t", overTcp, 200));
        generators.put(
                "devices over UDP",
                generator(
                        "gb28181",
                        "udp://" + udp,
                        devices,
                        devices * DEVICE_TURN_SECONDS,
                        16,
                        "--platform=" + platform));
        return generators;
    }

    private LoadGenerator churn(String target, String prefix, int perSecond, int connections) {
        return generator(
                "churn",
                target,
                perSecond,
                perSecond * expires,
                connections,
                "--user-prefix=" + prefix.repeat(LONGER_THAN_DEVICE_ID),
                "--expires=" + expires);
    }

    private LoadGenerator generator(
            String scenario, String target, int perSecond, int users, int connections, String... more) {
        List<String> words = new ArrayList<>(List.of(
                "--scenario=" + scenario,
                "--target=" + target,
                "--rate=" + perSecond,
                "--users=" + users,
                "--connections=" + connections,
                "--duration=" + Math.round(minutes * 60_000) + "ms",
                "--password=" + password,
                "--realm=" + realm));
        words.addAll(List.of(more));
        return LoadGenerator.start(null, words.toArray(String[]::new));
    }

    /** Returns the second it is then, which is a later one when the look before took long. */
    private static double sleepUntil(long begunNanos, double second) throws InterruptedException {
        long wait = begunNanos + (long) (second * 1e9) - System.nanoTime();
        if (wait > 0) {
            Thread.sleep(wait / 1_000_000, (int) (wait % 1_000_000));
        }
        return (System.nanoTime() - begunNanos) / 1e9;
    }

    /** After the load the server must come to hold the devices alone, whose registrations last. */
    private void drain(SoakReport report, Probe probe) throws Exception {
        double seconds = Math.max(LAST_TRANSACTION_SECONDS, expires + 10);
        long begun = System.nanoTime();
        Map<Gauge, Double> left;
        do {
            Thread.sleep(1000);
            left = probe.sample(false);
        } while (!isDrained(left) && System.nanoTime() - begun < seconds * 1e9);
        System.out.printf(
                Locale.ROOT,
                "%.0f s after the load: %.0f transactions, %.0f connections, %.0f bindings of %.0f devices, %.0f pending%n",
                (System.nanoTime() - begun) / 1e9,
                left.get(Gauge.TRANSACTIONS),
                left.get(Gauge.CONNECTIONS),
                left.get(Gauge.BINDINGS),
                left.get(Gauge.DEVICES),
                left.get(Gauge.PENDING));
        if (!isDrained(left)) {
            report.fail("the server still holds something after the load");
        }
        // A leaked buffer is reported when the next one is taken after its collection.
        probe.sample(true);
        probe.sample(true);
    }

    private static boolean isDrained(Map<Gauge, Double> left) {
        return left.get(Gauge.TRANSACTIONS) == 0
                && left.get(Gauge.CONNECTIONS) == 0
                && left.get(Gauge.BINDINGS) <= left.get(Gauge.DEVICES)
                && left.get(Gauge.PENDING) == 0;
    }

    private static void readLog(SoakReport report, ServerProcess server) throws IOException {
        List<String> bad = server.errors().stream()
                .filter(line -> line.contains("LEAK") || line.contains("ERROR"))
                .toList();
        if (!bad.isEmpty()) {
            bad.stream().limit(10).forEach(System.out::println);
            report.fail(bad.size() + " lines of the server's log tell of leaks or errors");
        }
    }
}

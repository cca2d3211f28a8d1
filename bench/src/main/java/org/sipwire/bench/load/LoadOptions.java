/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The command {@code load}: options, and their check before anything is sent.
 *
 * <p>Immutable once parsed. Shared.
 */
@Command(
        name = "load",
        sortOptions = false,
        usageHelpAutoWidth = true,
        mixinStandardHelpOptions = true,
        description = "An open-loop load generator for any SIP registrar.",
        footer = {
            "",
            "Arrivals keep to their schedule whether or not the server does, and latency counts from the intended moment.",
            "Exit status: 0 when no --fail-on condition holds, 1 when one does, 2 for bad options.",
            "",
            "  bench/run load --target udp://127.0.0.1:5060 --users 10000 --rate 2000 --duration 10"
        })
public final class LoadOptions implements Callable<Integer>, Cloneable {
    private static final Pattern TARGET =
            Pattern.compile("(udp|tcp|tls)://(\\[[0-9a-fA-F:.]+]|[^:/\\[\\]]+):(\\d{1,5})");
    private static final Pattern TIME = Pattern.compile("(\\d+(?:\\.\\d+)?)(ms|s|m|h)?");
    private static final long NANOS = 1_000_000_000L;

    @Option(
            names = "--target",
            required = true,
            paramLabel = "URI",
            description = "udp://H:P, tcp://H:P or tls://H:P (any certificate).")
    String target;

    @Option(
            names = "--users",
            paramLabel = "N",
            defaultValue = "10000",
            description = "How many users take turns (${DEFAULT-VALUE}).")
    int users;

    @Option(
            names = "--rate",
            paramLabel = "R",
            defaultValue = "100",
            description = "Arrivals a second (${DEFAULT-VALUE}).")
    int rate;

    @Option(
            names = "--window",
            paramLabel = "N",
            defaultValue = "0",
            description = "Closed loop instead of --rate: N cycles are always in flight (0: off).")
    int window;

    @Option(
            names = "--surge",
            paramLabel = "FACTOR",
            defaultValue = "1",
            description =
                    "In the middle third of the time arrivals come so many times as often: what is done meanwhile, and when it is over.")
    double surge;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "How long arrivals go on: 10, 10s, 500ms, 5m (${DEFAULT-VALUE}).")
    String duration;

    @Option(
            names = "--scenario",
            paramLabel = "NAME",
            defaultValue = "register",
            description = {
                "register: REGISTER, 401, REGISTER, 200.",
                "refresh: the same registration again, the last challenge answered in advance.",
                "unregister: Contact: * with Expires: 0.",
                "gb28181: register, keep-alive, Catalog answers.",
                "mixed: 70 %% refresh, 20 %% register, 10 %% unregister.",
                "churn: mixed, by users at random, 1 %% broken requests or lost connections (${DEFAULT-VALUE})."
            })
    Scenario scenario;

    @Option(
            names = "--password",
            paramLabel = "TEXT",
            defaultValue = "12345678",
            description = "The password of every user (${DEFAULT-VALUE}).")
    String password;

    @Option(
            names = "--realm",
            paramLabel = "NAME",
            description = "Same as --domain, for registrars whose realm is their domain.")
    String realm;

    @Option(
            names = "--domain",
            paramLabel = "NAME",
            description = "Host of Request-URI, From and To (example.org; 3402000000 for gb28181).")
    String domain;

    @Option(
            names = "--expires",
            paramLabel = "SECONDS",
            defaultValue = "3600",
            description = "Expires of a registration (${DEFAULT-VALUE}).")
    int expires;

    @Option(
            names = "--user-prefix",
            paramLabel = "TEXT",
            defaultValue = "3402000000132",
            description = "What user names begin with (${DEFAULT-VALUE}).")
    String userPrefix;

    @Option(
            names = "--user-digits",
            paramLabel = "N",
            defaultValue = "7",
            description = "Digits after the prefix, zeros kept (${DEFAULT-VALUE}).")
    int userDigits;

    @Option(
            names = "--platform",
            paramLabel = "ID",
            defaultValue = "34020000002000000001",
            description = "gb28181: ID of the platform (${DEFAULT-VALUE}).")
    String platform;

    @Option(
            names = "--channels",
            paramLabel = "N",
            defaultValue = "4",
            description = "gb28181: channels in a device's catalogue (${DEFAULT-VALUE}).")
    int channels;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "1",
            description = "Connections, or UDP source ports (${DEFAULT-VALUE}).")
    int connections;

    @Option(
            names = "--source-port",
            paramLabel = "PORT",
            defaultValue = "0",
            description = "First local port, so that a later run has the same Contacts (any).")
    int sourcePort;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            defaultValue = "32s",
            description = "How long a request waits for its final answer (${DEFAULT-VALUE}).")
    String timeout;

    @Option(
            names = "--t1",
            paramLabel = "TIME",
            defaultValue = "500ms",
            description = "RFC 3261 T1: the first retransmission over UDP (${DEFAULT-VALUE}).")
    String t1;

    @Option(
            names = "--max-in-flight",
            paramLabel = "N",
            defaultValue = "131072",
            description = "Cycles at a time; more is error 'overflow' (${DEFAULT-VALUE}).")
    int maxInFlight;

    @Option(
            names = "--warm-up",
            paramLabel = "TIME",
            defaultValue = "0",
            description = {
                "The same load goes on for so long before what is counted: what a server and this generator",
                "cost while they are compiled is then left out (${DEFAULT-VALUE})."
            })
    String warmUp;

    @Option(
            names = "--no-warm-up",
            description = "Do not first exercise the generator's own code for two seconds against canned answers.")
    boolean noWarmUp;

    @Option(
            names = "--pid",
            paramLabel = "PID",
            split = ",",
            description = "Processes of the server on this machine: reports their CPU time for each cycle.")
    List<Long> pids = List.of();

    @Option(names = "--json", paramLabel = "FILE", description = "Writes the figures as JSON.")
    Path json;

    @Option(
            names = "--acknowledged",
            paramLabel = "FILE",
            description = "Writes a line for each granted registration: sent, granted, address, seconds, Call-ID.")
    Path acknowledged;

    @Option(names = "--html", paramLabel = "FILE", description = "Writes a self-contained report with plots.")
    Path html;

    @Option(
            names = "--fail-on",
            paramLabel = "CONDITION",
            description = {
                "Repeatable: errors>0 (the default), p99>5ms, done<1000, rate<1990, retransmissions>0,",
                "limited>0 (the generator was the limit). Operators: > >= < <=."
            })
    List<String> failOn = new ArrayList<>(List.of());

    @Spec
    CommandSpec spec;

    private boolean isFleet;
    private String transport;
    private String host;
    private int port;
    private long durationNanos;
    private long timeoutNanos;
    private long t1Nanos;
    private long warmUpNanos;
    private List<FailOn> conditions = List.of();

    /** The options as the command line would read them. */
    static LoadOptions parse(String... args) {
        LoadOptions options = new LoadOptions();
        commandLine(options).parseArgs(args);
        options.check();
        return options;
    }

    /** The options of one transport of a fleet. */
    static LoadOptions fleet(String... args) {
        LoadOptions options = new LoadOptions();
        options.isFleet = true;
        commandLine(options).parseArgs(args);
        options.scenario = Scenario.FLEET;
        options.check();
        return options;
    }

    private static CommandLine commandLine(LoadOptions options) {
        return new CommandLine(options)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOverwrittenOptionsAllowed(true);
    }

    @Override
    public Integer call() throws Exception {
        check();
        return new LoadRun(this, System.out).run();
    }

    void check() {
        Matcher matcher = TARGET.matcher(target);
        require(scenario != Scenario.FLEET || isFleet, "--scenario fleet is a command of its own: bench/run fleet");
        require(
                matcher.matches() && isPort(matcher.group(3)),
                "--target wants udp://HOST:PORT, tcp:// or tls://, not '" + target + "'");
        transport = matcher.group(1);
        host = matcher.group(2).replace("[", "").replace("]", "");
        port = Integer.parseInt(matcher.group(3));
        durationNanos = nanos("--duration", duration);
        timeoutNanos = nanos("--timeout", timeout);
        t1Nanos = nanos("--t1", t1);
        warmUpNanos = nanos("--warm-up", warmUp);
        require(rate > 0 && rate <= 10_000_000, "--rate wants 1 to 10000000 arrivals a second, not " + rate);
        require(window >= 0 && window <= maxInFlight, "--window wants 0 to " + maxInFlight + ", not " + window);
        require(
                surge > 0 && surge <= 100 && rate * surge <= 10_000_000,
                "--surge wants a factor up to 100, not " + surge);
        require(surge == 1 || window == 0, "--surge goes with --rate, not with --window");
        require(userDigits >= 1 && userDigits <= 9, "--user-digits wants 1 to 9, not " + userDigits);
        require(
                users > 0 && users <= userNames().capacity(),
                "--users wants 1 to " + userNames().capacity() + " (see --user-digits), not " + users);
        require(connections > 0 && connections <= 10_000, "--connections wants 1 to 10000, not " + connections);
        require(maxInFlight > 0 && maxInFlight <= 4_000_000, "--max-in-flight wants 1 to 4000000, not " + maxInFlight);
        require(channels > 0 && channels <= 400, "--channels wants 1 to 400, not " + channels);
        require(expires > 0, "--expires wants a positive number of seconds (scenario unregister ends registrations)");
        require(
                sourcePort >= 0 && sourcePort + connections <= 65536,
                "--source-port wants 0 to 65535, not " + sourcePort);
        require(timeoutNanos > 0 && t1Nanos > 0 && durationNanos > 0, "times must be longer than 0");
        List<FailOn> parsed = new ArrayList<>();
        for (String text : failOn.isEmpty() ? List.of("errors>0") : failOn) {
            FailOn condition = FailOn.parse(text);
            require(
                    condition != null,
                    "--fail-on wants a condition like errors>0 or p99>5ms, not '" + text + "'; names: "
                            + FailOn.names());
            parsed.add(condition);
        }
        conditions = List.copyOf(parsed);
    }

    private static boolean isPort(String digits) {
        int number = Integer.parseInt(digits);
        return number > 0 && number < 65536;
    }

    private long nanos(String option, String text) {
        Matcher matcher = TIME.matcher(text);
        require(matcher.matches(), option + " wants a time like 10s, 500ms or 5m, not '" + text + "'");
        double value = Double.parseDouble(matcher.group(1));
        String unit = matcher.group(2) == null ? "s" : matcher.group(2);
        return switch (unit) {
            case "ms" -> (long) (value * NANOS / 1000);
            case "m" -> (long) (value * NANOS * 60);
            case "h" -> (long) (value * NANOS * 3600);
            default -> (long) (value * NANOS);
        };
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new CommandLine.ParameterException(spec.commandLine(), otherwise);
        }
    }

    String transport() {
        return transport;
    }

    boolean reliable() {
        return !"udp".equals(transport);
    }

    InetSocketAddress address() {
        return new InetSocketAddress(host, port);
    }

    String domain() {
        String given = domain != null ? domain : realm;
        return given != null ? given : scenario.isGb() ? "3402000000" : "example.org";
    }

    UserNames userNames() {
        return new UserNames(userPrefix, userDigits);
    }

    long durationNanos() {
        return durationNanos;
    }

    /** The options of the load that comes before what is counted, null when there is none. */
    LoadOptions warmUp() {
        if (warmUpNanos == 0) {
            return null;
        }
        try {
            LoadOptions before = (LoadOptions) clone();
            before.duration = warmUp;
            before.durationNanos = warmUpNanos;
            before.surge = 1;
            return before;
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }

    /** When arrivals come. */
    Schedule schedule(long startNanos) {
        if (surge == 1) {
            return new Schedule(startNanos, rate, durationNanos);
        }
        long third = durationNanos / 3;
        long calm = Math.max(1, Math.round(rate * (third / 1e9)));
        long surging = Math.max(1, Math.round(rate * surge * (third / 1e9)));
        return new Schedule(
                startNanos,
                List.of(
                        new Schedule.Phase(Schedule.Kind.PLAIN, calm, third),
                        new Schedule.Phase(Schedule.Kind.PLAIN, surging, third),
                        new Schedule.Phase(Schedule.Kind.PLAIN, calm, third)));
    }

    long timeoutNanos() {
        return timeoutNanos;
    }

    long t1Nanos() {
        return t1Nanos;
    }

    /** By how much connections that were lost come back one after the other. */
    long reconnectMillis() {
        return scenario == Scenario.FLEET ? 10_000 : 1;
    }

    List<FailOn> conditions() {
        return conditions;
    }

    String summary() {
        return String.format(
                Locale.ROOT,
                "%s: %s for %s, %d users, %d %s",
                target,
                scenario.name().toLowerCase(Locale.ROOT)
                        + (window > 0 ? ", " + window + " in flight" : " " + rate + "/s"),
                duration.matches("\\d+") ? duration + "s" : duration,
                users,
                connections,
                reliable()
                        ? connections == 1 ? "connection" : "connections"
                        : connections == 1 ? "source port" : "source ports");
    }
}

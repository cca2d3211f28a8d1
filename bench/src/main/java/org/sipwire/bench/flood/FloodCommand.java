/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.flood;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sends hostile traffic to the loopback for a bounded time. */
@Command(
        name = "flood",
        mixinStandardHelpOptions = true,
        description = "Hostile traffic against a server on this machine, for a bounded time.")
public final class FloodCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "KIND",
            description =
                    "register, wrong-password, same-branch, same-call-id, cancel, rfc2543, options, invite, large, contacts, noise;"
                            + " with connections: slow-tcp, connect, tls-handshake, websocket-lie, slowloris."
                            + " With --beside a list of them with commas, or all that go over UDP: datagrams.")
    private String kind;

    @Option(names = "--target", required = true, paramLabel = "H:P", description = "Of the loopback alone.")
    private String target;

    @Option(
            names = "--source",
            paramLabel = "H",
            defaultValue = "127.0.0.66",
            description = "Where it comes from, so that it is told from good clients (${DEFAULT-VALUE}).")
    private String source;

    @Option(
            names = "--rate",
            paramLabel = "R",
            defaultValue = "20000",
            description = "Messages or connections a second at most (${DEFAULT-VALUE}).")
    private int rate;

    @Option(
            names = "--duration",
            paramLabel = "SECONDS",
            defaultValue = "5",
            description = "At most 600 (${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--realm",
            paramLabel = "NAME",
            defaultValue = "34020000",
            description = "Domain and realm (${DEFAULT-VALUE}).")
    private String realm;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Of what is random (${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--beside",
            paramLabel = "R",
            description =
                    "Measures good clients, who register over UDP so many times a second: alone first, then beside each kind.")
    private int beside;

    @Option(
            names = "--password",
            paramLabel = "P",
            defaultValue = "12345678",
            description = "Theirs (${DEFAULT-VALUE}).")
    private String password;

    @Option(
            names = "--good",
            paramLabel = "H:P",
            description = "Where they register, when a kind with connections goes to another port.")
    private String good;

    @Option(
            names = "--http",
            paramLabel = "H:P",
            description = "The target's endpoint: tells which of its counters grew.")
    private String http;

    @Option(names = "--json", paramLabel = "FILE", description = "Writes what was measured.")
    private Path json;

    @Option(
            names = "--at-least",
            paramLabel = "PERCENT",
            defaultValue = "0",
            description =
                    "Fails when good clients get a smaller share than this of what they get alone (${DEFAULT-VALUE}).")
    private double atLeast;

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<FloodKind> kinds;
        Goodput goodput = null;
        InetSocketAddress to;
        InetSocketAddress from;
        try {
            kinds = kinds();
            to = loopback(target);
            from = new InetSocketAddress(loopback(source + ":" + to.getPort()).getAddress(), 0);
            if (beside > 0) {
                InetSocketAddress endpoint = http == null ? null : loopback(http);
                goodput = new Goodput(new Goodput.Clients(
                        good == null ? to : loopback(good), endpoint, realm, password, beside, seconds));
            } else if (kinds.size() > 1) {
                throw new IllegalArgumentException("several kinds want --beside");
            }
        } catch (IllegalArgumentException e) {
            String all =
                    Arrays.stream(FloodKind.values()).map(FloodKind::option).collect(Collectors.joining(", "));
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    e.getMessage() + (e.getMessage().startsWith("unknown kind") ? ": one of " + all : ""));
        }
        if (seconds < 1 || seconds > 600 || rate < 1) {
            throw new CommandLine.ParameterException(spec.commandLine(), "--duration is 1..600 and --rate above 0");
        }
        if (goodput != null) {
            return beside(goodput, kinds, to, from);
        }
        FloodKind what = kinds.get(0);
        Flood.Outcome outcome = flood(to, from, seconds).run(what);
        System.out.printf(
                "%s: %d sent, %d octets; %d answers, %d octets; %d refused%n",
                what.option(),
                outcome.sent(),
                outcome.sentOctets(),
                outcome.answers(),
                outcome.answeredOctets(),
                outcome.refused());
        return 0;
    }

    private List<FloodKind> kinds() {
        if (kind.equals("datagrams")) {
            return Arrays.stream(FloodKind.values()).filter(k -> !k.isStream()).toList();
        }
        return Arrays.stream(kind.split(",")).map(FloodKind::of).toList();
    }

    private Flood flood(InetSocketAddress to, InetSocketAddress from, int longest) {
        return new Flood(to, from, rate, longest, new HostileRequests(seed, realm));
    }

    private int beside(Goodput goodput, List<FloodKind> kinds, InetSocketAddress to, InetSocketAddress from)
            throws IOException, InterruptedException {
        goodput.measureAlone();
        for (FloodKind each : kinds) {
            // Good clients wait for late answers before they end: the flood goes on until they are done.
            goodput.measure(each, flood(to, from, 10 * seconds + 60));
        }
        if (json != null) {
            goodput.write(json);
        }
        return goodput.least() * 100 >= atLeast ? 0 : 1;
    }

    /** An address of this machine: nobody else is to be flooded by mistake. */
    static InetSocketAddress loopback(String hostPort) {
        int colon = hostPort.lastIndexOf(':');
        if (colon < 1 || !hostPort.substring(colon + 1).matches("\\d{1,5}")) {
            throw new IllegalArgumentException("--target wants H:P, not '" + hostPort + "'");
        }
        int port = Integer.parseInt(hostPort.substring(colon + 1));
        String host = hostPort.substring(0, colon);
        boolean literal = host.matches("127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}")
                || host.equals("[::1]")
                || host.equals("localhost");
        if (!literal || port < 1 || port > 65_535) {
            throw new IllegalArgumentException("--target and --source must be of the loopback, not '" + hostPort + "'");
        }
        try {
            return new InetSocketAddress(InetAddress.getByName(host), port);
        } catch (IOException e) {
            throw new IllegalArgumentException("--target: " + e.getMessage());
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.flood;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
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
                            + " with connections: slow-tcp, connect, tls-handshake, websocket-lie, slowloris.")
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

    @Override
    public Integer call() throws IOException, InterruptedException {
        FloodKind what;
        InetSocketAddress to;
        InetSocketAddress from;
        try {
            what = FloodKind.of(kind);
            to = loopback(target);
            from = new InetSocketAddress(loopback(source + ":" + to.getPort()).getAddress(), 0);
        } catch (IllegalArgumentException e) {
            String kinds =
                    Arrays.stream(FloodKind.values()).map(FloodKind::option).collect(Collectors.joining(", "));
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    e.getMessage() + (e.getMessage().startsWith("unknown kind") ? ": one of " + kinds : ""));
        }
        if (seconds < 1 || seconds > 600 || rate < 1) {
            throw new CommandLine.ParameterException(spec.commandLine(), "--duration is 1..600 and --rate above 0");
        }
        Flood flood = new Flood(to, from, rate, seconds, new HostileRequests(seed, realm));
        Flood.Outcome outcome = what.isStream() ? flood.connections(what) : flood.datagrams(what);
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

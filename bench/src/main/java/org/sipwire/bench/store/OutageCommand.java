/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.store;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.sipwire.bench.load.LoadGenerator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Takes the store away from registrars under load and gives it back. */
@Command(
        name = "outage",
        mixinStandardHelpOptions = true,
        description =
                "Breaks a store under load and mends it: while it is away registrations get 503 with Retry-After and no loop"
                        + " waits; afterwards no acknowledged binding is missing, at any server, nor after a restart.")
public final class OutageCommand implements Callable<Integer> {
    private static final int SHOWN = 5;
    private static final int POLL_MILLIS = 250;
    private static final double NANOS = 1e9;

    @Option(names = "--store", required = true, paramLabel = "STORE", description = "As registrar/run has it.")
    String store;

    @Option(
            names = "--servers",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Registrars on the store; with several, each is asked for what another granted (${DEFAULT-VALUE}).")
    int servers;

    @Option(
            names = "--break",
            required = true,
            paramLabel = "COMMAND",
            description = "A shell command that takes the store away.")
    String breakCommand;

    @Option(
            names = "--mend",
            required = true,
            paramLabel = "COMMAND",
            description = "A shell command that gives it back.")
    String mendCommand;

    @Option(
            names = "--away",
            paramLabel = "SECONDS",
            defaultValue = "3",
            description = "How long it stays away (${DEFAULT-VALUE}).")
    int awaySeconds;

    @Option(
            names = "--rate",
            paramLabel = "R",
            defaultValue = "400",
            description = "Registrations a second at each server (${DEFAULT-VALUE}).")
    int rate;

    @Option(
            names = "--max-lag",
            paramLabel = "MS",
            defaultValue = "50",
            description =
                    "Fails when an event loop was later than this from just before the break on (${DEFAULT-VALUE}).")
    double maxLagMillis;

    private final Granted granted = new Granted();
    private final List<ServerProcess> running = new ArrayList<>();
    private final List<LoadGenerator> loads = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private double lagMillis;
    private double calmLagMillis;

    @Override
    public Integer call() throws Exception {
        try {
            for (int i = 0; i < servers; i++) {
                running.add(start());
            }
            run();
        } finally {
            loads.forEach(LoadGenerator::stop);
            running.forEach(ServerProcess::close);
        }
        failures.forEach(failure -> System.out.println("FAILED: " + failure));
        return failures.isEmpty() ? 0 : 1;
    }

    private ServerProcess start() throws IOException {
        return ServerProcess.start(List.of(ServerProcess.launcher()), "--store", store, "--no-auth", "--threads", "1");
    }

    private void run() throws IOException, InterruptedException {
        for (int i = 0; i < servers; i++) {
            loads.add(LoadGenerator.start(granted, load(i)));
        }
        // Lag is the largest of the last ten seconds: what a server's start brought has gone by then.
        pass(11, false);
        pass(1, true);
        calmLagMillis = lagMillis;
        lagMillis = 0;
        long before = granted.total();
        shell(breakCommand);
        pass(awaySeconds, true);
        for (ServerProcess server : running) {
            String answer = register(server);
            check(
                    answer.startsWith("SIP/2.0 503"),
                    "without its store a server answers: "
                            + answer.lines().findFirst().orElse("nothing"));
            check(answer.contains("\r\nRetry-After: "), "the answer has no Retry-After: " + answer);
            check(server.metric("sip_store_failures_total", "") > 0, "sip_store_failures_total counts nothing");
            check(server.metric("sip_store_available", "") == 0, "sip_store_available is not 0");
        }
        long atMend = granted.total();
        shell(mendCommand);
        long mended = System.nanoTime();
        double back = awaitService(mended);
        pass(3, true);
        long done = 0;
        long unavailable = 0;
        for (LoadGenerator load : loads) {
            LoadGenerator.Figures figures = load.stop().figures();
            done += figures.done();
            unavailable += figures.unavailable();
        }
        check(unavailable > 0, "no registration of the load was answered 503");
        check(before > 0 && granted.total() > atMend, "nothing was granted after the store was back");
        // On a machine that is busy with other things loops are late without a reason of their own.
        double allowed = Math.max(maxLagMillis, 2 * calmLagMillis);
        check(
                lagMillis <= allowed,
                "an event loop was late by " + lagMillis + " ms, with the store there by " + calmLagMillis);
        System.out.printf(
                Locale.ROOT,
                "%s: %d granted, %d answered 503, service again %.2f s after the store, loops late by %.1f ms at most"
                        + " (%.1f ms before)%n",
                store.replaceAll("//.*@", "//"),
                done,
                unavailable,
                back,
                lagMillis,
                calmLagMillis);
        long until = System.currentTimeMillis() / 1000;
        for (ServerProcess server : running) {
            lookFor(server, until, "at " + server.address("udp"));
        }
        running.forEach(ServerProcess::kill);
        running.clear();
        running.add(start());
        lookFor(running.get(0), until, "after SIGKILL and a restart");
    }

    private void lookFor(ServerProcess server, long until, String where) throws IOException {
        List<Granted.Loss> losses = granted.lost(StoredBindings.all(server), until);
        System.out.println(granted.size() + " granted bindings looked for " + where + ": " + losses.size() + " lost");
        losses.stream().limit(SHOWN).forEach(loss -> System.out.println("  " + loss.aor() + " " + loss.what()));
        check(losses.isEmpty(), losses.size() + " granted bindings are lost " + where);
    }

    private void check(boolean holds, String otherwise) {
        if (!holds) {
            failures.add(otherwise);
        }
    }

    /** Lets time go by and, when asked, watches the loops of all servers. */
    private void pass(int seconds, boolean watching) throws IOException, InterruptedException {
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        while (System.nanoTime() < end) {
            Thread.sleep(POLL_MILLIS);
            if (watching) {
                watch();
            }
        }
    }

    private void watch() throws IOException {
        for (ServerProcess server : running) {
            lagMillis = Math.max(lagMillis, server.metric("sip_loop_lag_max_seconds", "") * 1e3);
        }
    }

    /** Seconds from a moment until every server grants registrations again. */
    private double awaitService(long since) throws IOException, InterruptedException {
        for (ServerProcess server : running) {
            long deadline = since + 60_000_000_000L;
            while (!register(server).startsWith("SIP/2.0 200")) {
                if (System.nanoTime() > deadline) {
                    throw new IOException("the server does not recover");
                }
                watch();
                Thread.sleep(POLL_MILLIS / 5);
            }
        }
        return (System.nanoTime() - since) / NANOS;
    }

    private static void shell(String command) throws IOException, InterruptedException {
        int status =
                new ProcessBuilder("bash", "-c", command).inheritIO().start().waitFor();
        if (status != 0) {
            throw new IOException("'" + command + "' ended with status " + status);
        }
    }

    private String[] load(int server) {
        return new String[] {
            "--target",
            running.get(server).address("udp"),
            "--rate",
            "" + rate,
            "--users",
            "" + 4 * rate,
            "--user-prefix",
            String.format("34020000%05d", server),
            "--duration",
            "120s",
            "--domain",
            ServerProcess.DOMAIN,
        };
    }

    /** One REGISTER of a user of its own; the answer as text, empty when none came in time. */
    private static String register(ServerProcess server) throws IOException {
        String target = server.address("udp");
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        int port = Integer.parseInt(target.substring(target.lastIndexOf(':') + 1));
        try (DatagramSocket socket = new DatagramSocket(0, loopback)) {
            socket.setSoTimeout(3000);
            String at = "127.0.0.1:" + socket.getLocalPort();
            String unique = Long.toHexString(System.nanoTime());
            byte[] request = ("REGISTER sip:example.org SIP/2.0\r\nVia: SIP/2.0/UDP " + at + ";rport;branch=z9hG4bK"
                            + unique
                            + "\r\nFrom: <sip:probe@example.org>;tag=" + unique
                            + "\r\nTo: <sip:probe@example.org>\r\nCall-ID: " + unique
                            + "\r\nCSeq: 1 REGISTER\r\nContact: <sip:probe@" + at
                            + ">\r\nMax-Forwards: 70\r\nExpires: 600\r\nContent-Length: 0\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
            socket.send(new DatagramPacket(request, request.length, loopback, port));
            byte[] answer = new byte[4096];
            DatagramPacket packet = new DatagramPacket(answer, answer.length);
            socket.receive(packet);
            return new String(answer, 0, packet.getLength(), StandardCharsets.US_ASCII);
        } catch (SocketTimeoutException e) {
            return "";
        }
    }
}

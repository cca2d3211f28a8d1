/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code fleet}. Immutable once parsed. Shared. */
@Command(
        name = "fleet",
        sortOptions = false,
        usageHelpAutoWidth = true,
        mixinStandardHelpOptions = true,
        description = {
            "A fleet of GB/T 28181 devices through its day: they are switched on one after the other, register, answer the Catalog",
            "query and keep alive; then the power fails, and all come back at once, with retries. Half are on UDP and half on TCP",
            "when both targets are given; several share a source port or a connection, as behind a NAT or a recorder."
        },
        footer = {
            "",
            "Exit status: 0 when every device is online and every channel known at the end, and none was taken for silent.",
            "",
            "  bench/run fleet --udp 127.0.0.1:5060 --tcp 127.0.0.1:5060 --http 127.0.0.1:9464 --devices 100000 --pid PID"
        })
public final class FleetOptions implements Callable<Integer> {
    @Option(names = "--udp", paramLabel = "H:P", description = "Where UDP devices register.")
    String udp;

    @Option(names = "--tcp", paramLabel = "H:P", description = "Where TCP devices register.")
    String tcp;

    @Option(names = "--http", required = true, paramLabel = "H:P", description = "The platform's /v1 and /metrics.")
    String http;

    @Option(
            names = "--pid",
            paramLabel = "PID",
            description = "The platform's process on this machine: memory and CPU.")
    long pid;

    @Option(names = "--devices", paramLabel = "N", defaultValue = "100000", description = "Devices (${DEFAULT-VALUE}).")
    int devices;

    @Option(names = "--channels", paramLabel = "N", defaultValue = "4", description = "Of each (${DEFAULT-VALUE}).")
    int channels;

    @Option(
            names = "--keepalive",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "Between two keep-alives of a device (${DEFAULT-VALUE}).")
    int keepalive;

    @Option(
            names = "--ramp",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "Switching on (${DEFAULT-VALUE}).")
    int ramp;

    @Option(
            names = "--steady",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "Steady state, of which the last half is measured (${DEFAULT-VALUE}).")
    int steady;

    @Option(
            names = "--storm",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "Within which all devices come back after the power cut (${DEFAULT-VALUE}).")
    int storm;

    @Option(
            names = "--after",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "Keeping alive after the storm (${DEFAULT-VALUE}).")
    int after;

    @Option(
            names = "--sockets",
            paramLabel = "N",
            defaultValue = "2000",
            description = "UDP source ports, and TCP connections (${DEFAULT-VALUE}).")
    int sockets;

    @Option(
            names = "--password",
            paramLabel = "TEXT",
            defaultValue = "12345678",
            description = "Of all (${DEFAULT-VALUE}).")
    String password;

    @Option(
            names = "--platform",
            paramLabel = "ID",
            defaultValue = "34020000002000000001",
            description = "ID of the platform (${DEFAULT-VALUE}).")
    String platform;

    @Option(
            names = "--html",
            paramLabel = "FILE",
            description = "Writes a report with plots; -udp and -tcp are put before its end.")
    Path html;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        check();
        return new FleetRun(this, System.out).run();
    }

    private void check() {
        require(udp != null || tcp != null, "give --udp, --tcp or both");
        require(devices >= transports() && devices <= Retries.MAX_USERS, "--devices wants 2 to " + Retries.MAX_USERS);
        require(channels >= 1 && channels <= 400, "--channels wants 1 to 400, not " + channels);
        require(
                keepalive > 0 && ramp > 0 && steady > 0 && storm > 0 && after > 0 && sockets > 0,
                "times and numbers must be above 0");
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new CommandLine.ParameterException(spec.commandLine(), otherwise);
        }
    }

    private int transports() {
        return udp != null && tcp != null ? 2 : 1;
    }

    /** The options of the devices of one transport each; types 132 and 118 keep their IDs apart. */
    List<LoadOptions> parts() {
        List<LoadOptions> parts = new ArrayList<>();
        int each = devices / transports();
        if (udp != null) {
            parts.add(part("udp", udp, "132", each));
        }
        if (tcp != null) {
            parts.add(part("tcp", tcp, "118", devices - (udp == null ? 0 : each)));
        }
        return parts;
    }

    private LoadOptions part(String transport, String target, String type, int count) {
        return LoadOptions.fleet(
                "--target=" + transport + "://" + target,
                "--users=" + count,
                "--user-prefix=3402000000" + type,
                "--user-digits=7",
                "--connections=" + Math.min(Math.min(sockets, 10_000), count),
                "--duration=" + (ramp + steady + storm + after) + "s",
                "--rate=" + Math.max(1, count / keepalive),
                "--channels=" + channels,
                "--password=" + password,
                "--platform=" + platform,
                "--timeout=32s",
                // What may fail is seen at the end: a device that had to try again is no failure.
                "--fail-on=done<1");
    }

    /** The day of so many devices. */
    List<Schedule.Phase> phases(int count) {
        return List.of(
                new Schedule.Phase(Schedule.Kind.REGISTER, count, ramp * 1_000_000_000L),
                keepAlive(count, steady),
                new Schedule.Phase(Schedule.Kind.REGISTER, count, storm * 1_000_000_000L),
                keepAlive(count, after));
    }

    private Schedule.Phase keepAlive(int count, int seconds) {
        long turns = Math.max(1, (long) count * seconds / keepalive);
        return new Schedule.Phase(Schedule.Kind.KEEP_ALIVE, turns, seconds * 1_000_000_000L);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A fleet's day: its devices of each transport run on an event loop of their own, while this thread looks at the platform.
 *
 * <pre>
 *   memory | switching on ... | steady ... CPU, memory | power cut: all back within --storm, with retries | keeping alive | everything online?
 * </pre>
 */
final class FleetRun {
    private static final long SETTLE_MILLIS = 120_000;
    private static final long POLL_MILLIS = 500;

    private final FleetOptions options;
    private final PrintStream out;
    private final FleetServer server;
    private final List<Future<LoadResult>> results = new ArrayList<>();

    FleetRun(FleetOptions options, PrintStream out) {
        this.options = options;
        this.out = out;
        this.server = new FleetServer(options.http, options.pid);
    }

    /** What was seen at steady state. */
    private record Steady(FleetServer.Memory memory, double cores) {}

    int run() throws Exception {
        FleetServer.Memory before = server.memory();
        List<LoadOptions> parts = options.parts();
        List<LoadRun> runs = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(parts.size(), task -> {
            Thread thread = new Thread(task, "fleet");
            thread.setDaemon(true);
            return thread;
        });
        long begun = System.nanoTime();
        for (LoadOptions part : parts) {
            List<Schedule.Phase> phases = options.phases(part.users);
            LoadRun run = new LoadRun(part, out, start -> new Schedule(start, phases), part.transport() + " ").hold();
            runs.add(run);
            Callable<LoadResult> task = run::execute;
            results.add(threads.submit(task));
        }
        Steady steady = steady(begun);
        sleepUntil(begun, options.ramp + options.steady + options.storm + (double) options.after);
        // The connections are still there: the platform would see their end.
        FleetServer.Devices devices = settle();
        runs.forEach(LoadRun::release);
        List<LoadResult> ended = new ArrayList<>();
        for (Future<LoadResult> result : results) {
            LoadResult one = result.get();
            if (one == null) {
                return 2;
            }
            ended.add(one);
        }
        threads.shutdown();
        for (LoadResult one : ended) {
            out.println();
            out.println(one.options().summary());
            LoadReport.print(one, out);
            if (options.html != null) {
                HtmlReport.write(one, named(options.html, one.options().transport()));
            }
        }
        return report(before, steady, devices);
    }

    private static Path named(Path html, String transport) {
        String name = html.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return html.resolveSibling(
                dot < 0 ? name + '-' + transport : name.substring(0, dot) + '-' + transport + name.substring(dot));
    }

    /** Waits for the second half of the steady state and takes the platform's measure over it. */
    private Steady steady(long begun) throws Exception {
        sleepUntil(begun, options.ramp + options.steady / 2.0);
        ServerCpu cpu = new ServerCpu(options.pid == 0 ? List.of() : List.of(options.pid));
        long from = System.nanoTime();
        sleepUntil(begun, options.ramp + options.steady * 0.9);
        double cores = cpu.sinceStart() / ((System.nanoTime() - from) / 1e9);
        FleetServer.Memory memory = server.memory();
        long online = server.online();
        out.printf(
                Locale.ROOT,
                "steady: %d of %d devices online, %.2f cores, heap %.1f MB after a collection, %.1f MB resident%n",
                online,
                options.devices,
                cores,
                memory.heapBytes() / 1e6,
                memory.residentBytes() / 1e6);
        out.flush();
        return new Steady(memory, cores);
    }

    /** Sleeps until so many seconds after the beginning, or until a run has ended, which it does early only when it fails. */
    private void sleepUntil(long begunNanos, double seconds) throws InterruptedException {
        long until = begunNanos + (long) (seconds * 1e9);
        while (System.nanoTime() < until && results.stream().noneMatch(Future::isDone)) {
            Thread.sleep(Math.max(1, Math.min(POLL_MILLIS, (until - System.nanoTime()) / 1_000_000)));
        }
    }

    /** Waits until all are online and their catalogues known, for two minutes at most. */
    private FleetServer.Devices settle() throws IOException, InterruptedException {
        long begun = System.nanoTime();
        while (true) {
            boolean isLate = System.nanoTime() - begun > SETTLE_MILLIS * 1_000_000
                    || results.stream().anyMatch(Future::isDone);
            if (isLate || server.online() >= options.devices) {
                FleetServer.Devices devices = server.devices();
                if (isLate || devices.complete() >= options.devices) {
                    out.printf(Locale.ROOT, "settled %.1f s after the last phase%n", (System.nanoTime() - begun) / 1e9);
                    return devices;
                }
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    private int report(FleetServer.Memory before, Steady steady, FleetServer.Devices devices)
            throws IOException, InterruptedException {
        double silent = server.metric("sip_gb28181_events_total{event=\"keepalive_timeouts\"");
        double dropped = server.metric("sip_shed_total");
        out.println();
        if (options.pid != 0) {
            out.printf(
                    Locale.ROOT,
                    "platform at steady state: %.0f octets of heap a device (%.1f MB before the first), %.0f resident, %.2f cores%n",
                    (steady.memory().heapBytes() - before.heapBytes()) / (double) options.devices,
                    before.heapBytes() / 1e6,
                    (steady.memory().residentBytes() - before.residentBytes()) / (double) options.devices,
                    steady.cores());
        }
        out.printf(
                Locale.ROOT,
                "platform at the end: %d devices, %d online, %d catalogues complete, %d channels; %.0f taken for silent, %.0f requests shed%n",
                devices.total(),
                devices.online(),
                devices.complete(),
                devices.channels(),
                silent,
                dropped);
        List<String> failures = new ArrayList<>();
        expect(failures, "devices online at the end", options.devices, devices.online());
        expect(failures, "complete catalogues", options.devices, devices.complete());
        expect(failures, "channels", (long) options.devices * options.channels, devices.channels());
        expect(failures, "devices taken for silent", 0, (long) silent);
        failures.forEach(failure -> out.println("FAILED: " + failure));
        out.flush();
        return failures.isEmpty() ? 0 : 1;
    }

    private static void expect(List<String> failures, String what, long wanted, long is) {
        if (wanted != is) {
            failures.add(is + " " + what + ", not " + wanted);
        }
    }
}

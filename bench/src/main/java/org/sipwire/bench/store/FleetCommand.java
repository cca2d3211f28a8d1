/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.sipwire.bench.store.FleetSimulation.Herd;
import org.sipwire.bench.store.FleetSimulation.Run;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Sizes a fleet by its formulae and checks them by simulation. */
@Command(
        name = "sizing",
        mixinStandardHelpOptions = true,
        description = "What a fleet for a number of devices needs, by formula; then each formula against a simulation.")
public final class FleetCommand implements Callable<Integer> {
    private static final double BUSY = 0.5;
    private static final double MINUTE = 60;
    private static final double GIGA = 1e9;

    @Option(
            names = "--devices",
            paramLabel = "N",
            defaultValue = "100000000",
            description = "Devices of the fleet (${DEFAULT-VALUE}).")
    double devices;

    @Option(
            names = "--expires",
            paramLabel = "S",
            defaultValue = "3600",
            description = "Granted time (${DEFAULT-VALUE}).")
    double expires;

    @Option(
            names = "--refresh-at",
            paramLabel = "SHARE",
            defaultValue = "0.5",
            description = "Devices refresh when this share of it has passed (${DEFAULT-VALUE}).")
    double refreshAt;

    @Option(
            names = "--jitter",
            paramLabel = "SHARE",
            defaultValue = "0.2",
            description = "--expires-jitter, as a share (${DEFAULT-VALUE}).")
    double jitter;

    @Option(
            names = "--keepalive",
            paramLabel = "S",
            defaultValue = "60",
            description = "Interval of GB/T 28181 keep-alives, 0 for none (${DEFAULT-VALUE}).")
    double keepalive;

    @Option(names = "--nodes", paramLabel = "N", defaultValue = "40", description = "Registrars (${DEFAULT-VALUE}).")
    int nodes;

    @Option(
            names = "--shards",
            paramLabel = "N",
            defaultValue = "20",
            description = "Masters of Redis (${DEFAULT-VALUE}).")
    int shards;

    @Option(
            names = "--capacity",
            paramLabel = "R",
            defaultValue = "25000",
            description = "Registrations a second a node grants at most (${DEFAULT-VALUE}).")
    double capacity;

    @Option(
            names = "--simulated",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "Devices that are simulated (${DEFAULT-VALUE}).")
    int simulated;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Of the simulation (${DEFAULT-VALUE}).")
    long seed;

    /** A formula and what the simulation found. */
    record Check(String what, double formula, double found, double tolerance) {
        boolean holds() {
            return Math.abs(found / formula - 1) <= tolerance;
        }
    }

    @Override
    public Integer call() {
        size();
        List<Check> checks = checks();
        System.out.printf(
                Locale.ROOT,
                "%n%-66s %12s %12s %8s%n",
                "formula, for " + simulated + " devices",
                "formula",
                "simulated",
                "ratio");
        for (Check check : checks) {
            System.out.printf(
                    Locale.ROOT,
                    "%-66s %12.4g %12.4g %8.3f%s%n",
                    check.what(),
                    check.formula(),
                    check.found(),
                    check.found() / check.formula(),
                    check.holds() ? "" : "  <-- off by more than " + Math.round(check.tolerance() * 100) + " %");
        }
        return checks.stream().allMatch(Check::holds) ? 0 : 1;
    }

    private void size() {
        double refreshes = FleetModel.refreshRate(devices, expires, refreshAt, jitter);
        double keepalives = keepalive == 0 ? 0 : devices / keepalive;
        double cores = FleetModel.cores(refreshes, FleetModel.REGISTER_CORE_SECONDS, BUSY)
                + FleetModel.cores(keepalives, FleetModel.KEEPALIVE_CORE_SECONDS, BUSY);
        double calls = FleetModel.REDIS_CALLS * refreshes;
        System.out.printf(
                Locale.ROOT,
                "%.0f devices, %.0f s granted, refreshed at %.0f %%, jitter %.0f %%, keep-alive each %.0f s%n",
                devices,
                expires,
                refreshAt * 100,
                jitter * 100,
                keepalive);
        line("refreshes", refreshes, "/s");
        line("keep-alives", keepalives, "/s");
        line("SIP messages, both ways", 2 * (refreshes + keepalives), "/s");
        line("cores of registrars, half busy", cores, "");
        line(
                "bindings in " + nodes + " registrars, each its own, a node",
                devices / nodes * FleetModel.NODE_BYTES / GIGA,
                "GB");
        line(
                "transactions of Timer J over UDP, all",
                refreshes * FleetModel.TIMER_J_SECONDS * FleetModel.TRANSACTION_BYTES / GIGA,
                "GB");
        line(
                "records in " + shards + " shards of Redis, a shard",
                devices / shards * FleetModel.REDIS_BYTES / GIGA,
                "GB");
        line("calls of Redis, a shard", calls / shards, "/s");
        line("fullest shard, against the mean", 100 * (FleetModel.fullestShard(devices, shards) - 1), "% more");
        line("a node lost: devices that move", devices * FleetModel.movedByRendezvous(nodes), "");
        line(
                "a node lost: until they are back, at " + Math.round(capacity) + "/s a node",
                FleetModel.drainSeconds(devices / nodes, capacity * (nodes - 1), refreshes),
                "s");
        line("all lost: until all are back", FleetModel.drainSeconds(devices, capacity * nodes, 0) / MINUTE, "min");
        line(
                "  first wave of refreshes after that, jitter " + Math.round(jitter * 100) + " %",
                FleetModel.wavePeak(devices, devices / (capacity * nodes), expires, refreshAt, jitter, 1),
                "/s");
        line(
                "  the same without jitter",
                FleetModel.wavePeak(devices, devices / (capacity * nodes), expires, refreshAt, 0, 1),
                "/s");
    }

    private static void line(String what, double value, String unit) {
        System.out.printf(Locale.ROOT, "  %-64s %,14.1f %s%n", what, value, unit);
    }

    /** Every formula once, with what a simulation of fewer devices finds. */
    List<Check> checks() {
        List<Check> checks = new ArrayList<>();
        FleetSimulation simulation = new FleetSimulation(seed);
        int period = (int) (refreshAt * expires);

        // Devices that came over a whole period refresh evenly from the start.
        Run even = simulation.run(herd(period, jitter, Double.MAX_VALUE, 0, 0), 4 * period);
        checks.add(new Check(
                "refreshes a second",
                FleetModel.refreshRate(simulated, expires, refreshAt, jitter),
                even.meanRate(2 * period, 4 * period),
                0.02));

        // All at once, within a tenth of the jitter's spread: the waves that follow.
        double within = 0.1 * jitter * period;
        Run waves = simulation.run(herd(within, jitter, Double.MAX_VALUE, 0, 0), 5 * period);
        for (int wave = 1; wave <= 3; wave++) {
            checks.add(new Check(
                    "peak of wave " + wave + " after all registered within " + Math.round(within) + " s, a second",
                    FleetModel.wavePeak(simulated, within, expires, refreshAt, jitter, wave),
                    peakOfWave(waves, wave, period),
                    0.10));
        }
        Run herd = simulation.run(herd(within, 0, Double.MAX_VALUE, 0, 0), 3 * period);
        checks.add(new Check(
                "the same, wave 1 without jitter",
                FleetModel.wavePeak(simulated, within, expires, refreshAt, 0, 1),
                herd.peak(period - 1, 2 * period, 5),
                0.05));

        // A fleet that is overrun: 503s come again until all are in.
        double rate = simulated / 200.0;
        Run storm = simulation.run(herd(2, jitter, rate, 4, 8), period);
        checks.add(new Check(
                "seconds until all are back, at " + Math.round(rate) + "/s, Retry-After 4..12 s",
                FleetModel.drainSeconds(simulated, rate, 0),
                storm.lastGranted(),
                0.10));

        checks.add(new Check(
                "fullest of " + shards + " shards against the mean, less one",
                FleetModel.fullestShard(simulated, shards) - 1,
                meanFullest(simulation) - 1,
                0.35));
        checks.add(new Check(
                "share that moves when one of " + nodes + " nodes leaves, rendezvous hashing",
                FleetModel.movedByRendezvous(nodes),
                simulation.movedByRendezvous(simulated, nodes),
                0.03));
        checks.add(new Check(
                "the same, hash modulo nodes",
                FleetModel.movedByModulo(nodes),
                simulation.movedByModulo(simulated, nodes),
                0.03));
        return checks;
    }

    private Herd herd(double within, double share, double perSecond, double retryAfter, double spread) {
        return new Herd(simulated, within, expires, refreshAt, share, perSecond, retryAfter, spread);
    }

    /** The k-th wave lies about k mean intervals after the first registrations. */
    private double peakOfWave(Run run, int wave, int period) {
        double middle = wave * period * (1 - jitter / 2);
        int half = period / 2;
        return run.peak((int) middle - half, (int) middle + half, 15);
    }

    private double meanFullest(FleetSimulation simulation) {
        double sum = 0;
        int times = 5;
        for (int i = 0; i < times; i++) {
            sum += simulation.fullestShard(simulated, shards);
        }
        return sum / times;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.sipwire.bench.baseline.NettyFloor;

/**
 * One run: opens the wire, pumps the engine on the event loop, prints a line a second and the tables at the end.
 *
 * <p>{@link #run} on the caller's thread, all else on the event loop.
 */
final class LoadRun implements LoadWire.Listener {
    /** How often arrivals that are due go out: an upper bound of the send lag while the loop is idle. */
    private static final long PUMP_NANOS = 200_000;

    private static final int BUDGET = 256;
    private static final long START_DELAY_NANOS = 100_000_000;
    private static final double BUSY = 0.9;
    private static final long LATE_MICROS = 5_000;

    private final LoadOptions options;
    private final PrintStream out;
    private final LongFunction<Schedule> plan;
    private final String label;
    private final LoadStats stats = new LoadStats();
    private final CountDownLatch over = new CountDownLatch(1);
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final CountDownLatch begun = new CountDownLatch(1);
    private Acknowledgements acknowledgements;
    private LoadWire wire;
    private LoadEngine engine;
    private long startNanos;
    private long endNanos;
    private long giveUpNanos;
    private long cpuBefore;
    private long cpuStart;
    private long cpuUsed;
    private ServerCpu serverCpu;
    private double serverCpuUsed;
    private long secondStart;
    private boolean stopped;
    private boolean pumpQueued;
    private Throwable fault;

    /** Set by the fleet's thread, read by the event loop: connections stay, and queries are answered, until it is false. */
    private volatile boolean held;

    LoadRun(LoadOptions options, PrintStream out) {
        this(options, out, options::schedule, "");
    }

    /**
     * A run of another schedule.
     *
     * @param plan makes the schedule, given when it begins; the run's duration covers it
     * @param label what its progress lines begin with
     */
    LoadRun(LoadOptions options, PrintStream out, LongFunction<Schedule> plan, String label) {
        this.options = options;
        this.out = out;
        this.plan = plan;
        this.label = label;
    }

    /** Keeps the run from ending by itself until {@link #release}. Returns this. */
    LoadRun hold() {
        held = true;
        return this;
    }

    /** Lets the run end as soon as nothing is in flight. Any thread. */
    void release() {
        held = false;
    }

    /** Names who hears of granted registrations. Before the run. */
    void acknowledgements(Acknowledgements listener) {
        acknowledgements = listener;
    }

    /** Ends the run before its time. Any thread. */
    void cancel() {
        try {
            begun.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        if (over.getCount() > 0) {
            try {
                wire.loop().execute(() -> {
                    if (!stopped) {
                        stop();
                    }
                });
            } catch (RejectedExecutionException e) {
                // It has come to its end meanwhile.
                return;
            }
        }
    }

    /** Exit status of the command. */
    int run() throws Exception {
        if (!options.noWarmUp) {
            warmUp();
        }
        LoadOptions before = options.warmUp();
        if (before != null) {
            out.println("warm-up, not counted: " + before.summary());
            if (new LoadRun(before, new PrintStream(OutputStream.nullOutputStream())).execute() == null) {
                return 2;
            }
        }
        LoadResult result;
        if (options.acknowledged == null) {
            result = execute();
        } else {
            try (AcknowledgementFile file = new AcknowledgementFile(options.acknowledged)) {
                acknowledgements(file);
                result = execute();
            }
        }
        if (result == null) {
            return 2;
        }
        LoadReport.print(result, out);
        if (options.json != null) {
            LoadReport.writeJson(result, options.json);
        }
        if (options.html != null) {
            HtmlReport.write(result, options.html);
        }
        return result.exitStatus();
    }

    /**
     * A short run as fast as it can against canned answers in this process, so that the first seconds of the real one do not measure how
     * the generator's own code is loaded and compiled: while it is slow it sends again what was answered, and that keeps it slow.
     */
    private void warmUp() throws Exception {
        try (NettyFloor floor = new NettyFloor("127.0.0.1", 0)) {
            LoadOptions warm = LoadOptions.parse(
                    "--target",
                    (options.reliable() ? "tcp" : "udp") + "://127.0.0.1:" + floor.port(),
                    "--users",
                    "4000",
                    "--window",
                    "64",
                    "--duration",
                    "2s",
                    "--timeout",
                    "1s");
            new LoadRun(warm, new PrintStream(OutputStream.nullOutputStream())).execute();
        }
    }

    /** Null, and a line on stderr, when the target is not there. */
    LoadResult execute() throws Exception {
        if (options.address().isUnresolved()) {
            System.err.println("load: unknown host in " + options.target);
            over.countDown();
            begun.countDown();
            return null;
        }
        wire = new LoadWire(options);
        try {
            wire.open();
        } catch (IOException e) {
            System.err.println("load: " + e.getMessage());
            wire.close();
            over.countDown();
            begun.countDown();
            return null;
        }
        out.println(options.summary());
        KernelDrops own = new KernelDrops(this::isOwnPort);
        KernelDrops target =
                new KernelDrops(port -> options.address().getAddress().isLoopbackAddress()
                        && port == options.address().getPort());
        long gcBefore = gcMillis();
        wire.loop().execute(this::start);
        over.await();
        if (fault != null) {
            throw new IllegalStateException(fault);
        }
        double seconds = (endNanos - startNanos) / 1e9;
        double cpu = cpuUsed / 1e9 / seconds;
        double busiest = stats.seconds().stream()
                .mapToDouble(LoadStats.Second::cpu)
                .max()
                .orElse(cpu);
        LoadResult.Generator generator = new LoadResult.Generator(
                cpu,
                busiest,
                own.sinceStart(),
                target.sinceStart(),
                wire.receiveBuffer(),
                gcMillis() - gcBefore,
                serverCpuUsed);
        wire.close();
        LoadResult result = new LoadResult(options, stats, seconds, generator, limits(generator), List.of());
        List<String> failures = new ArrayList<>();
        for (FailOn condition : options.conditions()) {
            if (condition.holds(result)) {
                failures.add(condition.text());
            }
        }
        if (stats.totalDone() == 0) {
            failures.add("nothing was answered as it should be");
        }
        return result.withFailures(failures);
    }

    private boolean isOwnPort(int port) {
        for (int i = 0; i < options.connections; i++) {
            if (wire.localPort(i) == port) {
                return true;
            }
        }
        return false;
    }

    private List<String> limits(LoadResult.Generator generator) {
        List<String> limits = new ArrayList<>();
        long late = LoadStats.micros(stats.lag(), 99);
        if (generator.busiestSecond() > BUSY) {
            limits.add(String.format(
                    Locale.ROOT,
                    "its event loop used %.0f %% of a core in the busiest second",
                    generator.busiestSecond() * 100));
        }
        if (late > LATE_MICROS) {
            limits.add(String.format(Locale.ROOT, "one send in a hundred was %.1f ms late or more", late / 1e3));
        }
        if (generator.socketDrops() > 0) {
            limits.add("its own sockets dropped " + generator.socketDrops() + " datagrams");
        }
        if (stats.errorsOf(LoadError.OVERFLOW) > 0) {
            limits.add(stats.errorsOf(LoadError.OVERFLOW)
                    + " arrivals found no free slot or no idle user (--max-in-flight, --users)");
        }
        return limits;
    }

    private static long gcMillis() {
        long total = 0;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            total += collector.getCollectionTime();
        }
        return total;
    }

    private void start() {
        startNanos = System.nanoTime() + START_DELAY_NANOS;
        Schedule schedule = plan.apply(startNanos);
        giveUpNanos = startNanos + options.durationNanos() + options.timeoutNanos() + 1_000_000_000L;
        engine = new LoadEngine(options, schedule, wire, wire.localHostPorts(), stats, System::nanoTime);
        engine.acknowledgements(acknowledgements);
        wire.listen(this);
        begun.countDown();
        secondStart = startNanos;
        cpuBefore = threads.getCurrentThreadCpuTime();
        cpuStart = cpuBefore;
        serverCpu = new ServerCpu(options.pids);
        wire.loop()
                .scheduleAtFixedRate(
                        this::second, START_DELAY_NANOS + 1_000_000_000L, 1_000_000_000L, TimeUnit.NANOSECONDS);
        pump();
    }

    private void pump() {
        pumpQueued = false;
        if (stopped) {
            return;
        }
        try {
            long now = System.nanoTime();
            long next = engine.arrive(BUDGET);
            engine.tick(now);
            wire.flush();
            if (!held && (engine.finished() || now >= giveUpNanos)) {
                stop();
                return;
            }
            queuePump(next - System.nanoTime());
        } catch (RuntimeException | Error e) {
            fault = e;
            stop();
        }
    }

    private void queuePump(long waitNanos) {
        if (pumpQueued) {
            return;
        }
        pumpQueued = true;
        if (waitNanos <= 0) {
            wire.loop().execute(this::pump);
        } else {
            // An arrival in the far future still leaves the timers to look after.
            wire.loop()
                    .schedule(this::pump, Math.max(PUMP_NANOS, Math.min(waitNanos, 1_000_000)), TimeUnit.NANOSECONDS);
        }
    }

    private void stop() {
        stopped = true;
        endNanos = System.nanoTime();
        serverCpuUsed = serverCpu.sinceStart();
        cpuUsed = threads.getCurrentThreadCpuTime() - cpuStart;
        engine.giveUp();
        second();
        over.countDown();
    }

    private void second() {
        if (over.getCount() == 0) {
            return;
        }
        long now = System.nanoTime();
        if (stopped && now - secondStart < 100_000_000) {
            return;
        }
        long cpu = threads.getCurrentThreadCpuTime();
        LoadStats.Second second =
                stats.second(engine.inFlight(), (cpu - cpuBefore) / (double) Math.max(1, now - secondStart));
        cpuBefore = cpu;
        secondStart = now;
        out.println(label + LoadReport.line(second));
        out.flush();
    }

    @Override
    public void message(int connection, byte[] bytes, int offset, int length) {
        engine.received(connection, bytes, offset, length);
    }

    @Override
    public void readComplete() {
        if (!stopped) {
            engine.arrive(BUDGET);
            wire.flush();
            if (!held && engine.finished()) {
                stop();
            }
        }
    }

    @Override
    public void closed(int connection) {
        if (!stopped) {
            engine.closed(connection);
        }
    }

    @Override
    public void refused() {
        stats.error(LoadError.REFUSED);
    }

    @Override
    public void malformedStream(int connection) {
        stats.error(LoadError.MALFORMED);
    }
}

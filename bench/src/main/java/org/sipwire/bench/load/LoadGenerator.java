/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * A run of the load generator inside another command: it prints nothing and no condition fails it.
 *
 * <p>Thread: any. Owned by who started it, who calls {@link #figures} in the end.
 */
public final class LoadGenerator {
    private final LoadRun run;
    private final CompletableFuture<Figures> figures = new CompletableFuture<>();

    /**
     * What came of a run.
     *
     * @param done cycles that ended as they should
     * @param errors cycles that did not
     * @param errorKinds how many of which kind, empty without errors
     * @param disturbances requests that were broken on purpose (scenario churn)
     * @param unavailable of the errors, the ones that were answered 503
     * @param donePerSecond over the whole run
     * @param p50Millis the median of the time from the intended moment to the last answer
     * @param p99Millis the 99th percentile of the same
     * @param limits why the generator may have set the figures, empty when it did not
     */
    public record Figures(
            long done,
            long errors,
            String errorKinds,
            long disturbances,
            long unavailable,
            double donePerSecond,
            double p50Millis,
            double p99Millis,
            String limits) {}

    private LoadGenerator(LoadRun run) {
        this.run = run;
    }

    /**
     * Starts a run.
     *
     * @param acknowledgements hears of what was granted
     * @param arguments as of the command {@code load}
     */
    public static LoadGenerator start(Acknowledgements acknowledgements, String... arguments) {
        LoadRun run = new LoadRun(LoadOptions.parse(arguments), new PrintStream(OutputStream.nullOutputStream()));
        run.acknowledgements(acknowledgements);
        LoadGenerator generator = new LoadGenerator(run);
        Thread thread = new Thread(generator::execute, "load");
        thread.setDaemon(true);
        thread.start();
        return generator;
    }

    private void execute() {
        try {
            LoadResult result = run.execute();
            if (result == null) {
                throw new IllegalStateException("the target is not there");
            }
            LoadStats stats = result.stats();
            figures.complete(new Figures(
                    stats.totalDone(),
                    stats.totalErrors(),
                    LoadReport.errors(stats),
                    stats.disturbances(),
                    stats.statusCount(503),
                    result.donePerSecond(),
                    stats.cycles().getValueAtPercentile(50) / 1e6,
                    stats.cycles().getValueAtPercentile(99) / 1e6,
                    String.join("; ", result.limits())));
        } catch (Exception | Error e) {
            figures.completeExceptionally(e);
        }
    }

    /** Ends the run now; what is in flight counts as an error. */
    public LoadGenerator stop() {
        run.cancel();
        return this;
    }

    /** Whether the run has ended. Any thread. */
    public boolean isOver() {
        return figures.isDone();
    }

    /** Waits for the end of the run. */
    public Figures figures() {
        try {
            return figures.join();
        } catch (CompletionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * A run in words: the line of each second, the tables at the end, and the same as JSON (latencies in microseconds).
 *
 * <p>Any thread.
 */
final class LoadReport {
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 100};
    private static final String[] NAMES = {"p50", "p90", "p99", "p99.9", "max"};

    private LoadReport() {}

    static String line(LoadStats.Second s) {
        return String.format(
                Locale.ROOT,
                "%4d s  %d/s sent, %d/s done, %d in flight, p50 %s p99 %s, %d errors, %d resent, send lag p99 %s, cpu %.0f %%",
                s.index(),
                s.rates().arrivals(),
                s.rates().done(),
                s.inFlight(),
                time(s.micros().p50()),
                time(s.micros().p99()),
                s.rates().errors(),
                s.rates().retransmissions(),
                time(s.micros().lagP99()),
                s.cpu() * 100);
    }

    static void print(LoadResult result, PrintStream out) {
        LoadStats stats = result.stats();
        out.printf(
                "%n%-14s %12s %10s %9s %9s %9s %9s %9s%n",
                "latency", "done", "failed", "p50", "p90", "p99", "p99.9", "max");
        for (Op op : Op.values()) {
            if (stats.startedOf(op) > 0) {
                row(op.label(), stats.doneOf(op), stats.failedOf(op), stats.latency(op), out);
            }
        }
        row("one answer", stats.answer().getTotalCount(), 0, stats.answer(), out);
        row("send lag", stats.lag().getTotalCount(), 0, stats.lag(), out);
        out.printf(
                Locale.ROOT,
                "%n%d done in %.2f s = %.0f/s; %d messages sent, %d received, %d challenges, %d requests of the server%n",
                stats.totalDone(),
                result.seconds(),
                result.donePerSecond(),
                stats.sentMessages(),
                stats.receivedMessages(),
                stats.challenges(),
                stats.requests());
        out.printf(
                Locale.ROOT,
                "%d errors%s; %d retransmissions, %d late answers, %d stray answers%n",
                stats.totalErrors(),
                errors(stats),
                stats.retransmissions(),
                stats.lateAnswers(),
                stats.strayAnswers());
        LoadResult.Generator g = result.generator();
        out.printf(
                Locale.ROOT,
                "generator: %.0f %% of a core (busiest second %.0f %%), GC %d ms, %d datagrams dropped here, %d at the target%s%n",
                g.cpu() * 100,
                g.busiestSecond() * 100,
                g.gcMillis(),
                g.socketDrops(),
                g.targetDrops(),
                g.receiveBuffer() > 0 ? ", SO_RCVBUF " + g.receiveBuffer() : "");
        if (!Double.isNaN(g.serverCpuSeconds())) {
            out.printf(
                    Locale.ROOT,
                    "server: %.2f us of CPU a cycle, %.2f cores%n",
                    result.serverMicrosPerCycle(),
                    g.serverCpuSeconds() / result.seconds());
        }
        Surge surge = result.surge();
        if (surge != null) {
            out.printf(
                    Locale.ROOT,
                    "surge: %.0f/s done before, %.0f/s while %.0f/s arrived; as before after %.0f s%n",
                    surge.before(),
                    surge.during(),
                    result.options().rate * result.options().surge,
                    surge.recoverySeconds());
        }
        for (String limit : result.limits()) {
            out.println("WARNING: the generator was the limit: " + limit);
        }
        for (String failure : result.failures()) {
            out.println("FAILED: " + failure);
        }
        out.flush();
    }

    private static void row(String label, long done, long failed, Histogram h, PrintStream out) {
        Object[] cells = new Object[PERCENTILES.length + 3];
        cells[0] = label;
        cells[1] = done;
        cells[2] = failed;
        for (int i = 0; i < PERCENTILES.length; i++) {
            cells[i + 3] = h.getTotalCount() == 0 ? "-" : time(LoadStats.micros(h, PERCENTILES[i]));
        }
        out.printf("%-14s %12d %10d %9s %9s %9s %9s %9s%n", cells);
    }

    static String errors(LoadStats stats) {
        StringBuilder text = new StringBuilder();
        for (LoadError error : LoadError.values()) {
            if (stats.errorsOf(error) > 0) {
                text.append(text.isEmpty() ? " (" : ", ")
                        .append(stats.errorsOf(error))
                        .append(' ')
                        .append(lower(error));
            }
        }
        for (int status = 300; status < 700; status++) {
            if (stats.statusCount(status) > 0) {
                text.append(", ")
                        .append(stats.statusCount(status))
                        .append(" x ")
                        .append(status);
            }
        }
        return text.isEmpty() ? "" : text.append(')').toString();
    }

    static String lower(Enum<?> name) {
        return name.name().toLowerCase(Locale.ROOT);
    }

    /** Microseconds as people read them. */
    static String time(long micros) {
        if (micros < 1000) {
            return micros + "us";
        }
        return micros < 1_000_000
                ? String.format(Locale.ROOT, "%.2fms", micros / 1e3)
                : String.format(Locale.ROOT, "%.2fs", micros / 1e6);
    }

    static void writeJson(LoadResult result, Path file) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(Files.newBufferedWriter(file))) {
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            options(result, json);
            totals(result, json);
            generator(result, json);
            seconds(result, json);
            json.writeEndObject();
        }
    }

    private static void options(LoadResult result, JsonGenerator json) throws IOException {
        LoadOptions options = result.options();
        json.writeStringField("target", options.target);
        json.writeStringField("scenario", lower(options.scenario));
        json.writeNumberField("users", options.users);
        json.writeNumberField("rate", options.rate);
        json.writeNumberField("durationSeconds", options.durationNanos() / 1e9);
        json.writeNumberField("connections", options.connections);
    }

    private static void totals(LoadResult result, JsonGenerator json) throws IOException {
        LoadStats stats = result.stats();
        json.writeNumberField("seconds", result.seconds());
        json.writeNumberField("arrivals", stats.arrivals());
        json.writeNumberField("done", stats.totalDone());
        json.writeNumberField("donePerSecond", result.donePerSecond());
        json.writeNumberField("errors", stats.totalErrors());
        json.writeObjectFieldStart("errorsByKind");
        for (LoadError error : LoadError.values()) {
            json.writeNumberField(lower(error), stats.errorsOf(error));
        }
        json.writeEndObject();
        json.writeObjectFieldStart("unexpectedStatuses");
        for (int status = 300; status < 700; status++) {
            if (stats.statusCount(status) > 0) {
                json.writeNumberField(Integer.toString(status), stats.statusCount(status));
            }
        }
        json.writeEndObject();
        if (!Double.isNaN(result.generator().serverCpuSeconds())) {
            json.writeNumberField("serverCpuMicrosPerCycle", result.serverMicrosPerCycle());
        }
        Surge surge = result.surge();
        if (surge != null) {
            json.writeNumberField("surgeDonePerSecond", surge.during());
            json.writeNumberField("surgeRecoverySeconds", Math.min(surge.recoverySeconds(), 1e9));
        }
        json.writeNumberField("messagesSent", stats.sentMessages());
        json.writeNumberField("messagesReceived", stats.receivedMessages());
        json.writeNumberField("challenges", stats.challenges());
        json.writeNumberField("serverRequests", stats.requests());
        json.writeNumberField("retransmissions", stats.retransmissions());
        json.writeNumberField("lateAnswers", stats.lateAnswers());
        json.writeNumberField("strayAnswers", stats.strayAnswers());
        json.writeObjectFieldStart("latencyMicros");
        histogram("all", stats.cycles(), json);
        for (Op op : Op.values()) {
            if (stats.startedOf(op) > 0) {
                histogram(op.label(), stats.latency(op), json);
            }
        }
        histogram("one answer", stats.answer(), json);
        histogram("send lag", stats.lag(), json);
        json.writeEndObject();
    }

    private static void histogram(String name, Histogram h, JsonGenerator json) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeNumberField("count", h.getTotalCount());
        for (int i = 0; i < PERCENTILES.length; i++) {
            json.writeNumberField(NAMES[i], h.getValueAtPercentile(PERCENTILES[i]) / 1e3);
        }
        json.writeEndObject();
    }

    private static void generator(LoadResult result, JsonGenerator json) throws IOException {
        LoadResult.Generator g = result.generator();
        json.writeObjectFieldStart("generator");
        json.writeNumberField("cpu", g.cpu());
        json.writeNumberField("cpuBusiestSecond", g.busiestSecond());
        json.writeNumberField("gcMillis", g.gcMillis());
        json.writeNumberField("socketDrops", g.socketDrops());
        json.writeNumberField("targetDrops", g.targetDrops());
        json.writeNumberField("receiveBuffer", g.receiveBuffer());
        strings("limitedBy", result.limits(), json);
        json.writeEndObject();
        strings("failed", result.failures(), json);
    }

    private static void strings(String name, java.util.List<String> texts, JsonGenerator json) throws IOException {
        json.writeArrayFieldStart(name);
        for (String text : texts) {
            json.writeString(text);
        }
        json.writeEndArray();
    }

    private static void seconds(LoadResult result, JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("perSecond");
        for (LoadStats.Second s : result.stats().seconds()) {
            json.writeStartObject();
            json.writeNumberField("second", s.index());
            json.writeNumberField("arrivals", s.rates().arrivals());
            json.writeNumberField("done", s.rates().done());
            json.writeNumberField("errors", s.rates().errors());
            json.writeNumberField("retransmissions", s.rates().retransmissions());
            json.writeNumberField("inFlight", s.inFlight());
            json.writeNumberField("p50", s.micros().p50());
            json.writeNumberField("p90", s.micros().p90());
            json.writeNumberField("p99", s.micros().p99());
            json.writeNumberField("max", s.micros().max());
            json.writeNumberField("sendLagP99", s.micros().lagP99());
            json.writeNumberField("cpu", s.cpu());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}

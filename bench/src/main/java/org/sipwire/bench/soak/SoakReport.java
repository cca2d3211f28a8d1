/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.soak;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A soak in words: a line a sample, the table of trends, and both as JSON. Confined to its thread. */
final class SoakReport {
    private final Series series;
    private final double from;
    private final boolean isJudged;
    private final List<String> failures = new ArrayList<>();

    /**
     * Of these samples.
     *
     * @param from the second from which on they are fitted
     * @param isJudged false when they are too few for a verdict
     */
    SoakReport(Series series, double from, boolean isJudged) {
        this.series = series;
        this.from = from;
        this.isJudged = isJudged;
    }

    static String line(Series.Sample sample) {
        return String.format(Locale.ROOT, "%6.0f s  ", sample.second())
                + sample.values().entrySet().stream()
                        .map(entry -> entry.getKey().label() + ' ' + text(entry.getKey(), entry.getValue()))
                        .collect(Collectors.joining(", "));
    }

    /** What failed beside the trends. */
    void fail(String what) {
        failures.add(what);
    }

    /** Exit status of the command: 1 when something grew, or failed. */
    int print(PrintStream out) {
        out.printf(
                "%n%-18s %7s %12s %12s %12s %12s  %s%n", "", "samples", "mean", "growth", "+-", "allowed", "verdict");
        for (Gauge gauge : Gauge.values()) {
            Trend trend = series.trend(gauge, from);
            if (trend == null) {
                continue;
            }
            boolean grows = isJudged && grows(gauge, trend);
            out.printf(
                    Locale.ROOT,
                    "%-18s %7d %12s %12s %12s %12s  %s%n",
                    gauge.label(),
                    trend.points(),
                    text(gauge, trend.mean()),
                    text(gauge, trend.growth()),
                    text(gauge, trend.error()),
                    text(gauge, gauge.allowance(trend.mean())),
                    grows ? "GROWS" : isJudged ? "level" : "too short");
            if (grows) {
                fail(gauge.label() + " grows");
            }
        }
        failures.forEach(failure -> out.println("FAILED: " + failure));
        out.flush();
        return failures.isEmpty() ? 0 : 1;
    }

    private static boolean grows(Gauge gauge, Trend trend) {
        return trend.isSignificant() && trend.growth() > gauge.allowance(trend.mean());
    }

    private static String text(Gauge gauge, double value) {
        if (Double.isNaN(value)) {
            return "-";
        }
        return gauge.isMemory()
                ? String.format(Locale.ROOT, "%.2f MB", value / 1e6)
                : String.format(
                        Locale.ROOT, Math.abs(value) < 100 && value != Math.rint(value) ? "%.2f" : "%.0f", value);
    }

    void writeJson(Path file) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(Files.newBufferedWriter(file))) {
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            json.writeNumberField("fittedFromSecond", from);
            json.writeObjectFieldStart("trends");
            for (Gauge gauge : Gauge.values()) {
                Trend trend = series.trend(gauge, from);
                if (trend != null) {
                    json.writeObjectFieldStart(gauge.label());
                    json.writeNumberField("samples", trend.points());
                    json.writeNumberField("mean", trend.mean());
                    json.writeNumberField("growth", trend.growth());
                    json.writeNumberField("error", trend.error());
                    json.writeNumberField("allowed", gauge.allowance(trend.mean()));
                    json.writeBooleanField("grows", isJudged && grows(gauge, trend));
                    json.writeEndObject();
                }
            }
            json.writeEndObject();
            json.writeArrayFieldStart("samples");
            for (Series.Sample sample : series.samples()) {
                json.writeStartObject();
                json.writeNumberField("second", sample.second());
                for (Map.Entry<Gauge, Double> value : sample.values().entrySet()) {
                    json.writeNumberField(value.getKey().label(), value.getValue());
                }
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeArrayFieldStart("failures");
            for (String failure : failures) {
                json.writeString(failure);
            }
            json.writeEndArray();
            json.writeEndObject();
        }
    }
}

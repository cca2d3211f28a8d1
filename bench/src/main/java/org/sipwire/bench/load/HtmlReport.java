/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * The run as one HTML file without scripts or anything fetched: its tables, and a plot of each figure over time as inline SVG.
 *
 * <p>Any thread.
 */
final class HtmlReport {
    private static final int WIDTH = 860;
    private static final int HEIGHT = 200;
    private static final int LEFT = 70;
    private static final int BOTTOM = 22;
    private static final String[] COLOURS = {"#1f77b4", "#2ca02c", "#ff7f0e", "#d62728"};

    /** A line of a plot. */
    private record Line(String name, ToDoubleFunction<LoadStats.Second> value) {}

    private HtmlReport() {}

    static void write(LoadResult result, Path file) throws IOException {
        Files.writeString(file, html(result));
    }

    static String html(LoadResult result) {
        StringBuilder html = new StringBuilder(16 * 1024);
        html.append("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Load run</title><style>")
                .append("body{font:14px/1.45 system-ui,sans-serif;max-width:900px;margin:2em auto;color:#222}")
                .append("pre{background:#f6f6f6;padding:1em;overflow:auto}svg{display:block;margin:0 0 1.5em}")
                .append(
                        "text{font-size:11px;fill:#555}h2{font-size:1.05em;margin:1.2em 0 .3em}</style></head><body><h1>Load run</h1><p>")
                .append(escape(result.options().summary()))
                .append("</p><pre>")
                .append(escape(tables(result)))
                .append("</pre>");
        List<LoadStats.Second> seconds = result.stats().seconds();
        plot(
                html,
                "Rate (a second)",
                seconds,
                new Line("arrivals", s -> s.rates().arrivals()),
                new Line("done", s -> s.rates().done()));
        plot(
                html,
                "Latency from the intended moment (ms)",
                seconds,
                new Line("p50", s -> s.micros().p50() / 1e3),
                new Line("p90", s -> s.micros().p90() / 1e3),
                new Line("p99", s -> s.micros().p99() / 1e3),
                new Line("max", s -> s.micros().max() / 1e3));
        plot(
                html,
                "Errors and retransmissions (a second)",
                seconds,
                new Line("errors", s -> s.rates().errors()),
                new Line("retransmissions", s -> s.rates().retransmissions()));
        plot(html, "In flight", seconds, new Line("cycles", LoadStats.Second::inFlight));
        plot(
                html,
                "The generator itself",
                seconds,
                new Line("CPU (% of a core)", s -> s.cpu() * 100),
                new Line("send lag p99 (ms)", s -> s.micros().lagP99() / 1e3));
        return html.append("</body></html>\n").toString();
    }

    private static String tables(LoadResult result) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        LoadReport.print(result, new PrintStream(bytes, true, StandardCharsets.UTF_8));
        return bytes.toString(StandardCharsets.UTF_8).strip();
    }

    private static void plot(StringBuilder html, String title, List<LoadStats.Second> seconds, Line... lines) {
        double highest = 0;
        for (LoadStats.Second second : seconds) {
            for (Line line : lines) {
                highest = Math.max(highest, line.value().applyAsDouble(second));
            }
        }
        double top = roundUp(highest);
        html.append("<h2>")
                .append(escape(title))
                .append("</h2><svg viewBox=\"0 0 ")
                .append(WIDTH)
                .append(' ');
        html.append(HEIGHT + BOTTOM)
                .append("\" role=\"img\" aria-label=\"")
                .append(escape(title))
                .append("\">");
        for (int i = 0; i <= 4; i++) {
            double y = HEIGHT - i * (HEIGHT - 20) / 4.0;
            html.append(String.format(Locale.ROOT, "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>", LEFT, y, WIDTH));
            html.append(String.format(
                    Locale.ROOT,
                    "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
                    LEFT - 6,
                    y + 4,
                    number(top * i / 4)));
        }
        html.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\">1 s</text>", LEFT, HEIGHT + 16));
        html.append(String.format(
                Locale.ROOT,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%d s</text>",
                WIDTH,
                HEIGHT + 16,
                seconds.size()));
        for (int i = 0; i < lines.length; i++) {
            line(html, seconds, lines[i], top, COLOURS[i]);
            html.append(String.format(
                    Locale.ROOT,
                    "<text x=\"%d\" y=\"12\" style=\"fill:%s\">%s</text>",
                    LEFT + 10 + i * 150,
                    COLOURS[i],
                    escape(lines[i].name())));
        }
        html.append("</svg>");
    }

    private static void line(StringBuilder html, List<LoadStats.Second> seconds, Line line, double top, String colour) {
        html.append("<polyline fill=\"none\" stroke-width=\"1.5\" stroke=\"")
                .append(colour)
                .append("\" points=\"");
        for (int i = 0; i < seconds.size(); i++) {
            double x = LEFT + (WIDTH - LEFT) * (seconds.size() == 1 ? 0.5 : i / (seconds.size() - 1.0));
            double y = HEIGHT - (HEIGHT - 20) * line.value().applyAsDouble(seconds.get(i)) / top;
            html.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
        }
        html.append("\"/>");
    }

    /** The next of 1, 2, 5 times a power of ten. */
    private static double roundUp(double value) {
        if (value <= 0) {
            return 1;
        }
        double power = Math.pow(10, Math.floor(Math.log10(value)));
        double lead = value / power;
        return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
    }

    private static String number(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, "%.3g", value);
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}

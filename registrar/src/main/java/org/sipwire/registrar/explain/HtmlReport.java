/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.explain;

import java.util.List;
import org.sipwire.codec.capture.CapturedMessage;

/**
 * Explanations as one HTML page without scripts or anything fetched: a ladder as inline SVG for each flow, and each message to unfold.
 * Everything that comes from a message is escaped. Any thread.
 */
public final class HtmlReport {
    private static final int LEFT = 190;
    private static final int DISTANCE = 330;
    private static final int TOP = 46;
    private static final int ROW = 34;
    private static final int MAX_LABEL = 44;
    private static final String STYLE =
            "body{font:15px/1.5 system-ui,sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;"
                    + "color:#1b1f24;background:#fff}svg{max-width:100%;height:auto}svg text{font:13px system-ui,sans-serif;fill:#1b1f24}"
                    + "table{border-collapse:collapse;width:100%;table-layout:fixed}td,th{border-top:1px solid #d5d9de;padding:.3em .6em;"
                    + "text-align:left;vertical-align:top;overflow-wrap:anywhere}th{width:11em;font-weight:600}td+td{width:40%;color:#44505c}"
                    + "pre{background:#f3f5f7;padding:1em;overflow:auto}summary{cursor:pointer;padding:.3em 0}"
                    + ".verdict{border-left:4px solid #2563a8;padding:.4em 1em;background:#eef4fb}"
                    + "@media(prefers-color-scheme:dark){body{background:#14181d;color:#e4e8ec}svg text{fill:#e4e8ec}pre{background:#1f252c}"
                    + "td,th{border-color:#39424c}td+td{color:#a9b4bf}.verdict{background:#1b2a3a}}";

    private HtmlReport() {}

    /** The page. */
    public static String of(String title, List<Explanation> explanations) {
        StringBuilder html = new StringBuilder(64 * 1024);
        html.append(
                        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">")
                .append(
                        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>")
                .append(escape(title))
                .append("</title><style>")
                .append(STYLE)
                .append("</style></head><body>\n<h1>")
                .append(escape(title))
                .append("</h1>\n");
        for (Explanation explanation : explanations) {
            flow(html, explanation);
        }
        return html.append("</body></html>\n").toString();
    }

    private static void flow(StringBuilder html, Explanation explanation) {
        html.append("<section><h2>")
                .append(escape(TextReport.heading(explanation)))
                .append("</h2>\n<p class=\"verdict\">");
        html.append(escape(explanation.verdict())).append("</p>\n");
        ladder(html, explanation);
        int number = 1;
        for (Explanation.Step step : explanation.steps()) {
            CapturedMessage message = step.message();
            html.append("<details><summary><b>")
                    .append(number++)
                    .append(" ")
                    .append(escape(step.label()))
                    .append("</b> ");
            html.append(escape(step.meaning()))
                    .append("</summary>\n<p>")
                    .append(escape(message.source().toString()));
            html.append(" to ")
                    .append(escape(message.destination().toString()))
                    .append(", ")
                    .append(escape(message.transport()));
            html.append(", ").append(message.octets().length).append(" octets</p>\n<table>");
            for (Explanation.Field field : step.fields()) {
                html.append("<tr><th scope=\"row\">")
                        .append(escape(field.name()))
                        .append("</th><td>");
                html.append(escape(field.value()))
                        .append("</td><td>")
                        .append(escape(field.note()))
                        .append("</td></tr>\n");
            }
            html.append("</table>\n<pre>")
                    .append(escape(MessageText.of(message.octets())))
                    .append("</pre></details>\n");
        }
        html.append("</section>\n");
    }

    private static void ladder(StringBuilder html, Explanation explanation) {
        Ladder ladder = Ladder.of(explanation.flow());
        List<Explanation.Step> steps = explanation.steps();
        int columns = ladder.names().size();
        int width = LEFT + (columns - 1) * DISTANCE + 150;
        int height = TOP + steps.size() * ROW + 10;
        html.append("<svg role=\"img\" aria-label=\"Ladder of the messages\" viewBox=\"0 0 ")
                .append(width)
                .append(' ')
                .append(height);
        html.append("\" width=\"").append(width).append("\">\n");
        for (int i = 0; i < columns; i++) {
            int x = LEFT + i * DISTANCE;
            text(html, x, 18, "middle", ladder.names().get(i));
            line(html, x, 28, x, height - 4, "#9aa5b1");
        }
        for (int i = 0; i < steps.size(); i++) {
            Explanation.Step step = steps.get(i);
            int y = TOP + i * ROW + 12;
            int from = LEFT + ladder.column(step.message().source()) * DISTANCE;
            int to = LEFT + ladder.column(step.message().destination()) * DISTANCE;
            text(html, 4, y + 4, "start", TextReport.time(step.message()));
            String label = i + 1 + " " + step.label();
            String fitting = label.length() > MAX_LABEL ? label.substring(0, MAX_LABEL) + "\u2026" : label;
            if (from == to) {
                text(html, from + 8, y - 5, "start", fitting);
                continue;
            }
            text(html, (from + to) / 2, y - 5, "middle", fitting);
            int tip = from < to ? -9 : 9;
            line(html, from, y, to, y, colour(step));
            html.append("<path fill=\"")
                    .append(colour(step))
                    .append("\" d=\"M")
                    .append(to)
                    .append(' ')
                    .append(y);
            html.append('l').append(tip).append(" -5v10z\"/>\n");
        }
        html.append("</svg>\n");
    }

    private static String colour(Explanation.Step step) {
        char first = step.label().charAt(0);
        return first >= '4' && first <= '6' ? "#b3261e" : first >= '1' && first <= '3' ? "#1f7a3d" : "#2563a8";
    }

    private static void line(StringBuilder html, int x1, int y1, int x2, int y2, String colour) {
        html.append("<path stroke=\"")
                .append(colour)
                .append("\" stroke-width=\"1.5\" d=\"M")
                .append(x1)
                .append(' ')
                .append(y1);
        html.append('L').append(x2).append(' ').append(y2).append("\"/>\n");
    }

    private static void text(StringBuilder html, int x, int y, String anchor, String text) {
        html.append("<text x=\"")
                .append(x)
                .append("\" y=\"")
                .append(y)
                .append("\" text-anchor=\"")
                .append(anchor)
                .append("\">");
        html.append(escape(text)).append("</text>\n");
    }

    private static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                case '\n', '\t' -> escaped.append((char) c);
                case '\r' -> {}
                default -> {
                    // Control characters are no characters of HTML, and format characters turn the text around.
                    boolean odd = Character.isISOControl(c) || Character.getType(c) == Character.FORMAT;
                    escaped.appendCodePoint(odd ? 0xFFFD : c);
                }
            }
        });
        return escaped.toString();
    }
}

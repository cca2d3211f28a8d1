/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A condition that fails a run: a figure's name, an operator, a limit. Latencies are in milliseconds, {@code us}, {@code ms} and
 * {@code s} may follow the number.
 *
 * <p>Immutable. Shared.
 */
record FailOn(String text, String name, String operator, double limit) {
    private static final Pattern FORM =
            Pattern.compile("\\s*([a-z0-9.]+)\\s*(>=|<=|>|<)\\s*(\\d+(?:\\.\\d+)?)\\s*(us|ms|s)?\\s*");
    private static final Map<String, ToDoubleFunction<LoadResult>> FIGURES = Map.ofEntries(
            Map.entry("errors", r -> r.stats().totalErrors()),
            Map.entry("timeouts", r -> r.stats().errorsOf(LoadError.TIMEOUT)),
            Map.entry("retransmissions", r -> r.stats().retransmissions()),
            Map.entry("done", r -> r.stats().totalDone()),
            Map.entry("rate", LoadResult::donePerSecond),
            Map.entry("limited", r -> r.limits().size()),
            Map.entry("drops", r -> r.generator().socketDrops()),
            Map.entry("surge", r -> r.surge() == null ? 0 : r.surge().during()),
            Map.entry("recovery", r -> r.surge() == null ? 0 : r.surge().recoverySeconds()),
            Map.entry("p50", r -> millis(r, 50)),
            Map.entry("p90", r -> millis(r, 90)),
            Map.entry("p99", r -> millis(r, 99)),
            Map.entry("p99.9", r -> millis(r, 99.9)),
            Map.entry("max", r -> millis(r, 100)));

    /** Null when the text is no condition. */
    static FailOn parse(String text) {
        Matcher matcher = FORM.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches() || !FIGURES.containsKey(matcher.group(1))) {
            return null;
        }
        double limit = Double.parseDouble(matcher.group(3));
        String unit = matcher.group(4) == null ? "ms" : matcher.group(4);
        double scale = unit.equals("us") ? 0.001 : unit.equals("s") ? 1000 : 1;
        return new FailOn(text.trim(), matcher.group(1), matcher.group(2), limit * scale);
    }

    static String names() {
        return FIGURES.keySet().stream().sorted().collect(Collectors.joining(" "));
    }

    boolean holds(LoadResult result) {
        double value = FIGURES.get(name).applyAsDouble(result);
        return switch (operator) {
            case ">" -> value > limit;
            case ">=" -> value >= limit;
            case "<" -> value < limit;
            default -> value <= limit;
        };
    }

    private static double millis(LoadResult result, double percentile) {
        return result.stats().cycles().getValueAtPercentile(percentile) / 1e6;
    }
}

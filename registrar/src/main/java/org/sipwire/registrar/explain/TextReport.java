/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.explain;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import org.sipwire.codec.capture.CapturedMessage;

/** Explanations as text for a terminal. Any thread. */
public final class TextReport {
    private static final int FIRST_COLUMN = 22;
    private static final int DISTANCE = 46;
    private static final int NAME = 18;
    private static final int VALUE = 64;
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("uuuu-MM-dd").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS").withZone(ZoneOffset.UTC);

    private TextReport() {}

    /** All of them, one after the other. */
    public static String of(List<Explanation> explanations) {
        StringBuilder text = new StringBuilder();
        for (Explanation explanation : explanations) {
            flow(text, explanation);
        }
        return text.toString();
    }

    static Instant instant(CapturedMessage message) {
        return Instant.EPOCH.plus(message.timeMicros(), ChronoUnit.MICROS);
    }

    static String time(CapturedMessage message) {
        return TIME.format(instant(message));
    }

    static String heading(Explanation explanation) {
        List<Explanation.Step> steps = explanation.steps();
        return explanation.flow().title() + ": " + steps.size() + (steps.size() == 1 ? " message" : " messages")
                + " from " + DAY.format(instant(steps.get(0).message())) + " "
                + time(steps.get(0).message()) + " UTC";
    }

    private static void flow(StringBuilder text, Explanation explanation) {
        String heading = printable(heading(explanation));
        text.append(heading).append('\n').append("=".repeat(heading.length())).append('\n');
        text.append(printable(explanation.verdict())).append("\n\n");
        ladder(text, explanation);
        int number = 1;
        for (Explanation.Step step : explanation.steps()) {
            CapturedMessage message = step.message();
            text.append('\n').append(number++).append("  ").append(printable(step.label()));
            text.append("  ").append(message.source()).append(" -> ").append(message.destination());
            text.append(" (")
                    .append(message.transport())
                    .append(", ")
                    .append(message.octets().length)
                    .append(" octets)\n");
            text.append("   ").append(printable(step.meaning())).append('\n');
            for (Explanation.Field field : step.fields()) {
                text.append("     ").append(pad(printable(field.name()), NAME)).append(' ');
                String value = printable(field.value());
                if (field.note().isEmpty()) {
                    text.append(value);
                } else if (value.length() <= VALUE) {
                    text.append(pad(value, VALUE)).append("  ").append(printable(field.note()));
                } else {
                    text.append(value)
                            .append('\n')
                            .append(" ".repeat(5 + NAME + 1 + VALUE + 2))
                            .append(printable(field.note()));
                }
                text.append('\n');
            }
        }
        text.append('\n');
    }

    private static void ladder(StringBuilder text, Explanation explanation) {
        Ladder ladder = Ladder.of(explanation.flow());
        List<String> names = ladder.names();
        char[] head = blanks(names.size());
        for (int i = 0; i < names.size(); i++) {
            put(head, at(i) - names.get(i).length() / 2, names.get(i));
        }
        text.append(new String(head).stripTrailing()).append('\n');
        int number = 1;
        for (Explanation.Step step : explanation.steps()) {
            char[] line = blanks(names.size());
            for (int i = 0; i < names.size(); i++) {
                line[at(i)] = '|';
            }
            put(line, 0, time(step.message()));
            arrow(line, ladder, step, number++ + " " + printable(step.label()));
            text.append(new String(line).stripTrailing()).append('\n');
        }
    }

    private static void arrow(char[] line, Ladder ladder, Explanation.Step step, String label) {
        int from = at(ladder.column(step.message().source()));
        int to = at(ladder.column(step.message().destination()));
        if (from == to) {
            put(line, from + 2, label);
            return;
        }
        int left = Math.min(from, to) + 1;
        int right = Math.max(from, to) - 1;
        Arrays.fill(line, left, right + 1, '-');
        line[from < to ? right : left] = from < to ? '>' : '<';
        int room = right - left - 5;
        String fitting = label.length() > room ? label.substring(0, room) : label;
        put(line, left + (right - left - fitting.length()) / 2, " " + fitting + " ");
    }

    private static int at(int column) {
        return FIRST_COLUMN + 12 + column * DISTANCE;
    }

    private static char[] blanks(int columns) {
        char[] line = new char[at(columns - 1) + DISTANCE];
        Arrays.fill(line, ' ');
        return line;
    }

    private static void put(char[] line, int from, String text) {
        for (int i = 0; i < text.length(); i++) {
            if (from + i >= 0 && from + i < line.length) {
                line[from + i] = text.charAt(i);
            }
        }
    }

    private static String pad(String text, int width) {
        return text.length() >= width ? text : text + " ".repeat(width - text.length());
    }

    /** What comes from strangers must not steer a terminal. */
    private static String printable(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        text.codePoints()
                .forEach(c -> clean.appendCodePoint(
                        Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '.' : c));
        return clean.toString();
    }
}

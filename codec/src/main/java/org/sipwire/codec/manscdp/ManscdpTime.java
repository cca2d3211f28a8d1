/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Times as MANSCDP writes them: Beijing wall time without a zone, {@code yyyy-MM-ddTHH:mm:ss}. Equipment adds a zone, a
 * fraction, leaves out leading zeros or writes a blank for the T; all of that is read. Shared.
 */
public final class ManscdpTime {
    /** China has one zone and no summer time. */
    public static final ZoneOffset BEIJING = ZoneOffset.ofHours(8);

    private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss", Locale.ROOT);

    private ManscdpTime() {}

    /** The time in the standard's form. */
    public static String format(LocalDateTime time) {
        return FORMAT.format(time);
    }

    /** Beijing wall time; null when the text is no time. A time with a zone is brought to Beijing's. */
    public static LocalDateTime parse(CharSequence text) {
        int[] at = {0};
        int[] field = new int[6];
        for (int i = 0; i < 6; i++) {
            if (i > 0 && !separator(text, at, i)) {
                return null;
            }
            field[i] = number(text, at);
            if (field[i] < 0) {
                return null;
            }
        }
        int nanos = fraction(text, at);
        try {
            LocalDateTime local = LocalDateTime.of(field[0], field[1], field[2], field[3], field[4], field[5], nanos);
            if (at[0] == text.length()) {
                return local;
            }
            ZoneOffset zone =
                    ZoneOffset.of(text.subSequence(at[0], text.length()).toString());
            return local.atOffset(zone).withOffsetSameInstant(BEIJING).toLocalDateTime();
        } catch (DateTimeException malformed) {
            return null;
        }
    }

    private static boolean separator(CharSequence text, int[] at, int index) {
        if (at[0] >= text.length()) {
            return false;
        }
        char c = text.charAt(at[0]++);
        return switch (index) {
            case 1, 2 -> c == '-' || c == '/';
            case 3 -> c == 'T' || c == 't' || c == ' ';
            default -> c == ':';
        };
    }

    private static int number(CharSequence text, int[] at) {
        int value = 0;
        int start = at[0];
        while (at[0] < text.length() && isDigit(text.charAt(at[0])) && at[0] - start < 4) {
            value = value * 10 + text.charAt(at[0]++) - '0';
        }
        return at[0] == start ? -1 : value;
    }

    private static int fraction(CharSequence text, int[] at) {
        if (at[0] >= text.length() || text.charAt(at[0]) != '.') {
            return 0;
        }
        int nanos = 0;
        int unit = 100_000_000;
        at[0]++;
        while (at[0] < text.length() && isDigit(text.charAt(at[0]))) {
            nanos += (text.charAt(at[0]++) - '0') * unit;
            unit /= 10;
        }
        return nanos;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}

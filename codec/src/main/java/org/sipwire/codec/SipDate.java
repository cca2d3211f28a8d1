/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.nio.charset.StandardCharsets;
import org.sipwire.codec.internal.Ascii;

/**
 * The value of a Date header field (RFC 3261 section 20.17), or the local time of GB/T 28181. One thread at a time. Borrowed.
 *
 * <pre>
 *   Sat, 13 Nov 2010 23:29:00 GMT        2021-03-24T15:25:03.259
 *        ^  ^   ^    ^                   ^    ^  ^  ^        ^
 *   0    5  8   12   17                  0    5  8  11       20
 * </pre>
 */
public final class SipDate {

    private static final byte[] DAYS = "MonTueWedThuFriSatSun".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec".getBytes(StandardCharsets.US_ASCII);
    private static final long GMT = Ascii.wordOf(" GMT");
    private static final long MILLIS_A_DAY = 86_400_000L;

    private int year;
    private int month;
    private int day;
    private int millisOfDay;
    private boolean local;
    private int error;

    /** A view of nothing, to be {@link #wrap wrapped}. */
    public SipDate() {}

    /** Reads the whole range. Returns this. */
    public SipDate wrap(byte[] a, int off, int len) {
        local = len >= 19 && a[off + 4] == '-';
        boolean good = local ? gb(a, off, len) : rfc(a, off, len);
        good = good && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month) && millisOfDay >= 0;
        error = good ? 0 : ParseError.DATE.code();
        return this;
    }

    private boolean gb(byte[] a, int off, int len) {
        year = number(a, off, 4);
        month = number(a, off + 5, 2);
        day = number(a, off + 8, 2);
        int time = time(a, off + 11);
        boolean good = year >= 0 && a[off + 7] == '-' && a[off + 10] == 'T' && time >= 0;
        int millis = 0;
        if (len > 19) {
            good &= a[off + 19] == '.' && len > 20 && len <= 29;
            for (int i = 0, scale = 100; good && i < len - 20; i++, scale /= 10) {
                int d = a[off + 20 + i] - '0';
                good = d >= 0 && d <= 9;
                millis += d * scale;
            }
        }
        millisOfDay = time + millis;
        return good;
    }

    private boolean rfc(byte[] a, int off, int len) {
        if (len != 29) {
            return false;
        }
        year = number(a, off + 12, 4);
        month = index(MONTHS, a, off + 8) + 1;
        day = number(a, off + 5, 2);
        millisOfDay = time(a, off + 17);
        // RFC 3261 section 20.17: "the time zone is always GMT"; RFC 4475 section 3.1.2.12 shows EST, which is refused.
        return index(DAYS, a, off) >= 0
                && a[off + 3] == ','
                && a[off + 4] == ' '
                && a[off + 7] == ' '
                && a[off + 11] == ' '
                && a[off + 16] == ' '
                && year >= 0
                && Ascii.word(a, off + 25, 4) == GMT;
    }

    private static int index(byte[] names, byte[] a, int at) {
        for (int i = 0; i < names.length; i += 3) {
            if (a[at] == names[i] && a[at + 1] == names[i + 1] && a[at + 2] == names[i + 2]) {
                return i / 3;
            }
        }
        return -1;
    }

    private static int number(byte[] a, int at, int digits) {
        return (int) Ascii.parseUnsigned(a, at, digits);
    }

    /** Milliseconds of {@code hh:mm:ss}, or a negative number. */
    private static int time(byte[] a, int at) {
        int h = number(a, at, 2);
        int m = number(a, at + 3, 2);
        int s = number(a, at + 6, 2);
        if (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60 || a[at + 2] != ':' || a[at + 5] != ':') {
            return Integer.MIN_VALUE;
        }
        return ((h * 60 + m) * 60 + s) * 1000;
    }

    private static int daysOf(int year, int month) {
        if (month == 2) {
            return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
        }
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
    }

    /** Whether the value has the form of GB/T 28181, which is a local time without a zone. */
    public boolean isLocal() {
        return local;
    }

    /** Milliseconds since 1970-01-01T00:00Z. A local time is taken as {@code offsetMinutes} east of Greenwich: 480 in China. */
    public long epochMillis(int offsetMinutes) {
        long millis = daysSinceEpoch(year, month, day) * MILLIS_A_DAY + millisOfDay;
        return local ? millis - offsetMinutes * 60_000L : millis;
    }

    /** 0, or the code of the {@link ParseError}. */
    public int error() {
        return error;
    }

    /** Days of a date of the Gregorian calendar since 1970-01-01, with years that begin in March so that the leap day comes last. */
    private static long daysSinceEpoch(int y, int m, int d) {
        long shifted = m > 2 ? y : y - 1L;
        long era = Math.floorDiv(shifted, 400);
        long yearOfEra = shifted - era * 400;
        long dayOfYear = (153L * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468;
    }

    /** Writes the RFC's form, 29 octets; returns the index after it. */
    public static int write(byte[] dst, int at, long epochMillis) {
        long days = Math.floorDiv(epochMillis, MILLIS_A_DAY);
        int rest = (int) Math.floorMod(epochMillis, MILLIS_A_DAY);
        // 1970-01-01 was a Thursday.
        System.arraycopy(DAYS, 3 * (int) Math.floorMod(days + 3, 7L), dst, at, 3);
        dst[at + 3] = ',';
        dst[at + 4] = ' ';
        long date = civil(days);
        pair(dst, at + 5, (int) date & 0xFF);
        dst[at + 7] = ' ';
        System.arraycopy(MONTHS, 3 * (((int) (date >>> 8) & 0xFF) - 1), dst, at + 8, 3);
        dst[at + 11] = ' ';
        pair(dst, at + 12, (int) (date >>> 16) / 100);
        pair(dst, at + 14, (int) (date >>> 16) % 100);
        dst[at + 16] = ' ';
        time(dst, at + 17, rest);
        Ascii.put(dst, at + 25, " GMT");
        return at + 29;
    }

    /** Writes the form of GB/T 28181 with milliseconds, 23 octets, as the time {@code offsetMinutes} east; returns the index after it. */
    public static int writeLocal(byte[] dst, int at, long epochMillis, int offsetMinutes) {
        long local = epochMillis + offsetMinutes * 60_000L;
        int rest = (int) Math.floorMod(local, MILLIS_A_DAY);
        long date = civil(Math.floorDiv(local, MILLIS_A_DAY));
        pair(dst, at, (int) (date >>> 16) / 100);
        pair(dst, at + 2, (int) (date >>> 16) % 100);
        dst[at + 4] = '-';
        pair(dst, at + 5, (int) (date >>> 8) & 0xFF);
        dst[at + 7] = '-';
        pair(dst, at + 8, (int) date & 0xFF);
        dst[at + 10] = 'T';
        time(dst, at + 11, rest);
        dst[at + 19] = '.';
        int millis = rest % 1000;
        dst[at + 20] = (byte) ('0' + millis / 100);
        pair(dst, at + 21, millis % 100);
        return at + 23;
    }

    private static void time(byte[] dst, int at, int millis) {
        int s = millis / 1000;
        pair(dst, at, s / 3600);
        dst[at + 2] = ':';
        pair(dst, at + 3, s / 60 % 60);
        dst[at + 5] = ':';
        pair(dst, at + 6, s % 60);
    }

    private static void pair(byte[] dst, int at, int n) {
        dst[at] = (byte) ('0' + n / 10);
        dst[at + 1] = (byte) ('0' + n % 10);
    }

    /** The inverse of {@link #daysSinceEpoch}: year, month and day as {@code year << 16 | month << 8 | day}. */
    private static long civil(long days) {
        long z = days + 719_468;
        long era = Math.floorDiv(z, 146_097);
        long dayOfEra = z - era * 146_097;
        long yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        long dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        long shifted = (5 * dayOfYear + 2) / 153;
        long d = dayOfYear - (153 * shifted + 2) / 5 + 1;
        long m = shifted < 10 ? shifted + 3 : shifted - 9;
        long y = yearOfEra + era * 400 + (m <= 2 ? 1 : 0);
        return y << 16 | m << 8 | d;
    }
}

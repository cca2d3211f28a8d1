/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipHeader;

/**
 * Writes the Date by which a GB/T 28181 device sets its clock (GB/T 28181-2016 §9.10.1): {@code 2021-03-24T15:25:03.259}, wall time of
 * Beijing without a zone. Confined to one thread; allocates nothing.
 *
 * <p>Only the milliseconds change within a second, so the text up to them is kept.
 */
final class BeijingDate {

    private static final long EIGHT_HOURS_MILLIS = 8 * 3_600_000L;
    private static final long DAY_SECONDS = 86_400;

    private final byte[] text = "0000-00-00T00:00:00.000".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    private long shownSecond = Long.MIN_VALUE;

    void write(ResponseWriter writer, long nowMillis) {
        writer.header(SipHeader.DATE, at(nowMillis), 0, text.length);
    }

    /** The text at a time: this instance's own array, overwritten by the next call. */
    byte[] at(long nowMillis) {
        long millis = nowMillis + EIGHT_HOURS_MILLIS;
        long second = Math.floorDiv(millis, 1000L);
        if (second != shownSecond) {
            shownSecond = second;
            show(second);
        }
        put(20, 3, Math.floorMod(millis, 1000L));
        return text;
    }

    private void show(long second) {
        long day = Math.floorDiv(second, DAY_SECONDS);
        long inDay = Math.floorMod(second, DAY_SECONDS);
        // Days are counted from 1 March of year 0, so that the leap day is a year's last: 146,097 days are 400 years.
        long z = day + 719_468;
        long era = Math.floorDiv(z, 146_097L);
        long dayOfEra = z - era * 146_097;
        long yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        long dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        // From March, months have 31 30 31 30 31 days, again and again: 153 days are five months.
        long monthFromMarch = (5 * dayOfYear + 2) / 153;
        long month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
        put(0, 4, yearOfEra + era * 400 + (month <= 2 ? 1 : 0));
        put(5, 2, month);
        put(8, 2, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1);
        put(11, 2, inDay / 3600);
        put(14, 2, inDay / 60 % 60);
        put(17, 2, inDay % 60);
    }

    private void put(int at, int digits, long value) {
        long rest = value;
        for (int i = at + digits - 1; i >= at; i--) {
            text[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }
}

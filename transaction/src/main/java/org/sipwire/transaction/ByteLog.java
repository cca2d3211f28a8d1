/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.util.Arrays;

/**
 * Memory for keys and messages of transactions. Confined to one event loop.
 *
 * <pre>
 *   segment   [ record | record | (released) | record | ......free...... ]   128 KiB each
 *                                                       ^ position, in the current segment alone
 *   record    63        36 35      18 17      0
 *            +------------+----------+---------+
 *            |  segment   |  offset  | length  |    0 is no record: no record has the length 0
 *            +------------+----------+---------+
 * </pre>
 *
 * <p>Records are appended and never moved; a segment is free again when its last record is released. That wastes
 * nothing when records die in about the order they were born, and transactions do: most of them live for the 32 s of
 * Timer J. A transaction that lives longer holds its segment, so those which may (INVITE, client transactions) have a
 * log of their own. Compared with a pool of blocks a record is one range: it is sent, compared and copied at once,
 * and costs no link.
 *
 * <p>Free segments are kept for reuse, so that neither steady traffic nor a wave allocates; what is not needed goes
 * back to the collector bit by bit ({@link #settle}). With the system property {@code sipwire.scribble} a released record is overwritten, which finds whoever
 * still looks at it.
 */
final class ByteLog {

    /** The octets of a segment, {@value}. A longer record gets a segment of its own. */
    static final int SEGMENT = 1 << 17;

    /** A record is at most this long, {@value}. */
    static final int MAX_LENGTH = (1 << 18) - 1;

    /** No record. */
    static final long NONE = 0;

    private static final boolean SCRIBBLE = Boolean.getBoolean("sipwire.scribble");
    private static final byte SCRIBBLED = (byte) 0xDB;
    private static final int FIELD_BITS = 18;
    private static final int FIELD_MASK = MAX_LENGTH;
    private static final int SPARE_MIN = 2;
    private static final int LETTING_GO = 32;

    private byte[][] segments = new byte[8][];
    private int[] live = new int[8];
    private int[] vacant = new int[8];
    private int vacantCount;
    private int segmentCount;
    private byte[][] spare = new byte[SPARE_MIN][];
    private int spareCount;
    private int used;
    private int current = -1;
    private int position;
    private long liveBytes;

    /** Keeps a copy of the range, or gives {@link #NONE} when it is empty or longer than {@link #MAX_LENGTH}. */
    long append(byte[] src, int offset, int length) {
        if (length <= 0 || length > MAX_LENGTH) {
            return NONE;
        }
        if (length > SEGMENT) {
            return appendAlone(src, offset, length);
        }
        if (current < 0 || SEGMENT - position < length) {
            newSegment();
        }
        System.arraycopy(src, offset, segments[current], position, length);
        long record = (long) current << 2 * FIELD_BITS | (long) position << FIELD_BITS | length;
        position += length;
        live[current]++;
        liveBytes += length;
        return record;
    }

    private long appendAlone(byte[] src, int offset, int length) {
        int number = newNumber();
        segments[number] = Arrays.copyOfRange(src, offset, offset + length);
        live[number] = 1;
        used++;
        liveBytes += length;
        return (long) number << 2 * FIELD_BITS | length;
    }

    private int newNumber() {
        int number = vacantCount > 0 ? vacant[--vacantCount] : segmentCount++;
        if (number == segments.length) {
            segments = Arrays.copyOf(segments, 2 * number);
            live = Arrays.copyOf(live, 2 * number);
            vacant = Arrays.copyOf(vacant, 2 * number);
        }
        return number;
    }

    private void newSegment() {
        int left = current;
        current = newNumber();
        if (spareCount > 0) {
            segments[current] = spare[--spareCount];
            spare[spareCount] = null;
        } else {
            segments[current] = new byte[SEGMENT];
        }
        used++;
        position = 0;
        if (left >= 0 && live[left] == 0) {
            retire(left);
        }
    }

    /** Gives the record's octets back. */
    void release(long record) {
        assert record != NONE;
        int segment = segment(record);
        assert live[segment] > 0 : "released twice";
        liveBytes -= length(record);
        if (SCRIBBLE) {
            Arrays.fill(segments[segment], offset(record), offset(record) + length(record), SCRIBBLED);
        }
        if (--live[segment] == 0) {
            if (segment == current) {
                position = 0;
            } else {
                retire(segment);
            }
        }
    }

    private void retire(int segment) {
        byte[] bytes = segments[segment];
        segments[segment] = null;
        vacant[vacantCount++] = segment;
        used--;
        if (bytes.length == SEGMENT) {
            if (spareCount == spare.length) {
                spare = Arrays.copyOf(spare, 2 * spareCount);
            }
            spare[spareCount++] = bytes;
        }
    }

    /**
     * Lets go of some of the spare segments that steady traffic does not need: a thirty-second of them. To be called once a second.
     *
     * <p>Traffic comes in waves (devices register again after an outage, calls in office hours), and a segment that comes anew has to be
     * cleared, and copied twice or more by the collector before it is left alone. So a wave's segments are kept for some minutes.
     */
    void settle() {
        int excess = spareCount - Math.max(SPARE_MIN, used >>> 4);
        if (excess > 0) {
            int kept = spareCount - (excess + LETTING_GO - 1) / LETTING_GO;
            while (spareCount > kept) {
                spare[--spareCount] = null;
            }
        }
    }

    /** The array the record lies in. */
    byte[] array(long record) {
        return segments[segment(record)];
    }

    private static int segment(long record) {
        return (int) (record >>> 2 * FIELD_BITS);
    }

    /** Where in {@link #array} the record begins. */
    static int offset(long record) {
        return (int) (record >>> FIELD_BITS) & FIELD_MASK;
    }

    /** The octets of the record. */
    static int length(long record) {
        return (int) record & FIELD_MASK;
    }

    /** The octets of all live records. */
    long liveBytes() {
        return liveBytes;
    }

    /** The octets this log occupies, spare segments included. */
    long footprint() {
        return (long) (used + spareCount) * SEGMENT + 16L * segments.length;
    }
}

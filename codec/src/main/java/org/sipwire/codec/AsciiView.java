/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.nio.charset.StandardCharsets;
import org.sipwire.codec.internal.Ascii;

/**
 * A range of octets of a message, read as ISO-8859-1 characters. One thread at a time.
 *
 * <p>An absent value has length -1 ({@link #isPresent()} is false) while an empty one has length 0; an absent view behaves as an empty
 * {@link CharSequence}. Only {@link #toString()}, {@link #subSequence} and {@link #toBytes()} allocate. Borrowed: valid as long as the
 * bytes beneath; {@link #copyTo} to keep.
 */
public final class AsciiView implements CharSequence {

    private static final byte[] NONE = new byte[0];
    private byte[] array = NONE;
    private int offset;
    private int length = -1;

    /** A view of nothing, to be {@link #wrap wrapped}. */
    public AsciiView() {}

    /** Points this view at the range; a negative length makes it absent. Returns this. */
    public AsciiView wrap(byte[] a, int off, int len) {
        if (array != a) {
            array = a;
        }
        offset = off;
        length = len;
        return this;
    }

    /** Makes this view absent. Returns this. */
    public AsciiView clear() {
        length = -1;
        return this;
    }

    /** The array beneath; only {@link #offset()} and {@link #length()} octets of it are this value. */
    public byte[] array() {
        return array;
    }

    /** Index of the first octet in {@link #array()}. */
    public int offset() {
        return offset;
    }

    /** Number of octets, or -1 when the value is absent. */
    @Override
    public int length() {
        return length;
    }

    /** Whether there is a value, be it empty. */
    public boolean isPresent() {
        return length >= 0;
    }

    @Override
    public boolean isEmpty() {
        return length <= 0;
    }

    @Override
    public char charAt(int index) {
        if (index < 0 || index >= length) {
            throw new IndexOutOfBoundsException(index);
        }
        return (char) (array[offset + index] & 0xFF);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
        if (start < 0 || end < start || end > Math.max(length, 0)) {
            throw new IndexOutOfBoundsException(start + ".." + end);
        }
        return new AsciiView().wrap(array, offset + start, end - start);
    }

    /** Whether the octets are these characters, capital and small letters alike. An absent view equals nothing. */
    public boolean equalsIgnoreCase(CharSequence text) {
        return length >= 0 && Ascii.equalsIgnoreCase(array, offset, length, text);
    }

    /** Whether the octets are these, capital and small letters alike. An absent view equals nothing. */
    public boolean equalsIgnoreCase(byte[] octets) {
        return length == octets.length && Ascii.equalsIgnoreCase(array, offset, octets, 0, length);
    }

    /** Whether the octets are exactly these characters. An absent view equals nothing. */
    public boolean contentEquals(CharSequence text) {
        if (length != text.length()) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if ((array[offset + i] & 0xFF) != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the octets are exactly these. An absent view equals nothing. */
    public boolean contentEquals(byte[] octets) {
        return contentEquals(octets, 0, octets.length);
    }

    /** Whether the octets are exactly these. An absent view equals nothing. */
    public boolean contentEquals(byte[] octets, int off, int len) {
        return length == len && java.util.Arrays.equals(array, offset, offset + len, octets, off, off + len);
    }

    /** The decimal number that is the whole value; -1 when it is none; {@link Long#MAX_VALUE} when it is above 10^18. */
    public long parseUnsigned() {
        return Ascii.parseUnsigned(array, offset, length);
    }

    /** Copies the octets to {@code dst} at {@code at}; returns the index after the last. */
    public int copyTo(byte[] dst, int at) {
        if (length <= 0) {
            return at;
        }
        System.arraycopy(array, offset, dst, at, length);
        return at + length;
    }

    /** An own copy of the octets; allocates. */
    public byte[] toBytes() {
        byte[] copy = new byte[Math.max(length, 0)];
        copyTo(copy, 0);
        return copy;
    }

    /** The octets as ISO-8859-1; allocates. An absent view gives the empty string. */
    @Override
    public String toString() {
        return length <= 0 ? "" : new String(array, offset, length, StandardCharsets.ISO_8859_1);
    }

    /** The octets as UTF-8; allocates. */
    public String toUtf8() {
        return length <= 0 ? "" : new String(array, offset, length, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AsciiView v
                && v.length == length
                && (length <= 0 || contentEquals(v.array, v.offset, v.length));
    }

    @Override
    public int hashCode() {
        int h = 0;
        for (int i = 0; i < length; i++) {
            h = 31 * h + array[offset + i];
        }
        return h;
    }
}

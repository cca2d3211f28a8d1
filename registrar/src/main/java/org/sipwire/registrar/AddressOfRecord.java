/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An address-of-record in canonical form (RFC 3261 §10.3 step 5): {@code user@host} with escapes undone where they may be, the host in
 * lower case, without port, parameters and headers. Equal octets name the same user. Confined to one thread.
 *
 * <p>Borrowed: valid until the callback returns; {@link #toString()} or {@link #copy()} to keep it.
 */
public final class AddressOfRecord implements CharSequence {

    private byte[] array;
    private int offset;
    private int length;
    private int userLength;

    /** A view to be wrapped around octets. */
    public AddressOfRecord() {}

    /** The address-of-record of a text that is canonical already. */
    public static AddressOfRecord of(String canonical) {
        byte[] octets = canonical.getBytes(StandardCharsets.UTF_8);
        return new AddressOfRecord().wrap(octets, 0, octets.length);
    }

    /** Shows a range that is canonical already. Returns this. */
    public AddressOfRecord wrap(byte[] octets, int from, int count) {
        array = octets;
        offset = from;
        length = count;
        int at = from + count - 1;
        // A user may hold an @ that was escaped; a host cannot, so the last one divides.
        while (at >= from && octets[at] != '@') {
            at--;
        }
        userLength = Math.max(0, at - from);
        return this;
    }

    /** What the ranges are ranges of. */
    public byte[] array() {
        return array;
    }

    public int offset() {
        return offset;
    }

    @Override
    public int length() {
        return length;
    }

    /** The user part: 20 digits for a GB/T 28181 device; from {@link #offset()}. */
    public int userLength() {
        return userLength;
    }

    /** Where the host part begins. */
    public int hostOffset() {
        return userLength == 0 ? offset : offset + userLength + 1;
    }

    public int hostLength() {
        return offset + length - hostOffset();
    }

    /** A copy that may be kept. */
    public AddressOfRecord copy() {
        return new AddressOfRecord().wrap(Arrays.copyOfRange(array, offset, offset + length), 0, length);
    }

    @Override
    public char charAt(int index) {
        return (char) (array[offset + index] & 0xFF);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
        return toString().subSequence(start, end);
    }

    /** The text; allocates. */
    @Override
    public String toString() {
        return new String(array, offset, length, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AddressOfRecord
                && Arrays.equals(
                        array,
                        offset,
                        offset + length,
                        ((AddressOfRecord) other).array,
                        ((AddressOfRecord) other).offset,
                        ((AddressOfRecord) other).offset + ((AddressOfRecord) other).length);
    }

    @Override
    public int hashCode() {
        int hash = 1;
        for (int i = 0; i < length; i++) {
            hash = 31 * hash + array[offset + i];
        }
        return hash;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.sipwire.codec.AsciiView;

/**
 * A device's ID as the key of a table: 20 digits by the standard, 18 by its older rule, and what else equipment calls itself, at most
 * {@value #MAX_LENGTH} octets. Opaque on purpose: strictness would shut out fielded platforms.
 *
 * <p>Shared when made by {@link #of}. A {@link #probe()} is confined to one thread and looks at octets of others, so that a lookup
 * allocates nothing.
 */
final class DeviceId {
    /** The longest ID taken: {@value} octets. */
    static final int MAX_LENGTH = 64;

    private static final byte[] NONE = {};

    private byte[] octets;
    private int offset;
    private int length;
    private int hash;

    private DeviceId(byte[] octets, int offset, int length) {
        look(octets, offset, length);
    }

    static DeviceId of(String id) {
        byte[] octets = id.getBytes(StandardCharsets.ISO_8859_1);
        return new DeviceId(octets, 0, octets.length);
    }

    /** A copy of the octets. */
    static DeviceId of(byte[] octets, int offset, int length) {
        return new DeviceId(Arrays.copyOfRange(octets, offset, offset + length), 0, length);
    }

    /** A key without octets, to be pointed at them by {@link #look}. */
    static DeviceId probe() {
        return new DeviceId(NONE, 0, 0);
    }

    /** Points this probe at octets. Returns this. */
    DeviceId look(byte[] newOctets, int newOffset, int newLength) {
        octets = newOctets;
        offset = newOffset;
        length = newLength;
        int h = 0;
        for (int i = newOffset; i < newOffset + newLength; i++) {
            h = 31 * h + newOctets[i];
        }
        // IDs differ in their last digits: spread them over the table.
        hash = h * 0x9E3779B9;
        return this;
    }

    /** Points this probe at a view; at nothing when it is absent or longer than an ID may be. Returns this. */
    DeviceId look(AsciiView view) {
        int n = view.length();
        return n <= 0 || n > MAX_LENGTH ? look(NONE, 0, 0) : look(view.array(), view.offset(), n);
    }

    boolean isEmpty() {
        return length == 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DeviceId that
                && hash == that.hash
                && Arrays.equals(octets, offset, offset + length, that.octets, that.offset, that.offset + that.length);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return new String(octets, offset, length, StandardCharsets.ISO_8859_1);
    }
}

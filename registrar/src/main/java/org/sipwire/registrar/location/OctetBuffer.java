/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.util.Arrays;

/** Octets that grow to the longest content seen and then allocate no more. Owned by its creator. */
final class OctetBuffer {

    private byte[] array;
    private int length;

    OctetBuffer(int capacity) {
        array = new byte[capacity];
    }

    byte[] array() {
        return array;
    }

    int length() {
        return length;
    }

    void clear() {
        length = 0;
    }

    void set(byte[] octets, int offset, int count) {
        length = 0;
        add(octets, offset, count);
    }

    void add(byte[] octets, int offset, int count) {
        reserve(count);
        System.arraycopy(octets, offset, array, length, count);
        length += count;
    }

    void add(OctetBuffer other) {
        add(other.array, 0, other.length);
    }

    void add(byte octet) {
        reserve(1);
        array[length++] = octet;
    }

    void zeroes(int count) {
        reserve(count);
        Arrays.fill(array, length, length + count, (byte) 0);
        length += count;
    }

    private void reserve(int count) {
        if (array.length - length < count) {
            array = Arrays.copyOf(array, Math.max(array.length * 2, length + count));
        }
    }
}

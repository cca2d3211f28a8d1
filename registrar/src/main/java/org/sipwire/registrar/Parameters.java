/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import org.sipwire.codec.AsciiView;

/**
 * A cursor over header parameters as they were sent, each from its semicolon on. The codec has read them before, so they are well-formed.
 * Confined to one thread. Borrowed.
 *
 * <pre>
 *   ;expires=60 ; +sip.x="a;b";ob
 *   ^          ^
 *   offset()   offset() + length()
 * </pre>
 */
final class Parameters {

    private final AsciiView name = new AsciiView();
    private byte[] array;
    private int end;
    private int offset;
    private int following;

    Parameters wrap(byte[] a, int off, int len) {
        array = a;
        end = off + len;
        following = off;
        return this;
    }

    /** Moves to the next parameter; false when there is none. */
    boolean next() {
        while (following < end && array[following] != ';') {
            following++;
        }
        if (following >= end) {
            return false;
        }
        offset = following;
        boolean quoted = false;
        int i = offset + 1;
        for (; i < end && (quoted || array[i] != ';'); i++) {
            if (array[i] == '"') {
                quoted = !quoted;
            } else if (array[i] == '\\' && quoted) {
                i++;
            }
        }
        following = Math.min(i, end);
        int from = offset + 1;
        while (from < following && isBlank(array[from])) {
            from++;
        }
        int to = from;
        while (to < following && array[to] != '=' && !isBlank(array[to])) {
            to++;
        }
        name.wrap(array, from, to - from);
        return true;
    }

    private static boolean isBlank(byte octet) {
        return octet == ' ' || octet == '\t';
    }

    boolean isNamed(String other) {
        return name.equalsIgnoreCase(other);
    }

    int offset() {
        return offset;
    }

    /** Octets of the parameter without blanks behind it. */
    int length() {
        int to = following;
        while (isBlank(array[to - 1])) {
            to--;
        }
        return to - offset;
    }
}

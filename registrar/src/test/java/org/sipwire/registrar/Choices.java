/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.util.Arrays;

/** Octets as choices, one after the other; when there are no more, the first of what is to be chosen from. */
final class Choices {

    private final byte[] input;
    private int at;

    Choices(byte[] input) {
        this.input = input;
    }

    boolean areMore() {
        return at < input.length;
    }

    /** A number below n, of the next octet. */
    int below(int n) {
        return at < input.length ? (input[at++] & 0xFF) % n : 0;
    }

    /** Octets changed, left out, doubled or put in, at one to three places. */
    byte[] mutate(byte[] octets) {
        for (int n = 1 + below(3); n > 0; n--) {
            int place = (below(256) << 8 | below(256)) % octets.length;
            int kind = below(4);
            int value = below(256);
            int to = Math.min(octets.length, place + 1 + value % 40);
            if (kind == 0) {
                octets[place] = (byte) value;
            } else if (kind == 1 && to - place < octets.length) {
                byte[] shorter = Arrays.copyOf(octets, octets.length - (to - place));
                System.arraycopy(octets, to, shorter, place, octets.length - to);
                octets = shorter;
            } else {
                // Octets twice, or one more.
                byte[] more = kind == 2 ? Arrays.copyOfRange(octets, place, to) : new byte[] {(byte) value};
                byte[] longer = Arrays.copyOf(octets, octets.length + more.length);
                System.arraycopy(more, 0, longer, place, more.length);
                System.arraycopy(octets, place, longer, place + more.length, octets.length - place);
                octets = longer;
            }
        }
        return octets;
    }
}

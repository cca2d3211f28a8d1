/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.nio.charset.StandardCharsets;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.SipHash;
import org.sipwire.codec.internal.Ascii;

/**
 * Makes the branches of one event loop's requests (RFC 3261 §8.1.1.7). Confined to its loop.
 *
 * <pre>
 *   z9hG4bK-sw03-000000000000002a-7b1f0c55d2e3904c
 *   ^       ^ ^   ^                ^
 *   cookie  | |   number           keyed hash of loop and number
 *           | owner: the loop, two hexadecimal digits
 *           ours
 * </pre>
 *
 * <p>The owner sends a response that lands on another loop home in one step. The number makes the branch unique while
 * the stack runs, the hash under the stack's random key makes it unique over restarts and machines, and not to be
 * guessed by who would forge a response.
 */
final class Branch {

    /** The octets of a branch, {@value}. */
    static final int LENGTH = 46;

    /** A loop's index is less than this, {@value}: it has two hexadecimal digits. */
    static final int MAX_LOOPS = 256;

    private static final int OWNER_AT = 10;
    private static final byte[] PREFIX = {'z', '9', 'h', 'G', '4', 'b', 'K', '-', 's', 'w'};
    private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private final int loop;
    private final SipHash hash;
    private long number;

    Branch(int loop, StackKeys keys) {
        if (loop < 0 || loop >= MAX_LOOPS) {
            throw new IllegalArgumentException("loop " + loop + " is not within 0.." + (MAX_LOOPS - 1));
        }
        this.loop = loop;
        hash = new SipHash(keys.k0(), keys.k1());
    }

    /** Writes the next branch; returns the position behind it. */
    int write(byte[] dst, int at) {
        number++;
        System.arraycopy(PREFIX, 0, dst, at, OWNER_AT);
        dst[at + OWNER_AT] = DIGITS[loop >>> 4];
        dst[at + OWNER_AT + 1] = DIGITS[loop & 15];
        dst[at + OWNER_AT + 2] = '-';
        int i = Ascii.putHex(dst, at + OWNER_AT + 3, number);
        dst[i] = '-';
        return Ascii.putHex(dst, i + 1, hash.start().add(loop).add(number).finish());
    }

    /** The loop that made this branch, or -1 when it is none of a Sipwire stack. */
    static int owner(AsciiView branch) {
        if (branch.length() != LENGTH) {
            return -1;
        }
        byte[] a = branch.array();
        int at = branch.offset();
        if (!Ascii.equalsIgnoreCase(a, at, PREFIX, 0, OWNER_AT)) {
            return -1;
        }
        int high = Ascii.hexValue(a[at + OWNER_AT]);
        int low = Ascii.hexValue(a[at + OWNER_AT + 1]);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

/**
 * Users by number: a prefix and a fixed count of digits, written in place, so that a million users need no table of names.
 *
 * <p>Immutable. Shared.
 */
final class UserNames {
    private final byte[] prefix;
    private final int digits;

    UserNames(String prefix, int digits) {
        this.prefix = Scratch.ascii(prefix);
        this.digits = digits;
    }

    int length() {
        return prefix.length + digits;
    }

    /** How many users the digits can tell apart. */
    long capacity() {
        long all = 1;
        for (int i = 0; i < digits; i++) {
            all *= 10;
        }
        return all;
    }

    int write(byte[] to, int at, int user) {
        System.arraycopy(prefix, 0, to, at, prefix.length);
        int end = at + prefix.length + digits;
        int rest = user;
        for (int i = end - 1; i >= at + prefix.length; i--) {
            to[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return end;
    }

    /** The number of the user whose name stands at {@code from[offset..]}, or -1. */
    int indexOf(byte[] from, int offset, int length) {
        if (length != length()) {
            return -1;
        }
        for (int i = 0; i < prefix.length; i++) {
            if (from[offset + i] != prefix[i]) {
                return -1;
            }
        }
        long user = 0;
        for (int i = prefix.length; i < length; i++) {
            int digit = from[offset + i] - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            user = user * 10 + digit;
        }
        return user > Integer.MAX_VALUE ? -1 : (int) user;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.internal;

/** IP addresses as text, written without an object. Any thread. */
public final class IpText {
    /** The octets of the longest text: IPv6 without compression. */
    public static final int MAX_LENGTH = 45;

    private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

    private IpText() {}

    /**
     * Writes an address: IPv4 with dots, IPv6 in the form RFC 5952 §4 recommends, without brackets or zone.
     *
     * @param length 4 or 16
     * @return the position behind the text
     */
    public static int write(byte[] octets, int offset, int length, byte[] dst, int at) {
        if (length == 4) {
            return writeIpv4(octets, offset, dst, at);
        }
        // RFC 5952 §4.2: the longest run of two or more zero groups, the first of equals, becomes "::".
        int runStart = -1;
        int runLength = 1;
        for (int i = 0; i < 8; i++) {
            int j = i;
            while (j < 8 && group(octets, offset, j) == 0) {
                j++;
            }
            if (j - i > runLength) {
                runStart = i;
                runLength = j - i;
            }
            i = Math.max(i, j);
        }
        int to = at;
        for (int i = 0; i < 8; i++) {
            if (i == runStart) {
                dst[to++] = ':';
                dst[to++] = ':';
                i += runLength - 1;
                continue;
            }
            if (i > 0 && dst[to - 1] != ':') {
                dst[to++] = ':';
            }
            to = writeHex(group(octets, offset, i), dst, to);
        }
        return to;
    }

    private static int group(byte[] octets, int offset, int i) {
        return (octets[offset + 2 * i] & 0xFF) << 8 | octets[offset + 2 * i + 1] & 0xFF;
    }

    private static int writeHex(int group, byte[] dst, int at) {
        int to = at;
        for (int shift = 12; shift >= 0; shift -= 4) {
            if (shift == 0 || group >>> shift != 0) {
                dst[to++] = HEX[group >>> shift & 0xF];
            }
        }
        return to;
    }

    private static int writeIpv4(byte[] octets, int from, byte[] dst, int at) {
        int to = at;
        for (int i = 0; i < 4; i++) {
            int octet = octets[from + i] & 0xFF;
            if (i > 0) {
                dst[to++] = '.';
            }
            if (octet >= 100) {
                dst[to++] = (byte) ('0' + octet / 100);
            }
            if (octet >= 10) {
                dst[to++] = (byte) ('0' + octet / 10 % 10);
            }
            dst[to++] = (byte) ('0' + octet % 10);
        }
        return to;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import org.sipwire.codec.SipHash;

/**
 * What counts as one source: an IPv4 address, or the /64 of an IPv6 address, within which a host picks its addresses as it likes. Stateless.
 */
final class Source {

    private Source() {}

    /**
     * The keyed hash of a source.
     *
     * @param host the address as text, IPv6 without brackets, compressed or not; it may be overwritten
     */
    static long hash(long k0, long k1, byte[] host, int length) {
        int i = length - 1;
        while (i >= 0 && host[i] != ':') {
            i--;
        }
        if (i < 0) {
            return SipHash.hash(k0, k1, host, 0, length);
        }
        for (int j = i; j < length; j++) {
            if (host[j] == '.') {
                // ::ffff:192.0.2.1 is the IPv4 address as a dual-stack socket shows it.
                return SipHash.hash(k0, k1, host, i + 1, length - i - 1);
            }
        }
        AuthText.putLong(host, 0, network(host, length));
        return SipHash.hash(k0, k1, host, 0, Long.BYTES);
    }

    /** The upper 64 bits of an IPv6 address. */
    static long network(byte[] host, int length) {
        long high = 0;
        long low = 0;
        long beforeGap = 0;
        long group = 0;
        int groups = 0;
        for (int i = 0; i <= length; i++) {
            if (i < length && host[i] != ':') {
                group = group << 4 | Character.digit(host[i], 16) & 0xF;
            } else if (i > 0 && host[i - 1] != ':') {
                high = high << 16 | low >>> 48;
                low = low << 16 | group & 0xFFFF;
                group = 0;
                groups++;
            } else if (i > 0 && i < length) {
                // "::" stands for as many zeros as are missing: what came before is the top of the address.
                beforeGap =
                        groups <= 4 ? low << 16 * (4 - groups) : high << 16 * (8 - groups) | low >>> 16 * (groups - 4);
                high = 0;
                low = 0;
                groups = 0;
            }
        }
        return beforeGap | high;
    }
}

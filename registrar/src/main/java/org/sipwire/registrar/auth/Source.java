/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import org.sipwire.codec.SipHash;

/** What counts as one source: an IPv4 address, or the /64 of an IPv6 address, within which a host picks its addresses as it likes. Stateless. */
final class Source {

    /** The octets of the longest address. */
    static final int MAX_OCTETS = 16;

    /** The octets of an IPv6 address that name its network. */
    private static final int NETWORK = 8;

    private Source() {}

    /**
     * The keyed hash of a source.
     *
     * @param address in network order; an IPv4-mapped one as the four octets of IPv4
     */
    static long hash(long k0, long k1, byte[] address, int length) {
        return SipHash.hash(k0, k1, address, 0, Math.min(length, NETWORK));
    }
}

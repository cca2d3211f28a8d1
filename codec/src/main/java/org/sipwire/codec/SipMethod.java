/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.nio.charset.StandardCharsets;
import org.sipwire.codec.internal.Ascii;

/** Request methods (RFC 3261, 3262, 3311, 3428, 3515, 3903, 6086, 6665). Shared. */
public enum SipMethod {
    REGISTER,
    INVITE,
    ACK,
    CANCEL,
    BYE,
    OPTIONS,
    MESSAGE,
    SUBSCRIBE,
    NOTIFY,
    INFO,
    PRACK,
    UPDATE,
    REFER,
    PUBLISH,
    /** Any other token: its octets are {@link SipRequest#methodName()}. */
    UNKNOWN;

    private static final SipMethod[] BY_SLOT = new SipMethod[64];
    private static final long[] WORDS = new long[64];

    static {
        for (SipMethod m : values()) {
            if (m != UNKNOWN) {
                long word = Ascii.word(m.octets, 0, Math.min(8, m.octets.length));
                int slot = slot(word);
                if (BY_SLOT[slot] != null) {
                    throw new IllegalStateException(m + " and " + BY_SLOT[slot] + " share a slot");
                }
                BY_SLOT[slot] = m;
                WORDS[slot] = word;
            }
        }
    }

    private final byte[] octets = name().getBytes(StandardCharsets.US_ASCII);

    private static int slot(long word) {
        return (int) (word * 0x9E3779B97F4A7C15L >>> 58);
    }

    /** The token as it is written; of {@link #UNKNOWN} the octets of that word. Do not change the array. */
    public byte[] bytes() {
        return octets;
    }

    /** The method whose token fills the range; capital letters matter (RFC 3261 section 7.1). */
    public static SipMethod of(byte[] a, int off, int len) {
        if (len < 3 || len > 9) {
            return UNKNOWN;
        }
        long word = Ascii.word(a, off, Math.min(len, 8));
        int slot = slot(word);
        SipMethod m = BY_SLOT[slot];
        if (m == null || WORDS[slot] != word || m.octets.length != len) {
            return UNKNOWN;
        }
        return len < 9 || a[off + 8] == m.octets[8] ? m : UNKNOWN;
    }
}

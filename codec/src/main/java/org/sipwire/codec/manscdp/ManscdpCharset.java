/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/**
 * What the octets above 127 of a body mean. The label a body declares is no evidence: GB2312 stands over UTF-8 and the
 * reverse, so the bytes decide, unless a device's owner knows better. Shared.
 */
public enum ManscdpCharset {
    /** Decide by the bytes, as {@link #of} says. */
    AUTO(null, "GB2312"),
    /** Every label that begins with GB: GB18030 holds GB2312 and GBK, so it reads all of them. */
    GB18030(Charset.forName("GB18030"), "GB2312"),
    UTF_8(StandardCharsets.UTF_8, "UTF-8");

    private final Charset charset;
    private final String label;

    ManscdpCharset(Charset charset, String label) {
        this.charset = charset;
        this.label = label;
    }

    /** The Java charset; null for {@link #AUTO}. */
    Charset charset() {
        return charset;
    }

    /** What a declaration that we write calls it; deployed equipment knows the oldest name. */
    String label() {
        return label;
    }

    /**
     * The verdict over a body: UTF-8 when it is valid UTF-8 <em>and</em> holds a sequence of at least three octets, else
     * GB18030. Validity alone would be wrong: 3.3 % of random pairs of common hanzi in GB2312 are valid UTF-8 by
     * two-octet sequences, and none of 1.6 million was by a three-octet one. Pure ASCII gives GB18030, which is as good.
     */
    public static ManscdpCharset of(byte[] bytes, int offset, int length) {
        int end = offset + length;
        boolean longSequence = false;
        int i = offset;
        while (i < end) {
            int first = bytes[i++];
            if (first >= 0) {
                continue;
            }
            int more = sequenceTail(first & 0xff);
            if (more < 0 || i + more > end || !validTail(first & 0xff, bytes, i, more)) {
                return GB18030;
            }
            longSequence |= more >= 2;
            i += more;
        }
        return longSequence ? UTF_8 : GB18030;
    }

    /** Octets that follow this first octet, or -1 when none may begin so (RFC 3629 §4). */
    private static int sequenceTail(int first) {
        if (first < 0xc2) {
            return -1;
        }
        if (first < 0xe0) {
            return 1;
        }
        if (first < 0xf0) {
            return 2;
        }
        return first < 0xf5 ? 3 : -1;
    }

    private static boolean validTail(int first, byte[] bytes, int at, int count) {
        for (int i = 0; i < count; i++) {
            if ((bytes[at + i] & 0xc0) != 0x80) {
                return false;
            }
        }
        int second = bytes[at] & 0xff;
        return switch (first) {
            case 0xe0 -> second >= 0xa0; // overlong
            case 0xed -> second < 0xa0; // surrogates
            case 0xf0 -> second >= 0x90; // overlong
            case 0xf4 -> second < 0x90; // above U+10FFFF
            default -> true;
        };
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/** The value of a Retry-After header field, {@code 18000 (in a meeting);duration=3600} (RFC 3261 section 20.33). Borrowed. */
public final class RetryAfter extends TokenParameters {

    private long seconds;

    /** A view of nothing, to be {@link #wrap wrapped}. */
    public RetryAfter() {}

    /** Reads the whole range. Returns this. */
    public RetryAfter wrap(byte[] a, int off, int len) {
        int end = off + len;
        int to = Ascii.skip(a, off, end, Ascii.DIGIT);
        seconds = Math.min(Ascii.parseUnsigned(a, off, to - off), 0xFFFF_FFFFL);
        int i = commentEnd(a, Ascii.skipBlanks(a, to, end), end);
        if (i < 0) {
            read(a, off, off, 0, ParseError.HEADER_VALUE);
            return this;
        }
        read(a, i, i, end - i, ParseError.HEADER_VALUE);
        error = to == off ? ParseError.HEADER_VALUE.code() : parameters.error;
        return this;
    }

    /** Index after the comment at {@code i}; {@code i} when there is none, -1 when it does not end. */
    private static int commentEnd(byte[] a, int i, int end) {
        if (i >= end || a[i] != '(') {
            return i;
        }
        int depth = 0;
        for (int k = i; k < end; k++) {
            if (a[k] == '\\') {
                k++;
            } else if (a[k] == '(') {
                depth++;
            } else if (a[k] == ')' && --depth == 0) {
                return k + 1;
            }
        }
        return -1;
    }

    /** Seconds to wait, at most 2^32-1; -1 when malformed. */
    public long seconds() {
        return seconds;
    }

    /** Seconds for which the peer will be there after that; -1 when absent, -2 when malformed. */
    public long duration() {
        return number("duration");
    }
}

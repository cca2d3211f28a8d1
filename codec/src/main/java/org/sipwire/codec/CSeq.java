/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/** The value of a CSeq header field, {@code 314159 INVITE} (RFC 3261 section 20.16). One thread at a time. Borrowed. */
public final class CSeq {

    private final AsciiView methodName = new AsciiView();
    private byte[] array = new byte[0];
    private int methodOffset;
    private int methodLength;
    private long number;
    private SipMethod method = SipMethod.UNKNOWN;
    private int error;

    /** A view of nothing, to be {@link #wrap wrapped}. */
    public CSeq() {}

    /** Reads the whole range. Returns this. */
    public CSeq wrap(byte[] a, int off, int len) {
        if (array != a) {
            array = a;
        }
        error = 0;
        int end = off + len;
        int i = off;
        long n = 0;
        while (i < end && a[i] >= '0' && a[i] <= '9') {
            // Saturates: leading zeros may make the number long, and a long number must not wrap (CVE-2017-9372).
            n = n > Integer.MAX_VALUE ? n : n * 10 + a[i] - '0';
            i++;
        }
        number = n;
        int from = Ascii.skipBlanks(a, i, end);
        method = SipMethod.of(a, from, end - from);
        if (method != SipMethod.UNKNOWN && from > i && i > off && n <= Integer.MAX_VALUE) {
            methodOffset = from;
            methodLength = end - from;
            return this;
        }
        int to = Ascii.skip(a, from, end, Ascii.TOKEN);
        methodOffset = from;
        methodLength = to - from;
        method = SipMethod.of(a, from, methodLength);
        if (i == off || from == i || to == from || Ascii.skipBlanks(a, to, end) != end) {
            error = ParseError.CSEQ.code();
        } else if (n > Integer.MAX_VALUE) {
            // RFC 3261 section 8.1.1.5: "The sequence number value MUST be expressible as a 32-bit unsigned integer and
            // MUST be less
            // than 2**31."
            error = ParseError.CSEQ_RANGE.code();
        }
        return this;
    }

    /** The sequence number, below 2^31. */
    public long number() {
        return number;
    }

    /** The method, {@link SipMethod#UNKNOWN} when it is none of the named. */
    public SipMethod method() {
        return method;
    }

    /** The method's token. */
    public AsciiView methodName() {
        return methodName.wrap(array, methodOffset, methodLength);
    }

    /** 0, or the code of the {@link ParseError}. */
    public int error() {
        return error;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/** One value of a Contact header field, or {@code *} (RFC 3261 section 20.10, RFC 5626, RFC 5627). One thread at a time. Borrowed. */
public final class Contact extends Address {

    private static final long Q = Ascii.wordOf("q");
    private static final long EXPIRES = Ascii.wordOf("expires");
    private static final long REG_ID = Ascii.wordOf("reg-id");
    private static final long INSTANCE = Ascii.wordOf("+sip.ins");

    private final AsciiView instance = new AsciiView();
    private int instanceOffset;
    private int instanceLength;
    private boolean wildcard;
    private long expires;
    private long regId;
    private int q;

    /** A view of nothing, to be {@link #wrap wrapped}. */
    public Contact() {}

    /** Reads the whole range as one value. Returns this. */
    public Contact wrap(byte[] a, int off, int len) {
        if (len == 1 && a[off] == '*') {
            parse(a, off, off);
            wildcard = true;
            error = 0;
            return this;
        }
        int end = parse(a, off, off + len);
        if (error == 0 && end != off + len) {
            error = ParseError.CONTACT.code();
        }
        return this;
    }

    @Override
    void forget() {
        wildcard = false;
        instanceLength = -1;
        expires = -1;
        regId = -1;
        q = -1;
    }

    @Override
    boolean onlyParameter(byte[] a, int i, int end) {
        return false;
    }

    @Override
    int parameter(byte[] a, int i, int end) {
        int k = parameters.next(a, i, end);
        if (k >= 0) {
            take();
        }
        return k;
    }

    private void take() {
        long word = parameters.nameWord(array);
        int off = parameters.valueOffset;
        int len = parameters.valueLength;
        if (word == EXPIRES && parameters.nameLength == 7) {
            long value = Ascii.parseUnsigned(array, off, len);
            expires = value < 0 ? -2 : Math.min(value, 0xFFFF_FFFFL);
        } else if (word == Q && parameters.nameLength == 1) {
            q = thousandths(array, off, len);
            if (q < 0) {
                error = ParseError.CONTACT.code();
            }
        } else if (word == REG_ID && parameters.nameLength == 6) {
            regId = Ascii.parseUnsigned(array, off, len);
        } else if (word == INSTANCE && parameters.nameLength == 13) {
            instanceOffset = off;
            instanceLength = Math.max(len, 0);
        }
    }

    /** A qvalue (RFC 3261 section 25.1) in thousandths, or -2. */
    static int thousandths(byte[] a, int off, int len) {
        if (len < 1 || len > 5 || a[off] != '0' && a[off] != '1' || len > 1 && a[off + 1] != '.') {
            return -2;
        }
        int n = 0;
        for (int k = 0; k < 3; k++) {
            int d = 2 + k < len ? a[off + 2 + k] - '0' : 0;
            if (d < 0 || d > 9) {
                return -2;
            }
            n = 10 * n + d;
        }
        return a[off] == '0' ? n : n == 0 ? 1000 : -2;
    }

    /** Whether the value is {@code *}. */
    public boolean isWildcard() {
        return wildcard;
    }

    /** The expires parameter in seconds, at most 2^32-1; -1 when absent, -2 when malformed (which section 20.10 equates with 3600). */
    public long expires() {
        return expires;
    }

    /** The q parameter in thousandths, or -1 when absent. */
    public int q() {
        return q;
    }

    /** The {@code +sip.instance} without quotes (RFC 5626); absent when there is none. */
    public AsciiView instance() {
        return instance.wrap(array, instanceOffset, instanceLength);
    }

    /** The reg-id (RFC 5626), or -1. */
    public long regId() {
        return regId;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * One value of From, To, Route, Record-Route, Path, Service-Route, Reply-To, Refer-To and their like (RFC 3261 section 20). One thread
 * at a time. Borrowed.
 */
public final class NameAddr extends Address {

    private static final long TAG = Ascii.wordOf("tag");
    private static final long TAG_IS = Ascii.wordOf(";tag=");
    private static final long FIVE_OCTETS = 0xFF_FFFF_FFFFL;

    private final AsciiView tag = new AsciiView();
    private int tagOffset;
    private int tagLength = -1;

    /** A view of nothing, to be {@link #wrap wrapped}. */
    public NameAddr() {}

    /** Reads the whole range as one value. Returns this. */
    public NameAddr wrap(byte[] a, int off, int len) {
        int end = parse(a, off, off + len);
        if (error == 0 && end != off + len) {
            error = ParseError.PARAMETER.code();
        }
        return this;
    }

    @Override
    void forget() {
        tagLength = -1;
    }

    @Override
    boolean onlyParameter(byte[] a, int i, int end) {
        // ;tag=1492484359 is all that most values have.
        if (i + 9 > a.length
                || (Ascii.word(a, i) & FIVE_OCTETS) != TAG_IS
                || i + 5 >= end
                || Ascii.indexOfValueEnd(a, i + 5, end) != end) {
            return false;
        }
        tagOffset = i + 5;
        tagLength = end - tagOffset;
        return true;
    }

    @Override
    int parameter(byte[] a, int i, int end) {
        int k = parameters.next(a, i, end);
        if (k >= 0 && parameters.nameLength == 3 && parameters.nameWord(a) == TAG) {
            tagOffset = parameters.valueOffset;
            tagLength = Math.max(parameters.valueLength, 0);
        }
        return k;
    }

    /** The tag; absent when there is none. */
    public AsciiView tag() {
        return tag.wrap(array, tagOffset, tagLength);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/** The value of a Content-Type, or one of an Accept, {@code Application/MANSCDP+xml;charset=GB2312} (RFC 3261 section 20.15). Borrowed. */
public final class MediaType extends TokenParameters {

    private final AsciiView type = new AsciiView();
    private final AsciiView subtype = new AsciiView();
    private int typeEnd;
    private int subtypeOffset;

    /** A view of nothing, to be {@link #wrap wrapped}. */
    public MediaType() {}

    /** Reads the whole range. Returns this. */
    public MediaType wrap(byte[] a, int off, int len) {
        int end = off + len;
        typeEnd = Ascii.skip(a, off, end, Ascii.TOKEN);
        int slash = Ascii.skipBlanks(a, typeEnd, end);
        boolean slashed = slash < end && a[slash] == '/';
        subtypeOffset = slashed ? Ascii.skipBlanks(a, slash + 1, end) : typeEnd;
        int to = slashed ? Ascii.skip(a, subtypeOffset, end, Ascii.TOKEN) : typeEnd;
        read(a, off, to, len, ParseError.HEADER_VALUE);
        if (!slashed || typeEnd == off || to == subtypeOffset) {
            error = ParseError.HEADER_VALUE.code();
        }
        return this;
    }

    /** The type before the slash; case does not matter. */
    public AsciiView type() {
        return type.wrap(array, offset, typeEnd - offset);
    }

    /** The type after the slash; case does not matter. */
    public AsciiView subtype() {
        return subtype.wrap(array, subtypeOffset, valueEnd - subtypeOffset);
    }

    /** Whether type and subtype are these, whatever their case. */
    public boolean is(CharSequence t, CharSequence s) {
        return type().equalsIgnoreCase(t) && subtype().equalsIgnoreCase(s);
    }
}

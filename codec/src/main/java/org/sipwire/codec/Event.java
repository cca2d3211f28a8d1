/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/** The value of an Event header field, {@code Catalog;id=55} (RFC 6665 section 8.2.1). One thread at a time. Borrowed. */
public final class Event extends TokenParameters {

    /** A view of nothing, to be {@link #wrap wrapped}. */
    public Event() {}

    /** Reads the whole range. Returns this. */
    public Event wrap(byte[] a, int off, int len) {
        read(a, off, Ascii.skip(a, off, off + len, Ascii.TOKEN), len, ParseError.HEADER_VALUE);
        return this;
    }

    /** The event package with its templates, for example {@code presence.winfo}. Capital letters matter. */
    public AsciiView type() {
        return value();
    }

    /** The id; absent when there is none. Valid until the next call of this or {@link #parameter}. */
    public AsciiView id() {
        return parameter("id");
    }
}

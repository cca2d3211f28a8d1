/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/** The value of a Subscription-State header field (RFC 6665 section 8.2.3). One thread at a time. Borrowed. */
public final class SubscriptionState extends TokenParameters {

    /** A view of nothing, to be {@link #wrap wrapped}. */
    public SubscriptionState() {}

    /** Reads the whole range. Returns this. */
    public SubscriptionState wrap(byte[] a, int off, int len) {
        read(a, off, Ascii.skip(a, off, off + len, Ascii.TOKEN), len, ParseError.HEADER_VALUE);
        return this;
    }

    /** {@code active}, {@code pending}, {@code terminated} or an extension, as written. */
    public AsciiView state() {
        return value();
    }

    /** Why the subscription ended; absent when not told. Valid until the next call of this or {@link #parameter}. */
    public AsciiView reason() {
        return parameter("reason");
    }

    /** Seconds left, at most 2^32-1; -1 when absent, -2 when malformed. */
    public long expires() {
        return number("expires");
    }

    /** Seconds to wait before trying again; -1 when absent, -2 when malformed. */
    public long retryAfter() {
        return number("retry-after");
    }
}

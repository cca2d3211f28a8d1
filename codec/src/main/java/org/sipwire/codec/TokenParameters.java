/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * A value followed by parameters, {@code value *( SEMI name [ EQUAL value ] )}: what {@link Event}, {@link SubscriptionState},
 * {@link RetryAfter} and {@link MediaType} share. One thread at a time. Borrowed.
 */
public abstract sealed class TokenParameters permits Event, SubscriptionState, RetryAfter, MediaType {

    final Parameters parameters = new Parameters();
    byte[] array = new byte[0];
    int offset;
    int valueEnd;
    int end;
    int error;
    private final AsciiView value = new AsciiView();
    private final AsciiView named = new AsciiView();

    TokenParameters() {}

    /** Reads the range whose value ends at {@code to}, and checks its parameters. */
    final void read(byte[] a, int off, int to, int len, ParseError malformed) {
        if (array != a) {
            array = a;
        }
        offset = off;
        valueEnd = to;
        end = off + len;
        error = to == off ? malformed.code() : 0;
        parameters.error = 0;
        int i = to;
        int k;
        while ((k = parameters.next(a, i, end)) >= 0) {
            i = k;
        }
        if (parameters.error != 0) {
            error = parameters.error;
        } else if (Ascii.skipBlanks(a, i, end) != end) {
            error = malformed.code();
        }
    }

    final AsciiView value() {
        return value.wrap(array, offset, valueEnd - offset);
    }

    /** The named parameter's value: empty when it has none, absent when it is not there. Valid until the next call. */
    public AsciiView parameter(CharSequence name) {
        return parameters.find(array, valueEnd, end, name, named);
    }

    /** The named parameter as a number: -1 when absent, -2 when it is none, at most 2^32-1. */
    final long number(CharSequence name) {
        AsciiView v = parameter(name);
        if (!v.isPresent()) {
            return -1;
        }
        long n = v.parseUnsigned();
        return n < 0 ? -2 : Math.min(n, 0xFFFF_FFFFL);
    }

    /** 0, or the code of the {@link ParseError}. */
    public int error() {
        return error;
    }
}

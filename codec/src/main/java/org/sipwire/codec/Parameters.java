/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * Header parameters, {@code *( SEMI name [ EQUAL value ] )} (RFC 3261 section 25.1): a cursor that the views share. Confined to its
 * view. Borrowed.
 *
 * <pre>
 *   ;  tag = "a b" ; lr , next value
 *   ^  ^     ^         ^
 *   at name  value     where the cursor stops: end of the range, a comma, or what is no parameter
 * </pre>
 */
final class Parameters {

    /** What a name lookup gives for a parameter that is there without a value. */
    static final int NO_VALUE = -1;

    int nameOffset;
    int nameLength;
    int valueOffset;
    /** Octets of the value, without its quotes; -1 when the parameter has none. */
    int valueLength;

    int error;

    /**
     * Reads the parameter at {@code i}, which may have blanks before it.
     *
     * @return index after the parameter; {@code -1} when there is none at {@code i}; on an error -1 with {@link #error} set
     */
    int next(byte[] a, int from, int end) {
        int i = Ascii.skipBlanks(a, from, end);
        if (i >= end || a[i] != ';') {
            return -1;
        }
        i = Ascii.skipBlanks(a, i + 1, end);
        nameOffset = i;
        i = Ascii.skip(a, i, end, Ascii.TOKEN);
        nameLength = i - nameOffset;
        valueOffset = i;
        valueLength = NO_VALUE;
        if (nameLength == 0) {
            error = ParseError.PARAMETER.code();
            return -1;
        }
        int k = Ascii.skipBlanks(a, i, end);
        if (k >= end || a[k] != '=') {
            return i;
        }
        k = Ascii.skipBlanks(a, k + 1, end);
        if (k < end && a[k] == '"') {
            int close = quoteEnd(a, k, end);
            if (close < 0) {
                error = ParseError.QUOTE_UNTERMINATED.code();
                return -1;
            }
            valueOffset = k + 1;
            valueLength = close - k - 1;
            return close + 1;
        }
        valueOffset = k;
        k = valueEnd(a, k, end);
        valueLength = k - valueOffset;
        if (valueLength == 0) {
            error = ParseError.PARAMETER.code();
            return -1;
        }
        return k;
    }

    /** Index after an unquoted value: it ends at a blank, a semicolon, a comma or a quotation mark. */
    static int valueEnd(byte[] a, int from, int end) {
        int i = from;
        while ((i = Ascii.indexOfValueEnd(a, i, end)) < end && !endsValue(a[i])) {
            i++;
        }
        return i;
    }

    private static boolean endsValue(byte c) {
        return c == ';' || c == ',' || c == ' ' || c == '\t' || c == '"';
    }

    /** Index of the quotation mark that closes the one at {@code open}, or -1. */
    static int quoteEnd(byte[] a, int open, int end) {
        int i = open + 1;
        while (true) {
            i = Ascii.indexOf(a, i, end, '"', '\\');
            if (i >= end) {
                return -1;
            }
            if (a[i] == '"') {
                return i;
            }
            i += 2;
        }
    }

    /** The folded first eight octets of the name. */
    long nameWord(byte[] a) {
        return Ascii.fold(Ascii.word(a, nameOffset, Math.min(nameLength, 8)));
    }

    /** Points the view at the named parameter's value within the range: empty when it has none, absent when it is not there. */
    AsciiView find(byte[] a, int from, int end, CharSequence name, AsciiView into) {
        int i = from;
        error = 0;
        while ((i = next(a, i, end)) >= 0) {
            if (Ascii.equalsIgnoreCase(a, nameOffset, nameLength, name)) {
                return into.wrap(a, valueOffset, Math.max(valueLength, 0));
            }
        }
        return into.clear();
    }
}

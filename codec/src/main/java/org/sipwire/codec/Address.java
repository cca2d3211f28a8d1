/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * What {@link NameAddr} and {@link Contact} share: {@code ( name-addr / addr-spec ) *( SEMI parameter )} (RFC 3261 section 25.1).
 * One thread at a time. Borrowed.
 *
 * <pre>
 *   "Bob" &lt;sip:bob@example.com;lr&gt;;tag=9fxced76sl      sip:bob@example.com;tag=9fxced76sl
 *   ^      ^                    ^                        ^                 ^
 *   |      uri                  parameters               uri               parameters: never the URI's (section 20)
 *   displayName
 * </pre>
 */
public abstract sealed class Address permits NameAddr, Contact {

    final Parameters parameters = new Parameters();
    private final AsciiView displayName = new AsciiView();
    private final AsciiView named = new AsciiView();
    private final SipUri uri = new SipUri();
    byte[] array = new byte[0];
    int error;
    private int offset;
    private int length;
    private int displayOffset;
    private int displayLength;
    private int uriOffset;
    private int uriLength;
    private int parametersOffset;
    private boolean uriRead;
    private boolean bracketed;
    private boolean blanks;

    Address() {}

    /** Forgets the parameters of the value before. */
    abstract void forget();

    /** Takes the parameter that {@link #parameters} stands at. */
    abstract void take();

    /** Reads the first value of the range; returns the index after it: at a comma or the end when all is well. */
    final int parse(byte[] a, int off, int end) {
        if (array != a) {
            array = a;
        }
        offset = off;
        length = 0;
        error = 0;
        displayLength = -1;
        uriLength = 0;
        uriRead = false;
        blanks = false;
        forget();
        int i = address(a, off, end);
        if (error != 0) {
            return off;
        }
        parametersOffset = i;
        parameters.error = 0;
        int k;
        while ((k = parameters.next(a, i, end)) >= 0) {
            i = k;
            take();
        }
        if (parameters.error != 0) {
            error = parameters.error;
            return off;
        }
        length = i - off;
        return Ascii.skipBlanks(a, i, end);
    }

    private int address(byte[] a, int off, int end) {
        int i = off;
        if (i < end && a[i] == '"') {
            int close = Parameters.quoteEnd(a, i, end);
            if (close < 0) {
                error = ParseError.QUOTE_UNTERMINATED.code();
                return off;
            }
            displayOffset = i + 1;
            displayLength = close - i - 1;
            i = Ascii.skipBlanks(a, close + 1, end);
        } else if (i < end && a[i] != '<') {
            int words = Ascii.skip(a, i, end, Ascii.TOKEN | Ascii.BLANK);
            if (words >= end || a[words] != '<') {
                return addrSpec(a, off, end, words);
            }
            displayOffset = off;
            displayLength = Ascii.trimEnd(a, off, words) - off;
            i = words;
        }
        if (i >= end || a[i] != '<') {
            error = ParseError.DISPLAY_NAME.code();
            return off;
        }
        int close = Ascii.indexOf(a, i + 1, end, '>');
        if (close >= end) {
            error = ParseError.ANGLE_UNTERMINATED.code();
            return off;
        }
        bracketed = true;
        uriOffset = i + 1;
        uriLength = close - i - 1;
        if (uriLength > 0 && (a[i + 1] <= ' ' || a[close - 1] <= ' ')) {
            blanks = true;
            uriOffset = Ascii.skipBlanks(a, i + 1, close);
            uriLength = Ascii.trimEnd(a, uriOffset, close) - uriOffset;
        }
        if (uriLength == 0) {
            error = ParseError.URI.code();
        }
        return close + 1;
    }

    /** A URI without brackets: up to a semicolon, comma or blank, and its scheme must be there. */
    private int addrSpec(byte[] a, int off, int end, int colon) {
        if (colon == off || colon >= end || a[colon] != ':') {
            error = ParseError.DISPLAY_NAME.code();
            return off;
        }
        int i = colon + 1;
        while (i < end && a[i] != ';' && a[i] != ',' && a[i] > ' ' && a[i] != '<' && a[i] != '>' && a[i] != '"') {
            i++;
        }
        bracketed = false;
        uriOffset = off;
        uriLength = i - off;
        return i;
    }

    /** The display name without quotes, escapes as sent; absent when there is none. */
    public AsciiView displayName() {
        return displayName.wrap(array, displayOffset, displayLength);
    }

    /** The URI, read when it is first asked for; look at its {@link SipUri#error()}. */
    public SipUri uri() {
        if (!uriRead) {
            uri.wrap(array, uriOffset, uriLength);
            uriRead = true;
        }
        return uri;
    }

    /** Whether the URI stands in angle brackets. */
    public boolean isBracketed() {
        return bracketed;
    }

    /** Whether blanks stand between the brackets and the URI, which the grammar forbids. */
    boolean hasBlanksInAngles() {
        return blanks;
    }

    /** The named header parameter's value: empty when it has none, absent when it is not there. Valid until the next call. */
    public AsciiView parameter(CharSequence name) {
        return parameters.find(array, parametersOffset, offset + length, name, named);
    }

    /** Whether the named header parameter is there. */
    public boolean hasParameter(CharSequence name) {
        return parameter(name).isPresent();
    }

    /** Index of the first header parameter's semicolon, or of the value's end. */
    public int parametersOffset() {
        return parametersOffset;
    }

    /** Octets of all header parameters. */
    public int parametersLength() {
        return Math.max(offset + length - parametersOffset, 0);
    }

    /** The array beneath. */
    public byte[] array() {
        return array;
    }

    /** Index of the value's first octet. */
    public int offset() {
        return offset;
    }

    /** Octets of the value; 0 after an error. */
    public int length() {
        return length;
    }

    /** Index of the URI's first octet. */
    public int uriOffset() {
        return uriOffset;
    }

    /** Octets of the URI. */
    public int uriLength() {
        return uriLength;
    }

    /** 0, or the code of the {@link ParseError}. */
    public int error() {
        return error;
    }
}

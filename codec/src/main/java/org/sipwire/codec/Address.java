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

    private static final long ANGLE_SIP = Ascii.wordOf("<sip:");
    private static final long FIVE_OCTETS = 0xFF_FFFF_FFFFL;

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

    /** Reads the parameter at {@code i} and takes note of it; returns as {@link Parameters#next} does. */
    abstract int parameter(byte[] a, int i, int end);

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
        if (frequent(a, off, end)) {
            return end;
        }
        int i = address(a, off, end);
        if (error != 0) {
            return off;
        }
        parametersOffset = i;
        parameters.error = 0;
        int k;
        while (i < end && (k = parameter(a, i, end)) >= 0) {
            i = k;
        }
        if (parameters.error != 0) {
            error = parameters.error;
            return off;
        }
        length = i - off;
        return Ascii.skipBlanks(a, i, end);
    }

    /**
     * Reads the shapes that nearly all values have, in one go and with the URI; false when it is none of them.
     *
     * <pre>
     *   &lt;sip:34020000001320000003@340200000&gt;;tag=1492484359      &lt;sip:bob@192.0.2.4:5060;line=a&gt;
     *   ^    ^                   ^        ^     ^                ^    ^  ^         ^    ^      ^
     *   off  user                at   close     tag              off  user at      hostEnd     close
     * </pre>
     */
    private boolean frequent(byte[] a, int off, int end) {
        if (off + 16 > a.length || (Ascii.word(a, off) & FIVE_OCTETS) != ANGLE_SIP) {
            return false;
        }
        int at = Ascii.indexOf(a, off + 5, end, '@', ':', '>');
        if (at >= end || a[at] != '@' || at == off + 5) {
            return false;
        }
        int hostEnd = Ascii.skip(a, at + 1, end, Ascii.HOST);
        int i = hostEnd;
        int port = -1;
        if (i < end && a[i] == ':') {
            port = 0;
            while (++i < end && a[i] >= '0' && a[i] <= '9' && port < 100_000) {
                port = port * 10 + a[i] - '0';
            }
        }
        int close = i < end && a[i] == ';' ? Ascii.indexOf(a, i, end, '>', '?') : i;
        if (close >= end
                || a[close] != '>'
                || hostEnd == at + 1
                || port > 65_535
                || i - hostEnd == 1
                || a[close - 1] <= ' ') {
            return false;
        }
        if (close + 1 < end && !onlyParameter(a, close + 1, end)) {
            return false;
        }
        uri.fill(a, off + 1, at, hostEnd, port, i, close);
        uriRead = true;
        bracketed = true;
        uriOffset = off + 1;
        uriLength = close - off - 1;
        parametersOffset = close + 1;
        length = end - off;
        return true;
    }

    /** Reads the one parameter that fills {@code i..end}; false, and nothing noted, when it is another than the usual. */
    abstract boolean onlyParameter(byte[] a, int i, int end);

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

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * A URI: sip and sips in full (RFC 3261 section 19.1), tel (RFC 3966) as number and parameters, any other as opaque octets. One thread
 * at a time. Borrowed.
 *
 * <pre>
 *   sip:alice:secret@example.com:5060;transport=tcp?subject=x
 *       ^     ^      ^                ^            ^
 *       user  |      host             parameters   headers
 *             password
 * </pre>
 */
public final class SipUri {

    /** What the codec knows of a scheme. */
    public enum Scheme {
        SIP,
        SIPS,
        TEL,
        /** Any other; {@link SipUri#schemeName()} has it. */
        OTHER
    }

    private static final long SIP_COLON = Ascii.wordOf("sip:");
    private static final long FOUR_OCTETS = 0xFFFF_FFFFL;
    static final long SIP = Ascii.wordOf("sip");
    static final long SIPS = Ascii.wordOf("sips");
    static final long TEL = Ascii.wordOf("tel");

    final Parameters cursor = new Parameters();
    private final HostPort hostPort = new HostPort();
    private final AsciiView schemeName = new AsciiView();
    private final AsciiView user = new AsciiView();
    private final AsciiView password = new AsciiView();
    private final AsciiView host = new AsciiView();
    private final AsciiView headers = new AsciiView();
    private final AsciiView named = new AsciiView();
    /** Room for {@link UriComparison}, so that a comparison allocates nothing. */
    final AsciiView compared = new AsciiView();

    final AsciiView comparedWith = new AsciiView();
    private byte[] array = new byte[0];
    private int offset;
    private int length;
    private Scheme scheme = Scheme.OTHER;
    private int schemeLength;
    private int userOffset;
    private int userLength;
    private int passwordOffset;
    private int passwordLength;
    int parametersOffset;
    int parametersEnd;
    private int headersLength;
    private int error;

    /** A view of nothing, to be {@link #wrap wrapped}. */
    public SipUri() {}

    /** Reads the whole range. Returns this. */
    public SipUri wrap(byte[] a, int off, int len) {
        if (array != a) {
            array = a;
        }
        offset = off;
        length = len;
        error = 0;
        userLength = -1;
        passwordLength = -1;
        headersLength = -1;
        int end = off + len;
        parametersOffset = end;
        parametersEnd = end;
        if (len > 4 && off + 8 <= a.length && (Ascii.word(a, off) & FOUR_OCTETS) == SIP_COLON) {
            schemeLength = 3;
            scheme = Scheme.SIP;
            authority(a, off + 4, end);
            return this;
        }
        int colon = schemeEnd(a, off, end);
        if (colon < 0) {
            schemeLength = 0;
            scheme = Scheme.OTHER;
            error = ParseError.URI.code();
            return this;
        }
        schemeLength = colon - off;
        long word = schemeLength <= 4 ? Ascii.fold(Ascii.word(a, off, schemeLength)) : 0;
        if (word == SIP || word == SIPS) {
            scheme = word == SIP ? Scheme.SIP : Scheme.SIPS;
            authority(a, colon + 1, end);
        } else if (word == TEL) {
            scheme = Scheme.TEL;
            userOffset = colon + 1;
            parametersOffset = Ascii.indexOf(a, colon + 1, end, ';');
            userLength = parametersOffset - userOffset;
            if (userLength == 0) {
                error = ParseError.URI.code();
            }
        } else {
            scheme = Scheme.OTHER;
            if (colon + 1 == end) {
                error = ParseError.URI.code();
            }
        }
        return this;
    }

    /** Takes over what {@link Address} has read: {@code sip:user@host[:port][;parameters]}. */
    void fill(byte[] a, int off, int at, int hostEnd, int port, int parametersFrom, int end) {
        if (array != a) {
            array = a;
        }
        offset = off;
        length = end - off;
        error = 0;
        scheme = Scheme.SIP;
        schemeLength = 3;
        userOffset = off + 4;
        userLength = at - off - 4;
        passwordLength = -1;
        headersLength = -1;
        hostPort.fill(a, at + 1, hostEnd, port, parametersFrom);
        parametersOffset = parametersFrom;
        parametersEnd = end;
    }

    /** Index of the colon after {@code ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )}, or -1. */
    static int schemeEnd(byte[] a, int off, int end) {
        int i = off;
        while (i < end && (Ascii.is(a[i], Ascii.ALPHA | Ascii.DIGIT) || a[i] == '+' || a[i] == '-' || a[i] == '.')) {
            i++;
        }
        return i > off && i < end && a[i] == ':' && Ascii.is(a[off], Ascii.ALPHA) ? i : -1;
    }

    private void authority(byte[] a, int from, int end) {
        int i = from;
        // The user part may hold ';', '?' and '/', so only the at-sign tells where the host begins.
        int colon = Ascii.indexOf(a, from, end, '@', ':');
        int at = colon < end && a[colon] == ':' ? Ascii.indexOf(a, colon, end, '@') : colon;
        if (at < end) {
            userOffset = from;
            userLength = colon - from;
            if (colon < at) {
                passwordOffset = colon + 1;
                passwordLength = at - colon - 1;
            }
            if (userLength == 0) {
                error = ParseError.URI.code();
                return;
            }
            i = at + 1;
        }
        i = hostPort.parse(a, i, end);
        if (hostPort.error() != 0) {
            error = hostPort.error();
            return;
        }
        parametersOffset = i;
        if (i < end && a[i] == ';') {
            i = Ascii.indexOf(a, i, end, '?');
        }
        parametersEnd = i;
        if (i < end) {
            if (a[i] != '?') {
                error = ParseError.URI.code();
                return;
            }
            headersLength = end - i - 1;
        }
    }

    /** The scheme. */
    public Scheme scheme() {
        return scheme;
    }

    /** The scheme as written. */
    public AsciiView schemeName() {
        return schemeName.wrap(array, offset, schemeLength);
    }

    /** Whether the scheme is sip or sips. */
    public boolean isSip() {
        return scheme == Scheme.SIP || scheme == Scheme.SIPS;
    }

    /** The user part, escapes as sent; of a tel URI the number; absent when there is none. */
    public AsciiView user() {
        return user.wrap(array, userOffset, userLength);
    }

    /** The password; absent when there is none. */
    public AsciiView password() {
        return password.wrap(array, passwordOffset, passwordLength);
    }

    /** The host as written; an IPv6 reference keeps its brackets; absent unless the scheme is sip or sips. */
    public AsciiView host() {
        return isSip() && error == 0 ? hostPort.host() : host.clear();
    }

    /** Host and port of a sip or sips URI. */
    public HostPort hostPort() {
        return hostPort;
    }

    /** The port, or -1 when none is written. */
    public int port() {
        return isSip() ? hostPort.port() : -1;
    }

    /** The named URI parameter's value: empty when it has none, absent when it is not there. Valid until the next call. */
    public AsciiView parameter(CharSequence name) {
        int i = parametersOffset;
        while (i < parametersEnd) {
            int from = i + 1;
            int to = Ascii.indexOf(array, from, parametersEnd, ';');
            int equals = Ascii.indexOf(array, from, to, '=');
            if (Ascii.equalsIgnoreCase(array, from, equals - from, name)) {
                return equals < to ? named.wrap(array, equals + 1, to - equals - 1) : named.wrap(array, to, 0);
            }
            i = to;
        }
        return named.clear();
    }

    /** Whether the named URI parameter is there. */
    public boolean hasParameter(CharSequence name) {
        return parameter(name).isPresent();
    }

    /** Index of the first URI parameter's semicolon, or where it would stand. */
    public int parametersOffset() {
        return parametersOffset;
    }

    /** Octets of all URI parameters. */
    public int parametersLength() {
        return parametersEnd - parametersOffset;
    }

    /** The headers after the question mark; absent when there are none. */
    public AsciiView headers() {
        return headers.wrap(array, parametersEnd + 1, headersLength);
    }

    /** Whether the two are equal by RFC 3261 section 19.1.4. */
    public boolean equalsUri(SipUri other) {
        return UriComparison.equal(this, other);
    }

    /** A hash without key that is the same for URIs equal by {@link #equalsUri}. Not for tables that strangers fill. */
    public long canonicalHash() {
        return UriComparison.hash(this);
    }

    /**
     * Writes the canonical address-of-record (RFC 3261 section 10.3 step 5): {@code user@host}, escapes undone where they need not be,
     * host in small letters, neither port nor parameters. Without a user: the host alone. Of a tel URI: its number without visual
     * separators.
     *
     * @return index after the last octet; {@code dst} must have room for {@link #length()} octets
     */
    public int writeAddressOfRecord(byte[] dst, int at) {
        return UriComparison.writeAddressOfRecord(this, dst, at);
    }

    /** The array beneath. */
    public byte[] array() {
        return array;
    }

    /** Index of the first octet. */
    public int offset() {
        return offset;
    }

    /** Octets of the URI. */
    public int length() {
        return length;
    }

    /** 0, or the code of the {@link ParseError}. */
    public int error() {
        return error;
    }

    @Override
    public String toString() {
        return new AsciiView().wrap(array, offset, length).toString();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * A {@code hostport} (RFC 3261 section 25.1): the sent-by of a Via, the last part of a URI's authority. One thread at a time. Borrowed.
 *
 * <p>The host is given as it is written; an IPv6 reference keeps its square brackets.
 */
public final class HostPort {

    private final AsciiView host = new AsciiView();
    private byte[] array = new byte[0];
    private int offset;
    private int hostLength;
    private int length;
    private int port = -1;
    private int error;

    /** A view of nothing, to be {@link #wrap wrapped}. */
    public HostPort() {}

    /** Reads the whole range as host and optional port. Returns this. */
    public HostPort wrap(byte[] a, int off, int len) {
        int end = parse(a, off, off + len);
        if (error == 0 && end != off + len) {
            error = ParseError.HOST.code();
        }
        return this;
    }

    /** Reads a hostport at {@code off}; returns the index after it. */
    int parse(byte[] a, int off, int end) {
        if (array != a) {
            array = a;
        }
        offset = off;
        port = -1;
        error = 0;
        int i = hostEnd(a, off, end);
        if (i < 0) {
            hostLength = 0;
            length = 0;
            error = ParseError.HOST.code();
            return off;
        }
        hostLength = i - off;
        length = hostLength;
        // host [ COLON port ] in a Via lets blanks stand around the colon; in a URI the caller has none in the range.
        int colon = i < end && a[i] <= ' ' ? Ascii.skipBlanks(a, i, end) : i;
        if (colon < end && a[colon] == ':') {
            int from = Ascii.skipBlanks(a, colon + 1, end);
            int n = 0;
            int j = from;
            while (j < end && a[j] >= '0' && a[j] <= '9') {
                n = n > 65_535 ? n : n * 10 + a[j] - '0';
                j++;
            }
            if (j == from || n > 65_535) {
                error = ParseError.PORT.code();
                return j;
            }
            port = n;
            length = j - off;
            return j;
        }
        return i;
    }

    /** Takes over what another view has read. */
    void fill(byte[] a, int off, int hostEnd, int portNumber, int end) {
        if (array != a) {
            array = a;
        }
        offset = off;
        hostLength = hostEnd - off;
        length = end - off;
        port = portNumber;
        error = 0;
    }

    /** Index after the host that begins at {@code i}, or -1 when there is none. */
    static int hostEnd(byte[] a, int i, int end) {
        if (i < end && a[i] == '[') {
            int close = i + 1;
            while (close < end && (Ascii.is(a[close], Ascii.HEX) || a[close] == ':' || a[close] == '.')) {
                close++;
            }
            return close < end && a[close] == ']' && close > i + 2 ? close + 1 : -1;
        }
        int j = Ascii.skip(a, i, end, Ascii.HOST);
        return j > i ? j : -1;
    }

    /** The host as written. */
    public AsciiView host() {
        return host.wrap(array, offset, hostLength);
    }

    /** The port, or -1 when none is written. */
    public int port() {
        return port;
    }

    /** Whether the host is an IPv6 reference, in square brackets. */
    public boolean isIpv6Reference() {
        return hostLength > 0 && array[offset] == '[';
    }

    /** Whether the host is digits only: a GB/T 28181 domain, which must never be resolved as an address. */
    public boolean isDigits() {
        return hostLength > 0 && Ascii.skip(array, offset, offset + hostLength, Ascii.DIGIT) == offset + hostLength;
    }

    /** The array beneath. */
    public byte[] array() {
        return array;
    }

    /** Index of the host's first octet. */
    public int offset() {
        return offset;
    }

    /** Octets of host and port together. */
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

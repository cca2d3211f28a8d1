/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * Equality, hash and address-of-record of URIs over their octets (RFC 3261 section 19.1.4). Stateless: any thread.
 *
 * <p>An escape that stands for an unreserved character is equal to that character; any other escape is equal to itself only, its
 * hexadecimal digits in either case. So a component is read as a sequence of codes: the plain octet, or 256 + the escaped octet. In a
 * component with a percent sign that begins no escape nothing is undone: else {@code %2%35} would become the escape {@code %25}, another
 * user.
 */
final class UriComparison {

    private static final String[] MUST_MATCH = {"user", "ttl", "method", "maddr", "transport"};

    /** Parameters, or headers, of one URI that are compared pair by pair. */
    private static final int MAX_PAIRS = 64;

    /** Octets of the parameters, or headers, of one URI that are compared pair by pair. */
    private static final int MAX_OCTETS = 2048;

    private UriComparison() {}

    /** The code at {@code i} of a component whose escapes are {@link #areEscapes sound}: an octet, or 256 + an octet that must stay escaped. */
    private static int codeAt(byte[] a, int i) {
        if (a[i] == '%') {
            int octet = Ascii.hexValue(a[i + 1]) << 4 | Ascii.hexValue(a[i + 2]);
            return Ascii.is((byte) octet, Ascii.UNRESERVED) ? octet : 256 + octet;
        }
        return a[i] & 0xFF;
    }

    private static int width(byte[] a, int i) {
        return a[i] == '%' ? 3 : 1;
    }

    /** Whether there are escapes in the range, and nothing that only looks like one. */
    private static boolean areEscapes(byte[] a, int from, int end) {
        int i = Ascii.indexOf(a, from, end, '%');
        if (i == end) {
            return false;
        }
        for (; i < end; i = Ascii.indexOf(a, i + 3, end, '%')) {
            if (i + 2 >= end || Ascii.hexValue(a[i + 1]) < 0 || Ascii.hexValue(a[i + 2]) < 0) {
                return false;
            }
        }
        return true;
    }

    private static int lower(int code) {
        return code >= 'A' && code <= 'Z' ? code + 32 : code;
    }

    /** Whether two components are equal; {@code folded} where the case of letters does not matter. */
    private static boolean same(AsciiView x, AsciiView y, boolean folded) {
        if (x.isPresent() != y.isPresent()) {
            return false;
        }
        byte[] a = x.array();
        byte[] b = y.array();
        int i = x.offset();
        int j = y.offset();
        int iEnd = i + Math.max(x.length(), 0);
        int jEnd = j + Math.max(y.length(), 0);
        boolean escapes = areEscapes(a, i, iEnd);
        boolean others = areEscapes(b, j, jEnd);
        while (i < iEnd && j < jEnd) {
            int c = escapes ? codeAt(a, i) : a[i] & 0xFF;
            int d = others ? codeAt(b, j) : b[j] & 0xFF;
            if (c != d && !(folded && lower(c) == lower(d))) {
                return false;
            }
            i += escapes ? width(a, i) : 1;
            j += others ? width(b, j) : 1;
        }
        return i == iEnd && j == jEnd;
    }

    static boolean equal(SipUri x, SipUri y) {
        if (x.scheme() != y.scheme() || x.error() != 0 || y.error() != 0) {
            return false;
        }
        // The same octets are the same URI, even one that names a parameter twice; most comparisons of a registrar end
        // here.
        if (x.length() == y.length()
                && java.util.Arrays.equals(
                        x.array(),
                        x.offset(),
                        x.offset() + x.length(),
                        y.array(),
                        y.offset(),
                        y.offset() + y.length())) {
            return true;
        }
        if (x.scheme() == SipUri.Scheme.OTHER) {
            return x.length() == y.length()
                    && x.schemeName().equalsIgnoreCase(y.schemeName())
                    && java.util.Arrays.equals(
                            x.array(),
                            x.offset() + x.schemeName().length(),
                            x.offset() + x.length(),
                            y.array(),
                            y.offset() + y.schemeName().length(),
                            y.offset() + y.length());
        }
        if (x.scheme() == SipUri.Scheme.TEL) {
            return sameNumber(x.user(), y.user()) && parametersAgree(x, y, true) && parametersAgree(y, x, true);
        }
        // "Comparison of the userinfo of SIP and SIPS URIs is case-sensitive"; all the rest is not. A missing port is
        // not 5060.
        return same(x.user(), y.user(), false)
                && same(x.password(), y.password(), false)
                && same(x.host(), y.host(), true)
                && x.port() == y.port()
                && parametersAgree(x, y, false)
                && parametersAgree(y, x, false)
                && headersAgree(x, y)
                && headersAgree(y, x);
    }

    /**
     * Whether the URI has more parameters than are compared pair by pair: pairs of thousands would be quadratic work for whoever sends
     * them, so beyond the bounds only the same octets are equal.
     */
    private static boolean hasMany(SipUri u) {
        int n = u.parametersEnd - u.parametersOffset > MAX_OCTETS ? MAX_PAIRS + 1 : 0;
        for (int i = u.parametersOffset; i < u.parametersEnd && n <= MAX_PAIRS; n++) {
            i = Ascii.indexOf(u.array(), i + 1, u.parametersEnd, ';');
        }
        return n > MAX_PAIRS;
    }

    /** Whether each parameter of x is equal in y, or is one that may be missing there. */
    private static boolean parametersAgree(SipUri x, SipUri y, boolean all) {
        if (hasMany(x) || hasMany(y)) {
            return java.util.Arrays.equals(
                    x.array(), x.parametersOffset, x.parametersEnd, y.array(), y.parametersOffset, y.parametersEnd);
        }
        AsciiView name = x.compared;
        AsciiView value = x.comparedWith;
        byte[] a = x.array();
        int i = x.parametersOffset;
        while (i < x.parametersEnd) {
            int from = i + 1;
            int to = Ascii.indexOf(a, from, x.parametersEnd, ';');
            int equals = Ascii.indexOf(a, from, to, '=');
            name.wrap(a, from, equals - from);
            value.wrap(a, Math.min(equals + 1, to), Math.max(to - equals - 1, 0));
            AsciiView other = y.parameter(name);
            if (!other.isPresent() ? all || mustMatch(name) : !same(value, other, true)) {
                return false;
            }
            i = to;
        }
        return true;
    }

    private static boolean mustMatch(AsciiView name) {
        for (String n : MUST_MATCH) {
            if (name.equalsIgnoreCase(n)) {
                return true;
            }
        }
        return false;
    }

    /** "URI header components are never ignored": each header of x has an equal one in y, in any order. */
    private static boolean headersAgree(SipUri x, SipUri y) {
        AsciiView hx = x.headers();
        AsciiView hy = y.headers();
        if (hx.length() <= 0) {
            return hy.length() <= 0;
        }
        if (hx.length() == hy.length() && hx.contentEquals(hy.array(), hy.offset(), hy.length())) {
            // So that a URI equals itself however many headers it has.
            return true;
        }
        if (hx.length() > MAX_OCTETS || hy.length() > MAX_OCTETS) {
            return false;
        }
        AsciiView one = x.compared;
        AsciiView two = x.comparedWith;
        int end = hx.offset() + hx.length();
        int count = 0;
        for (int i = hx.offset(); i <= end; count++) {
            int to = Ascii.indexOf(hx.array(), i, end, '&');
            one.wrap(hx.array(), i, to - i);
            boolean found = false;
            int yEnd = hy.offset() + Math.max(hy.length(), 0);
            // A bound on the pairs keeps hostile URIs from quadratic work.
            for (int j = hy.offset(), n = 0; j <= yEnd && !found && n < MAX_PAIRS; n++) {
                int jTo = Ascii.indexOf(hy.array(), j, yEnd, '&');
                found = same(one, two.wrap(hy.array(), j, jTo - j), true);
                j = jTo + 1;
            }
            if (!found || count > MAX_PAIRS) {
                return false;
            }
            i = to + 1;
        }
        return true;
    }

    private static boolean sameNumber(AsciiView x, AsciiView y) {
        int i = 0;
        int j = 0;
        while (true) {
            while (i < x.length() && isSeparator(x.charAt(i))) {
                i++;
            }
            while (j < y.length() && isSeparator(y.charAt(j))) {
                j++;
            }
            if (i >= x.length() || j >= y.length()) {
                return i >= x.length() && j >= y.length();
            }
            if (lower(x.charAt(i++)) != lower(y.charAt(j++))) {
                return false;
            }
        }
    }

    private static boolean isSeparator(int c) {
        return c == '-' || c == '.' || c == '(' || c == ')';
    }

    static long hash(SipUri u) {
        long h = 0xCBF29CE484222325L ^ u.scheme().ordinal();
        if (u.scheme() == SipUri.Scheme.OTHER) {
            int colon = u.schemeName().length();
            for (int i = 0; i < u.length(); i++) {
                byte c = u.array()[u.offset() + i];
                h = mix(h, i < colon ? Ascii.fold(c) : c & 0xFF);
            }
            return avalanche(h);
        }
        if (u.scheme() == SipUri.Scheme.TEL) {
            AsciiView n = u.user();
            for (int i = 0; i < n.length(); i++) {
                if (!isSeparator(n.charAt(i))) {
                    h = mix(h, lower(n.charAt(i)));
                }
            }
            return avalanche(h);
        }
        // Parameters and headers stay out: some of them may be missing in an equal URI.
        h = hash(h, u.user(), false);
        h = mix(h, 511);
        h = hash(h, u.host(), true);
        return avalanche(mix(h, u.port()));
    }

    private static long hash(long seed, AsciiView v, boolean folded) {
        long h = mix(seed, v.isPresent() ? 1 : 0);
        byte[] a = v.array();
        int end = v.offset() + Math.max(v.length(), 0);
        boolean escapes = areEscapes(a, v.offset(), end);
        for (int i = v.offset(); i < end; i += escapes ? width(a, i) : 1) {
            int c = escapes ? codeAt(a, i) : a[i] & 0xFF;
            h = mix(h, folded ? lower(c) : c);
        }
        return h;
    }

    private static long mix(long h, int code) {
        return (h ^ code) * 0x100000001B3L;
    }

    private static long avalanche(long h) {
        long x = (h ^ h >>> 32) * 0x9E3779B97F4A7C15L;
        return x ^ x >>> 29;
    }

    static int writeAddressOfRecord(SipUri u, byte[] dst, int at) {
        int o = at;
        AsciiView user = u.user();
        byte[] a = user.array();
        if (u.scheme() == SipUri.Scheme.TEL) {
            for (int i = 0; i < user.length(); i++) {
                if (!isSeparator(user.charAt(i))) {
                    dst[o++] = (byte) lower(user.charAt(i));
                }
            }
            return o;
        }
        if (user.isPresent()) {
            int end = user.offset() + user.length();
            boolean escapes = areEscapes(a, user.offset(), end);
            for (int i = user.offset(); i < end; i += escapes ? width(a, i) : 1) {
                int c = escapes ? codeAt(a, i) : a[i] & 0xFF;
                if (c < 256) {
                    dst[o++] = (byte) c;
                } else {
                    dst[o++] = '%';
                    dst[o++] = upperHex(c >>> 4 & 15);
                    dst[o++] = upperHex(c & 15);
                }
            }
            dst[o++] = '@';
        }
        AsciiView host = u.host();
        for (int i = 0; i < host.length(); i++) {
            dst[o++] = (byte) lower(host.charAt(i));
        }
        return o;
    }

    private static byte upperHex(int nibble) {
        return (byte) (nibble < 10 ? '0' + nibble : 'A' + nibble - 10);
    }
}

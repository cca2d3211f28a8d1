/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * The rules of RFC 3261 section 25.1 that header fields are made of, as a recogniser over octets: each method reads one rule at
 * {@link #p} and tells whether it was there. Lines are unfolded already, so LWS is blanks. Confined to its parser. Borrowed.
 *
 * <p>No rule goes back over octets it has read except for a bounded choice, so the work is linear in the length of the value.
 */
class Grammar {

    byte[] a = new byte[0];
    int p;
    int end;
    /** {@link Violation}s met: those the rules here accept although the grammar does not. */
    long violations;
    /** The error that a rule named more closely than the caller can; 0 when none did. */
    int error;

    /** Points at a value. */
    final void at(byte[] octets, int off, int len) {
        if (a != octets) {
            a = octets;
        }
        p = off;
        end = off + len;
        error = 0;
    }

    final boolean no(ParseError e) {
        if (error == 0) {
            error = e.code();
        }
        return false;
    }

    final boolean atEnd() {
        return p == end;
    }

    final boolean peek(int c) {
        return p < end && a[p] == c;
    }

    final void lws() {
        p = Ascii.skipBlanks(a, p, end);
    }

    /** LWS that must be there. */
    final boolean someLws() {
        int from = p;
        lws();
        return p > from;
    }

    /** A separator with the white space that may stand on both sides. */
    final boolean separator(int c) {
        int from = p;
        lws();
        if (!peek(c)) {
            p = from;
            return false;
        }
        p++;
        lws();
        return true;
    }

    /** One or more octets of the classes. */
    final boolean some(int mask) {
        int from = p;
        p = Ascii.skip(a, p, end, mask);
        return p > from;
    }

    final boolean token() {
        return some(Ascii.TOKEN);
    }

    /** Octets of the classes and escapes; none is enough. */
    final boolean escaped(int mask) {
        while (true) {
            p = Ascii.skip(a, p, end, mask);
            if (!peek('%')) {
                return true;
            }
            if (p + 2 >= end || Ascii.hexValue(a[p + 1]) < 0 || Ascii.hexValue(a[p + 2]) < 0) {
                return no(ParseError.ESCAPE);
            }
            p += 3;
        }
    }

    /** {@code quoted-string}; qdtext is UTF-8 without controls, and quoted-pair is a backslash before any ASCII octet but CR and LF. */
    final boolean quoted() {
        if (!peek('"')) {
            return false;
        }
        for (int i = p + 1; i < end; i++) {
            byte c = a[i];
            if (c == '"') {
                p = i + 1;
                return true;
            }
            if (c == '\\') {
                i++;
                if (i < end && (a[i] < 0 || a[i] == '\r' || a[i] == '\n')) {
                    return no(ParseError.CONTROL_OCTET);
                }
            } else if (c >= 0 && c < ' ' && c != '\t' || c == 0x7F) {
                return no(ParseError.CONTROL_OCTET);
            }
        }
        return no(ParseError.QUOTE_UNTERMINATED);
    }

    /** {@code comment}, which nests. */
    final boolean comment() {
        if (!peek('(')) {
            return false;
        }
        int depth = 0;
        for (int i = p; i < end; i++) {
            byte c = a[i];
            if (c == '(') {
                depth++;
            } else if (c == ')') {
                if (--depth == 0) {
                    p = i + 1;
                    return true;
                }
            } else if (c == '\\') {
                i++;
            } else if (c >= 0 && c < ' ' && c != '\t' || c == 0x7F) {
                return no(ParseError.CONTROL_OCTET);
            }
        }
        return false;
    }

    /** {@code TEXT-UTF8-TRIM}: anything but controls. Reads to the end. */
    final boolean text() {
        for (int i = p; i < end; i++) {
            byte c = a[i];
            if (c >= 0 && c < ' ' && c != '\t' || c == 0x7F) {
                return no(ParseError.CONTROL_OCTET);
            }
        }
        p = end;
        return true;
    }

    /** One or more digits whose number is at most {@code max}. */
    final boolean number(long max) {
        int from = p;
        if (!some(Ascii.DIGIT)) {
            return false;
        }
        return Ascii.parseUnsigned(a, from, p - from) <= max;
    }

    // ---- hosts and URIs
    // -----------------------------------------------------------------------------------------------------------

    /** {@code host}: a name, an IPv4 address or an IPv6 reference. Names of digits only count as {@link Violation#DIGIT_HOST}. */
    final boolean host() {
        if (peek('[')) {
            int close = Ascii.indexOf(a, p, end, ']');
            if (close >= end || !ipv6(p + 1, close)) {
                return no(ParseError.HOST);
            }
            p = close + 1;
            return true;
        }
        int from = p;
        if (!some(Ascii.HOST)) {
            return no(ParseError.HOST);
        }
        return hostName(from, p) || no(ParseError.HOST);
    }

    /**
     * A host name or IPv4 address. The grammar wants labels that begin and end with a letter or digit; the underscore is tolerated in
     * silence as all do, a last dot is legal.
     */
    private boolean hostName(int from, int to) {
        boolean digits = true;
        int dots = 0;
        for (int i = from; i < to; i++) {
            byte c = a[i];
            if (c == '.') {
                dots++;
                if (i == from || a[i - 1] == '.' || a[i - 1] == '-') {
                    return false;
                }
            } else if (c == '-') {
                if (i == from || a[i - 1] == '.') {
                    return false;
                }
                digits = false;
            } else if (c < '0' || c > '9') {
                digits = false;
            }
        }
        if (a[to - 1] == '-') {
            return false;
        }
        if (digits && dots == 0) {
            violations |= Violation.DIGIT_HOST.bit();
        }
        return true;
    }

    /** {@code IPv6address}: groups of one to four hexadecimal digits, {@code ::} at most once, an IPv4 address at the end maybe. */
    final boolean ipv6(int from, int to) {
        int groups = 0;
        boolean gap = false;
        int i = from;
        if (to - from >= 2 && a[i] == ':' && a[i + 1] == ':') {
            gap = true;
            i += 2;
        }
        while (i < to) {
            int start = i;
            i = Ascii.skip(a, i, to, Ascii.HEX);
            if (i < to && a[i] == '.') {
                return ipv4(start, to) && (gap ? groups <= 6 : groups == 6);
            }
            if (i == start || i - start > 4) {
                return false;
            }
            groups++;
            if (i == to) {
                break;
            }
            if (a[i] != ':' || i + 1 == to) {
                return false;
            }
            i++;
            if (a[i] == ':') {
                if (gap) {
                    return false;
                }
                gap = true;
                i++;
            }
        }
        return gap ? groups <= 7 : groups == 8;
    }

    /** {@code IPv4address}: four numbers up to 255. */
    final boolean ipv4(int from, int to) {
        int i = from;
        for (int k = 0; k < 4; k++) {
            int start = i;
            i = Ascii.skip(a, i, to, Ascii.DIGIT);
            if (i == start || i - start > 3 || Ascii.parseUnsigned(a, start, i - start) > 255) {
                return false;
            }
            if (k < 3) {
                if (i >= to || a[i] != '.') {
                    return false;
                }
                i++;
            }
        }
        return i == to;
    }

    /** A port after its colon. */
    final boolean port() {
        return number(65_535) || no(ParseError.PORT);
    }

    /** A URI that fills {@code from..to}. {@code headers} tells whether a sip URI may have some. */
    final boolean uri(int from, int to, boolean headers) {
        int outer = end;
        p = from;
        end = to;
        boolean good = uri(headers) && p == end;
        end = outer;
        p = to;
        return good || no(ParseError.URI);
    }

    private boolean uri(boolean headers) {
        int colon = SipUri.schemeEnd(a, p, end);
        if (colon < 0) {
            return false;
        }
        int length = colon - p;
        long word = length <= 4 ? Ascii.fold(Ascii.word(a, p, length)) : 0;
        p = colon + 1;
        if (word == SipUri.SIP || word == SipUri.SIPS) {
            return sipUri(headers);
        }
        if (word == SipUri.TEL) {
            return telUri();
        }
        // absoluteURI = scheme ":" ( hier-part / opaque-part ): only the characters are told, and that there is one.
        return p < end && escaped(Ascii.URI);
    }

    private boolean sipUri(boolean headers) {
        int sign = Ascii.indexOf(a, p, end, '@');
        if (sign < end) {
            int outer = end;
            int from = p;
            end = sign;
            boolean good = escaped(Ascii.USER) && p > from;
            if (good && peek(':')) {
                p++;
                good = escaped(Ascii.PASSWORD);
            }
            good &= p == end;
            end = outer;
            if (!good) {
                return false;
            }
            p = sign + 1;
        }
        if (!host()) {
            return false;
        }
        if (peek(':')) {
            p++;
            if (!port()) {
                return false;
            }
        }
        while (peek(';')) {
            p++;
            int from = p;
            if (!escaped(Ascii.URI_PARAMETER) || p == from) {
                return false;
            }
            if (peek('=')) {
                p++;
                from = p;
                if (!escaped(Ascii.URI_PARAMETER) || p == from) {
                    return false;
                }
            }
        }
        return !peek('?') || headers && uriHeaders() || !headers && no(ParseError.REQUEST_URI);
    }

    /** {@code "?" hname "=" hvalue *( "&" hname "=" hvalue )}. */
    private boolean uriHeaders() {
        do {
            p++;
            int from = p;
            if (!escaped(Ascii.URI_HEADER) || p == from || !peek('=')) {
                return false;
            }
            p++;
            if (!escaped(Ascii.URI_HEADER)) {
                return false;
            }
        } while (peek('&'));
        return true;
    }

    /** RFC 3966: digits and visual separators, with a plus in front or letters of a local number. */
    private boolean telUri() {
        int from = p;
        if (peek('+')) {
            p++;
        }
        while (p < end && (Ascii.is(a[p], Ascii.HEX) || "*#-.()".indexOf(a[p]) >= 0)) {
            p++;
        }
        if (p == from) {
            return false;
        }
        while (peek(';')) {
            p++;
            if (!escaped(Ascii.URI_PARAMETER)) {
                return false;
            }
            if (peek('=')) {
                p++;
                if (!escaped(Ascii.URI_PARAMETER)) {
                    return false;
                }
            }
        }
        return true;
    }

    // ---- parameters and addresses
    // -------------------------------------------------------------------------------------------------

    /** {@code token / host / quoted-string}. An address in the place of a token may hold colons (RFC 5118 section 4.5). */
    final boolean genericValue() {
        if (peek('"')) {
            return quoted();
        }
        if (peek('[')) {
            return host();
        }
        int from = p;
        while (p < end && (Ascii.is(a[p], Ascii.TOKEN) || a[p] == ':')) {
            p++;
        }
        return p > from;
    }

    /** {@code *( SEMI generic-param )}. */
    final boolean parameters() {
        while (separator(';')) {
            if (!token()) {
                return no(ParseError.PARAMETER);
            }
            if (separator('=') && !genericValue()) {
                return no(ParseError.PARAMETER);
            }
        }
        return true;
    }

    /** {@code ( name-addr / addr-spec ) *( SEMI generic-param )}; {@code bracketed} where only a name-addr will do. */
    final boolean address(boolean bracketed) {
        if (peek('"')) {
            if (!quoted()) {
                return false;
            }
            lws();
        } else if (!peek('<')) {
            int words = Ascii.skip(a, p, end, Ascii.TOKEN | Ascii.BLANK);
            if (words >= end || a[words] != '<') {
                if (words >= end || a[words] != ':') {
                    return no(ParseError.DISPLAY_NAME);
                }
                return (!bracketed || no(ParseError.URI_NOT_BRACKETED)) && addrSpec() && parameters();
            }
            p = words;
        }
        if (!peek('<')) {
            return no(ParseError.DISPLAY_NAME);
        }
        int close = Ascii.indexOf(a, p, end, '>');
        if (close >= end) {
            return no(ParseError.ANGLE_UNTERMINATED);
        }
        int from = Ascii.skipBlanks(a, p + 1, close);
        int to = Ascii.trimEnd(a, from, close);
        if (to - from != close - p - 1) {
            violations |= Violation.BLANKS_IN_ANGLES.bit();
        }
        if (!uri(from, to, true)) {
            return false;
        }
        p = close + 1;
        return parameters();
    }

    /**
     * RFC 3261 section 20: "If the URI contains a comma, question mark or semicolon, the URI MUST be enclosed in angle brackets"; a
     * semicolon begins a header parameter.
     */
    private boolean addrSpec() {
        int from = p;
        while (p < end && a[p] != ';' && a[p] != ',' && a[p] != ' ' && a[p] != '\t' && a[p] != '<' && a[p] != '"') {
            p++;
        }
        int to = p;
        if (Ascii.indexOf(a, from, to, '?') < to) {
            violations |= Violation.URI_NOT_BRACKETED.bit();
        }
        return uri(from, to, true);
    }

    /** {@code LAQUOT absoluteURI RAQUOT *( SEMI generic-param )}. */
    final boolean uriInAngles() {
        if (!peek('<')) {
            return false;
        }
        int close = Ascii.indexOf(a, p, end, '>');
        if (close >= end) {
            return no(ParseError.ANGLE_UNTERMINATED);
        }
        if (!uri(p + 1, close, true)) {
            return false;
        }
        p = close + 1;
        return parameters();
    }
}

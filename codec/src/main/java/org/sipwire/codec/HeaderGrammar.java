/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * The grammar of each known header field (RFC 3261 section 25.1 and the extensions'), on the rules of {@link Grammar}. Confined to its
 * parser. Borrowed.
 */
final class HeaderGrammar extends Grammar {

    private static final long UINT32 = 0xFFFF_FFFFL;
    private static final String DAYS = "MonTueWedThuFriSatSun";
    private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
    private static final long RECEIVED = Via.RECEIVED;

    private final int maxValues;

    HeaderGrammar(int maxValues) {
        this.maxValues = maxValues;
    }

    /** Checks one line; 0, or the code of the {@link ParseError}. Adds to {@link #violations}. */
    int check(SipHeader header, byte[] octets, int off, int len) {
        at(octets, off, len);
        boolean good;
        if (header.isList()) {
            good = list(header);
        } else {
            good = single(header) && atEnd();
        }
        return good ? 0 : error != 0 ? error : fallback(header).code();
    }

    private static ParseError fallback(SipHeader header) {
        return switch (header) {
            case VIA -> ParseError.VIA;
            case FROM -> ParseError.FROM;
            case TO -> ParseError.TO;
            case CALL_ID -> ParseError.CALL_ID;
            case CONTACT -> ParseError.CONTACT;
            case MAX_FORWARDS -> ParseError.MAX_FORWARDS;
            case EXPIRES, MIN_EXPIRES -> ParseError.EXPIRES;
            case AUTHORIZATION, PROXY_AUTHORIZATION -> ParseError.AUTHORIZATION;
            case WWW_AUTHENTICATE, PROXY_AUTHENTICATE -> ParseError.CHALLENGE;
            case DATE -> ParseError.DATE;
            default -> ParseError.HEADER_VALUE;
        };
    }

    private boolean list(SipHeader header) {
        if (atEnd()) {
            return mayBeEmpty(header);
        }
        if (header == SipHeader.CONTACT && peek('*')) {
            p++;
            return atEnd();
        }
        int n = 0;
        do {
            if (++n > maxValues) {
                return no(ParseError.TOO_MANY_VALUES);
            }
            if (!element(header)) {
                return false;
            }
        } while (separator(','));
        return atEnd();
    }

    /** The fields whose grammar has an empty list, {@code [ a *(COMMA a) ]}, and Unsupported, which others send empty as well. */
    private static boolean mayBeEmpty(SipHeader header) {
        return switch (header) {
            case ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, ALLOW, SUPPORTED, UNSUPPORTED, RECV_INFO -> true;
            default -> false;
        };
    }

    private boolean element(SipHeader header) {
        return switch (header) {
            case VIA -> via();
            case CONTACT -> contact();
            case ROUTE, RECORD_ROUTE, PATH, SERVICE_ROUTE, P_ASSOCIATED_URI, HISTORY_INFO -> address(true);
            case P_ASSERTED_IDENTITY, P_PREFERRED_IDENTITY -> address(false);
            case SUPPORTED,
                    REQUIRE,
                    PROXY_REQUIRE,
                    UNSUPPORTED,
                    ALLOW,
                    ALLOW_EVENTS,
                    CONTENT_ENCODING,
                    REQUEST_DISPOSITION -> token();
            case CONTENT_LANGUAGE,
                    ACCEPT_LANGUAGE,
                    ACCEPT_ENCODING,
                    RECV_INFO,
                    SECURITY_CLIENT,
                    SECURITY_SERVER,
                    SECURITY_VERIFY,
                    REASON -> token() && parameters();
            case ACCEPT -> mediaType();
            case ALERT_INFO, CALL_INFO, ERROR_INFO -> uriInAngles();
            case IN_REPLY_TO -> callId();
            case WARNING -> warning();
            case GEOLOCATION -> uriInAngles();
            default -> anyElement();
        };
    }

    /** Of a list whose elements are not checked closely: up to the comma that is in neither quotes nor angles. */
    private boolean anyElement() {
        int to = HeaderValues.valueEnd(a, p, end);
        if (to < 0) {
            return no(ParseError.QUOTE_UNTERMINATED);
        }
        p = to;
        return true;
    }

    private boolean single(SipHeader header) {
        return switch (header) {
            case FROM, TO, REPLY_TO, REFER_TO, REFERRED_BY, P_CALLED_PARTY_ID -> address(false);
            case CALL_ID -> callId();
            case MAX_FORWARDS -> number(255);
            // The parser itself reads these in full, and has closer names for what is wrong.
            case CSEQ, CONTENT_LENGTH -> all();
            case EXPIRES, MIN_EXPIRES, RSEQ, FLOW_TIMER -> number(UINT32);
            case MIN_SE, SESSION_EXPIRES -> number(UINT32) && parameters();
            case RACK -> number(UINT32) && someLws() && number(Integer.MAX_VALUE) && someLws() && token();
            case AUTHORIZATION, PROXY_AUTHORIZATION -> credentials();
            case WWW_AUTHENTICATE, PROXY_AUTHENTICATE -> credentials();
            case AUTHENTICATION_INFO, PROXY_AUTHENTICATION_INFO -> authParameters();
            case DATE -> date();
            case CONTENT_TYPE -> mediaType();
            case CONTENT_DISPOSITION, EVENT, SUBSCRIPTION_STATE, INFO_PACKAGE -> token() && parameters();
            case PRIORITY, SIP_ETAG, SIP_IF_MATCH -> token();
            case MIME_VERSION -> some(Ascii.DIGIT) && peek('.') && decimals();
            case RETRY_AFTER -> retryAfter();
            case REPLACES, JOIN, TARGET_DIALOG -> callId() && parameters();
            case TIMESTAMP -> timestamp();
            case USER_AGENT, SERVER -> text();
            default -> text();
        };
    }

    private boolean all() {
        p = end;
        return true;
    }

    // ---- Via
    // ------------------------------------------------------------------------------------------------------------------------

    /** {@code via-parm}: sent-protocol LWS sent-by *( SEMI via-params ). */
    private boolean via() {
        if (!token() || !separator('/') || !token() || !separator('/') || !token() || !someLws() || !host()) {
            return false;
        }
        if (separator(':') && !port()) {
            return false;
        }
        while (separator(';')) {
            int from = p;
            if (!token()) {
                return no(ParseError.PARAMETER);
            }
            int to = p;
            boolean valued = separator('=');
            if (!viaParameter(from, to - from, valued)) {
                return no(ParseError.PARAMETER);
            }
        }
        return true;
    }

    private boolean viaParameter(int name, int length, boolean valued) {
        long word = length > 8 ? 0 : Ascii.fold(Ascii.word(a, name, length));
        if (word == Via.TTL) {
            return valued && number(255);
        }
        if (word == Via.MADDR) {
            return valued && host();
        }
        if (word == RECEIVED) {
            return valued && receivedAddress();
        }
        if (word == Via.BRANCH) {
            return valued && token();
        }
        if (word == Via.RPORT) {
            if (valued && !number(65_535)) {
                violations |= Violation.RPORT_NOT_A_PORT.bit();
                return genericValue();
            }
            return true;
        }
        return !valued || genericValue();
    }

    /** An address with or without brackets: RFC 5118 section 4.5 wants both accepted. */
    private boolean receivedAddress() {
        if (peek('[')) {
            return host();
        }
        int from = p;
        while (p < end && (Ascii.is(a[p], Ascii.HEX) || a[p] == ':' || a[p] == '.')) {
            p++;
        }
        return ipv4(from, p) || ipv6(from, p);
    }

    // ---- Contact
    // --------------------------------------------------------------------------------------------------------------------

    private boolean contact() {
        int from = p;
        if (!address(false)) {
            return false;
        }
        // c-p-q = "q" EQUAL qvalue. A malformed expires stands for 3600 (section 20.10) and so is no error.
        int to = p;
        Parameters cursor = parameters;
        int i = parametersOf(from, to);
        cursor.error = 0;
        int k;
        while ((k = cursor.next(a, i, to)) >= 0) {
            if (cursor.nameLength == 1
                    && Ascii.fold(a[cursor.nameOffset]) == 'q'
                    && Contact.thousandths(a, cursor.valueOffset, cursor.valueLength) < 0) {
                return no(ParseError.CONTACT);
            }
            i = k;
        }
        return true;
    }

    private final Parameters parameters = new Parameters();

    /** Index of the first header parameter of an address known to be good. */
    private int parametersOf(int from, int to) {
        int i = from;
        if (a[i] == '"') {
            i = Parameters.quoteEnd(a, i, to) + 1;
        }
        int open = Ascii.indexOf(a, i, to, '<', ';');
        return open < to && a[open] == '<' ? Ascii.indexOf(a, open, to, '>') + 1 : open;
    }

    // ---- others
    // ---------------------------------------------------------------------------------------------------------------------

    /** {@code word [ "@" word ]}. */
    private boolean callId() {
        if (!some(Ascii.WORD)) {
            return false;
        }
        if (peek('@')) {
            p++;
            return some(Ascii.WORD);
        }
        return true;
    }

    /** {@code m-type SLASH m-subtype *( SEMI m-parameter )}. */
    private boolean mediaType() {
        return token() && separator('/') && token() && parameters();
    }

    private boolean decimals() {
        p++;
        return some(Ascii.DIGIT);
    }

    /** {@code warn-code SP warn-agent SP warn-text}. */
    private boolean warning() {
        int from = p;
        if (!some(Ascii.DIGIT) || p - from != 3 || !someLws()) {
            return false;
        }
        // warn-agent = hostport / pseudonym
        if (peek('[') ? !host() : !token()) {
            return false;
        }
        if (peek(':')) {
            p++;
            if (!port()) {
                return false;
            }
        }
        return someLws() && quoted();
    }

    private boolean retryAfter() {
        if (!number(UINT32)) {
            return false;
        }
        int from = p;
        lws();
        if (peek('(')) {
            if (!comment()) {
                return false;
            }
        } else {
            p = from;
        }
        return parameters();
    }

    private boolean timestamp() {
        if (!some(Ascii.DIGIT)) {
            return false;
        }
        if (peek('.')) {
            p++;
            some(Ascii.DIGIT);
        }
        if (someLws()) {
            some(Ascii.DIGIT);
            if (peek('.')) {
                p++;
                some(Ascii.DIGIT);
            }
        }
        return true;
    }

    /** {@code auth-scheme LWS auth-param *( COMMA auth-param )}: credentials and challenge share it. */
    private boolean credentials() {
        if (!token()) {
            return false;
        }
        int from = p;
        lws();
        if (peek(',')) {
            violations |= Violation.COMMA_AFTER_SCHEME.bit();
            p++;
            lws();
        } else if (p == from) {
            return false;
        }
        return authParameters();
    }

    private boolean authParameters() {
        do {
            if (!token() || !separator('=') || !(peek('"') ? quoted() : token())) {
                return false;
            }
        } while (separator(','));
        return true;
    }

    /**
     * {@code SIP-date}, or the form of GB/T 28181, which counts as {@link Violation#GB_DATE}.
     *
     * <pre>
     *   Sat, 13 Nov 2010 23:29:00 GMT        2021-03-24T15:25:03.259
     *   0    5  8   12   17       26         0    5  8  11       20
     * </pre>
     */
    private boolean date() {
        if (end - p >= 19 && a[p + 4] == '-') {
            if (!digits("....-..-..T..:..:..", p)) {
                return false;
            }
            violations |= Violation.GB_DATE.bit();
            p += 19;
            return !peek('.') || decimals();
        }
        boolean good = end - p == 29
                && DAYS.indexOf(three(p)) % 3 == 0
                && digits(".. ", p + 5)
                && MONTHS.indexOf(three(p + 8)) % 3 == 0
                && digits(" .... ..:..:.. GMT", p + 11)
                && a[p + 3] == ','
                && a[p + 4] == ' ';
        p = end;
        return good;
    }

    private String three(int at) {
        return new String(a, at, 3, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    /** Whether the octets follow the pattern, in which a dot stands for a digit. */
    private boolean digits(String pattern, int at) {
        if (at + pattern.length() > end) {
            return false;
        }
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c == '.' ? !Ascii.is(a[at + i], Ascii.DIGIT) : a[at + i] != c) {
                return false;
            }
        }
        return true;
    }
}

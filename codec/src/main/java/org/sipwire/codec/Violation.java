/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

/**
 * A named deviation from RFC 3261 that deployed equipment shows and that a message can survive. Which of them are tolerated is the
 * {@link SipCompliance}; each seen one sets its bit in {@link SipParser#violations()}. Shared.
 */
public enum Violation {
    /** No Max-Forwards in a request (RFC 3261 section 8.1.1 wants one): RFC 2543 senders, the INVITE of RFC 4475 section 3.4.1. */
    MISSING_MAX_FORWARDS(ParseError.MISSING_MAX_FORWARDS),
    /** A top Via whose branch lacks {@code z9hG4bK}: {@code branch=z3hG9bK..}, {@code lunaProxy..} of fielded platforms. */
    BRANCH_WITHOUT_COOKIE(ParseError.VIA_BRANCH),
    /** A top Via without any branch, or the cookie alone (RFC 4475 section 3.2.1). */
    MISSING_BRANCH(ParseError.VIA_BRANCH),
    /** From without a tag (RFC 2543; Monibuca and others for GB/T 28181). */
    MISSING_FROM_TAG(ParseError.FROM_TAG),
    /** A final response, or a request within a dialog, without a To tag (GB/T 28181 platforms). */
    MISSING_TO_TAG(ParseError.TO_TAG),
    /** A client wrote received, or a value for rport, into its own Via: eXosip 3.6, TD-Tech ({@code RPort=rport}). */
    CLIENT_FILLED_VIA(ParseError.VIA),
    /** An rport whose value is no port, {@code RPort=rport} (TD-Tech). */
    RPORT_NOT_A_PORT(ParseError.PARAMETER),
    /** Lines end in LF alone. */
    BARE_LF(ParseError.BARE_LF),
    /** More than one space, or a space at the end, in the start line (RFC 4475 sections 3.1.2.9 and 3.1.2.10). */
    START_LINE_SPACES(ParseError.REQUEST_LINE),
    /** A status line ends after the code, with no space. */
    STATUS_WITHOUT_SPACE(ParseError.STATUS_LINE),
    /**
     * Content-Length is 0 but a MESSAGE or NOTIFY datagram goes on with a typed body: Hikvision, Dahua.
     * Where it is not tolerated the octets are discarded (RFC 3261 section 18.3).
     */
    ZERO_CONTENT_LENGTH_WITH_BODY(ParseError.CONTENT_LENGTH_SHORT),
    /**
     * Content-Length of a MESSAGE datagram is above what there is, but its XML body is closed: Hikvision counts otherwise (GB/T 28181
     * platforms met lengths one off and far off).
     */
    CONTENT_LENGTH_BEYOND_XML(ParseError.CONTENT_LENGTH_BEYOND),
    /** User-Agent or Server on two lines (GB/T 28181 devices behind a vendor's gateway): the first one counts. */
    REPEATED_PRODUCT(ParseError.DUPLICATE_HEADER),
    /** The same Content-Length twice. */
    REPEATED_CONTENT_LENGTH(ParseError.CONTENT_LENGTH_CONFLICT),
    /** A Date in the form of GB/T 28181, {@code 2021-03-24T15:25:03.259}. */
    GB_DATE(ParseError.DATE),
    /** {@code Authorization: Capability, algorithm="H:MD5"}: the comma after the scheme (eXosip 3.6). */
    COMMA_AFTER_SCHEME(ParseError.AUTHORIZATION),
    /** A host name that is digits only, {@code sip:34020000001320000003@3402000000}: every GB/T 28181 device. */
    DIGIT_HOST(ParseError.HOST),
    /** A Request-URI with headers, {@code sip:user@example.com?Route=..} (RFC 4475 section 3.1.2.11): they are ignored. */
    REQUEST_URI_HEADERS(ParseError.REQUEST_URI),
    /** Blanks between the angle brackets and the URI (RFC 4475 section 3.1.2.14). */
    BLANKS_IN_ANGLES(ParseError.URI),
    /** A URI with headers outside angle brackets (RFC 4475 section 3.1.2.13). */
    URI_NOT_BRACKETED(ParseError.URI_NOT_BRACKETED);

    private static final Violation[] ALL = values();
    private final ParseError error;

    Violation(ParseError error) {
        this.error = error;
    }

    static Violation of(int ordinal) {
        return ALL[ordinal];
    }

    /** The error that the violation is where it is not tolerated. */
    public ParseError error() {
        return error;
    }

    /** The bit that stands for this violation in {@link SipParser#violations()}. */
    public long bit() {
        return 1L << ordinal();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

/**
 * What is wrong with octets that are no SIP message, or with a header field's value. Shared.
 *
 * <p>{@link #code()} is the negative number that parsers, views and framers return; {@link #status()} is what a server answers when the
 * message is a request that can be answered ({@link SipParser#answerable()}); 0 means that nothing is answered. A malformed response is
 * always dropped (RFC 3261 section 18.1.2), whatever the status here.
 */
public enum ParseError {
    /** No octet, or nothing but white space: a keep-alive or noise. */
    EMPTY(0, "7.5", "Empty Message"),
    /** A keep-alive of a known form: CRLF (RFC 5626 section 3.5.1) or the four octets {@code jaK NUL} of eXosip. */
    KEEP_ALIVE(0, "7.5", "Keep-Alive"),
    /** The first line is neither a request line nor a status line. */
    START_LINE(0, "7", "Malformed Start Line"),
    REQUEST_LINE(400, "7.1", "Malformed Request-Line"),
    METHOD(400, "7.1", "Malformed Method"),
    REQUEST_URI(400, "7.1", "Malformed Request-URI"),
    VERSION(505, "21.5.6", "Version Not Supported"),
    STATUS_LINE(0, "7.2", "Malformed Status-Line"),
    STATUS_CODE(0, "7.2", "Malformed Status-Code"),
    /** The octets end before the empty line that ends the header fields. */
    HEADERS_UNTERMINATED(400, "7.5", "Missing Empty Line After Header Fields"),
    HEADER_LINE(400, "7.3.1", "Header Field Without Colon"),
    HEADER_NAME(400, "7.3.1", "Malformed Header Field Name"),
    /** A continuation line before any header field. */
    FOLDING(400, "7.3.1", "Folded Start Line"),
    CONTROL_OCTET(400, "25.1", "Control Octet In Header Field"),
    BARE_LF(400, "7.5", "Line Ends Without CR"),
    MESSAGE_TOO_LARGE(513, "21.5.7", "Message Too Large"),
    HEADERS_TOO_LARGE(513, "21.5.7", "Header Section Too Large"),
    TOO_MANY_HEADERS(513, "21.5.7", "Too Many Header Fields"),
    TOO_MANY_VALUES(513, "21.5.7", "Too Many Header Field Values"),
    MISSING_VIA(0, "8.1.1", "Missing Via"),
    MISSING_FROM(400, "8.1.1", "Missing From"),
    MISSING_TO(400, "8.1.1", "Missing To"),
    MISSING_CALL_ID(400, "8.1.1", "Missing Call-ID"),
    MISSING_CSEQ(400, "8.1.1", "Missing CSeq"),
    MISSING_MAX_FORWARDS(400, "8.1.1", "Missing Max-Forwards"),
    DUPLICATE_FROM(400, "7.3.1", "More Than One From"),
    DUPLICATE_TO(400, "7.3.1", "More Than One To"),
    DUPLICATE_CALL_ID(400, "7.3.1", "More Than One Call-ID"),
    DUPLICATE_CSEQ(400, "7.3.1", "More Than One CSeq"),
    DUPLICATE_HEADER(400, "7.3.1", "Header Field Occurs Twice"),
    VIA(400, "20.42", "Malformed Via"),
    VIA_BRANCH(400, "8.1.1.7", "Via Branch Without Magic Cookie"),
    FROM(400, "20.20", "Malformed From"),
    TO(400, "20.39", "Malformed To"),
    FROM_TAG(400, "8.1.1.3", "From Without Tag"),
    TO_TAG(400, "8.2.6.2", "To Without Tag"),
    CALL_ID(400, "20.8", "Malformed Call-ID"),
    CSEQ(400, "20.16", "Malformed CSeq"),
    CSEQ_RANGE(400, "8.1.1.5", "CSeq Above 2**31-1"),
    CSEQ_METHOD(400, "8.1.1.5", "CSeq Method Does Not Match"),
    MAX_FORWARDS(400, "20.22", "Malformed Max-Forwards"),
    EXPIRES(400, "20.19", "Malformed Expires"),
    CONTACT(400, "20.10", "Malformed Contact"),
    CONTENT_LENGTH(400, "20.14", "Malformed Content-Length"),
    CONTENT_LENGTH_NEGATIVE(400, "20.14", "Negative Content-Length"),
    CONTENT_LENGTH_OVERFLOW(400, "20.14", "Content-Length Out Of Range"),
    CONTENT_LENGTH_CONFLICT(400, "20.14", "Conflicting Content-Length"),
    CONTENT_LENGTH_BEYOND(400, "18.3", "Content-Length Beyond Datagram"),
    CONTENT_LENGTH_SHORT(400, "18.3", "Octets After The Body"),
    CONTENT_LENGTH_MISSING(400, "18.3", "Missing Content-Length"),
    QUOTE_UNTERMINATED(400, "25.1", "Unterminated Quoted String"),
    ANGLE_UNTERMINATED(400, "25.1", "Unterminated Angle Bracket"),
    DISPLAY_NAME(400, "25.1", "Malformed Display Name"),
    PARAMETER(400, "25.1", "Malformed Parameter"),
    URI(400, "19.1.1", "Malformed URI"),
    URI_NOT_BRACKETED(400, "20", "URI Needs Angle Brackets"),
    HOST(400, "25.1", "Malformed Host"),
    PORT(400, "25.1", "Malformed Port"),
    ESCAPE(400, "19.1.2", "Malformed Escape"),
    AUTHORIZATION(400, "20.7", "Malformed Credentials"),
    CHALLENGE(400, "20.44", "Malformed Challenge"),
    DATE(400, "20.17", "Malformed Date"),
    HEADER_VALUE(400, "20", "Malformed Header Field Value");

    private static final ParseError[] ALL = values();
    private final int status;
    private final String rfcSection;
    private final String reason;

    ParseError(int status, String rfcSection, String reason) {
        this.status = status;
        this.rfcSection = rfcSection;
        this.reason = reason;
    }

    /** The negative number that stands for this error wherever an int is returned. */
    public int code() {
        return -1 - ordinal();
    }

    /** The error of a negative number. */
    public static ParseError of(int code) {
        return ALL[-1 - code];
    }

    /** The status to answer to a request, or 0: drop. */
    public int status() {
        return status;
    }

    /** The section of RFC 3261 that is violated. */
    public String rfcSection() {
        return rfcSection;
    }

    /** A reason phrase that names the error. */
    public String reason() {
        return reason;
    }
}

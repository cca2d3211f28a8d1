/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport;

import org.sipwire.codec.ParseError;
import org.sipwire.codec.SipMethod;

/**
 * What transports count, one cell of a loop's row each; behind them lie the cells of the messages by method, status and transport, and
 * of the parse errors.
 *
 * <pre>
 *   row: | TransportCounter | octets in, out a transport | requests in, out | responses in, out       | ParseError |
 *                                                          transport x method  transport x status 0..699
 * </pre>
 *
 * <p>Shared.
 */
public enum TransportCounter {
    /** Level: connections that are open. */
    CONNECTIONS,
    /** Connections accepted. */
    CONNECTIONS_ACCEPTED,
    /** Times that no connection could be accepted, as when the process has no descriptor left; it is tried again each second. */
    ACCEPTS_FAILED,
    /** Connections this side opened. */
    CONNECTIONS_OPENED,
    /** Connections this side could not open. */
    CONNECTIONS_FAILED,
    /** Connections refused since their source has too many. */
    CONNECTIONS_REFUSED_SOURCE,
    /** Connections refused since the stack has too many. */
    CONNECTIONS_REFUSED_TOTAL,
    /** Connections closed since nothing came for too long. */
    CONNECTIONS_IDLE,
    /** Connections closed since nothing came after a keep-alive of this side. */
    CONNECTIONS_UNANSWERED,
    /** Connections closed since a message or a handshake took too long to arrive. */
    CONNECTIONS_SLOW,
    /** Connections closed since the peer read nothing for too long. */
    CONNECTIONS_STALLED,
    /** Connections closed since what came could not be framed any more. */
    CONNECTIONS_UNFRAMEABLE,
    /** TLS or WebSocket handshakes that failed. */
    HANDSHAKES_FAILED,
    /** Keep-alives: CRLF, CRLFCRLF, and the datagrams of a few octets devices send. */
    KEEP_ALIVES,
    /** Pings (CRLFCRLF) answered with a pong (RFC 5626 §3.5.1). */
    PINGS_ANSWERED,
    /** Double CRLFs this side sent over connections. */
    PINGS_SENT,
    /** Messages not sent since a connection's buffer was full. */
    BACK_PRESSURED,
    /** Messages not sent, or lost at once, since a system call failed. */
    SEND_ERRORS,
    /** Flights of datagrams to one peer that the kernel did not take in one piece; no datagram was lost by it. */
    SEGMENTS_REFUSED,
    /** Callbacks that ended with an exception nobody had caught. */
    CALLBACK_ERRORS,
    /** Messages handed to another loop. */
    HANDED_OVER,
    /** Datagrams dropped unread since more came than could be worked on, and nobody vouched for their source. */
    SHED,
    /** Requests dropped since the stack is closing. */
    DRAINING_DROPPED,
    /** Microseconds this loop was late at its last tick. */
    LAG_MICROS,
    /** Level: the largest {@link #LAG_MICROS} of the last ten seconds. */
    LAG_MAX_MICROS;

    /** Status codes 0..699 have a cell each. */
    public static final int STATUSES = 700;

    private static final int TRANSPORTS = Transport.values().length;
    private static final int METHODS = SipMethod.values().length;
    private static final int BYTES_RECEIVED = values().length;
    private static final int BYTES_SENT = BYTES_RECEIVED + TRANSPORTS;
    private static final int REQUESTS_RECEIVED = BYTES_SENT + TRANSPORTS;
    private static final int REQUESTS_SENT = REQUESTS_RECEIVED + TRANSPORTS * METHODS;
    private static final int RESPONSES_RECEIVED = REQUESTS_SENT + TRANSPORTS * METHODS;
    private static final int RESPONSES_SENT = RESPONSES_RECEIVED + TRANSPORTS * STATUSES;
    private static final int PARSE_ERRORS = RESPONSES_SENT + TRANSPORTS * STATUSES;
    private static final int SIZE = PARSE_ERRORS + ParseError.values().length;

    /** The cells of a row. */
    public static int rowSize() {
        return SIZE;
    }

    /** The cell of the octets received over a transport. */
    public static int bytesReceived(Transport transport) {
        return BYTES_RECEIVED + transport.ordinal();
    }

    /** The cell of the octets sent over a transport. */
    public static int bytesSent(Transport transport) {
        return BYTES_SENT + transport.ordinal();
    }

    /** The cell of the requests received, retransmissions included. */
    public static int requestsReceived(Transport transport, SipMethod method) {
        return REQUESTS_RECEIVED + transport.ordinal() * METHODS + method.ordinal();
    }

    /** The cell of the requests sent, retransmissions included. */
    public static int requestsSent(Transport transport, SipMethod method) {
        return REQUESTS_SENT + transport.ordinal() * METHODS + method.ordinal();
    }

    /** The cell of the responses received; a status out of range counts as 0. */
    public static int responsesReceived(Transport transport, int status) {
        return RESPONSES_RECEIVED + transport.ordinal() * STATUSES + inRange(status);
    }

    /** The cell of the responses sent; a status out of range counts as 0. */
    public static int responsesSent(Transport transport, int status) {
        return RESPONSES_SENT + transport.ordinal() * STATUSES + inRange(status);
    }

    /** The cell of a parse error. */
    public static int parseErrors(ParseError error) {
        return PARSE_ERRORS + error.ordinal();
    }

    private static int inRange(int status) {
        return status > 0 && status < STATUSES ? status : 0;
    }
}

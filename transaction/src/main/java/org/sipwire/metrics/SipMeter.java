/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.metrics;

/**
 * The meters of a stack: name, labels, meaning. {@link SipStackMetrics} binds them.
 *
 * <p>Shared: an immutable constant.
 */
public enum SipMeter {
    /** {@value #COUNTER} by method and transport. */
    REQUESTS_RECEIVED(
            "sip.requests.received",
            SipMeter.COUNTER,
            "method, transport",
            "Requests received, retransmissions included"),
    /** {@value #COUNTER} by method and transport. */
    REQUESTS_SENT(
            "sip.requests.sent", SipMeter.COUNTER, "method, transport", "Requests sent, retransmissions included"),
    /** {@value #COUNTER} by status and transport. */
    RESPONSES_RECEIVED(
            "sip.responses.received",
            SipMeter.COUNTER,
            "status, transport",
            "Responses received, retransmissions included"),
    /** {@value #COUNTER} by status and transport. */
    RESPONSES_SENT(
            "sip.responses.sent", SipMeter.COUNTER, "status, transport", "Responses sent, retransmissions included"),
    /** {@value #COUNTER} of octets by transport. */
    RECEIVED_BYTES("sip.received.bytes", SipMeter.COUNTER, "transport", "Octets of SIP received"),
    /** {@value #COUNTER} of octets by transport. */
    SENT_BYTES("sip.sent.bytes", SipMeter.COUNTER, "transport", "Octets of SIP sent"),
    /** {@value #COUNTER} by reason. */
    PARSE_ERRORS("sip.parse.errors", SipMeter.COUNTER, "reason", "Messages that could not be parsed"),
    /** {@value #COUNTER} by kind. */
    RETRANSMISSIONS(
            "sip.retransmissions",
            SipMeter.COUNTER,
            "kind",
            "Requests that came again, requests sent again, responses sent again"),
    /** {@value #GAUGE} by kind. */
    TRANSACTIONS(
            "sip.transactions", SipMeter.GAUGE, "kind", "Transactions alive, of the server's and the client's side"),
    /** {@value #COUNTER} by kind. */
    TRANSACTIONS_CREATED("sip.transactions.begun", SipMeter.COUNTER, "kind", "Transactions begun"),
    /** {@value #COUNTER}. */
    STATELESS_RESPONSES(
            "sip.stateless.responses", SipMeter.COUNTER, "", "Responses sent without keeping state, as challenges are"),
    /** {@value #COUNTER} by reason. */
    SHED("sip.shed", SipMeter.COUNTER, "reason", "Requests refused or connections closed since a limit was reached"),
    /** {@value #COUNTER} by reason. */
    DROPPED("sip.dropped", SipMeter.COUNTER, "reason", "Messages nobody was told of"),
    /** {@value #COUNTER} by reason. */
    FAILURES(
            "sip.failures",
            SipMeter.COUNTER,
            "reason",
            "What went wrong on the way: timeouts, lost connections, errors"),
    /** {@value #GAUGE}. */
    CONNECTIONS("sip.connections", SipMeter.GAUGE, "", "Connections open"),
    /** {@value #COUNTER} by direction. */
    CONNECTIONS_OPENED("sip.connections.opened", SipMeter.COUNTER, "direction", "Connections accepted and opened"),
    /** {@value #COUNTER} by reason. */
    CONNECTIONS_CLOSED(
            "sip.connections.closed", SipMeter.COUNTER, "reason", "Connections this side gave up, by reason"),
    /** {@value #COUNTER}. */
    KEEP_ALIVES("sip.keep.alives", SipMeter.COUNTER, "", "Keep-alives of a few octets (RFC 5626)"),
    /** {@value #COUNTER}. */
    HANDED_OVER(
            "sip.handed.over", SipMeter.COUNTER, "", "Messages that arrived on another loop than their transaction's"),
    /** {@value #GAUGE} in seconds. */
    LOOP_LAG("sip.loop.lag.seconds", SipMeter.GAUGE, "", "How late the latest loop was at its last tick"),
    /** {@value #GAUGE} in seconds. */
    LOOP_LAG_MAX("sip.loop.lag.max.seconds", SipMeter.GAUGE, "", "The largest lag of the last ten seconds"),
    /** {@value #GAUGE} in octets. */
    RECEIVE_BUFFER(
            "sip.udp.receive.buffer.bytes",
            SipMeter.GAUGE,
            "",
            "The smallest receive buffer the kernel granted a UDP socket");

    /** A number that only grows. */
    static final String COUNTER = "counter";
    /** A level. */
    static final String GAUGE = "gauge";

    private final String meterName;
    private final String type;
    private final String labels;
    private final String description;

    SipMeter(String meterName, String type, String labels, String description) {
        this.meterName = meterName;
        this.type = type;
        this.labels = labels;
        this.description = description;
    }

    /** The name in Micrometer's form, {@code sip.requests.received}. */
    public String meterName() {
        return meterName;
    }

    /** The name in Prometheus' form, {@code sip_requests_received_total}. */
    public String prometheusName() {
        return meterName.replace('.', '_') + (isCounter() ? "_total" : "");
    }

    /** True for a number that only grows. */
    public boolean isCounter() {
        return type.equals(COUNTER);
    }

    /** The names of the labels, joined by a comma and a blank; empty for none. */
    public String labels() {
        return labels;
    }

    /** What is measured, for people. */
    public String description() {
        return description;
    }
}

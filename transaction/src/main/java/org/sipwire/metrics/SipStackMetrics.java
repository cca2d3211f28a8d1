/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import org.sipwire.codec.ParseError;
import org.sipwire.codec.SipMethod;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.StackCounters;
import org.sipwire.transaction.TransactionCounter;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.Transport;
import org.sipwire.transport.TransportCounter;

/**
 * The counters of a stack for any Micrometer registry. The loops count in memory of their own; the sums are made when somebody reads.
 *
 * <p>Responses have a series for each status a registrar gives from the start, and for each other status once {@link #refresh()} has seen
 * it: call that before a scrape.
 *
 * <p>{@link #bindTo} once; {@link #refresh} by one thread at a time. Shared. Needs micrometer-core, which is optional.
 */
public final class SipStackMetrics implements MeterBinder {
    private static final int[] USUAL_STATUSES = {
        200, 400, 401, 403, 404, 405, 420, 423, 439, 481, 482, 483, 500, 501, 503, 513
    };

    private final SipStack stack;
    private final StackCounters counters;
    private final Set<Transport> transports = new TreeSet<>();
    /** The statuses that have a series, by transport and direction. */
    private final List<BitSet> known = new ArrayList<>();

    private MeterRegistry registry;

    /** The metrics of a stack. */
    public SipStackMetrics(SipStack stack) {
        this.stack = stack;
        counters = stack.counters();
        for (ListeningPoint point : stack.config().listeningPoints()) {
            transports.add(point.transport());
            if (point.transport() == Transport.UDP) {
                // Requests that are too long for UDP leave over TCP (RFC 3261 §18.1.1).
                transports.add(Transport.TCP);
            }
        }
        for (int i = 0; i < 2 * Transport.values().length; i++) {
            known.add(new BitSet(TransportCounter.STATUSES));
        }
    }

    @Override
    public void bindTo(MeterRegistry meterRegistry) {
        registry = meterRegistry;
        for (Transport transport : transports) {
            messages(transport);
        }
        for (ParseError error : ParseError.values()) {
            String reason = error.name().toLowerCase(Locale.ROOT);
            add(SipMeter.PARSE_ERRORS, Tags.of("reason", reason), c -> c.parseErrors(error));
        }
        transactions();
        connections();
        add(SipMeter.LOOP_LAG, Tags.empty(), c -> c.get(TransportCounter.LAG_MICROS) / 1e6);
        add(SipMeter.LOOP_LAG_MAX, Tags.empty(), c -> c.get(TransportCounter.LAG_MAX_MICROS) / 1e6);
        add(SipMeter.RECEIVE_BUFFER, Tags.empty(), c -> stack.grantedReceiveBufferBytes());
    }

    private void messages(Transport transport) {
        Tags tags = Tags.of("transport", transport.scheme());
        add(SipMeter.RECEIVED_BYTES, tags, c -> c.bytesReceived(transport));
        add(SipMeter.SENT_BYTES, tags, c -> c.bytesSent(transport));
        for (SipMethod method : SipMethod.values()) {
            Tags both = tags.and("method", method.name());
            add(SipMeter.REQUESTS_RECEIVED, both, c -> c.requestsReceived(transport, method));
            add(SipMeter.REQUESTS_SENT, both, c -> c.requestsSent(transport, method));
        }
        for (int status : USUAL_STATUSES) {
            addStatus(transport, status, true);
            addStatus(transport, status, false);
        }
    }

    private void transactions() {
        add(SipMeter.TRANSACTIONS, "kind", "server", TransactionCounter.SERVER_TRANSACTIONS);
        add(SipMeter.TRANSACTIONS, "kind", "client", TransactionCounter.CLIENT_TRANSACTIONS);
        add(SipMeter.TRANSACTIONS_CREATED, "kind", "server", TransactionCounter.SERVER_TRANSACTIONS_CREATED);
        add(SipMeter.TRANSACTIONS_CREATED, "kind", "client", TransactionCounter.CLIENT_TRANSACTIONS_CREATED);
        add(SipMeter.RETRANSMISSIONS, "kind", "request_received", TransactionCounter.REQUEST_RETRANSMISSIONS_RECEIVED);
        add(SipMeter.RETRANSMISSIONS, "kind", "request_sent", TransactionCounter.REQUEST_RETRANSMISSIONS_SENT);
        add(SipMeter.RETRANSMISSIONS, "kind", "response_sent", TransactionCounter.RESPONSE_RETRANSMISSIONS_SENT);
        add(SipMeter.STATELESS_RESPONSES, Tags.empty(), c -> c.get(TransactionCounter.STATELESS_RESPONSES));
        add(SipMeter.SHED, "reason", "server_capacity", TransactionCounter.SHED_AT_CAPACITY);
        add(SipMeter.SHED, "reason", "client_capacity", TransactionCounter.CLIENT_REFUSED_AT_CAPACITY);
        add(SipMeter.SHED, "reason", "merged_request", TransactionCounter.MERGED_REQUESTS);
        add(SipMeter.SHED, "reason", "malformed", TransactionCounter.MALFORMED_ANSWERED);
        add(SipMeter.DROPPED, "reason", "malformed", TransactionCounter.MALFORMED_DROPPED);
        add(SipMeter.SHED, "reason", "answer_shortened", TransactionCounter.SHORTENED_RESPONSES);
        add(SipMeter.DROPPED, "reason", "answer_withheld", TransactionCounter.WITHHELD_RESPONSES);
        add(SipMeter.DROPPED, "reason", "stray_ack", TransactionCounter.STRAY_ACKS);
        add(SipMeter.DROPPED, "reason", "unmatched_response", TransactionCounter.UNMATCHED_RESPONSES);
        add(SipMeter.DROPPED, "reason", "misrouted_response", TransactionCounter.MISROUTED_RESPONSES);
        add(SipMeter.DROPPED, "reason", "forbidden_response", TransactionCounter.FORBIDDEN_RESPONSES);
        add(SipMeter.FAILURES, "reason", "client_timeout", TransactionCounter.CLIENT_TIMEOUTS);
        add(SipMeter.FAILURES, "reason", "ack_timeout", TransactionCounter.ACK_TIMEOUTS);
        add(SipMeter.FAILURES, "reason", "user_timeout", TransactionCounter.USER_TIMEOUTS);
        add(SipMeter.FAILURES, "reason", "user_error", TransactionCounter.USER_ERRORS);
        add(SipMeter.FAILURES, "reason", "transport", TransactionCounter.TRANSPORT_ERRORS);
        add(SipMeter.FAILURES, "reason", "cancel_unmatched", TransactionCounter.CANCEL_UNMATCHED);
    }

    private void connections() {
        add(SipMeter.CONNECTIONS, Tags.empty(), c -> c.get(TransportCounter.CONNECTIONS));
        add(SipMeter.CONNECTIONS_OPENED, "direction", "in", TransportCounter.CONNECTIONS_ACCEPTED);
        add(SipMeter.CONNECTIONS_OPENED, "direction", "out", TransportCounter.CONNECTIONS_OPENED);
        add(SipMeter.SHED, "reason", "connections_of_source", TransportCounter.CONNECTIONS_REFUSED_SOURCE);
        add(SipMeter.SHED, "reason", "connections", TransportCounter.CONNECTIONS_REFUSED_TOTAL);
        add(SipMeter.SHED, "reason", "overload", TransportCounter.SHED);
        add(SipMeter.CONNECTIONS_CLOSED, "reason", "idle", TransportCounter.CONNECTIONS_IDLE);
        add(SipMeter.CONNECTIONS_CLOSED, "reason", "unanswered", TransportCounter.CONNECTIONS_UNANSWERED);
        add(SipMeter.CONNECTIONS_CLOSED, "reason", "slow", TransportCounter.CONNECTIONS_SLOW);
        add(SipMeter.CONNECTIONS_CLOSED, "reason", "stalled", TransportCounter.CONNECTIONS_STALLED);
        add(SipMeter.CONNECTIONS_CLOSED, "reason", "unframeable", TransportCounter.CONNECTIONS_UNFRAMEABLE);
        add(SipMeter.CONNECTIONS_CLOSED, "reason", "handshake", TransportCounter.HANDSHAKES_FAILED);
        add(SipMeter.FAILURES, "reason", "accept", TransportCounter.ACCEPTS_FAILED);
        add(SipMeter.FAILURES, "reason", "connect", TransportCounter.CONNECTIONS_FAILED);
        add(SipMeter.FAILURES, "reason", "send", TransportCounter.SEND_ERRORS);
        add(SipMeter.FAILURES, "reason", "segments_refused", TransportCounter.SEGMENTS_REFUSED);
        add(SipMeter.FAILURES, "reason", "callback", TransportCounter.CALLBACK_ERRORS);
        add(SipMeter.DROPPED, "reason", "back_pressure", TransportCounter.BACK_PRESSURED);
        add(SipMeter.DROPPED, "reason", "draining", TransportCounter.DRAINING_DROPPED);
        add(SipMeter.KEEP_ALIVES, Tags.empty(), c -> c.get(TransportCounter.KEEP_ALIVES));
        add(SipMeter.HANDED_OVER, Tags.empty(), c -> c.get(TransportCounter.HANDED_OVER));
    }

    /** Adds series for the statuses that came up since. */
    public void refresh() {
        for (Transport transport : transports) {
            for (int status = 100; status < TransportCounter.STATUSES; status++) {
                if (counters.responsesReceived(transport, status) > 0) {
                    addStatus(transport, status, true);
                }
                if (counters.responsesSent(transport, status) > 0) {
                    addStatus(transport, status, false);
                }
            }
        }
    }

    private void addStatus(Transport transport, int status, boolean received) {
        BitSet statuses = known.get(2 * transport.ordinal() + (received ? 0 : 1));
        if (statuses.get(status)) {
            return;
        }
        statuses.set(status);
        Tags tags = Tags.of("status", Integer.toString(status), "transport", transport.scheme());
        if (received) {
            add(SipMeter.RESPONSES_RECEIVED, tags, c -> c.responsesReceived(transport, status));
        } else {
            add(SipMeter.RESPONSES_SENT, tags, c -> c.responsesSent(transport, status));
        }
    }

    private void add(SipMeter meter, String label, String value, TransactionCounter counter) {
        add(meter, Tags.of(label, value), c -> c.get(counter));
    }

    private void add(SipMeter meter, String label, String value, TransportCounter counter) {
        add(meter, Tags.of(label, value), c -> c.get(counter));
    }

    private void add(SipMeter meter, Tags tags, ToDoubleFunction<StackCounters> value) {
        if (meter.isCounter()) {
            FunctionCounter.builder(meter.meterName(), counters, value)
                    .description(meter.description())
                    .tags(tags)
                    .register(registry);
        } else {
            Gauge.builder(meter.meterName(), counters, value)
                    .description(meter.description())
                    .tags(tags)
                    .register(registry);
        }
    }
}

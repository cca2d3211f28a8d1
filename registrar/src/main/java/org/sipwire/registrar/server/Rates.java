/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sipwire.codec.ParseError;
import org.sipwire.codec.SipMethod;
import org.sipwire.registrar.Registrar;
import org.sipwire.registrar.RegistrarCounter;
import org.sipwire.registrar.auth.AuthCounter;
import org.sipwire.registrar.gb28181.Gb28181Platform;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.StackCounters;
import org.sipwire.transaction.TransactionCounter;
import org.sipwire.transport.Transport;
import org.sipwire.transport.TransportCounter;

/**
 * What the server does at present, in figures: how much each count grew since it was looked at last, and the levels.
 *
 * <p>Thread: the endpoint's loop, which reads what the loops of SIP count. Owned by {@link EventsApi}.
 */
final class Rates {
    private final StackCounters counters;
    private final Registrar registrar;
    private final Gb28181Platform platform;

    private Map<String, Map<String, Long>> before;
    private long beforeNanos;

    /**
     * The figures of a server.
     *
     * @param platform null when the server is none
     */
    Rates(SipStack stack, Registrar registrar, Gb28181Platform platform) {
        this.counters = stack.counters();
        this.registrar = registrar;
        this.platform = platform;
    }

    /** Begins an interval. */
    void begin() {
        before = counts();
        beforeNanos = System.nanoTime();
    }

    /** Writes how the counts grew in the interval that ends here, without those that did not, and begins the next. */
    void writeAndBegin(JsonGenerator json) throws IOException {
        Map<String, Map<String, Long>> earlier = before;
        long from = beforeNanos;
        begin();
        json.writeStartObject();
        json.writeNumberField("time", System.currentTimeMillis());
        json.writeNumberField("intervalMillis", (beforeNanos - from) / 1_000_000);
        for (Map.Entry<String, Map<String, Long>> group : before.entrySet()) {
            json.writeObjectFieldStart(group.getKey());
            Map<String, Long> old = earlier.get(group.getKey());
            for (Map.Entry<String, Long> count : group.getValue().entrySet()) {
                long grown = count.getValue() - old.getOrDefault(count.getKey(), 0L);
                if (grown != 0) {
                    json.writeNumberField(count.getKey(), grown);
                }
            }
            json.writeEndObject();
        }
        levels(json);
        json.writeEndObject();
    }

    private void levels(JsonGenerator json) throws IOException {
        json.writeNumberField("bindings", registrar.locations().bindingCount());
        json.writeNumberField("addresses", registrar.locations().addressCount());
        json.writeNumberField("transactions", counters.get(TransactionCounter.SERVER_TRANSACTIONS));
        json.writeNumberField("connections", counters.get(TransportCounter.CONNECTIONS));
        json.writeNumberField("lagMicros", counters.get(TransportCounter.LAG_MICROS));
        if (platform != null) {
            json.writeNumberField("devices", platform.registry().size());
            json.writeNumberField("online", platform.registry().onlineCount());
        }
    }

    private Map<String, Map<String, Long>> counts() {
        Map<String, Map<String, Long>> all = new LinkedHashMap<>();
        Map<String, Long> received = group(all, "received");
        Map<String, Long> sent = group(all, "sent");
        for (Transport transport : Transport.values()) {
            for (SipMethod method : SipMethod.values()) {
                add(received, method.name(), counters.requestsReceived(transport, method));
            }
            for (int status = 100; status < TransportCounter.STATUSES; status++) {
                add(sent, Integer.toString(status), counters.responsesSent(transport, status));
            }
        }
        Map<String, Long> outcomes = group(all, "outcomes");
        for (RegistrarCounter counter : RegistrarCounter.values()) {
            add(outcomes, counter.outcome(), registrar.count(counter));
        }
        Map<String, Long> auth = group(all, "auth");
        for (AuthCounter counter : AuthCounter.values()) {
            add(auth, counter.outcome(), registrar.count(counter));
        }
        Map<String, Long> errors = group(all, "errors");
        for (ParseError error : ParseError.values()) {
            add(errors, "parse", counters.parseErrors(error));
        }
        add(errors, "retransmitted", counters.get(TransactionCounter.REQUEST_RETRANSMISSIONS_RECEIVED));
        add(errors, "shed", counters.get(TransactionCounter.SHED_AT_CAPACITY));
        add(errors, "client_timeout", counters.get(TransactionCounter.CLIENT_TIMEOUTS));
        return all;
    }

    private static Map<String, Long> group(Map<String, Map<String, Long>> all, String name) {
        Map<String, Long> group = new LinkedHashMap<>();
        all.put(name, group);
        return group;
    }

    private static void add(Map<String, Long> group, String name, long count) {
        if (count != 0) {
            group.merge(name, count, Long::sum);
        }
    }
}

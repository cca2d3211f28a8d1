/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import com.fasterxml.jackson.core.JsonGenerator;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.sipwire.codec.capture.CaptureWriter;
import org.sipwire.codec.capture.CapturedMessage;
import org.sipwire.registrar.explain.CallFlow;
import org.sipwire.registrar.explain.Explanation;
import org.sipwire.registrar.explain.MessageText;
import org.sipwire.trace.HepExporter;
import org.sipwire.trace.MessageTrace;
import org.sipwire.trace.TraceFilter;
import org.sipwire.trace.TracedMessage;

/**
 * {@code /v1/trace}: the recent messages of a device, an address-of-record or a source, as JSON with their ladder and as a capture file.
 *
 * <p>Thread: the endpoint's loop, on which the copies of the rings are read as well. Shared.
 */
final class TraceApi {
    private static final String PATH = "/v1/trace";
    private static final int DEFAULT_SECONDS = 300;
    private static final int DEFAULT_OCTETS = 4 * 1024 * 1024;

    private final MessageTrace trace;
    private final Supplier<HepExporter> hep;
    private final boolean secrets;

    /**
     * Shows a stack's trace.
     *
     * @param hep gives null when there is no collector
     * @param secrets whether secrets are shown, which are masked otherwise
     */
    TraceApi(MessageTrace trace, Supplier<HepExporter> hep, boolean secrets) {
        this.trace = trace;
        this.hep = hep;
        this.secrets = secrets;
    }

    /** Adds the routes. */
    void addTo(OperatorApi api) {
        api.route(PATH, this::answer).route(PATH + ".pcap", this::capture);
    }

    private void answer(HttpExchange exchange) {
        if (exchange.method().equals(HttpMethod.POST)) {
            start(exchange);
        } else if (exchange.method().equals(HttpMethod.DELETE)) {
            trace.stop();
            exchange.noContent();
        } else if (exchange.isReading()) {
            int limit = exchange.limit();
            if (limit >= 0) {
                trace.read(exchange.loop(), content -> show(exchange, content, limit));
            }
        } else {
            exchange.methodNotAllowed("GET, HEAD, POST, DELETE");
        }
    }

    private void start(HttpExchange exchange) {
        try {
            JsonFields fields = JsonFields.read(exchange.content());
            TraceFilter filter = filter(fields);
            int seconds = fields.number("seconds", DEFAULT_SECONDS, 1, MessageTrace.MAX_SECONDS);
            int octets = fields.number(
                    "octets", DEFAULT_OCTETS, (int) MessageTrace.MIN_OCTETS, (int) MessageTrace.MAX_OCTETS);
            fields.end();
            MessageTrace.State state = trace.start(filter, seconds, octets);
            // Answered when each loop has taken it up, so that what is sent after the answer is in the trace.
            trace.read(
                    exchange.loop(),
                    begun -> exchange.json(HttpResponseStatus.CREATED, json -> {
                        json.writeStartObject();
                        write(json, state);
                        json.writeEndObject();
                    }));
        } catch (IllegalArgumentException e) {
            exchange.error(HttpResponseStatus.BAD_REQUEST, e.getMessage());
        }
    }

    private static TraceFilter filter(JsonFields fields) {
        String device = fields.text("device", null);
        String aor = fields.text("aor", null);
        String source = fields.text("source", null);
        int given = (device == null ? 0 : 1) + (aor == null ? 0 : 1) + (source == null ? 0 : 1);
        if (given > 1) {
            throw new IllegalArgumentException("give one of 'device', 'aor' and 'source'");
        }
        if (device != null) {
            return TraceFilter.device(device);
        }
        if (aor != null) {
            return TraceFilter.aor(aor);
        }
        return source == null ? TraceFilter.all() : TraceFilter.source(source);
    }

    private CapturedMessage shown(TracedMessage traced) {
        return secrets ? traced.message() : traced.message().masked();
    }

    private void show(HttpExchange exchange, MessageTrace.Content content, int limit) {
        List<TracedMessage> all = content.messages();
        List<TracedMessage> newest = all.subList(Math.max(0, all.size() - limit), all.size());
        List<CapturedMessage> messages = new ArrayList<>();
        newest.forEach(traced -> messages.add(shown(traced)));
        List<CallFlow> flows = CallFlow.group(messages);
        MessageTrace.State state = trace.state();
        HepExporter exporter = hep.get();
        exchange.json(HttpResponseStatus.OK, json -> {
            json.writeStartObject();
            write(json, state);
            json.writeNumberField("overwritten", content.overwritten());
            json.writeNumberField("total", all.size());
            json.writeArrayFieldStart("messages");
            for (int i = 0; i < newest.size(); i++) {
                write(json, newest.get(i).sent(), messages.get(i));
            }
            json.writeEndArray();
            json.writeArrayFieldStart("flows");
            for (CallFlow flow : flows) {
                write(json, flow);
            }
            json.writeEndArray();
            if (exporter == null) {
                json.writeNullField("hep");
            } else {
                json.writeObjectFieldStart("hep");
                json.writeNumberField("sent", exporter.sent());
                json.writeNumberField("dropped", exporter.dropped());
                json.writeNumberField("failed", exporter.failed());
                json.writeEndObject();
            }
            json.writeEndObject();
        });
    }

    private static void write(JsonGenerator json, MessageTrace.State state) throws IOException {
        if (state == null) {
            json.writeNullField("trace");
            return;
        }
        json.writeObjectFieldStart("trace");
        json.writeBooleanField("on", state.isTracing(System.currentTimeMillis()));
        json.writeStringField("filter", state.filter().kind().name().toLowerCase(Locale.ROOT));
        json.writeStringField("text", state.filter().text());
        json.writeStringField(
                "startedAt", Instant.ofEpochMilli(state.startedMillis()).toString());
        json.writeStringField("endsAt", Instant.ofEpochMilli(state.endMillis()).toString());
        json.writeNumberField("octets", state.octets());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, boolean sent, CapturedMessage message) throws IOException {
        json.writeStartObject();
        json.writeStringField(
                "time",
                Instant.EPOCH.plus(message.timeMicros(), ChronoUnit.MICROS).toString());
        json.writeBooleanField("sent", sent);
        json.writeStringField("transport", message.transport());
        json.writeStringField("from", message.source().toString());
        json.writeStringField("to", message.destination().toString());
        json.writeStringField("startLine", message.startLine());
        json.writeStringField("text", MessageText.of(message.octets()));
        if (message.cut()) {
            json.writeBooleanField("cut", true);
        }
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, CallFlow flow) throws IOException {
        Explanation explanation = Explanation.of(flow, null);
        json.writeStartObject();
        json.writeStringField("title", flow.title());
        json.writeStringField("verdict", explanation.verdict());
        json.writeArrayFieldStart("steps");
        for (Explanation.Step step : explanation.steps()) {
            json.writeStartObject();
            json.writeStringField(
                    "time",
                    Instant.EPOCH
                            .plus(step.message().timeMicros(), ChronoUnit.MICROS)
                            .toString());
            json.writeStringField("from", step.message().source().toString());
            json.writeStringField("to", step.message().destination().toString());
            json.writeStringField("message", step.label());
            json.writeStringField("meaning", step.meaning());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void capture(HttpExchange exchange) {
        if (!exchange.isReading()) {
            exchange.methodNotAllowed("GET, HEAD");
            return;
        }
        trace.read(exchange.loop(), content -> {
            ByteBufOutputStream file = new ByteBufOutputStream(Unpooled.buffer(64 * 1024));
            try (OutputStream out = file) {
                CaptureWriter writer = new CaptureWriter(out);
                for (TracedMessage traced : content.messages()) {
                    writer.write(shown(traced));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            exchange.bytes(HttpResponseStatus.OK, "application/vnd.tcpdump.pcap", file.buffer());
        });
    }
}

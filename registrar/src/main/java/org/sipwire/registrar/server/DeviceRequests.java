/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import com.fasterxml.jackson.core.JsonGenerator;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.sipwire.registrar.gb28181.Answer;
import org.sipwire.registrar.gb28181.DeviceCommands;

/**
 * Queries and commands to devices, {@code POST /v1/devices/{id}/OPERATION}, and what came of them. An answer of a device takes its time:
 * the operator's request waits for it some seconds, then gets 202 and the place where the answer will be,
 * {@code /v1/devices/{id}/requests/{n}}. The last {@value #KEPT} are kept there.
 *
 * <p>Confined to the endpoint's loop.
 */
final class DeviceRequests {
    static final int KEPT = 1000;
    /** Below the endpoint's idle time. */
    static final int MAX_WAIT_SECONDS = 25;

    private static final int WAIT_SECONDS = 10;
    private static final Pattern TIME = Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d");
    private static final Pattern TYPES = Pattern.compile("[A-Za-z]\\w*(/[A-Za-z]\\w*){0,15}");
    private static final int DAY = 86_400;

    private final DeviceCommands commands;
    private final Map<Long, Request> requests = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Request> eldest) {
            return size() > KEPT;
        }
    };
    private long last;

    DeviceRequests(DeviceCommands commands) {
        this.commands = commands;
    }

    /** One query or command: {@link Answer} is called on a loop of SIP, everything else on the endpoint's. */
    private static final class Request implements Answer {
        private final long number;
        private final String deviceId;
        private final String operation;
        private final HttpExchange asked;
        private boolean waiting = true;
        private Outcome outcome;
        private volatile int received;
        private volatile int expected = -1;

        Request(long number, String deviceId, String operation, HttpExchange asked) {
            this.number = number;
            this.deviceId = deviceId;
            this.operation = operation;
            this.asked = asked;
        }

        @Override
        public void onDone(Outcome done) {
            asked.loop().execute(() -> {
                outcome = done;
                if (waiting) {
                    waiting = false;
                    answer(asked);
                }
            });
        }

        @Override
        public void onProgress(int items, int of) {
            received = items;
            expected = of;
        }

        /** Waits no longer. */
        void later() {
            if (waiting) {
                waiting = false;
                asked.json(HttpResponseStatus.ACCEPTED, path(), this::write);
            }
        }

        private void answer(HttpExchange exchange) {
            switch (outcome.kind()) {
                case COMPLETE, PARTIAL -> exchange.json(HttpResponseStatus.OK, path(), this::write);
                case REFUSED ->
                    exchange.error(HttpResponseStatus.BAD_GATEWAY, "the device answered " + outcome.status());
                case OFFLINE ->
                    exchange.error(HttpResponseStatus.CONFLICT, "'" + deviceId + "' is offline: it cannot be asked");
                case BUSY ->
                    exchange.error(
                            HttpResponseStatus.SERVICE_UNAVAILABLE, "too much is asked of '" + deviceId + "' already");
                case NO_RESPONSE ->
                    exchange.error(HttpResponseStatus.GATEWAY_TIMEOUT, "the device did not take the request");
                default ->
                    exchange.error(
                            HttpResponseStatus.GATEWAY_TIMEOUT, "the device took the request and did not answer");
            }
        }

        private String path() {
            return "/v1/devices/" + deviceId + "/requests/" + number;
        }

        private void write(JsonGenerator json) throws IOException {
            json.writeStartObject();
            json.writeStringField("id", deviceId);
            json.writeNumberField("request", number);
            json.writeStringField("operation", operation);
            json.writeStringField(
                    "state", outcome == null ? "pending" : outcome.kind().name().toLowerCase(Locale.ROOT));
            if (outcome == null || received > 0) {
                json.writeNumberField("received", received);
                json.writeNumberField("expected", expected);
            }
            if (outcome == null) {
                json.writeStringField("href", path());
            } else {
                json.writeNumberField("sipStatus", outcome.status());
                json.writeFieldName("answers");
                ManscdpJson.write(json, outcome.parts());
            }
            json.writeEndObject();
        }
    }

    /** Sends one. Returns false when there is no such operation; throws {@link IllegalArgumentException} for fields that will not do. */
    boolean post(HttpExchange exchange, String id, String operation) {
        JsonFields fields = JsonFields.read(exchange.content());
        int wait = wait(exchange, operation.equals("catalog") ? 0 : WAIT_SECONDS);
        Send send = send(operation, id, fields);
        if (send == null) {
            return false;
        }
        fields.end();
        Request request = new Request(++last, id, operation, exchange);
        requests.put(request.number, request);
        send.to(request);
        // An answer that is there already comes before, in the order of the loop's tasks.
        exchange.loop().schedule(request::later, wait, TimeUnit.SECONDS);
        return true;
    }

    /** The query parameter {@code wait}. */
    static int wait(HttpExchange exchange, int byDefault) {
        String wait = exchange.parameter("wait");
        if (wait == null) {
            return byDefault;
        }
        int seconds = wait.matches("\\d{1,3}") ? Integer.parseInt(wait) : -1;
        if (seconds < 0 || seconds > MAX_WAIT_SECONDS) {
            throw new IllegalArgumentException("wait must be a number within 0.." + MAX_WAIT_SECONDS);
        }
        return seconds;
    }

    /** {@code /v1/devices/{id}/requests/{n}}. */
    void show(HttpExchange exchange, String id, String number) {
        Request request = number.matches("\\d{1,18}") ? requests.get(Long.parseLong(number)) : null;
        if (request == null || !request.deviceId.equals(id)) {
            exchange.error(
                    HttpResponseStatus.NOT_FOUND, "'" + id + "' has no request " + number + ", or has it no more");
        } else {
            exchange.json(HttpResponseStatus.OK, request::write);
        }
    }

    /** What is left to do with an operation whose fields were read. */
    private interface Send {
        void to(Answer answer);
    }

    private Send send(String operation, String id, JsonFields fields) {
        return switch (operation) {
            case "catalog" -> answer -> commands.catalog(id, answer);
            case "deviceinfo" -> {
                String target = fields.id("target", id);
                yield answer -> commands.deviceInfo(id, target, answer);
            }
            case "devicestatus" -> {
                String target = fields.id("target", id);
                yield answer -> commands.deviceStatus(id, target, answer);
            }
            case "presets" -> {
                String channel = fields.id("channel", null);
                yield answer -> commands.presets(id, channel, answer);
            }
            case "recordinfo" -> recordings(id, fields);
            case "config" -> {
                String target = fields.id("target", id);
                String types = fields.text("types", "BasicParam", TYPES);
                yield answer -> commands.configuration(id, target, types, answer);
            }
            case "configure" -> {
                String target = fields.id("target", id);
                Map<String, Map<String, String>> blocks = fields.blocks("blocks");
                yield answer -> commands.configure(id, target, blocks, answer);
            }
            case "control" -> {
                DeviceControls.Control control = DeviceControls.read(id, fields);
                yield answer -> control.send(commands, id, answer);
            }
            case "subscribe" -> subscription(id, fields);
            case "broadcast" -> {
                String channel = fields.id("channel", null);
                yield answer -> commands.broadcast(id, channel, answer);
            }
            default -> null;
        };
    }

    private Send recordings(String id, JsonFields fields) {
        String channel = fields.id("channel", null);
        String from = fields.text("from", null, TIME);
        String to = fields.text("to", null, TIME);
        String type = fields.word("type", "all", List.of("all", "time", "alarm", "manual"));
        return answer -> commands.recordings(id, channel, from, to, type, answer);
    }

    private Send subscription(String id, JsonFields fields) {
        String event = fields.word("event", null, List.of("catalog", "alarm", "position"));
        int expires = fields.number("expires", 3600, 0, 30 * DAY);
        if (event.equals("position")) {
            int interval = fields.number("interval", 5, 1, 3600);
            return answer -> commands.subscribePosition(id, interval, expires, answer);
        }
        return event.equals("alarm")
                ? answer -> commands.subscribeAlarm(id, expires, answer)
                : answer -> commands.subscribeCatalog(id, expires, answer);
    }
}

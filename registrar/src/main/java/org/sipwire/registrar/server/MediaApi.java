/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import com.fasterxml.jackson.core.JsonGenerator;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.time.LocalDateTime;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.sipwire.codec.manscdp.ManscdpTime;
import org.sipwire.registrar.gb28181.DeviceCommands;
import org.sipwire.registrar.gb28181.GbSdp;
import org.sipwire.registrar.gb28181.MediaListener;
import org.sipwire.registrar.gb28181.MediaSession;

/**
 * Streams, as signalling: {@code POST /v1/devices/{id}/play} invites a channel to send to the receiver that the operator names and gives
 * its answer, {@code mansrtsp} controls a playback, {@code stop} ends it, {@code GET /v1/devices/{id}/sessions} shows them. No media passes
 * here.
 *
 * <p>Confined to the endpoint's loop.
 */
final class MediaApi {
    /** Streams known, those that ended lately included. */
    static final int MAX_SESSIONS = 4096;

    private static final int WAIT_SECONDS = 10;
    private static final int MAX_PORT = 65_535;
    private static final Pattern HOST = Pattern.compile("[\\w.:-]{1,255}");
    private static final Pattern SCALE = Pattern.compile("-?\\d{1,3}(\\.\\d{1,6})?");
    private static final Pattern RANGE = Pattern.compile("npt=(now|\\d{1,9}(\\.\\d{1,6})?)-(\\d{1,9}(\\.\\d{1,6})?)?");

    private final DeviceCommands commands;
    private final Map<Long, Stream> streams = new LinkedHashMap<>();
    private long last;

    MediaApi(DeviceCommands commands) {
        this.commands = commands;
    }

    /** One stream: {@link MediaListener} is called on a loop of SIP, everything else on the endpoint's. */
    private static final class Stream implements MediaListener {
        private final long number;
        private final String deviceId;
        private final String channel;
        private final HttpExchange asked;
        private HttpExchange waiting;
        private MediaSession session;
        private GbSdp answer;
        private End end;
        private int status;
        private boolean stopped;

        Stream(long number, String deviceId, String channel, HttpExchange asked) {
            this.number = number;
            this.deviceId = deviceId;
            this.channel = channel;
            this.asked = asked;
            this.waiting = asked;
        }

        @Override
        public void onAnswered(MediaSession made, GbSdp sdp) {
            asked.loop().execute(() -> {
                session = made;
                answer = sdp;
                if (stopped) {
                    made.close();
                }
                answer();
            });
        }

        @Override
        public void onEnded(MediaSession ended, End how, int sipStatus) {
            asked.loop().execute(() -> {
                end = how;
                status = sipStatus;
                answer();
            });
        }

        void stop(HttpExchange exchange) {
            stopped = true;
            if (session != null && end == null) {
                waiting = exchange;
                session.close();
            } else {
                exchange.json(HttpResponseStatus.OK, this::write);
            }
        }

        /** Answers who waits. */
        private void answer() {
            HttpExchange exchange = waiting;
            waiting = null;
            if (exchange == null) {
                return;
            }
            if (end == null || answer != null) {
                exchange.json(HttpResponseStatus.OK, path(), this::write);
            } else {
                switch (end) {
                    case OFFLINE ->
                        exchange.error(
                                HttpResponseStatus.CONFLICT, "'" + deviceId + "' is offline: it cannot be invited");
                    case REFUSED -> exchange.error(HttpResponseStatus.BAD_GATEWAY, "the device answered " + status);
                    default -> exchange.error(HttpResponseStatus.GATEWAY_TIMEOUT, "the device did not answer");
                }
            }
        }

        void later() {
            if (waiting == asked) {
                waiting = null;
                asked.json(HttpResponseStatus.ACCEPTED, path(), this::write);
            }
        }

        private String path() {
            return "/v1/devices/" + deviceId + "/sessions/" + number;
        }

        private String state() {
            return end != null ? "ended" : answer != null ? "playing" : "inviting";
        }

        private void write(JsonGenerator json) throws IOException {
            json.writeStartObject();
            json.writeStringField("id", deviceId);
            json.writeNumberField("session", number);
            json.writeStringField("channel", channel);
            json.writeStringField("state", state());
            if (end != null) {
                json.writeStringField("end", end.name().toLowerCase(Locale.ROOT));
                json.writeNumberField("sipStatus", status);
            }
            if (session != null) {
                json.writeStringField("ssrc", session.ssrc());
            }
            if (answer != null) {
                json.writeFieldName("answer");
                ManscdpJson.write(json, answer);
            } else {
                json.writeStringField("href", path());
            }
            json.writeEndObject();
        }
    }

    /** Handles one of this class's operations; false when it is none. */
    boolean post(HttpExchange exchange, String id, String operation) {
        switch (operation) {
            case "play" -> play(exchange, id);
            case "stop" -> {
                JsonFields fields = JsonFields.read(exchange.content());
                Stream stream = stream(exchange, id, fields.text("session"));
                fields.end();
                if (stream != null) {
                    stream.stop(exchange);
                }
            }
            case "mansrtsp" -> control(exchange, id);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void play(HttpExchange exchange, String id) {
        JsonFields fields = JsonFields.read(exchange.content());
        int wait = DeviceRequests.wait(exchange, WAIT_SECONDS);
        String channel = fields.id("channel", null);
        String transport = fields.word("transport", "udp", List.of("udp", "tcp-passive", "tcp-active"));
        GbSdp.Receiver receiver = new GbSdp.Receiver(
                fields.text("host", null, HOST),
                fields.number("port", 0, 1, MAX_PORT),
                transport.equals("udp") ? null : transport.substring("tcp-".length()));
        GbSdp.Wish wish = wish(fields);
        fields.end();
        if (!makeRoom()) {
            exchange.error(HttpResponseStatus.SERVICE_UNAVAILABLE, "there are " + MAX_SESSIONS + " streams already");
            return;
        }
        Stream stream = new Stream(++last, id, channel, exchange);
        streams.put(stream.number, stream);
        commands.play(id, channel, wish, receiver, stream);
        exchange.loop().schedule(stream::later, wait, TimeUnit.SECONDS);
    }

    private static GbSdp.Wish wish(JsonFields fields) {
        String kind = fields.word("kind", "play", List.of("play", "playback", "download"));
        if (kind.equals("play")) {
            return GbSdp.Wish.live();
        }
        long from = seconds(fields.text("from"));
        long to = seconds(fields.text("to"));
        if (to <= from) {
            throw new IllegalArgumentException("'to' must be later than 'from'");
        }
        return kind.equals("playback")
                ? new GbSdp.Wish(GbSdp.Kind.PLAYBACK, from, to, 0)
                : new GbSdp.Wish(GbSdp.Kind.DOWNLOAD, from, to, fields.number("speed", 4, 1, 64));
    }

    /** Beijing time as everything of the standard, in seconds since 1970 as its SDP has it. */
    private static long seconds(String text) {
        LocalDateTime time = ManscdpTime.parse(text);
        if (time == null) {
            throw new IllegalArgumentException("'" + text + "' is no time such as 2024-05-01T00:00:00");
        }
        return time.toEpochSecond(ManscdpTime.BEIJING);
    }

    /** Forgets a stream that ended when there is no room for one more. */
    private boolean makeRoom() {
        Iterator<Stream> oldest = streams.values().iterator();
        while (streams.size() >= MAX_SESSIONS && oldest.hasNext()) {
            if (oldest.next().end != null) {
                oldest.remove();
            }
        }
        return streams.size() < MAX_SESSIONS;
    }

    private void control(HttpExchange exchange, String id) {
        JsonFields fields = JsonFields.read(exchange.content());
        String number = fields.text("session");
        String method = fields.word("method", null, List.of("PLAY", "PAUSE", "TEARDOWN"));
        StringBuilder headers = new StringBuilder(method.equals("PAUSE") ? "PauseTime: now\r\n" : "");
        if (fields.has("scale")) {
            headers.append("Scale: ").append(fields.text("scale", null, SCALE)).append("\r\n");
        }
        if (fields.has("range")) {
            headers.append("Range: ").append(fields.text("range", null, RANGE)).append("\r\n");
        }
        fields.end();
        Stream stream = stream(exchange, id, number);
        if (stream == null) {
            return;
        }
        if (!stream.state().equals("playing")) {
            exchange.error(HttpResponseStatus.CONFLICT, "session " + number + " is " + stream.state());
            return;
        }
        stream.session.control(method, headers.toString());
        exchange.json(HttpResponseStatus.ACCEPTED, stream::write);
    }

    private Stream stream(HttpExchange exchange, String id, String number) {
        Stream stream = number.matches("\\d{1,18}") ? streams.get(Long.parseLong(number)) : null;
        if (stream == null || !stream.deviceId.equals(id)) {
            exchange.error(
                    HttpResponseStatus.NOT_FOUND, "'" + id + "' has no session " + number + ", or has it no more");
            return null;
        }
        return stream;
    }

    /** {@code /v1/devices/{id}/sessions}. */
    void list(HttpExchange exchange, String id) {
        exchange.json(HttpResponseStatus.OK, json -> {
            json.writeStartObject();
            json.writeStringField("id", id);
            json.writeArrayFieldStart("sessions");
            for (Stream stream : streams.values()) {
                if (stream.deviceId.equals(id)) {
                    stream.write(json);
                }
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    /** {@code /v1/devices/{id}/sessions/{n}}. */
    void show(HttpExchange exchange, String id, String number) {
        Stream stream = stream(exchange, id, number);
        if (stream != null) {
            exchange.json(HttpResponseStatus.OK, stream::write);
        }
    }
}

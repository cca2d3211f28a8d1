/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import com.fasterxml.jackson.core.JsonGenerator;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.Collectors;
import org.sipwire.registrar.AddressOfRecord;
import org.sipwire.registrar.RegistrationListener;
import org.sipwire.registrar.gb28181.DeviceListener;
import org.sipwire.registrar.gb28181.DeviceSnapshot;
import org.sipwire.registrar.gb28181.OfflineReason;
import org.sipwire.transport.Flow;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Why devices fail: the last {@value #CAPACITY} refusals, of registrations and of what never became one, and devices that fell silent,
 * each with time, source, address-of-record and reason, at {@code /v1/failures} and in the log. There is no secret in it: no header is kept.
 *
 * <p>It is fed on the way of requests that were refused, which an attacker can make the usual one. So of one second {@value #PER_SECOND} are
 * kept and {@value #LOGGED_PER_SECOND} are logged; all others cost a look at two numbers, and are counted.
 *
 * <p>Thread: told on loops of SIP, read on the endpoint's loop. Shared.
 */
final class FailureLog implements RegistrationListener, DeviceListener {
    /** Failures kept: {@value}. */
    static final int CAPACITY = 1024;
    /** Failures of one second that are kept: {@value}. */
    static final int PER_SECOND = 100;
    /** Failures of one second that are logged: {@value}. */
    static final int LOGGED_PER_SECOND = 10;

    private static final Logger LOG = LoggerFactory.getLogger(FailureLog.class);

    /** One failure. Shared. */
    record Failure(long number, long timeMillis, String aor, String source, String reason, int status) {
        void write(JsonGenerator json) throws IOException {
            json.writeStartObject();
            json.writeNumberField("number", number);
            json.writeStringField("time", Instant.ofEpochMilli(timeMillis).toString());
            json.writeStringField("aor", aor);
            json.writeStringField("source", source);
            json.writeStringField("reason", reason);
            json.writeNumberField("status", status);
            json.writeEndObject();
        }
    }

    private final EventTopic topic;
    private final AtomicReferenceArray<Failure> ring = new AtomicReferenceArray<>(CAPACITY);
    /** How many were kept; the number of the newest. */
    private final AtomicLong kept = new AtomicLong();

    private final AtomicLong suppressed = new AtomicLong();
    private final AtomicLong second = new AtomicLong();
    private final AtomicInteger inSecond = new AtomicInteger();

    /** Tells those who listen to a topic, too. */
    FailureLog(EventTopic topic) {
        this.topic = topic;
    }

    @Override
    public void refused(AddressOfRecord aor, String reason, int status, Flow flow) {
        int place = place();
        if (place >= PER_SECOND) {
            suppressed.incrementAndGet();
            return;
        }
        keep(printable(aor.toString()), source(flow), reason, status, place);
    }

    @Override
    public void onOffline(DeviceSnapshot device, OfflineReason reason) {
        if (reason == OfflineReason.UNREGISTERED) {
            // It said goodbye: nothing failed.
            return;
        }
        int place = place();
        if (place >= PER_SECOND) {
            suppressed.incrementAndGet();
            return;
        }
        DeviceSnapshot.Address at = device.address();
        keep(
                device.id(),
                source(at.transport().scheme(), at.host(), at.port()),
                "offline_" + reason.name().toLowerCase(Locale.ROOT),
                0,
                place);
    }

    /** The how manieth of its second this one is. Two loops may begin a second at once; then it has a few more than it should. */
    private int place() {
        long now = System.nanoTime() / 1_000_000_000L;
        long then = second.get();
        if (then != now && second.compareAndSet(then, now)) {
            inSecond.set(0);
        }
        // Read first: when a flood has used the second up, nothing is written that other loops would have to fetch.
        return inSecond.get() >= PER_SECOND ? PER_SECOND : inSecond.getAndIncrement();
    }

    /** A name that a device gives may hold what moves a terminal's cursor or begins another line of the log. */
    static String printable(String text) {
        return text.chars().noneMatch(FailureLog::isControl)
                ? text
                : text.chars()
                        .mapToObj(c -> isControl(c) ? String.format("\\u%04x", c) : String.valueOf((char) c))
                        .collect(Collectors.joining());
    }

    private static boolean isControl(int c) {
        return Character.isISOControl(c) || c == 0x2028 || c == 0x2029;
    }

    private static String source(Flow flow) {
        byte[] host = new byte[Flow.MAX_HOST_TEXT];
        int length = flow.writeRemoteHost(host, 0);
        return source(
                flow.transport().scheme(),
                new String(host, 0, length, java.nio.charset.StandardCharsets.US_ASCII),
                flow.remotePort());
    }

    private static String source(String scheme, String host, int port) {
        return scheme + "://" + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }

    private void keep(String aor, String source, String reason, int status, int place) {
        long number = kept.incrementAndGet();
        Failure failure = new Failure(number, System.currentTimeMillis(), aor, source, reason, status);
        ring.set((int) (number % CAPACITY), failure);
        topic.publish("failure", failure::write);
        if (place < LOGGED_PER_SECOND) {
            LOG.atInfo()
                    .addKeyValue("aor", failure.aor)
                    .addKeyValue("source", source)
                    .addKeyValue("reason", reason)
                    .addKeyValue("status", status)
                    .log("refused or lost");
        }
    }

    /** {@code GET /v1/failures?limit=&aor=&source=&reason=}: the newest first; a filter is a part of the text. */
    void handle(HttpExchange exchange) {
        if (!exchange.isReading()) {
            exchange.methodNotAllowed("GET, HEAD");
            return;
        }
        int limit = exchange.limit();
        if (limit < 0) {
            return;
        }
        List<Failure> found =
                find(exchange.parameter("aor"), exchange.parameter("source"), exchange.parameter("reason"), limit);
        exchange.json(HttpResponseStatus.OK, json -> {
            json.writeStartObject();
            json.writeNumberField("kept", kept.get());
            json.writeNumberField("notKept", suppressed.get());
            json.writeArrayFieldStart("failures");
            for (Failure failure : found) {
                failure.write(json);
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    /** The newest that hold the texts, null for any. */
    List<Failure> find(String aor, String source, String reason, int limit) {
        List<Failure> found = new ArrayList<>();
        long newest = kept.get();
        for (long number = newest; number > 0 && number > newest - CAPACITY && found.size() < limit; number--) {
            Failure failure = ring.get((int) (number % CAPACITY));
            // Not there yet, or overwritten already.
            if (failure != null
                    && failure.number == number
                    && (aor == null || failure.aor.contains(aor))
                    && (source == null || failure.source.contains(source))
                    && (reason == null || failure.reason.contains(reason))) {
                found.add(failure);
            }
        }
        return found;
    }

    /** How many were too many to be kept. On any thread. */
    long suppressed() {
        return suppressed.get();
    }
}

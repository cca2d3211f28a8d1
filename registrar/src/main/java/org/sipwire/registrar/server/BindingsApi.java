/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import com.fasterxml.jackson.core.JsonGenerator;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.sipwire.registrar.AddressOfRecord;
import org.sipwire.registrar.Gruu;
import org.sipwire.registrar.location.Bindings;
import org.sipwire.registrar.location.LocationResult;
import org.sipwire.registrar.location.LocationService;
import org.sipwire.transport.Transport;

/**
 * {@code /v1/bindings}: who is registered, where, and until when.
 *
 * <p>Thread: the endpoint's loop, where the location service completes too. Shared.
 */
final class BindingsApi {
    private static final Transport[] TRANSPORTS = Transport.values();

    private final LocationService locations;
    private final LongSupplier clockMillis;

    BindingsApi(LocationService locations, LongSupplier clockMillis) {
        this.locations = locations;
        this.clockMillis = clockMillis;
    }

    /** {@code /v1/bindings/{aor}}: the bindings of one address-of-record, spelt as the list spells it. */
    void one(HttpExchange exchange, String encodedAor) {
        byte[] aor;
        try {
            aor = addressOfRecord(PercentCodec.decodeText(encodedAor));
        } catch (IllegalArgumentException e) {
            exchange.error(HttpResponseStatus.BAD_REQUEST, e.getMessage());
            return;
        }
        if (exchange.isReading()) {
            locations.lookup(aor, 0, aor.length, new Bindings(), exchange.loop(), (result, bindings) -> {
                if (answered(exchange, result, bindings, aor)) {
                    Address address = new Address(bindings, nowSeconds());
                    exchange.json(HttpResponseStatus.OK, address::write);
                }
            });
        } else if (exchange.method().equals(HttpMethod.DELETE)) {
            locations.remove(aor, 0, aor.length, new Bindings(), exchange.loop(), (result, bindings) -> {
                if (answered(exchange, result, bindings, aor)) {
                    exchange.noContent();
                }
            });
        } else {
            exchange.methodNotAllowed("GET, HEAD, DELETE");
        }
    }

    /** True when there are bindings to show; else the exchange has its error. */
    private static boolean answered(HttpExchange exchange, LocationResult result, Bindings bindings, byte[] aor) {
        if (result == LocationResult.UNAVAILABLE) {
            exchange.error(HttpResponseStatus.SERVICE_UNAVAILABLE, "the store does not answer at present");
            return false;
        }
        if (bindings.isEmpty()) {
            exchange.error(
                    HttpResponseStatus.NOT_FOUND, "'" + new String(aor, StandardCharsets.UTF_8) + "' has no binding");
            return false;
        }
        return true;
    }

    /** {@code /v1/bindings?limit=&after=}: a page of them all. */
    void list(HttpExchange exchange) {
        if (!exchange.isReading()) {
            exchange.methodNotAllowed("GET, HEAD");
            return;
        }
        int limit = exchange.limit();
        if (limit < 0) {
            return;
        }
        String from = exchange.parameter("after");
        byte[] after;
        try {
            after = from == null || from.isEmpty() ? new byte[0] : addressOfRecord(from);
        } catch (IllegalArgumentException e) {
            exchange.error(HttpResponseStatus.BAD_REQUEST, e.getMessage());
            return;
        }
        locations.page(after, 0, after.length, new Page(exchange, limit));
    }

    /** Canonical octets of what a person typed: a scheme goes, the host in lower case. */
    private static byte[] addressOfRecord(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        String bare =
                lower.startsWith("sip:") ? text.substring(4) : lower.startsWith("sips:") ? text.substring(5) : text;
        int at = bare.lastIndexOf('@');
        String host = bare.substring(at + 1);
        if (host.isEmpty() || bare.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
            throw new IllegalArgumentException("an address-of-record looks like alice@example.org");
        }
        return (bare.substring(0, at + 1) + host.toLowerCase(Locale.ROOT)).getBytes(StandardCharsets.UTF_8);
    }

    private long nowSeconds() {
        return Math.floorDiv(clockMillis.getAsLong(), 1000L);
    }

    /** Collects a page; its entries are Borrowed, so that each is kept as text. */
    private final class Page implements LocationService.PageRequest {
        private final HttpExchange exchange;
        private final int limit;
        private final List<Address> addresses = new ArrayList<>();

        Page(HttpExchange exchange, int limit) {
            this.exchange = exchange;
            this.limit = limit;
        }

        @Override
        public int limit() {
            return limit;
        }

        @Override
        public Executor loop() {
            return exchange.loop();
        }

        @Override
        public void entry(Bindings bindings) {
            addresses.add(new Address(bindings, nowSeconds()));
        }

        @Override
        public void end(LocationResult result, boolean more) {
            if (result == LocationResult.UNAVAILABLE) {
                exchange.error(HttpResponseStatus.SERVICE_UNAVAILABLE, "the store does not answer at present");
                return;
            }
            exchange.json(HttpResponseStatus.OK, json -> {
                json.writeStartObject();
                json.writeArrayFieldStart("addresses");
                for (Address address : addresses) {
                    address.write(json);
                }
                json.writeEndArray();
                if (more && !addresses.isEmpty()) {
                    json.writeStringField("next", addresses.get(addresses.size() - 1).aor);
                } else {
                    json.writeNullField("next");
                }
                json.writeEndObject();
            });
        }
    }

    /** One address-of-record as it was when it was read. */
    private static final class Address {
        private final String aor;
        private final List<Contact> contacts = new ArrayList<>();

        Address(Bindings bindings, long nowSeconds) {
            aor = bindings.aor();
            bindings.rewind();
            while (bindings.next()) {
                contacts.add(new Contact(
                        bindings.text(bindings.contactOffset(), bindings.contactLength()),
                        Math.max(0, bindings.expiresAtSeconds() - nowSeconds),
                        bindings.q(),
                        bindings.text(bindings.callIdOffset(), bindings.callIdLength()),
                        bindings.cseq(),
                        received(bindings),
                        bindings.text(bindings.pathOffset(), bindings.pathLength()),
                        bindings.text(bindings.userAgentOffset(), bindings.userAgentLength()),
                        gruu(bindings)));
            }
        }

        /** The public GRUU (RFC 5627) of a contact that names its instance, else an empty text. */
        private static String gruu(Bindings b) {
            AddressOfRecord of = new AddressOfRecord().wrap(b.array(), b.aorOffset(), b.aorLength());
            Gruu gruu = new Gruu();
            int length = b.instanceLength() == 0
                    ? 0
                    : gruu.writePublic(false, of, b.array(), b.instanceOffset(), b.instanceLength());
            return new String(gruu.text(), 0, length, StandardCharsets.UTF_8);
        }

        private static String received(Bindings bindings) {
            String host = bindings.text(bindings.receivedHostOffset(), bindings.receivedHostLength());
            String bracketed = host.indexOf(':') < 0 ? host : "[" + host + "]";
            return TRANSPORTS[bindings.transport()].scheme() + "://" + bracketed + ":" + bindings.receivedPort();
        }

        void write(JsonGenerator json) throws IOException {
            json.writeStartObject();
            json.writeStringField("aor", aor);
            json.writeArrayFieldStart("bindings");
            for (Contact contact : contacts) {
                contact.write(json);
            }
            json.writeEndArray();
            json.writeEndObject();
        }
    }

    private record Contact(
            String uri,
            long expiresSeconds,
            int qThousandths,
            String callId,
            long cseq,
            String received,
            String path,
            String userAgent,
            String gruu) {

        void write(JsonGenerator json) throws IOException {
            json.writeStartObject();
            json.writeStringField("contact", uri);
            json.writeNumberField("expires", expiresSeconds);
            if (qThousandths < 0) {
                json.writeNullField("q");
            } else {
                json.writeNumberField("q", qThousandths / 1000.0);
            }
            json.writeStringField("callId", callId);
            json.writeNumberField("cseq", cseq);
            json.writeStringField("received", received);
            text(json, "path", path);
            text(json, "userAgent", userAgent);
            if (!gruu.isEmpty()) {
                json.writeStringField("gruu", gruu);
            }
            json.writeEndObject();
        }

        private static void text(JsonGenerator json, String name, String value) throws IOException {
            if (value.isEmpty()) {
                json.writeNullField(name);
            } else {
                json.writeStringField(name, value);
            }
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import com.fasterxml.jackson.core.JsonGenerator;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.codec.manscdp.ManscdpCharset;
import org.sipwire.registrar.gb28181.DeviceSettings;
import org.sipwire.registrar.gb28181.DeviceSnapshot;
import org.sipwire.registrar.gb28181.Gb28181Platform;

/**
 * {@code /v1/devices}: the devices of a GB/T 28181 platform and their channels.
 *
 * <p>Thread: the endpoint's loop; reads snapshots. Confined to it, except {@link #write}.
 */
final class DevicesApi {
    /** What can be read of a device; the empty word is the device itself. */
    static final Set<String> SHOWN = Set.of("", "catalog", "status", "settings", "requests", "sessions");

    /** What can be asked of a device by POST. */
    static final Set<String> OPERATIONS = Set.of(
            "catalog",
            "deviceinfo",
            "devicestatus",
            "recordinfo",
            "config",
            "configure",
            "presets",
            "control",
            "subscribe",
            "broadcast",
            "play",
            "mansrtsp",
            "stop");

    private final Gb28181Platform platform;
    private final DeviceRequests requests;
    private final MediaApi media;

    /**
     * Shows a platform.
     *
     * @param platform null when the server is none: then there is no device
     */
    DevicesApi(Gb28181Platform platform) {
        this.platform = platform;
        requests = platform == null ? null : new DeviceRequests(platform.commands());
        media = platform == null ? null : new MediaApi(platform.commands());
    }

    /** {@code /v1/devices?limit=&after=}: a page of devices in the order of their IDs. */
    void list(HttpExchange exchange) {
        if (!exchange.isReading()) {
            exchange.methodNotAllowed("GET, HEAD");
            return;
        }
        int limit = exchange.limit();
        if (limit < 0) {
            return;
        }
        List<DeviceSnapshot> page =
                platform == null ? List.of() : platform.registry().page(exchange.parameter("after"), limit);
        exchange.json(HttpResponseStatus.OK, json -> {
            json.writeStartObject();
            json.writeNumberField(
                    "total", platform == null ? 0 : platform.registry().size());
            json.writeNumberField(
                    "online", platform == null ? 0 : platform.registry().onlineCount());
            json.writeArrayFieldStart("devices");
            for (DeviceSnapshot device : page) {
                write(json, device);
            }
            json.writeEndArray();
            if (page.size() == limit) {
                json.writeStringField("next", page.get(limit - 1).id());
            } else {
                json.writeNullField("next");
            }
            json.writeEndObject();
        });
    }

    /** {@code /v1/devices/{id}} and what is below it. */
    void below(HttpExchange exchange, String path) {
        String[] segments = path.split("/", -1);
        try {
            String id = PercentCodec.decodeText(segments[0]);
            String what = segments.length > 1 ? segments[1] : "";
            if (segments.length > 3 || !SHOWN.contains(what) && !OPERATIONS.contains(what)) {
                exchange.error(HttpResponseStatus.NOT_FOUND, "there is nothing at " + exchange.path());
            } else if (exchange.isReading()) {
                show(exchange, id, what, segments.length > 2 ? segments[2] : null);
            } else {
                change(exchange, id, what);
            }
        } catch (IllegalArgumentException e) {
            exchange.error(HttpResponseStatus.BAD_REQUEST, e.getMessage());
        }
    }

    private void show(HttpExchange exchange, String id, String what, String number) {
        if (!SHOWN.contains(what)) {
            exchange.methodNotAllowed("POST");
            return;
        }
        DeviceSnapshot device = find(exchange, id);
        if (device == null) {
            return;
        }
        boolean numbered = what.equals("requests") || what.equals("sessions");
        if (number != null && !numbered || number == null && what.equals("requests")) {
            exchange.error(HttpResponseStatus.NOT_FOUND, "there is nothing at " + exchange.path());
            return;
        }
        switch (what) {
            case "catalog" -> catalog(exchange, device);
            case "status" -> exchange.json(HttpResponseStatus.OK, json -> status(json, device));
            case "settings" -> exchange.json(HttpResponseStatus.OK, json -> settings(json, device.id()));
            case "requests" -> requests.show(exchange, id, number);
            case "sessions" -> {
                if (number == null) {
                    media.list(exchange, id);
                } else {
                    media.show(exchange, id, number);
                }
            }
            default -> exchange.json(HttpResponseStatus.OK, json -> write(json, device));
        }
    }

    private void change(HttpExchange exchange, String id, String what) {
        boolean setting = what.equals("settings");
        boolean forgetting = what.isEmpty();
        HttpMethod changing = setting ? HttpMethod.PUT : forgetting ? HttpMethod.DELETE : HttpMethod.POST;
        boolean allowed = setting || forgetting || OPERATIONS.contains(what);
        if (!allowed || !exchange.method().equals(changing)) {
            String reading = SHOWN.contains(what) ? "GET, HEAD" : "";
            exchange.methodNotAllowed(
                    !allowed ? reading : reading.isEmpty() ? changing.name() : reading + ", " + changing.name());
            return;
        }
        DeviceSnapshot device = find(exchange, id);
        if (device == null) {
            return;
        }
        if (forgetting) {
            forget(exchange, device.id());
        } else if (setting) {
            set(exchange, device.id());
        } else if (!device.online() && !what.equals("stop")) {
            exchange.error(HttpResponseStatus.CONFLICT, "'" + device.id() + "' is offline: it cannot be asked");
        } else if (!media.post(exchange, device.id(), what)) {
            requests.post(exchange, device.id(), what);
        }
    }

    private void forget(HttpExchange exchange, String id) {
        if (platform.forget(id)) {
            exchange.noContent();
        } else {
            exchange.error(
                    HttpResponseStatus.CONFLICT,
                    "'" + id + "' is registered: DELETE /v1/bindings/{aor} before it can be forgotten");
        }
    }

    private void set(HttpExchange exchange, String id) {
        JsonFields fields = JsonFields.read(exchange.content());
        DeviceSettings before = platform.settings(id);
        String charset = fields.word("charset", name(before.charset()), List.of("auto", "gb18030", "utf-8"));
        boolean toTag = fields.has("toTag") ? fields.flag("toTag") : before.toTag();
        fields.end();
        platform.settings(
                id,
                new DeviceSettings(
                        ManscdpCharset.valueOf(charset.replace('-', '_').toUpperCase(Locale.ROOT)), toTag));
        exchange.json(HttpResponseStatus.OK, json -> settings(json, id));
    }

    private void settings(JsonGenerator json, String id) throws IOException {
        DeviceSettings settings = platform.settings(id);
        json.writeStartObject();
        json.writeStringField("id", id);
        json.writeStringField("charset", name(settings.charset()));
        json.writeBooleanField("toTag", settings.toTag());
        json.writeEndObject();
    }

    private static String name(ManscdpCharset charset) {
        return charset.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private void catalog(HttpExchange exchange, DeviceSnapshot device) {
        boolean tree = "true".equals(exchange.parameter("tree"));
        List<CatalogItem> items = platform.registry().catalog(device.id());
        exchange.json(HttpResponseStatus.OK, json -> {
            json.writeStartObject();
            json.writeStringField("id", device.id());
            json.writeStringField("state", device.catalog().name().toLowerCase(Locale.ROOT));
            json.writeFieldName("items");
            List<CatalogItem> known = items == null ? List.of() : items;
            if (tree) {
                new CatalogTree(known).write(json);
            } else {
                ManscdpJson.write(json, known);
            }
            json.writeEndObject();
        });
    }

    private static void status(JsonGenerator json, DeviceSnapshot device) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", device.id());
        json.writeBooleanField("online", device.online());
        json.writeBooleanField("registered", device.registered());
        time(json, "lastSeen", device.lastSeenMillis());
        time(json, "offlineAt", device.lastSeenMillis() + device.keepaliveTimeoutSeconds() * 1000L);
        time(json, "expiresAt", device.expiresAtMillis());
        json.writeEndObject();
    }

    private DeviceSnapshot find(HttpExchange exchange, String id) {
        DeviceSnapshot device = platform == null ? null : platform.registry().find(id);
        if (device == null) {
            exchange.error(
                    HttpResponseStatus.NOT_FOUND,
                    platform == null ? "this server is no GB/T 28181 platform" : "there is no device '" + id + "'");
        }
        return device;
    }

    /** A device as all lists and events show it. */
    static void write(JsonGenerator json, DeviceSnapshot device) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", device.id());
        json.writeBooleanField("online", device.online());
        json.writeBooleanField("registered", device.registered());
        String host = device.address().host();
        json.writeStringField(
                "address",
                device.address().transport().scheme() + "://" + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":"
                        + device.address().port());
        json.writeStringField("contact", device.contact());
        json.writeStringField("userAgent", device.userAgent());
        json.writeStringField("gbVersion", device.gbVersion());
        time(json, "registeredAt", device.registeredAtMillis());
        time(json, "lastSeen", device.lastSeenMillis());
        time(json, "expiresAt", device.expiresAtMillis());
        json.writeNumberField("keepaliveTimeout", device.keepaliveTimeoutSeconds());
        json.writeStringField("catalog", device.catalog().name().toLowerCase(Locale.ROOT));
        json.writeNumberField("channels", device.channels());
        Manscdp.DeviceInfo info = device.info();
        if (info != null) {
            json.writeObjectFieldStart("info");
            json.writeStringField("name", info.deviceName());
            json.writeStringField("manufacturer", info.manufacturer());
            json.writeStringField("model", info.model());
            json.writeStringField("firmware", info.firmware());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    /** A time, or null for one that is not known. */
    private static void time(JsonGenerator json, String name, long millis) throws IOException {
        json.writeStringField(
                name, millis <= 0 ? null : Instant.ofEpochMilli(millis).toString());
    }
}

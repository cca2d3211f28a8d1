/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import com.fasterxml.jackson.core.JsonGenerator;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.sipwire.codec.manscdp.CatalogField;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.registrar.gb28181.DeviceSnapshot;
import org.sipwire.registrar.gb28181.Gb28181Platform;

/**
 * {@code /v1/devices}: the devices of a GB/T 28181 platform and their channels.
 *
 * <p>Thread: the endpoint's loop; reads snapshots. Shared.
 */
final class DevicesApi {
    private final Gb28181Platform platform;

    /**
     * Shows a platform.
     *
     * @param platform null when the server is none: then there is no device
     */
    DevicesApi(Gb28181Platform platform) {
        this.platform = platform;
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

    /** {@code /v1/devices/{id}}. */
    void one(HttpExchange exchange, String id) {
        if (!exchange.isReading()) {
            exchange.methodNotAllowed("GET, HEAD");
            return;
        }
        DeviceSnapshot device = find(exchange, id);
        if (device != null) {
            exchange.json(HttpResponseStatus.OK, json -> write(json, device));
        }
    }

    /** {@code /v1/devices/{id}/catalog}: the channels, or with POST another query to the device. */
    void catalog(HttpExchange exchange, String id) {
        boolean asks = exchange.method().equals(HttpMethod.POST);
        if (!asks && !exchange.isReading()) {
            exchange.methodNotAllowed("GET, HEAD, POST");
            return;
        }
        DeviceSnapshot device = find(exchange, id);
        if (device == null) {
            return;
        }
        if (asks) {
            ask(exchange, device);
            return;
        }
        List<CatalogItem> items = platform.registry().catalog(id);
        exchange.json(HttpResponseStatus.OK, json -> {
            json.writeStartObject();
            json.writeStringField("id", device.id());
            json.writeStringField("state", device.catalog().name().toLowerCase(Locale.ROOT));
            json.writeArrayFieldStart("items");
            for (CatalogItem item : items == null ? List.<CatalogItem>of() : items) {
                write(json, item);
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    private void ask(HttpExchange exchange, DeviceSnapshot device) {
        if (!device.online()) {
            exchange.error(HttpResponseStatus.CONFLICT, "'" + device.id() + "' is offline: it cannot be asked");
        } else {
            platform.requestCatalog(device.id());
            exchange.json(HttpResponseStatus.ACCEPTED, json -> {
                json.writeStartObject();
                json.writeStringField("id", device.id());
                json.writeStringField("status", "asked");
                json.writeEndObject();
            });
        }
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
        json.writeStringField("registeredAt", time(device.registeredAtMillis()));
        json.writeStringField("lastSeen", time(device.lastSeenMillis()));
        json.writeStringField("expiresAt", time(device.expiresAtMillis()));
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

    private static String time(long millis) {
        return Instant.ofEpochMilli(millis).toString();
    }

    private static void write(JsonGenerator json, CatalogItem item) throws IOException {
        json.writeStartObject();
        for (Map.Entry<CatalogField, String> field : item.fields().entrySet()) {
            // What a device tells its platform is not for everyone who may look at a list.
            if (field.getKey() != CatalogField.PASSWORD) {
                json.writeStringField(jsonName(field.getKey().element()), field.getValue());
            }
        }
        json.writeBooleanField("on", item.isOn());
        json.writeEndObject();
    }

    /** {@code DeviceID} as JSON has it, {@code deviceId}; {@code IPAddress} is {@code ipAddress}. */
    private static String jsonName(String element) {
        String word = element.replace("ID", "Id");
        int capitals = 0;
        while (capitals < word.length() && Character.isUpperCase(word.charAt(capitals))) {
            capitals++;
        }
        int lower = capitals > 1 && capitals < word.length() ? capitals - 1 : capitals;
        return word.substring(0, lower).toLowerCase(Locale.ROOT) + word.substring(lower);
    }
}

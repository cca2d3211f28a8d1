/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import io.netty.util.concurrent.EventExecutor;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.registrar.AddressOfRecord;
import org.sipwire.registrar.RegistrationListener;
import org.sipwire.registrar.gb28181.DeviceListener;
import org.sipwire.registrar.gb28181.DeviceSnapshot;
import org.sipwire.registrar.gb28181.OfflineReason;
import org.sipwire.registrar.location.Bindings;
import org.sipwire.transport.Flow;

/**
 * What happens, as server-sent events: {@code /v1/events} has an event {@code rates} each second, {@code /v1/devices/events} one for each
 * device that comes, goes, registers or shows another catalogue.
 *
 * <p>Thread: the listeners' methods on loops of SIP, which never wait here; the rest on the endpoint's loop. Shared.
 */
final class EventsApi implements DeviceListener, RegistrationListener {
    private static final long RATES_MILLIS = 1_000;

    private final EventTopic devices;
    private final EventTopic rates;
    /** What {@link #rates} shows; null until the server has all its parts. */
    private Rates figures;

    private boolean ticking;

    EventsApi(HttpCounts counts) {
        devices = new EventTopic(counts);
        rates = new EventTopic(counts);
    }

    /** Says whose figures are shown; before the endpoint is bound. */
    void show(Rates shown) {
        figures = shown;
    }

    /** {@code GET /v1/devices/events}. */
    void devices(HttpExchange exchange) {
        devices.subscribe(exchange);
    }

    /** {@code GET /v1/events}. */
    void rates(HttpExchange exchange) {
        if (rates.subscribe(exchange) != null && !ticking) {
            ticking = true;
            figures.begin();
            later(exchange.loop());
        }
    }

    private void later(EventExecutor loop) {
        loop.schedule(() -> tick(loop), RATES_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void tick(EventExecutor loop) {
        if (!rates.isHeard()) {
            ticking = false;
            return;
        }
        rates.send("rates", figures::writeAndBegin);
        later(loop);
    }

    /** Where others tell those who listen to {@code /v1/events}. */
    EventTopic server() {
        return rates;
    }

    // ------------------------------------------------------------------------------------------------------- devices

    @Override
    public void onOnline(DeviceSnapshot device) {
        devices.publish("online", json -> DevicesApi.write(json, device));
    }

    @Override
    public void onOffline(DeviceSnapshot device, OfflineReason reason) {
        devices.publish("offline", json -> {
            json.writeStartObject();
            json.writeStringField("id", device.id());
            json.writeStringField("reason", reason.name().toLowerCase(Locale.ROOT));
            json.writeEndObject();
        });
    }

    @Override
    public void onCatalog(DeviceSnapshot device, List<CatalogItem> items) {
        devices.publish("catalog", json -> {
            json.writeStartObject();
            json.writeStringField("id", device.id());
            json.writeStringField("state", device.catalog().name().toLowerCase(Locale.ROOT));
            json.writeNumberField("channels", items.size());
            json.writeEndObject();
        });
    }

    // ------------------------------------------------------------------------------------------------- registrations

    @Override
    public void registered(AddressOfRecord aor, Bindings bindings, Flow flow) {
        address("registered", aor);
    }

    @Override
    public void removed(AddressOfRecord aor, Flow flow) {
        address("unregistered", aor);
    }

    @Override
    public void expired(AddressOfRecord aor, Bindings left) {
        if (left.isEmpty()) {
            address("expired", aor);
        }
    }

    private void address(String event, AddressOfRecord aor) {
        if (!devices.isHeard()) {
            return;
        }
        String address = aor.toString();
        devices.publish(event, json -> {
            json.writeStartObject();
            json.writeStringField("aor", address);
            json.writeEndObject();
        });
    }
}

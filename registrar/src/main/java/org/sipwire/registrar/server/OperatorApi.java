/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * What an operator may ask over HTTP: the routes, and what each answers.
 *
 * <p>Thread: the endpoint's loop. Shared.
 */
final class OperatorApi {
    private static final String BINDINGS = "/v1/bindings";
    private static final String DEVICES = "/v1/devices";

    /** What anyone may ask: it shows nothing of the users. */
    private static final Set<String> OPEN = Set.of("/health", "/ready");

    private final PageFiles page = new PageFiles();
    private final AccessToken token;
    private final ServerMeters meters;
    private final BindingsApi bindings;
    private final DevicesApi devices;
    private final EventsApi events;
    private final BooleanSupplier ready;
    private final Map<String, Consumer<HttpExchange>> others = new HashMap<>();

    /**
     * Joins what the routes show.
     *
     * @param ready whether new registrations are welcome
     */
    OperatorApi(
            AccessToken token,
            ServerMeters meters,
            BindingsApi bindings,
            DevicesApi devices,
            EventsApi events,
            BooleanSupplier ready) {
        this.token = token;
        this.meters = meters;
        this.bindings = bindings;
        this.devices = devices;
        this.events = events;
        this.ready = ready;
    }

    /** Adds a route: whatever the method, requests for this path go there. Before the endpoint is bound. Returns this. */
    OperatorApi route(String path, Consumer<HttpExchange> handler) {
        others.put(path, handler);
        return this;
    }

    /** Answers one request, if it may be asked. */
    void handle(HttpExchange exchange) {
        String path = exchange.path();
        if (exchange.isForeign()) {
            exchange.error(HttpResponseStatus.FORBIDDEN, "pages of other servers may not ask this one");
        } else if (page.has(path)) {
            page.handle(exchange);
        } else if (OPEN.contains(path) || token.admits(exchange.authorization())) {
            answer(exchange, path);
        } else {
            exchange.unauthorized();
        }
    }

    private void answer(HttpExchange exchange, String path) {
        switch (path) {
            case "/metrics" -> get(exchange, () -> meters.scrape(exchange));
            case "/health" -> get(exchange, () -> status(exchange, HttpResponseStatus.OK, "up"));
            case "/ready" -> get(exchange, () -> ready(exchange));
            case BINDINGS -> bindings.list(exchange);
            case DEVICES -> devices.list(exchange);
            case DEVICES + "/events" -> events.devices(exchange);
            case "/v1/events" -> events.rates(exchange);
            default -> {
                Consumer<HttpExchange> other = others.get(path);
                if (other != null) {
                    other.accept(exchange);
                } else {
                    handleBelow(exchange, path);
                }
            }
        }
    }

    /** The paths that end with a name. */
    private void handleBelow(HttpExchange exchange, String path) {
        String aor = below(path, BINDINGS, "");
        if (aor != null) {
            bindings.one(exchange, aor);
        } else if (path.startsWith(DEVICES + "/")) {
            devices.below(exchange, path.substring(DEVICES.length() + 1));
        } else {
            exchange.error(HttpResponseStatus.NOT_FOUND, "there is nothing at " + path);
        }
    }

    /** The one segment between a collection's path and an ending, or null. */
    private static String below(String path, String collection, String ending) {
        int from = collection.length() + 1;
        int to = path.length() - ending.length();
        if (!path.startsWith(collection + "/") || !path.endsWith(ending) || to <= from) {
            return null;
        }
        String segment = path.substring(from, to);
        return segment.indexOf('/') < 0 ? segment : null;
    }

    private static void get(HttpExchange exchange, Runnable answer) {
        if (exchange.isReading()) {
            answer.run();
        } else {
            exchange.methodNotAllowed("GET, HEAD");
        }
    }

    private void ready(HttpExchange exchange) {
        if (ready.getAsBoolean()) {
            status(exchange, HttpResponseStatus.OK, "ready");
        } else {
            status(exchange, HttpResponseStatus.SERVICE_UNAVAILABLE, "draining");
        }
    }

    private static void status(HttpExchange exchange, HttpResponseStatus status, String word) {
        exchange.json(status, json -> {
            json.writeStartObject();
            json.writeStringField("status", word);
            json.writeEndObject();
        });
    }
}

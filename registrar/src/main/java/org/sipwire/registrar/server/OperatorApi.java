/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.function.BooleanSupplier;

/**
 * What an operator may ask over HTTP: the routes, and what each answers.
 *
 * <p>Thread: the endpoint's loop. Shared.
 */
final class OperatorApi {
    private final ServerMeters meters;
    private static final String BINDINGS = "/v1/bindings";

    private final BindingsApi bindings;
    private final BooleanSupplier ready;

    /**
     * Joins what the routes show.
     *
     * @param ready whether new registrations are welcome
     */
    OperatorApi(ServerMeters meters, BindingsApi bindings, BooleanSupplier ready) {
        this.meters = meters;
        this.bindings = bindings;
        this.ready = ready;
    }

    /** Answers one request. */
    void handle(HttpExchange exchange) {
        String path = exchange.path();
        switch (path) {
            case "/metrics" -> get(exchange, () -> meters.scrape(exchange));
            case "/health" -> get(exchange, () -> status(exchange, HttpResponseStatus.OK, "up"));
            case "/ready" -> get(exchange, () -> ready(exchange));
            case BINDINGS -> bindings.list(exchange);
            default -> handleBelow(exchange, path);
        }
    }

    /** The paths that end with a name. */
    private void handleBelow(HttpExchange exchange, String path) {
        if (path.startsWith(BINDINGS + "/") && path.indexOf('/', BINDINGS.length() + 1) < 0) {
            bindings.one(exchange, path.substring(BINDINGS.length() + 1));
        } else {
            exchange.error(HttpResponseStatus.NOT_FOUND, "there is nothing at " + path);
        }
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

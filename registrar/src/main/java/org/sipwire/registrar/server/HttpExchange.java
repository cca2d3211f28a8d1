/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * One request of an operator and its answer. Exactly one of the answering methods is called, once; it may be called later and
 * from another thread, the answer then travels to the endpoint's loop.
 *
 * <p>Thread: reading is free; answering may come from any thread. Shared.
 */
final class HttpExchange {
    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_LIMIT = 1000;
    private static final JsonFactory JSON = new JsonFactory();

    private final HttpEndpoint.Requests connection;
    private final boolean keepAlive;
    private final HttpVersion version;
    private final HttpMethod method;
    private final String path;
    private final Map<String, String> query;
    private final String accept;
    private final byte[] content;
    private final String authorization;
    private final boolean foreign;

    /**
     * Takes what an answer needs from a request.
     *
     * @param path the raw path, percent-encoded as it came
     */
    HttpExchange(HttpEndpoint.Requests connection, FullHttpRequest request, String path, Map<String, String> query) {
        this.connection = connection;
        this.keepAlive = HttpUtil.isKeepAlive(request);
        this.version = request.protocolVersion();
        this.method = request.method();
        this.path = path;
        this.query = query;
        this.accept = request.headers().get(HttpHeaderNames.ACCEPT, "");
        this.content = ByteBufUtil.getBytes(request.content());
        this.authorization = request.headers().get(HttpHeaderNames.AUTHORIZATION, "");
        String origin = request.headers().get(HttpHeaderNames.ORIGIN);
        String host = request.headers().get(HttpHeaderNames.HOST, "");
        this.foreign = origin != null && !origin.endsWith("://" + host);
    }

    /** The Authorization field, empty when there is none. */
    String authorization() {
        return authorization;
    }

    /** True when a browser sends this for a page of another server: the operator himself may not know. */
    boolean isForeign() {
        return foreign;
    }

    /** Answers 401: a token is wanted. */
    void unauthorized() {
        ByteBuf body = errorBody(HttpResponseStatus.UNAUTHORIZED, "a token is needed: Authorization: Bearer TOKEN");
        respond(
                HttpResponseStatus.UNAUTHORIZED,
                "application/json",
                body,
                "www-authenticate",
                "Bearer realm=\"sipwire\"");
    }

    /** The body as it came; empty when there is none. */
    byte[] content() {
        return content;
    }

    HttpMethod method() {
        return method;
    }

    /** True for GET and HEAD. */
    boolean isReading() {
        return method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
    }

    /** The path as it came, percent-encoded. */
    String path() {
        return path;
    }

    /** The Accept header, empty when there is none. */
    String accept() {
        return accept;
    }

    /** The value of a query parameter, or null. */
    String parameter(String name) {
        return query.get(name);
    }

    /** The query parameter {@code limit} of a list; -1 when it is no such number, which has been answered then. */
    int limit() {
        String given = parameter("limit");
        if (given == null) {
            return DEFAULT_LIMIT;
        }
        int limit = given.matches("[0-9]{1,6}") ? Integer.parseInt(given) : 0;
        if (limit < 1 || limit > MAX_LIMIT) {
            error(HttpResponseStatus.BAD_REQUEST, "limit must be a number within 1.." + MAX_LIMIT);
            return -1;
        }
        return limit;
    }

    /** Where answers are written: what completes there needs no hand-over. */
    EventExecutor loop() {
        return connection.loop();
    }

    /** What writes one JSON value. */
    interface JsonBody {
        void write(JsonGenerator json) throws IOException;
    }

    /** Answers with JSON. */
    void json(HttpResponseStatus status, JsonBody body) {
        respond(status, "application/json", jsonBytes(body), null, null);
    }

    /** Answers with JSON and says where the thing is. */
    void json(HttpResponseStatus status, String location, JsonBody body) {
        respond(status, "application/json", jsonBytes(body), "location", location);
    }

    /** Answers with bytes of a type. */
    void bytes(HttpResponseStatus status, String contentType, ByteBuf body) {
        respond(status, contentType, body, null, null);
    }

    /** Answers with a part of the live page, under a content security policy. */
    void page(String contentType, ByteBuf body, String policy) {
        respond(HttpResponseStatus.OK, contentType, body, "content-security-policy", policy);
    }

    /** Answers 204. */
    void noContent() {
        respond(HttpResponseStatus.NO_CONTENT, null, Unpooled.EMPTY_BUFFER, null, null);
    }

    /**
     * Answers with a stream of server-sent events, which stays open until one side ends it. On the endpoint's loop.
     *
     * @return null when it was answered with an error: another method than GET, or as many streams as there may be
     */
    EventStream eventStream() {
        if (!method.equals(HttpMethod.GET)) {
            methodNotAllowed("GET");
            return null;
        }
        if (!version.equals(HttpVersion.HTTP_1_1)) {
            error(HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED, "a stream needs HTTP/1.1");
            return null;
        }
        EventStream stream = connection.openStream();
        if (stream == null) {
            error(
                    HttpResponseStatus.SERVICE_UNAVAILABLE,
                    "there are " + HttpEndpoint.MAX_STREAMS + " streams already, as many as there may be");
        }
        return stream;
    }

    /** Answers with an error: {@code {"status":404,"error":"..."}}. */
    void error(HttpResponseStatus status, String message) {
        respond(status, "application/json", errorBody(status, message), null, null);
    }

    /** Answers 405 and names the methods that there are. */
    void methodNotAllowed(String allowed) {
        ByteBuf body =
                errorBody(HttpResponseStatus.METHOD_NOT_ALLOWED, method + " is not allowed here, only " + allowed);
        respond(HttpResponseStatus.METHOD_NOT_ALLOWED, "application/json", body, "allow", allowed);
    }

    /** The body of every error. */
    static ByteBuf errorBody(HttpResponseStatus status, String message) {
        return jsonBytes(json -> {
            json.writeStartObject();
            json.writeNumberField("status", status.code());
            json.writeStringField("error", message);
            json.writeEndObject();
        });
    }

    private static ByteBuf jsonBytes(JsonBody body) {
        ByteBuf bytes = Unpooled.buffer(512);
        writeJson(bytes, body);
        bytes.writeByte('\n');
        return bytes;
    }

    /** Appends one JSON value. */
    static void writeJson(ByteBuf bytes, JsonBody body) {
        try (JsonGenerator json = JSON.createGenerator((OutputStream) new ByteBufOutputStream(bytes))) {
            body.write(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void respond(
            HttpResponseStatus status, String contentType, ByteBuf body, String headerName, String headerValue) {
        FullHttpResponse response = response(status, contentType, body);
        if (headerName != null) {
            response.headers().set(headerName, headerValue);
        }
        if (method.equals(HttpMethod.HEAD)) {
            // RFC 9110 §9.3.2: the fields a GET would have had, and no content.
            body.clear();
        }
        connection.answered(response, keepAlive);
    }

    /** A response with the headers all of them have. */
    static FullHttpResponse response(HttpResponseStatus status, String contentType, ByteBuf body) {
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
        if (contentType != null) {
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, contentType);
        }
        if (status.code() != HttpResponseStatus.NO_CONTENT.code()) {
            response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        }
        commonHeaders(response);
        return response;
    }

    /** What every answer says; returns its headers. */
    static HttpHeaders commonHeaders(HttpResponse response) {
        return response.headers()
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
                .set("x-content-type-options", "nosniff");
    }

    /** Text as bytes of a body. */
    static ByteBuf text(String text) {
        return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
    }
}

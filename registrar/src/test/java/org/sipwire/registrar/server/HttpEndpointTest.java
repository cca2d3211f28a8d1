/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HttpEndpointTest {
    private final AtomicBoolean ready = new AtomicBoolean(true);
    private final ServerMeters meters = new ServerMeters();
    private final HttpCounts counts = new HttpCounts();
    private final HttpClient client = HttpClient.newHttpClient();
    private HttpEndpoint endpoint;

    @BeforeEach
    void bind() throws IOException {
        EventsApi events = new EventsApi(counts);
        OperatorApi api =
                new OperatorApi(new AccessToken(null), meters, null, new DevicesApi(null), events, ready::get);
        endpoint = new HttpEndpoint(api::handle, counts);
        endpoint.bind(InetSocketAddress.createUnresolved("127.0.0.1", 0));
    }

    @AfterEach
    void close() {
        endpoint.close();
        meters.close();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + endpoint.address().getPort() + path));
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(request(path).build(), BodyHandlers.ofString());
    }

    /** Sends bytes and returns all that comes until the peer closes. */
    private String raw(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", endpoint.address().getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void metricsShowTheBuildTheProcessAndTheJvm() throws Exception {
        HttpResponse<String> scrape = get("/metrics");
        assertThat(scrape.statusCode()).isEqualTo(200);
        assertThat(scrape.headers().firstValue("content-type"))
                .hasValueSatisfying(t -> assertThat(t).startsWith("text/plain; version=0.0.4"));
        assertThat(scrape.body())
                .containsPattern("sip_build_info\\{revision=\"[^\"]+\",version=\"[^\"]+\"} 1")
                .contains("jvm_memory_used_bytes{")
                .contains("process_resident_memory_bytes ")
                .contains("process_uptime_seconds ");
    }

    @Test
    void metricsSpeakOpenMetricsWhenAsked() throws Exception {
        HttpRequest request = request("/metrics")
                .header("accept", "application/openmetrics-text; version=1.0.0")
                .build();
        HttpResponse<String> scrape = client.send(request, BodyHandlers.ofString());
        assertThat(scrape.headers().firstValue("content-type"))
                .hasValueSatisfying(t -> assertThat(t).startsWith("application/openmetrics-text"));
        assertThat(scrape.body()).endsWith("# EOF\n");
    }

    @Test
    void scrapeIsCompressedWhenAsked() throws Exception {
        HttpRequest request =
                request("/metrics").header("accept-encoding", "gzip").build();
        HttpResponse<InputStream> scrape = client.send(request, BodyHandlers.ofInputStream());
        assertThat(scrape.headers().firstValue("content-encoding")).hasValue("gzip");
        assertThat(new String(new GZIPInputStream(scrape.body()).readAllBytes(), StandardCharsets.UTF_8))
                .contains("sip_build_info");
    }

    @Test
    void drainingServerIsHealthyAndNotReady() throws Exception {
        assertThat(get("/ready").body()).isEqualTo("{\"status\":\"ready\"}\n");
        ready.set(false);
        assertThat(get("/ready").statusCode()).isEqualTo(503);
        assertThat(get("/health").statusCode()).isEqualTo(200);
    }

    @Test
    void unknownPathIs404InJson() throws Exception {
        HttpResponse<String> answer = get("/v2/nothing");
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(answer.body()).isEqualTo("{\"status\":404,\"error\":\"there is nothing at /v2/nothing\"}\n");
    }

    @Test
    void wrongMethodIs405AndNamesTheRightOnes() throws Exception {
        HttpResponse<String> answer = client.send(request("/metrics").DELETE().build(), BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("allow")).hasValue("GET, HEAD");
    }

    @Test
    void headHasTheFieldsOfGetAndNoContent() throws Exception {
        String answer = raw("HEAD /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answer)
                .startsWith("HTTP/1.1 200 OK\r\n")
                .contains("content-length: 16\r\n")
                .endsWith("\r\n\r\n");
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws Exception {
        String answer = raw("GET /health HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3)
                + "GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answer.split("HTTP/1.1 200 OK", -1)).hasSize(4);
        assertThat(answer.indexOf("HTTP/1.1 404")).isGreaterThan(answer.lastIndexOf("HTTP/1.1 200"));
    }

    @Test
    void longRequestLineIs414() throws Exception {
        assertThat(raw("GET /" + "a".repeat(HttpEndpoint.MAX_LINE) + " HTTP/1.1\r\nHost: x\r\n\r\n"))
                .startsWith("HTTP/1.1 414");
    }

    @Test
    void longHeaderFieldsAre431() throws Exception {
        assertThat(raw("GET / HTTP/1.1\r\nX: " + "a".repeat(HttpEndpoint.MAX_HEADERS) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431");
    }

    @Test
    void longBodyIs413() throws Exception {
        HttpRequest request = request("/health")
                .POST(BodyPublishers.ofByteArray(new byte[HttpEndpoint.MAX_BODY + 1]))
                .build();
        HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.body()).contains("\"error\":");
    }

    @Test
    void whatIsNotHttpIs400() throws Exception {
        assertThat(raw("REGISTER sip:example.org SIP/2.0\r\n\r\n")).startsWith("HTTP/1.1 400");
    }

    @Test
    void connectionsBeyondTheLimitAreClosed() throws Exception {
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < HttpEndpoint.MAX_CONNECTIONS; i++) {
                Socket socket = new Socket("127.0.0.1", endpoint.address().getPort());
                sockets.add(socket);
                socket.setSoTimeout(10_000);
                socket.getOutputStream()
                        .write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(socket.getInputStream().read()).isEqualTo('H');
            }
            assertThat(raw("")).isEmpty();
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void refusedBodyIsAnsweredAfterWhatWasAskedBefore() throws IOException {
        String health = "GET /health HTTP/1.1\r\nHost: x\r\n";
        String tooMuch = "POST /v1/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n";
        for (String expect : List.of("", "Expect: 100-continue\r\n")) {
            assertThat(raw(health + "\r\n" + tooMuch + expect + "\r\n"))
                    .matches("(?s)HTTP/1.1 200 OK.*HTTP/1.1 413 Request Entity Too Large.*");
        }
        // Another expectation than the one there is may be ignored; it ends no message early.
        assertThat(
                        raw(
                                "POST /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: tea\r\nContent-Length: 2\r\n\r\nab"))
                .startsWith("HTTP/1.1 405 ")
                .doesNotContain("HTTP/1.1 4.*HTTP/1.1");
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Server-sent events over sockets of our own, which read when the test says so. */
class EventStreamTest {
    private final HttpCounts counts = new HttpCounts();
    private final EventTopic topic = new EventTopic(counts);
    private final HttpEndpoint endpoint = new HttpEndpoint(topic::subscribe, counts);
    private final List<Socket> sockets = new ArrayList<>();

    @BeforeEach
    void bind() throws IOException {
        endpoint.bind(InetSocketAddress.createUnresolved("127.0.0.1", 0));
    }

    @AfterEach
    void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        endpoint.close();
    }

    private Socket ask(String request) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(16 * 1024);
        socket.connect(new InetSocketAddress("127.0.0.1", endpoint.address().getPort()));
        socket.setSoTimeout(10_000);
        sockets.add(socket);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static BufferedReader reader(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    private BufferedReader listen() throws IOException {
        BufferedReader reader = reader(ask("GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n"));
        assertThat(reader.readLine()).isEqualTo("HTTP/1.1 200 OK");
        until(reader, "retry: 2000");
        return reader;
    }

    /** The lines up to one that is as given. */
    private static List<String> until(BufferedReader reader, String last) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            lines.add(line);
            if (line.equals(last)) {
                return lines;
            }
        }
        throw new IOException("the stream ended before '" + last + "' with " + lines);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + 10_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("time is up").isLessThan(end);
            Thread.sleep(5);
        }
    }

    private void publish(String event, String value) {
        topic.publish(event, json -> json.writeString(value));
    }

    @Test
    void listenerGetsEachEventAtOnceAndUncompressed() throws Exception {
        BufferedReader reader = reader(ask("GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n"));
        assertThat(until(reader, "retry: 2000"))
                .contains("content-type: text/event-stream", "cache-control: no-store", "transfer-encoding: chunked")
                .noneMatch(line -> line.startsWith("content-encoding"));
        publish("online", "one\n\ndata: not another event");
        assertThat(until(reader, "data: \"one\\n\\ndata: not another event\"")).contains("event: online");
        publish("offline", "two");
        assertThat(until(reader, "data: \"two\"")).contains("event: offline");
    }

    @Test
    void allListenersGetWhatIsPublished() throws Exception {
        BufferedReader first = listen();
        BufferedReader second = listen();
        publish("rates", "both");
        assertThat(until(first, "data: \"both\"")).isNotEmpty();
        assertThat(until(second, "data: \"both\"")).isNotEmpty();
    }

    @Test
    void topicIsUnheardBeforeTheFirstAndAfterTheLastListener() throws Exception {
        assertThat(topic.isHeard()).isFalse();
        listen();
        await(topic::isHeard);
        sockets.get(0).close();
        await(() -> !topic.isHeard());
        assertThat(counts.streams).isZero();
    }

    @Test
    void slowReaderIsCutOffAndCountedWhileOthersAreServed() throws Exception {
        listen();
        BufferedReader quick = listen();
        String much = "x".repeat(16 * 1024);
        for (int i = 0; counts.slow.sum() == 0 && i < 10_000; i++) {
            publish("rates", much);
            until(quick, "data: \"" + much + "\"");
        }
        assertThat(counts.slow.sum()).isEqualTo(1);
        publish("rates", "still here");
        assertThat(until(quick, "data: \"still here\"")).isNotEmpty();
        await(() -> counts.streams == 1);
    }

    @Test
    void oneStreamTooManyIs503() throws Exception {
        for (int i = 0; i < HttpEndpoint.MAX_STREAMS; i++) {
            listen();
        }
        BufferedReader refused = reader(ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        assertThat(refused.readLine()).isEqualTo("HTTP/1.1 503 Service Unavailable");
        assertThat(counts.refused.sum()).isEqualTo(1);
        sockets.get(0).close();
        await(() -> counts.streams < HttpEndpoint.MAX_STREAMS);
        assertThat(listen().ready()).isIn(true, false);
    }

    @Test
    void whatFollowsTheRequestOfAStreamIsNotAnswered() throws Exception {
        Socket socket = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n" + "GET /second HTTP/1.1\r\nHost: x\r\n\r\n");
        BufferedReader reader = reader(socket);
        until(reader, "retry: 2000");
        publish("rates", "only this");
        assertThat(until(reader, "data: \"only this\"")).noneMatch(line -> line.startsWith("HTTP/1.1"));
    }

    @Test
    void streamNeedsGetAndHttp11() throws Exception {
        assertThat(reader(ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"))
                        .readLine())
                .isEqualTo("HTTP/1.1 405 Method Not Allowed");
        assertThat(reader(ask("GET / HTTP/1.0\r\n\r\n")).readLine()).startsWith("HTTP/1.1 505 ");
    }

    @Test
    void eventsBeyondTheBoundAreCountedAndListenersTold() throws Exception {
        BufferedReader reader = listen();
        // Nothing is drained while the endpoint's loop is in the first event's body.
        topic.publish("first", json -> {
            for (int i = 0; i < EventTopic.MAX_WAITING + 10; i++) {
                publish("more", "");
            }
            json.writeNumber(1);
        });
        List<String> lines = until(reader, "event: lost");
        assertThat(lines.stream().filter(l -> l.equals("event: more"))).hasSize(EventTopic.MAX_WAITING - 1);
        assertThat(reader.readLine()).isEqualTo("data: {\"events\":11}");
        assertThat(counts.lost.sum()).isEqualTo(11);
    }
}

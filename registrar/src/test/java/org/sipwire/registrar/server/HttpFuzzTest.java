/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;
import org.sipwire.registrar.gb28181.Gb28181Config;
import org.sipwire.registrar.gb28181.Gb28181Platform;
import org.sipwire.registrar.location.InMemoryLocationService;

/**
 * Coverage-guided fuzzing of the operator's endpoint, from octets to answers: with JAZZER_FUZZ=1 in the environment, else a plain test. The
 * first octet says into how many pieces the others come.
 */
class HttpFuzzTest {

    static Stream<byte[]> connections() {
        String get = " HTTP/1.1\r\nHost: x\r\n\r\n";
        return Stream.of(
                        "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\nHEAD /health" + get,
                        "GET /v1/bindings?limit=2&after=a%40b" + get + "DELETE /v1/bindings/a%40b" + get,
                        "GET /v1/bindings/%zz" + get + "GET /v1/devices/34020000001320000001/catalog?x" + get,
                        "POST /v1/devices/34020000001320000001/ptz HTTP/1.1\r\nContent-Length: 22\r\n\r\n{\"left\":1,\"speed\":\"a\"}",
                        "POST /v1/failures HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nabcd\r\n0\r\nA: b\r\n\r\n",
                        "GET /later" + get + "GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
                        "GET /later" + get + "POST /v1/reload HTTP/1.1\r\nContent-Length: 70000\r\n\r\nabc",
                        "GET /later" + get + "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 70000\r\n\r\n",
                        "GET /later" + get + "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na",
                        "GET /v1/events?topics=rates" + get + "GET /" + get,
                        "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
                        "OPTIONS * HTTP/1.1\r\nOrigin: http://evil\r\nHost: x\r\n\r\nBREW / HTTP/9.9\r\n\r\n",
                        "POST /v1/trace HTTP/1.1\r\nAuthorization: Bearer x\r\nExpect: x\r\n\r\n",
                        "\r\n\r\nGET  /\t/ HTTP/1.1\r\n : x\r\n\r\n")
                .flatMap(text -> Stream.of("\0" + text, "\5" + text))
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @MethodSource("connections")
    @FuzzTest(maxDuration = "10m")
    void everyRequestIsAnsweredInOrderOrTheConnectionEnds(byte[] input) {
        if (input == null || input.length == 0 || input.length > 16_384) {
            return;
        }
        try (Connection connection = new Connection()) {
            int pieces = 1 + (input[0] & 7);
            int size = Math.max(1, (input.length - 1 + pieces - 1) / pieces);
            for (int at = 1; at < input.length && connection.isOpen(); at += size) {
                connection.receive(Arrays.copyOfRange(input, at, Math.min(input.length, at + size)));
            }
            connection.end();
        }
    }

    /** One connection of an endpoint that serves all paths, and /later, which is answered when nothing else is left to do. */
    private static final class Connection implements AutoCloseable {
        private final HttpCounts counts = new HttpCounts();
        private final ServerMeters meters = new ServerMeters();
        private final Queue<HttpExchange> later = new ArrayDeque<>();
        private final List<Throwable> caught = new ArrayList<>();
        private final List<ByteBuf> received = new ArrayList<>();
        private final EmbeddedChannel channel = new EmbeddedChannel();
        private final HttpEndpoint endpoint;
        private boolean wantsMore;
        private int requests;
        private int answers;
        private boolean streaming;
        private boolean inTurn;

        Connection() {
            EventsApi events = new EventsApi(counts);
            Gb28181Platform platform =
                    new Gb28181Platform(Gb28181Config.of("34020000002000000001", "3402000000"), List.of());
            OperatorApi api = new OperatorApi(
                    new AccessToken(null),
                    meters,
                    new BindingsApi(new InMemoryLocationService(), System::currentTimeMillis),
                    new DevicesApi(platform),
                    events,
                    () -> true);
            endpoint = new HttpEndpoint(
                    exchange -> {
                        if (exchange.path().equals("/later")) {
                            later.add(exchange);
                        } else {
                            api.handle(exchange);
                        }
                    },
                    counts);
            endpoint.pipeline(channel.pipeline());
            String aggregator =
                    channel.pipeline().context(HttpObjectAggregator.class).name();
            channel.pipeline().addBefore(aggregator, "answers", new Answers());
            channel.pipeline().addAfter(aggregator, "requests", new Asked());
            channel.pipeline().fireChannelActive();
        }

        boolean isOpen() {
            return channel.isActive();
        }

        void receive(byte[] octets) {
            answerLater();
            // RFC 9112 §9.3.2: nothing more is read than is answered, and all that was answered lets more be read.
            assertThat(wantsMore || !isOpen()).as("the connection stalls").isTrue();
            if (!isOpen()) {
                return;
            }
            wantsMore = false;
            ByteBuf piece = Unpooled.wrappedBuffer(octets);
            received.add(piece);
            channel.writeInbound(piece);
            channel.runPendingTasks();
        }

        private void answerLater() {
            for (HttpExchange exchange; (exchange = later.poll()) != null; channel.runPendingTasks()) {
                HttpExchange open = exchange;
                open.json(HttpResponseStatus.OK, json -> json.writeString("later"));
            }
        }

        void end() {
            answerLater();
            channel.runPendingTasks();
            assertThat(caught).isEmpty();
            if (isOpen() && !streaming) {
                assertThat(answers).isEqualTo(requests);
                assertThat(wantsMore).as("the connection stalls").isTrue();
            }
            assertThat(answers).isLessThanOrEqualTo(requests + 1);
        }

        @Override
        public void close() {
            channel.finishAndReleaseAll();
            assertThat(caught).isEmpty();
            assertThat(received).allMatch(piece -> piece.refCnt() == 0);
            assertThat(counts.streams).isZero();
            endpoint.close();
            meters.close();
        }

        /** Between codec and aggregator: what is written, whoever writes it. */
        private final class Answers extends ChannelDuplexHandler {
            @Override
            public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
                if (message instanceof HttpResponse response
                        && response.status().code() >= 200) {
                    answers++;
                    streaming |= "text/event-stream".equals(response.headers().get("content-type"));
                    // What the aggregator refuses is none of the requests that were passed on: these come first.
                    assertThat(inTurn || answers > requests)
                            .as("an answer before its turn: %s", response.status())
                            .isTrue();
                    assertThat(later).isEmpty();
                }
                super.write(context, message, promise);
            }

            @Override
            public void read(ChannelHandlerContext context) throws Exception {
                wantsMore = true;
                super.read(context);
            }
        }

        /** Between aggregator and the requests' handler. */
        private final class Asked extends ChannelDuplexHandler {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
                requests += message instanceof FullHttpRequest ? 1 : 0;
                super.channelRead(context, message);
            }

            @Override
            public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
                inTurn = true;
                super.write(context, message, promise);
                inTurn = false;
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                // A request cut off by the end, and its interim answer that came too late, are told so.
                boolean end =
                        cause instanceof ClosedChannelException || cause instanceof PrematureChannelClosureException;
                if (!end || context.channel().isActive()) {
                    caught.add(cause);
                }
                context.close();
            }
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.compression.StandardCompressionOptions;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContentCompressor;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpContentException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator's HTTP endpoint: HTTP/1.1 with a thread of its own, so that no scrape and no slow reader delays a SIP loop.
 *
 * <p>Requests of a connection are answered in order, one at a time: the next is read when the answer before is written.
 * What a client may use is bounded:
 *
 * <table>
 *   <caption>limits</caption>
 *   <tr><td>request line</td><td>{@value #MAX_LINE} octets</td><td>414</td></tr>
 *   <tr><td>header fields</td><td>{@value #MAX_HEADERS} octets</td><td>431</td></tr>
 *   <tr><td>body</td><td>{@value #MAX_BODY} octets</td><td>413</td></tr>
 *   <tr><td>connections</td><td>{@value #MAX_CONNECTIONS}</td><td>closed</td></tr>
 *   <tr><td>streams of events</td><td>{@value #MAX_STREAMS}</td><td>503</td></tr>
 *   <tr><td>octets that wait for a stream's reader</td><td>{@value EventStream#MAX_WAITING_BYTES}</td><td>closed</td></tr>
 *   <tr><td>idle or unfinished request</td><td>{@value #IDLE_SECONDS} s</td><td>closed</td></tr>
 * </table>
 *
 * <p>Thread: {@link #bind} and {@link #close} by the starting thread; everything else on the endpoint's loop. Owned: close it.
 */
final class HttpEndpoint implements AutoCloseable {
    static final int MAX_LINE = 8192;
    static final int MAX_HEADERS = 16384;
    static final int MAX_BODY = 65536;
    static final int MAX_CONNECTIONS = 256;
    static final int MAX_STREAMS = 32;
    static final int IDLE_SECONDS = 30;
    private static final int LINGER_MILLIS = 1_000;
    private static final int COMPRESS_FROM = 1024;

    private static final Logger LOG = LoggerFactory.getLogger(HttpEndpoint.class);

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("sipwire-http", true), NioIoHandler.newFactory());
    private final Consumer<HttpExchange> handler;
    private final HttpCounts counts;
    /** Open connections; the loop's alone. */
    private int connections;

    private InetSocketAddress bound;

    /** Gives every exchange to the handler, on the endpoint's loop. */
    HttpEndpoint(Consumer<HttpExchange> handler, HttpCounts counts) {
        this.handler = handler;
        this.counts = counts;
    }

    /** Binds, or throws {@link IOException} with the address in its message. */
    void bind(InetSocketAddress address) throws IOException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 128)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(EventStream.MAX_WAITING_BYTES / 2, EventStream.MAX_WAITING_BYTES))
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        pipeline(channel.pipeline());
                    }
                });
        var future = bootstrap.bind(address.getHostString(), address.getPort()).awaitUninterruptibly();
        if (!future.isSuccess()) {
            throw new IOException(address.getHostString() + ":" + address.getPort() + ": "
                    + future.cause().getMessage());
        }
        bound = (InetSocketAddress) future.channel().localAddress();
    }

    /** Where it listens, with the port the system gave. */
    InetSocketAddress address() {
        return bound;
    }

    /** Does something on the endpoint's loop, later. */
    void later(Runnable task, long delayMillis) {
        group.schedule(task, delayMillis, TimeUnit.MILLISECONDS);
    }

    /** Fills the pipeline of a connection. */
    void pipeline(ChannelPipeline pipeline) {
        HttpDecoderConfig limits =
                new HttpDecoderConfig().setMaxInitialLineLength(MAX_LINE).setMaxHeaderSize(MAX_HEADERS);
        pipeline.addLast(new IdleStateHandler(0, 0, IDLE_SECONDS, TimeUnit.SECONDS));
        pipeline.addLast(new HttpServerCodec(limits));
        pipeline.addLast(new Compressor());
        pipeline.addLast(new LimitedAggregator());
        pipeline.addLast(new Requests());
    }

    /** Writes an answer; closes after it unless more may come. On the loop; takes the response over. */
    private static void write(ChannelHandlerContext context, FullHttpResponse response, boolean keepAlive) {
        if (!keepAlive) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        context.writeAndFlush(response)
                .addListener(keepAlive ? ChannelFutureListener.CLOSE_ON_FAILURE : HttpEndpoint::linger);
    }

    /**
     * Closes a connection so that its last answer arrives. RFC 9112 §9.6: a server that closes while octets of the client are unread makes
     * its TCP reset the connection, which may take the answer along; so it ends its own side and reads on until the client has ended his.
     */
    private static void linger(Future<? super Void> written) {
        Channel channel = ((ChannelFuture) written).channel();
        if (!written.isSuccess() || !(channel instanceof SocketChannel socket)) {
            channel.close();
            return;
        }
        channel.pipeline().addFirst(new SimpleChannelInboundHandler<Object>() {
            @Override
            protected void channelRead0(ChannelHandlerContext context, Object unwanted) {
                // What comes after the last answer is read for TCP's sake alone; the handler releases it.
            }
        });
        socket.shutdownOutput();
        channel.config().setAutoRead(true);
        channel.eventLoop().schedule(() -> channel.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Ends a connection whose next request cannot be told from what came before it. */
    private static void refuse(ChannelHandlerContext context, HttpResponseStatus status, String message) {
        write(
                context,
                HttpExchange.response(status, "application/json", HttpExchange.errorBody(status, message)),
                false);
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }

    /** Compresses what is long, but no stream of events: a compressor would keep them back. */
    private static final class Compressor extends HttpContentCompressor {
        Compressor() {
            super(COMPRESS_FROM, StandardCompressionOptions.gzip());
        }

        @Override
        protected Result beginEncode(HttpResponse response, String acceptEncoding) throws Exception {
            return response instanceof FullHttpResponse ? super.beginEncode(response, acceptEncoding) : null;
        }
    }

    /** Bodies beyond the limit get 413 in the words every error has. */
    private static final class LimitedAggregator extends HttpObjectAggregator {
        LimitedAggregator() {
            super(MAX_BODY, true);
        }

        /** In the place of the request, so that what was asked before is answered before. */
        @Override
        protected void handleOversizedMessage(ChannelHandlerContext context, HttpMessage oversized) {
            HttpRequest request = (HttpRequest) oversized;
            FullHttpRequest refused = new DefaultFullHttpRequest(
                    request.protocolVersion(), request.method(), request.uri(), Unpooled.EMPTY_BUFFER);
            refused.setDecoderResult(DecoderResult.failure(new TooLongHttpContentException()));
            context.fireChannelRead(refused);
        }

        /** What is not to be continued has its answer from above, or in its turn (RFC 9110 §10.1.1: other expectations may be ignored). */
        @Override
        protected Object newContinueResponse(HttpMessage start, int maxContentLength, ChannelPipeline pipeline) {
            return start.decoderResult().isSuccess()
                            && HttpUtil.is100ContinueExpected(start)
                            && HttpUtil.getContentLength(start, 0L) <= maxContentLength
                    ? super.newContinueResponse(start, maxContentLength, pipeline)
                    : null;
        }
    }

    /** One connection: its requests wait here until the answer before is written. The loop's alone. */
    final class Requests extends ChannelInboundHandlerAdapter {
        private final ArrayDeque<FullHttpRequest> waiting = new ArrayDeque<>();
        private ChannelHandlerContext context;
        private boolean counted;
        private boolean answering;
        /** What the connection has become, or null. */
        private EventStream stream;

        private Future<?> heartbeat;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            this.context = context;
            if (connections >= MAX_CONNECTIONS) {
                counts.connectionsRefused.increment();
                context.close();
                return;
            }
            connections++;
            counted = true;
            context.read();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (counted) {
                connections--;
                counted = false;
            }
            waiting.forEach(FullHttpRequest::release);
            waiting.clear();
            if (stream != null && stream.isOpen()) {
                counts.streams--;
                heartbeat.cancel(false);
                stream.closed();
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (stream != null) {
                // Nothing can be answered behind a stream that has no end.
                ReferenceCountUtil.release(message);
            } else {
                waiting.add((FullHttpRequest) message);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            if (stream != null) {
                // Reading is how the end of the connection is noticed.
                context.read();
            } else {
                next();
            }
        }

        /** Answers what waits, or asks for more. */
        private void next() {
            while (!answering && context.channel().isActive()) {
                FullHttpRequest request = waiting.poll();
                if (request == null) {
                    context.read();
                    return;
                }
                answering = true;
                try {
                    answer(request);
                } finally {
                    request.release();
                }
            }
        }

        private void answer(FullHttpRequest request) {
            DecoderResult decoded = request.decoderResult();
            if (decoded.isFailure()) {
                refuse(decoded.cause());
                return;
            }
            String target = request.uri();
            int mark = target.indexOf('?');
            String path = mark < 0 ? target : target.substring(0, mark);
            HttpExchange exchange;
            try {
                Map<String, String> query = PercentCodec.query(mark < 0 ? "" : target.substring(mark + 1));
                exchange = new HttpExchange(this, request, path, query);
            } catch (IllegalArgumentException e) {
                new HttpExchange(this, request, path, Map.of()).error(HttpResponseStatus.BAD_REQUEST, e.getMessage());
                return;
            }
            try {
                handler.accept(exchange);
            } catch (RuntimeException e) {
                LOG.warn("{} {} failed", request.method(), path, e);
                exchange.error(HttpResponseStatus.INTERNAL_SERVER_ERROR, "this request failed, the log says why");
            }
        }

        EventExecutor loop() {
            return context.executor();
        }

        /** Turns the connection into a stream, whose head is written; null when there are as many as there may be. */
        EventStream openStream() {
            if (counts.streams >= MAX_STREAMS) {
                counts.refused.increment();
                return null;
            }
            // Requests that came along with this one: nothing can be answered behind a stream that has no end.
            waiting.forEach(FullHttpRequest::release);
            waiting.clear();
            counts.streams++;
            counts.answered(HttpResponseStatus.OK.code());
            stream = new EventStream(context.channel(), counts);
            heartbeat = context.executor()
                    .scheduleAtFixedRate(
                            stream::heartbeat,
                            EventStream.HEARTBEAT_SECONDS,
                            EventStream.HEARTBEAT_SECONDS,
                            TimeUnit.SECONDS);
            HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
            HttpExchange.commonHeaders(head).set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream");
            HttpUtil.setTransferEncodingChunked(head, true);
            context.write(head);
            // How long a client waits before it comes back.
            context.write(new DefaultHttpContent(HttpExchange.text("retry: 2000\n\n")));
            // What a client sees of its stream comes after who opened it has made it known to those who publish.
            context.executor().execute(context::flush);
            context.read();
            return stream;
        }

        /** Writes the answer to the exchange that is open, then turns to the next; from any thread. */
        void answered(FullHttpResponse response, boolean keepAlive) {
            if (!context.executor().inEventLoop()) {
                context.executor().execute(() -> answered(response, keepAlive));
                return;
            }
            counts.answered(response.status().code());
            write(context, response, keepAlive);
            answering = !keepAlive;
            if (keepAlive) {
                context.executor().execute(this::next);
            }
        }

        private void refuse(Throwable cause) {
            if (cause instanceof TooLongHttpLineException) {
                HttpEndpoint.refuse(
                        context,
                        HttpResponseStatus.REQUEST_URI_TOO_LONG,
                        "a request line may have " + MAX_LINE + " octets");
            } else if (cause instanceof TooLongHttpHeaderException) {
                HttpEndpoint.refuse(
                        context,
                        HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                        "header fields may have " + MAX_HEADERS + " octets");
            } else if (cause instanceof TooLongHttpContentException) {
                HttpEndpoint.refuse(
                        context,
                        HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
                        "a body may have " + MAX_BODY + " octets");
            } else {
                HttpEndpoint.refuse(
                        context, HttpResponseStatus.BAD_REQUEST, "this is not a well-formed HTTP/1.1 request");
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof IdleStateEvent) {
                context.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.debug("closing {}", context.channel(), cause);
            context.close();
        }
    }
}

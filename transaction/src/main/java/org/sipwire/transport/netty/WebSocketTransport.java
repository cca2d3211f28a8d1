/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.sipwire.transport.Transport;
import org.sipwire.transport.TransportCounter;

/**
 * SIP over WebSocket (RFC 7118): the subprotocol {@code sip}, one SIP message a WebSocket message, text or binary.
 *
 * <p>Netty does the handshake, pings and fragments; a connection is a {@link StreamConnection} like any other.
 */
final class WebSocketTransport {
    private static final String SUBPROTOCOL = "sip";
    private static final int MAX_HANDSHAKE_BYTES = 16_384;

    private WebSocketTransport() {}

    static void addServerHandlers(ChannelPipeline pipeline, LoopContext loop) {
        int maxMessageBytes = loop.options().limits().maxMessageBytes();
        WebSocketServerProtocolConfig config = WebSocketServerProtocolConfig.newBuilder()
                .websocketPath("/")
                .checkStartsWith(true)
                .subprotocols(SUBPROTOCOL)
                .maxFramePayloadLength(maxMessageBytes)
                .build();
        pipeline.addLast(new HttpServerCodec())
                .addLast(new HttpObjectAggregator(MAX_HANDSHAKE_BYTES))
                .addLast(new SubprotocolGuard(loop))
                .addLast(new WebSocketServerProtocolHandler(config))
                .addLast(new WebSocketFrameAggregator(maxMessageBytes));
    }

    /** The client's side: asks the host for {@code /} and the subprotocol {@code sip} (RFC 7118 §4.1). */
    static void addClientHandlers(
            ChannelPipeline pipeline, LoopContext loop, Transport transport, InetSocketAddress to) {
        int maxMessageBytes = loop.options().limits().maxMessageBytes();
        String host = to.getHostString();
        String authority = (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + to.getPort();
        WebSocketClientProtocolConfig config = WebSocketClientProtocolConfig.newBuilder()
                .webSocketUri(URI.create(transport.scheme() + "://" + authority + "/"))
                .subprotocol(SUBPROTOCOL)
                .maxFramePayloadLength(maxMessageBytes)
                .handshakeTimeoutMillis(Math.max(1, loop.options().stream().connectMillis()))
                .build();
        pipeline.addLast(new HttpClientCodec())
                .addLast(new HttpObjectAggregator(MAX_HANDSHAKE_BYTES))
                .addLast(new WebSocketClientProtocolHandler(config))
                .addLast(new WebSocketFrameAggregator(maxMessageBytes));
    }

    /** RFC 7118 §4: who does not ask for the subprotocol {@code sip} does not speak SIP here. Leaves the pipeline after that. */
    private static final class SubprotocolGuard extends SimpleChannelInboundHandler<FullHttpRequest> {
        private final LoopContext loop;

        SubprotocolGuard(LoopContext loop) {
            super(/* autoRelease= */ false);
            this.loop = loop;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            if (request.headers().containsValue(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL, true)) {
                context.pipeline().remove(this);
                context.fireChannelRead(request);
                return;
            }
            request.release();
            loop.counters().increment(TransportCounter.HANDSHAKES_FAILED);
            FullHttpResponse refusal = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1,
                    HttpResponseStatus.BAD_REQUEST,
                    Unpooled.copiedBuffer(
                            "a WebSocket with the subprotocol sip is needed\n", StandardCharsets.US_ASCII));
            refusal.headers()
                    .setInt(HttpHeaderNames.CONTENT_LENGTH, refusal.content().readableBytes());
            context.writeAndFlush(refusal).addListener(ChannelFutureListener.CLOSE);
        }
    }

    static void onFrame(StreamConnection connection, WebSocketFrame frame) {
        if (frame instanceof TextWebSocketFrame || frame instanceof BinaryWebSocketFrame) {
            connection.onFrame(frame.content(), frame instanceof TextWebSocketFrame);
        }
    }

    /** A frame for a message: text when the peer sends text and the octets allow it (RFC 6455 §5.6 wants UTF-8 in text). */
    static WebSocketFrame frame(Channel channel, byte[] bytes, int offset, int length, boolean text) {
        ByteBuf payload = channel.alloc().directBuffer(length).writeBytes(bytes, offset, length);
        return text && isAscii(bytes, offset, length)
                ? new TextWebSocketFrame(payload)
                : new BinaryWebSocketFrame(payload);
    }

    private static boolean isAscii(byte[] bytes, int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            if (bytes[i] < 0) {
                return false;
            }
        }
        return true;
    }
}

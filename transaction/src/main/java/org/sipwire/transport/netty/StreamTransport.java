/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.BiConsumer;
import org.sipwire.transport.Flow;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.Transport;
import org.sipwire.transport.TransportCounter;

/**
 * TCP, TLS and WebSocket of one listening point on one event loop: accepts connections and opens them. What it accepts stays on this loop.
 * Confined to its loop, but for {@link #bind}.
 *
 * <pre>
 *   channel -> [SslHandler] -> [HTTP upgrade, frames] -> Handler -> StreamConnection -> LoopContext
 * </pre>
 *
 * <p>Owned by its loop.
 */
final class StreamTransport {
    private static final int BACKLOG = 4096;

    private final LoopContext loop;
    private final NativeIo io;
    private ListeningPoint point;
    private Channel server;

    StreamTransport(LoopContext loop, NativeIo io, ListeningPoint point) {
        this.loop = loop;
        this.io = io;
        this.point = point;
    }

    ListeningPoint point() {
        return point;
    }

    /**
     * Binds and listens. Not on the loop.
     *
     * @param reusePort whether other loops bind the same port
     * @throws IOException if the address cannot be bound
     */
    void bind(InetSocketAddress local, boolean reusePort) throws IOException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loop.eventLoop(), loop.eventLoop())
                .channel(io.serverChannel())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, point.transport() == Transport.TCP)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, waterMark())
                .childHandler(new Initializer(null, null));
        if (reusePort) {
            bootstrap.option(NativeIo.reusePort(), true);
        }
        try {
            server = bootstrap.bind(local).sync().channel();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while binding " + local, e);
        } catch (Exception e) {
            throw e instanceof IOException ioProblem ? ioProblem : new IOException(e.getMessage(), e);
        }
        point = point.withPort(((InetSocketAddress) server.localAddress()).getPort());
    }

    private WriteBufferWaterMark waterMark() {
        int high = loop.options().stream().writeBufferBytes();
        return new WriteBufferWaterMark(high / 2, high);
    }

    /**
     * Opens a connection, or takes the one that is open. On the loop.
     *
     * @param whenOpen gets the flow, or null and the cause; on the loop
     */
    void connect(InetSocketAddress to, BiConsumer<Flow, Throwable> whenOpen) {
        StreamConnection known = loop.connections().to(point.transport(), to);
        if (known != null && known.isOpen()) {
            whenOpen.accept(known, null);
            return;
        }
        Initializer initializer = new Initializer(to, whenOpen);
        new Bootstrap()
                .group(loop.eventLoop())
                .channel(io.socketChannel())
                .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.ALLOW_HALF_CLOSURE, point.transport() == Transport.TCP)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, waterMark())
                .option(
                        ChannelOption.CONNECT_TIMEOUT_MILLIS,
                        loop.options().stream().connectMillis())
                .handler(initializer)
                .connect(to)
                .addListener(connected -> {
                    if (!connected.isSuccess()) {
                        initializer.failed(connected.cause());
                    }
                });
    }

    /** Accepts no more connections. */
    void stopAccepting() {
        if (server != null) {
            server.close();
        }
    }

    /** Builds the pipeline of a connection. */
    private final class Initializer extends ChannelInitializer<Channel> {
        private final boolean outbound;
        private final InetSocketAddress target;
        private BiConsumer<Flow, Throwable> whenOpen;

        /** @param target whom a connection of this side goes to, null for one that is accepted */
        Initializer(InetSocketAddress target, BiConsumer<Flow, Throwable> whenOpen) {
            outbound = target != null;
            this.target = target;
            this.whenOpen = whenOpen;
        }

        @Override
        protected void initChannel(Channel channel) {
            ChannelPipeline pipeline = channel.pipeline();
            Transport transport = point.transport();
            if (transport.isSecure()) {
                pipeline.addLast(
                        outbound
                                ? loop.options().tls().clientHandler(channel.alloc(), target)
                                : loop.options().tls().serverHandler(channel.alloc()));
            }
            if (transport.isWebSocket()) {
                WebSocketTransport.addServerHandlers(pipeline, loop);
            }
            pipeline.addLast(new Handler(this, outbound));
        }

        private void opened(StreamConnection connection) {
            BiConsumer<Flow, Throwable> told = whenOpen;
            whenOpen = null;
            if (told != null) {
                loop.counters().increment(TransportCounter.CONNECTIONS_OPENED);
                told.accept(connection, null);
            }
        }

        private void failed(Throwable cause) {
            BiConsumer<Flow, Throwable> told = whenOpen;
            whenOpen = null;
            if (told != null) {
                loop.counters().increment(TransportCounter.CONNECTIONS_FAILED);
                told.accept(null, cause);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    /** Netty's events to a {@link StreamConnection}'s. */
    private final class Handler extends ChannelInboundHandlerAdapter {
        private final Initializer initializer;
        private final boolean outbound;
        private StreamConnection connection;

        Handler(Initializer initializer, boolean outbound) {
            this.initializer = initializer;
            this.outbound = outbound;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            loop.clock().read();
            Channel channel = context.channel();
            if (channel.remoteAddress() == null) {
                // The peer was gone before it was looked at.
                channel.close();
                return;
            }
            PeerAddress peer = new PeerAddress().set((InetSocketAddress) channel.remoteAddress());
            if (loop.connections().tryAcquire(peer) != ConnectionQuota.Decision.ADMITTED) {
                channel.close();
                initializer.failed(new IOException("the stack has too many connections"));
                return;
            }
            connection = new StreamConnection(loop, point.transport(), point.port(), outbound, channel);
            loop.connections().add(connection);
            if (!outbound) {
                loop.counters().increment(TransportCounter.CONNECTIONS_ACCEPTED);
            } else if (!point.transport().isSecure()) {
                initializer.opened(connection);
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            try {
                if (connection == null) {
                    return;
                }
                if (message instanceof ByteBuf octets) {
                    connection.onOctets(octets);
                } else if (message instanceof WebSocketFrame frame) {
                    WebSocketTransport.onFrame(connection, frame);
                }
            } finally {
                ReferenceCountUtil.release(message);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            loop.endBatch();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (connection != null) {
                connection.onWritabilityChanged();
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                if (connection != null) {
                    connection.onInputEnd();
                }
            } else if (event instanceof SslHandshakeCompletionEvent handshake) {
                if (!handshake.isSuccess()) {
                    loop.counters().increment(TransportCounter.HANDSHAKES_FAILED);
                    initializer.failed(handshake.cause());
                    context.close();
                } else if (outbound && connection != null) {
                    initializer.opened(connection);
                }
            } else {
                ReferenceCountUtil.release(event);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            loop.clock().read();
            if (connection != null) {
                connection.onInactive();
                connection = null;
            }
            initializer.failed(new IOException("the connection was closed"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // A reset, a failed write, a broken TLS record or frame: the connection ends, its peer and the counters
            // know.
            context.close();
        }
    }
}

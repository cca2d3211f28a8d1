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
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler.ClientHandshakeStateEvent;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.sipwire.transport.DetachedFlow;
import org.sipwire.transport.Flow;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.Transport;
import org.sipwire.transport.TransportCounter;
import org.sipwire.transport.netty.Connections.Target;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
    private static final Logger LOG = LoggerFactory.getLogger(StreamTransport.class);
    private static final int BACKLOG = 4096;
    private static final long FAILURE_LOG_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final LoopContext loop;
    private final NativeIo io;
    /** Connections on their way to be up: who wants one of them too waits with the first. */
    private final Map<Target, Initializer> opening = new HashMap<>();

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
                .childHandler(new Initializer(null));
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
        // Behind Netty's acceptor, which stops accepting for a second after a failure, so that the loop does not spin.
        server.pipeline().addLast(new AcceptFailures());
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
        Target target = Target.of(point.transport(), to);
        StreamConnection known = loop.connections().to(target);
        if (known != null && known.isOpen() && !opening.containsKey(target)) {
            whenOpen.accept(known, null);
            return;
        }
        Initializer pending = opening.get(target);
        if (pending != null) {
            pending.whenOpen.add(whenOpen);
            return;
        }
        Initializer initializer = new Initializer(target);
        initializer.whenOpen.add(whenOpen);
        opening.put(target, initializer);
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

    /** No descriptor was left for a connection: it waits in the kernel's backlog; datagrams and what is connected go on. */
    private final class AcceptFailures extends ChannelInboundHandlerAdapter {
        private long nextLogNanos = System.nanoTime();

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            loop.counters().increment(TransportCounter.ACCEPTS_FAILED);
            long now = System.nanoTime();
            if (now - nextLogNanos >= 0) {
                nextLogNanos = now + FAILURE_LOG_NANOS;
                LOG.warn(
                        "{} cannot accept a connection: {}; tried again each second, told once a minute",
                        point,
                        cause.getMessage());
            }
        }
    }

    /** Builds the pipeline of a connection. */
    private final class Initializer extends ChannelInitializer<Channel> {
        private final Target target;
        private final List<BiConsumer<Flow, Throwable>> whenOpen = new ArrayList<>(1);

        /** @param target whom a connection of this side goes to, null for one that is accepted */
        Initializer(Target target) {
            this.target = target;
        }

        @Override
        protected void initChannel(Channel channel) {
            ChannelPipeline pipeline = channel.pipeline();
            Transport transport = point.transport();
            TlsContexts tls = loop.options().tls();
            if (transport.isSecure()) {
                pipeline.addLast(
                        target != null
                                ? tls.clientHandler(channel.alloc(), target.address())
                                : tls.serverHandler(channel.alloc()));
            }
            if (transport.isWebSocket()) {
                if (target != null) {
                    WebSocketTransport.addClientHandlers(pipeline, loop, transport, target.address());
                } else {
                    WebSocketTransport.addServerHandlers(pipeline, loop);
                }
            }
            pipeline.addLast(new Handler(this));
        }

        /** TCP is up; with TLS or a WebSocket their handshake is what counts. */
        private boolean isUpWhenConnected() {
            return !point.transport().isSecure() && !point.transport().isWebSocket();
        }

        private void opened(StreamConnection connection) {
            if (target != null && opening.remove(target, this)) {
                loop.counters().increment(TransportCounter.CONNECTIONS_OPENED);
                whenOpen.forEach(told -> told.accept(connection, null));
            }
        }

        private void failed(Throwable cause) {
            if (target != null && opening.remove(target, this)) {
                loop.counters().increment(TransportCounter.CONNECTIONS_FAILED);
                whenOpen.forEach(told -> told.accept(null, cause));
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
        private StreamConnection connection;

        Handler(Initializer initializer) {
            this.initializer = initializer;
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
            ConnectionQuota.Decision decision = loop.connections().tryAcquire(peer);
            if (decision != ConnectionQuota.Decision.ADMITTED) {
                InetSocketAddress source = (InetSocketAddress) channel.remoteAddress();
                boolean ofSource = decision == ConnectionQuota.Decision.SOURCE_HAS_TOO_MANY;
                loop.listener()
                        .onGivenUp(
                                ofSource ? "connections_of_source" : "connections",
                                new DetachedFlow(
                                        point.transport(), source.getAddress().getHostAddress(), source.getPort()));
                channel.close();
                initializer.failed(new IOException("the stack has too many connections"));
                return;
            }
            connection = new StreamConnection(loop, point.transport(), point.port(), initializer.target, channel);
            loop.connections().add(connection);
            if (initializer.target == null) {
                loop.counters().increment(TransportCounter.CONNECTIONS_ACCEPTED);
            } else if (initializer.isUpWhenConnected()) {
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
                } else if (connection != null && !point.transport().isWebSocket()) {
                    initializer.opened(connection);
                }
            } else if (event == ClientHandshakeStateEvent.HANDSHAKE_COMPLETE && connection != null) {
                initializer.opened(connection);
            } else if (event == ClientHandshakeStateEvent.HANDSHAKE_TIMEOUT) {
                initializer.failed(new IOException("the WebSocket handshake took too long"));
                context.close();
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
            initializer.failed(cause);
            // A reset, a failed write, a broken TLS record or frame: the connection ends, its peer and the counters
            // know.
            context.close();
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/**
 * The sockets of a run, all on one event loop: connected UDP sockets read and written in batches (recvmmsg, sendmmsg) where epoll is
 * there, or connections. A connection that ends is opened again half a second later.
 *
 * <p>{@link #open} and {@link #close} from outside, all else on the event loop. Owned by the run.
 */
final class LoadWire implements LoadEngine.Wire {
    /** What the wire tells: all on the event loop. */
    interface Listener {
        void message(int connection, byte[] bytes, int offset, int length);

        void readComplete();

        void closed(int connection);

        void refused();

        void malformedStream(int connection);
    }

    private static final int BUFFER_BYTES = 8 << 20;
    private static final int DATAGRAM_BYTES = 4096;
    private static final int BATCH = 32;
    private static final int RECONNECT_MILLIS = 500;

    private final LoadOptions options;
    private final MultiThreadIoEventLoopGroup group;
    private final EventLoop loop;
    private final Channel[] channels;
    private final boolean[] unflushed;
    private final int[] dirty;
    private int dirtyCount;
    /** All channels are read on one loop, one datagram at a time. */
    private final byte[] datagram = new byte[65536];

    private final SslContext ssl;
    private Listener listener;
    private boolean closing;

    LoadWire(LoadOptions options) throws SSLException {
        this.options = options;
        IoHandlerFactory io = Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        ThreadFactory threads = task -> {
            Thread thread = new Thread(task, "load");
            thread.setDaemon(true);
            return thread;
        };
        this.group = new MultiThreadIoEventLoopGroup(1, threads, io);
        this.loop = group.next();
        this.channels = new Channel[options.connections];
        this.unflushed = new boolean[options.connections];
        this.dirty = new int[options.connections];
        this.ssl = "tls".equals(options.transport())
                ? SslContextBuilder.forClient()
                        .trustManager(InsecureTrustManagerFactory.INSTANCE)
                        .build()
                : null;
    }

    EventLoop loop() {
        return loop;
    }

    /** Opens every socket; fails when the target is not there. */
    void open() throws IOException, InterruptedException {
        for (int i = 0; i < channels.length; i++) {
            ChannelFuture connected = connect(i).await();
            if (!connected.isSuccess()) {
                throw new IOException("cannot connect to " + options.target + ": "
                        + connected.cause().getMessage());
            }
            channels[i] = connected.channel();
        }
    }

    /** From here on what arrives is told to {@code told}. */
    void listen(Listener told) {
        listener = told;
    }

    String[] localHostPorts() {
        String[] local = new String[channels.length];
        for (int i = 0; i < local.length; i++) {
            InetSocketAddress address = (InetSocketAddress) channels[i].localAddress();
            String host = address.getAddress().getHostAddress();
            int zone = host.indexOf('%');
            host = zone < 0 ? host : host.substring(0, zone);
            local[i] = (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
        }
        return local;
    }

    int localPort(int connection) {
        return ((InetSocketAddress) channels[connection].localAddress()).getPort();
    }

    /** Octets of SO_RCVBUF as the kernel granted them, 0 for streams. */
    int receiveBuffer() {
        return options.reliable() ? 0 : channels[0].config().getOption(ChannelOption.SO_RCVBUF);
    }

    private ChannelFuture connect(int index) {
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(16 << 20, 64 << 20));
        if (options.reliable()) {
            bootstrap
                    .channel(Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 5000)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(4096, 16384, 65536));
        } else {
            bootstrap
                    .channel(Epoll.isAvailable() ? EpollDatagramChannel.class : NioDatagramChannel.class)
                    .option(ChannelOption.SO_RCVBUF, BUFFER_BYTES)
                    .option(ChannelOption.SO_SNDBUF, BUFFER_BYTES)
                    .option(
                            ChannelOption.RECVBUF_ALLOCATOR,
                            new FixedRecvByteBufAllocator(Epoll.isAvailable() ? BATCH * DATAGRAM_BYTES : 65536));
            if (Epoll.isAvailable()) {
                bootstrap.option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, DATAGRAM_BYTES);
            }
        }
        bootstrap.handler(new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel channel) {
                if (ssl != null) {
                    channel.pipeline().addLast(ssl.newHandler(channel.alloc()));
                }
                channel.pipeline().addLast(new Inbound(index));
            }
        });
        InetSocketAddress target = options.address();
        if (options.sourcePort == 0) {
            return bootstrap.connect(target);
        }
        return bootstrap.connect(target, new InetSocketAddress(options.sourcePort + index));
    }

    @Override
    public boolean send(int connection, byte[] bytes, int length) {
        Channel channel = channels[connection];
        if (!channel.isActive()) {
            return false;
        }
        ByteBuf buffer = channel.alloc().directBuffer(length).writeBytes(bytes, 0, length);
        channel.write(buffer, channel.voidPromise());
        if (!unflushed[connection]) {
            unflushed[connection] = true;
            dirty[dirtyCount++] = connection;
        }
        return true;
    }

    @Override
    public boolean isOpen(int connection) {
        return channels[connection].isActive();
    }

    @Override
    public void cut() {
        if (options.reliable()) {
            for (Channel channel : channels) {
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
                channel.close();
            }
        }
    }

    @Override
    public void drop(int connection, boolean isReset) {
        Channel channel = channels[connection];
        channel.flush();
        if (isReset) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
        }
        channel.close();
    }

    /** Everything sent since the last flush goes out. */
    void flush() {
        for (int i = 0; i < dirtyCount; i++) {
            unflushed[dirty[i]] = false;
            channels[dirty[i]].flush();
        }
        dirtyCount = 0;
    }

    void close() {
        loop.execute(() -> {
            closing = true;
            for (Channel channel : channels) {
                if (channel != null) {
                    channel.close();
                }
            }
        });
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3000);
    }

    private void reconnect(int index) {
        if (closing) {
            return;
        }
        loop.schedule(
                () -> connect(index).addListener((ChannelFuture connected) -> {
                    if (connected.isSuccess()) {
                        channels[index] = connected.channel();
                    } else {
                        reconnect(index);
                    }
                }),
                RECONNECT_MILLIS + ThreadLocalRandom.current().nextLong(options.reconnectMillis()),
                TimeUnit.MILLISECONDS);
    }

    /** The end of a pipeline: bytes to the listener. */
    private final class Inbound extends ChannelInboundHandlerAdapter {
        private final int index;
        private final StreamFrames frames = options.reliable() ? new StreamFrames() : null;

        Inbound(int index) {
            this.index = index;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object read) {
            ByteBuf buffer = read instanceof DatagramPacket packet ? packet.content() : (ByteBuf) read;
            try {
                if (listener == null) {
                    return;
                }
                if (frames == null) {
                    int length = buffer.readableBytes();
                    buffer.readBytes(datagram, 0, length);
                    listener.message(index, datagram, 0, length);
                } else if (!frames.read(
                        buffer, (bytes, offset, length) -> listener.message(index, bytes, offset, length))) {
                    listener.malformedStream(index);
                    context.close();
                }
            } finally {
                buffer.release();
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            if (listener != null) {
                listener.readComplete();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (listener != null && frames != null && !closing) {
                listener.closed(index);
                reconnect(index);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (listener != null
                    && (cause instanceof PortUnreachableException || cause instanceof java.net.ConnectException)) {
                listener.refused();
            } else if (cause instanceof IOException) {
                if (frames != null) {
                    context.close();
                }
            } else {
                throw new IllegalStateException(cause);
            }
        }
    }
}

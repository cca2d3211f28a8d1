/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.baseline;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * Netty's own datagram and stream channels with nothing behind them but a {@link CannedAnswer}: what any server on this transport
 * pays before it has read a header. UDP in batches (recvmmsg, sendmmsg) where epoll is there; one event loop.
 *
 * <p>Any thread. Owned: {@link #close} ends it.
 */
public final class NettyFloor implements AutoCloseable {
    private static final int BUFFER_BYTES = 8 << 20;
    private static final int DATAGRAM_BYTES = 2048;
    private static final int BATCH = 64;

    private final MultiThreadIoEventLoopGroup group;
    private final Channel udp;
    private final Channel tcp;

    private static final int ATTEMPTS = 20;

    /** Listens on UDP and TCP at one port; {@code port} 0 takes a free one. */
    public NettyFloor(String host, int port) throws InterruptedException {
        group = new MultiThreadIoEventLoopGroup(
                1, Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        Bootstrap datagrams = new Bootstrap()
                .group(group)
                .channel(Epoll.isAvailable() ? EpollDatagramChannel.class : NioDatagramChannel.class)
                .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .option(ChannelOption.SO_RCVBUF, BUFFER_BYTES)
                .option(ChannelOption.SO_SNDBUF, BUFFER_BYTES)
                .option(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new FixedRecvByteBufAllocator(Epoll.isAvailable() ? BATCH * DATAGRAM_BYTES : 65536));
        if (Epoll.isAvailable()) {
            datagrams.option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, DATAGRAM_BYTES);
        }
        ServerBootstrap connections = new ServerBootstrap()
                .group(group)
                .channel(Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new Stream());
                    }
                });
        for (int attempt = 1; ; attempt++) {
            Channel free = bound(datagrams.handler(new Datagrams()).bind(host, port));
            ChannelFuture same = connections
                    .bind(host, ((InetSocketAddress) free.localAddress()).getPort())
                    .await();
            // A port that is free for UDP may be taken for TCP, by a connection just closed for example.
            if (!same.isSuccess() && port == 0 && attempt < ATTEMPTS) {
                free.close().sync();
                continue;
            }
            udp = free;
            tcp = bound(same);
            return;
        }
    }

    /** The channel, or {@link UncheckedIOException} when the address cannot be had. */
    private Channel bound(ChannelFuture binding) throws InterruptedException {
        if (binding.await().isSuccess()) {
            return binding.channel();
        }
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        throw new UncheckedIOException(new IOException(binding.cause().getMessage(), binding.cause()));
    }

    public int port() {
        return ((InetSocketAddress) udp.localAddress()).getPort();
    }

    /** Runs a task on its event loop. */
    public void execute(Runnable task) {
        udp.eventLoop().execute(task);
    }

    /** Until the floor is closed. */
    public void await() throws InterruptedException {
        tcp.closeFuture().sync();
    }

    @Override
    public void close() {
        udp.close();
        tcp.close();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2000);
    }

    /** One answer a datagram, one flush a batch. */
    private static final class Datagrams extends ChannelInboundHandlerAdapter {
        private final CannedAnswer canned = new CannedAnswer();
        private final byte[] request = new byte[65536];

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            DatagramPacket packet = (DatagramPacket) message;
            int count = packet.content().readableBytes();
            packet.content().readBytes(request, 0, count);
            InetSocketAddress sender = packet.sender();
            packet.release();
            int length = canned.answer(request, 0, count);
            if (length > 0) {
                ByteBuf answer = context.alloc().directBuffer(length).writeBytes(canned.array(), 0, length);
                context.write(new DatagramPacket(answer, sender), context.voidPromise());
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }
    }

    /** Messages without bodies end at the empty line; a body is framed by the last digits of Content-Length. */
    private static final class Stream extends ChannelInboundHandlerAdapter {
        private final CannedAnswer canned = new CannedAnswer();
        private final byte[] held = new byte[1 << 20];
        private int length;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf in = (ByteBuf) message;
            int count = in.readableBytes();
            if (count > held.length - length) {
                in.release();
                context.close();
                return;
            }
            in.readBytes(held, length, count);
            in.release();
            length += count;
            int from = 0;
            for (int i = 3; i < length; i++) {
                if (held[i] != '\n'
                        || held[i - 1] != '\r'
                        || held[i - 2] != '\n'
                        || held[i - 3] != '\r'
                        || i - 3 < from) {
                    continue;
                }
                int end = i + 1 + declared(i - 4);
                if (end > length) {
                    break;
                }
                answer(context, from, end - from);
                from = end;
                i = end - 1;
            }
            System.arraycopy(held, from, held, 0, length - from);
            length -= from;
        }

        private void answer(ChannelHandlerContext context, int from, int count) {
            int size = canned.answer(held, from, count);
            if (size > 0) {
                context.write(
                        context.alloc().directBuffer(size).writeBytes(canned.array(), 0, size), context.voidPromise());
            }
        }

        /** The generators that the floor serves write Content-Length last. */
        private int declared(int lastDigit) {
            int value = 0;
            int scale = 1;
            for (int i = lastDigit; i >= 0 && held[i] >= '0' && held[i] <= '9'; i--) {
                value += (held[i] - '0') * scale;
                scale *= 10;
            }
            return value;
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.sipwire.transport.Flow;

/**
 * Netty's datagram channel: for engines other than epoll, and for epoll where its native calls cannot be reached.
 *
 * <p>Netty allocates an address and a packet a datagram (NIO 88-216 octets, io_uring 240); nothing here adds to that but the address copied
 * out of the packet.
 */
final class NettyUdpSocket extends ChannelInboundHandlerAdapter implements UdpSocket {
    private static final int MAX_DATAGRAM = 65_535;

    private final EventLoop eventLoop;
    private final byte[] scratch;
    private final Receiver receiver;
    private final PeerAddress peer = new PeerAddress();
    private final Runnable flushTask = this::flush;
    private DatagramChannel channel;
    private InetSocketAddress local;
    private boolean inBatch;
    private boolean flushScheduled;

    private NettyUdpSocket(EventLoop eventLoop, byte[] scratch, Receiver receiver) {
        this.eventLoop = eventLoop;
        this.scratch = scratch;
        this.receiver = receiver;
    }

    /**
     * Opens and binds; {@link #register} sets it going. Not on the loop.
     *
     * @param reusePort whether other loops bind the same port
     * @throws IOException if the address cannot be bound
     */
    static NettyUdpSocket open(
            LoopContext loop, NativeIo io, InetSocketAddress local, boolean reusePort, Receiver receiver)
            throws IOException {
        NettyUdpSocket socket = new NettyUdpSocket(loop.eventLoop(), loop.scratch(), receiver);
        int bufferBytes = loop.options().socketBufferBytes();
        Bootstrap bootstrap = new Bootstrap()
                .group(loop.eventLoop())
                .channel(io.datagramChannel())
                .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MAX_DATAGRAM))
                .option(ChannelOption.SO_RCVBUF, bufferBytes)
                .option(ChannelOption.SO_SNDBUF, bufferBytes)
                .option(ChannelOption.AUTO_READ, false)
                .handler(socket);
        if (reusePort) {
            bootstrap.option(NativeIo.reusePort(), true);
        }
        try {
            socket.channel = (DatagramChannel) bootstrap.bind(local).sync().channel();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while binding " + local, e);
        } catch (Exception e) {
            throw e instanceof IOException io2 ? io2 : new IOException(e.getMessage(), e);
        }
        socket.local = socket.channel.localAddress();
        return socket;
    }

    @Override
    public void register() {
        channel.config().setAutoRead(true);
    }

    @Override
    public InetSocketAddress localAddress() {
        return local;
    }

    @Override
    public int receiveBufferSize() {
        return channel.config().getReceiveBufferSize();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        DatagramPacket packet = (DatagramPacket) message;
        int length;
        try {
            ByteBuf content = packet.content();
            length = Math.min(content.readableBytes(), scratch.length);
            content.getBytes(content.readerIndex(), scratch, 0, length);
            peer.set(packet.sender());
        } finally {
            packet.release();
        }
        inBatch = true;
        receiver.onDatagram(scratch, length, peer);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        try {
            receiver.onBatchComplete();
        } finally {
            inBatch = false;
            context.flush();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        receiver.onSocketError(0);
    }

    @Override
    public int send(byte[] bytes, int offset, int length, PeerAddress to) {
        if (!channel.isActive()) {
            return Flow.CLOSED;
        }
        if (!channel.isWritable()) {
            channel.flush();
            if (!channel.isWritable()) {
                return Flow.BACK_PRESSURED;
            }
        }
        ByteBuf buffer = channel.alloc().directBuffer(length).writeBytes(bytes, offset, length);
        channel.write(new DatagramPacket(buffer, to.toSocketAddress()), channel.voidPromise());
        if (!inBatch && !flushScheduled) {
            flushScheduled = true;
            eventLoop.execute(flushTask);
        }
        return Flow.SENT;
    }

    private void flush() {
        flushScheduled = false;
        channel.flush();
    }

    @Override
    public void close() {
        channel.flush();
        channel.close();
    }
}

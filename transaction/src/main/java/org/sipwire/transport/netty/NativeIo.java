/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import org.sipwire.transport.IoEngine;

/**
 * The I/O engine of a stack, chosen once: which, and why.
 *
 * <p>epoll comes before io_uring since it costs fewer octets of garbage a datagram (160 against 240) and less processor time for the small
 * messages of SIP.
 *
 * <p>Shared: immutable.
 *
 * @param engine what was chosen, never {@link IoEngine#AUTO}
 * @param reason one sentence for the log
 */
public record NativeIo(IoEngine engine, String reason) {

    /**
     * Chooses.
     *
     * @throws IllegalArgumentException when a named engine does not run here, with the cause in one line
     */
    public static NativeIo choose(IoEngine wanted) {
        switch (wanted) {
            case EPOLL:
                return require(wanted, epollProblem());
            case IO_URING:
                return require(wanted, ioUringProblem());
            case NIO:
                return new NativeIo(wanted, "nio was asked for");
            default:
                String epoll = epollProblem();
                if (epoll == null) {
                    return new NativeIo(IoEngine.EPOLL, "epoll is the best engine this system has");
                }
                String ioUring = ioUringProblem();
                return ioUring == null
                        ? new NativeIo(IoEngine.IO_URING, "epoll is not available (" + epoll + ")")
                        : new NativeIo(
                                IoEngine.NIO, "no native engine: epoll (" + epoll + "), io_uring (" + ioUring + ")");
        }
    }

    private static NativeIo require(IoEngine engine, String problem) {
        if (problem != null) {
            throw new IllegalArgumentException("the I/O engine " + engine.option() + " does not run here: " + problem);
        }
        return new NativeIo(engine, engine.option() + " was asked for");
    }

    private static String epollProblem() {
        return Epoll.isAvailable() ? null : firstLine(Epoll.unavailabilityCause());
    }

    private static String ioUringProblem() {
        try {
            return IoUring.isAvailable() ? null : firstLine(IoUring.unavailabilityCause());
        } catch (LinkageError e) {
            return firstLine(e);
        }
    }

    private static String firstLine(Throwable cause) {
        Throwable root = cause;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String text = root.toString();
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }

    /** True when several sockets may share a port and the kernel spreads peers over them: one a loop then. */
    public boolean spreadsPeers() {
        return engine != IoEngine.NIO;
    }

    /** What makes the I/O part of Netty's event loops. */
    public IoHandlerFactory ioHandlerFactory() {
        return switch (engine) {
            case EPOLL -> EpollIoHandler.newFactory();
            case IO_URING -> IoUringIoHandler.newFactory();
            default -> NioIoHandler.newFactory();
        };
    }

    Class<? extends DatagramChannel> datagramChannel() {
        return switch (engine) {
            case EPOLL -> EpollDatagramChannel.class;
            case IO_URING -> IoUringDatagramChannel.class;
            default -> NioDatagramChannel.class;
        };
    }

    Class<? extends ServerSocketChannel> serverChannel() {
        return switch (engine) {
            case EPOLL -> EpollServerSocketChannel.class;
            case IO_URING -> IoUringServerSocketChannel.class;
            default -> NioServerSocketChannel.class;
        };
    }

    Class<? extends SocketChannel> socketChannel() {
        return switch (engine) {
            case EPOLL -> EpollSocketChannel.class;
            case IO_URING -> IoUringSocketChannel.class;
            default -> NioSocketChannel.class;
        };
    }

    /** The option that lets the loops' sockets share a port. Of use when {@link #spreadsPeers}. */
    static ChannelOption<Boolean> reusePort() {
        return UnixChannelOption.SO_REUSEPORT;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.nio.NioIoHandler;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.sipwire.codec.ParseError;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipMessage;
import org.sipwire.codec.SipParser;
import org.sipwire.transport.Flow;
import org.sipwire.transport.StreamLimits;
import org.sipwire.transport.Transport;
import org.sipwire.transport.TransportCounter;
import org.sipwire.transport.TransportListener;

/** One loop with a listener that records, and channels that go nowhere. What is said to be on the loop runs in {@link #onLoop}. */
final class LoopHarness implements AutoCloseable {

    /** Records what it hears; {@link #answer} is sent to every message when it is set. */
    static final class Recorder implements TransportListener {
        final List<String> messages = new ArrayList<>();
        final List<ParseError> errors = new ArrayList<>();
        final List<Flow> closed = new ArrayList<>();
        byte[] answer;
        int lastResult;

        @Override
        public void onMessage(SipParser parser, Flow flow) {
            SipMessage message = parser.message();
            messages.add(new String(message.array(), message.offset(), message.length(), StandardCharsets.ISO_8859_1));
            if (answer != null) {
                lastResult = flow.send(answer, 0, answer.length);
            }
        }

        @Override
        public void onMalformed(SipParser parser, int error, Flow flow) {
            errors.add(ParseError.of(error));
            if (answer != null) {
                lastResult = flow.send(answer, 0, answer.length);
            }
        }

        @Override
        public void onFlowClosed(Flow flow) {
            closed.add(flow);
        }
    }

    /** A connected channel without a socket. */
    static final class NowhereChannel extends EmbeddedChannel {
        private final InetSocketAddress remote;

        NowhereChannel(InetSocketAddress remote) {
            this.remote = remote;
            config().setWriteBufferWaterMark(new WriteBufferWaterMark(1024, 2048));
        }

        @Override
        public SocketAddress remoteAddress() {
            return remote;
        }

        @Override
        public SocketAddress localAddress() {
            return new InetSocketAddress("127.0.0.1", 5060);
        }

        /** What was written since the last call. */
        String written() {
            StringBuilder text = new StringBuilder();
            for (ByteBuf out; (out = readOutbound()) != null; ) {
                text.append(out.toString(StandardCharsets.ISO_8859_1));
                out.release();
            }
            return text.toString();
        }
    }

    final Recorder recorder = new Recorder();
    final LoopContext loop;
    private final List<NowhereChannel> channels = new ArrayList<>();
    private final MultiThreadIoEventLoopGroup group;

    LoopHarness() {
        this(SipLimits.DEFAULT, StreamLimits.DEFAULT);
    }

    LoopHarness(SipLimits limits, StreamLimits streamLimits) {
        group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        IoEventLoop eventLoop = group.next();
        TransportOptions options =
                new TransportOptions(limits, SipCompliance.DEPLOYED, null, 1 << 20, streamLimits, null, false);
        loop = new LoopContext(0, eventLoop, options, new ConnectionQuota(streamLimits), 1, 2);
        loop.connect(new LoopContext[] {loop}, recorder);
    }

    /** Runs on the loop and returns what the task does, or throws what it throws. */
    <T> T onLoop(Callable<T> task) throws Exception {
        try {
            return loop.eventLoop().submit(task).get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (Exception) e.getCause();
        }
    }

    /** An accepted TCP connection from this address. On the loop. */
    StreamConnection accept(NowhereChannel channel) {
        StreamConnection connection = new StreamConnection(loop, Transport.TCP, 5060, /* target= */ null, channel);
        loop.connections().tryAcquire(connection.peer());
        loop.connections().add(connection);
        channels.add(channel);
        return connection;
    }

    long count(TransportCounter counter) {
        return loop.counters().get(counter);
    }

    @Override
    public void close() {
        loop.eventLoop()
                .submit(() -> channels.forEach(EmbeddedChannel::releaseOutbound))
                .awaitUninterruptibly();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.socket.SocketChannel;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.sipwire.codec.SipFramer;
import org.sipwire.transport.Flow;
import org.sipwire.transport.StreamLimits;
import org.sipwire.transport.Transport;
import org.sipwire.transport.TransportCounter;

/**
 * One connection and the flow it is (RFC 5626 §2): octets to messages and back, deadlines, an orderly end. Confined to its loop, but
 * {@link #send} from elsewhere copies and hands over.
 *
 * <p>A message that arrives whole, which is the rule, is parsed in the loop's scratch and leaves nothing behind. Only the beginning of a
 * message that is not complete yet is kept, in a buffer that is as long as the message needs and goes back to the loop after it: an idle
 * connection holds no buffer.
 *
 * <pre>
 *            input ends: answers pending            last answer sent, or halfCloseMillis
 *   OPEN ---------------------------------> HALF_CLOSED ----------------------------------+
 *    |  \                                                                                 v
 *    |   +-- unframeable, or drained: write, shut down output --> LINGERING --peer--> CLOSED
 *    +-- input ends: nothing pending; deadline; reset ----------------------------------->
 * </pre>
 *
 * <p>Shared: the flow of a connection may be kept from the start.
 */
final class StreamConnection extends Flow {
    private static final long NANOS_PER_MILLI = 1_000_000L;
    private static final long LINGER_NANOS = 2_000 * NANOS_PER_MILLI;
    private static final int READ_AHEAD = 4096;
    private static final int MIN_FLIGHT = 1024;
    private static final int MAX_FLIGHT = 16 * 1024;
    private static final byte[] PONG = {'\r', '\n'};
    private static final byte[] PING = {'\r', '\n', '\r', '\n'};
    private static final long PONG_NANOS = 10_000 * NANOS_PER_MILLI;

    private enum State {
        OPEN,
        HALF_CLOSED,
        LINGERING,
        CLOSED
    }

    /** Where {@link Connections} has it. */
    int position;

    private final LoopContext loop;
    private final Transport transport;
    private final int localPort;
    private final Connections.Target target;
    private final Channel channel;
    private final PeerAddress peer;
    private final long id;
    private final SipFramer framer;
    private State state = State.OPEN;
    private boolean flowClosed;
    private ByteBuf out;
    private int flightBytes = MIN_FLIGHT;
    private byte[] pending;
    private byte[] localIp;
    private int pendingLength;
    private int unanswered;
    private boolean sawMessage;
    private boolean textFrames;
    private long lastReadNanos;
    private long messageSinceNanos;
    private long stalledSinceNanos;
    private long stateSinceNanos;
    /** When something has to have come after a ping, 0 when nothing is waited for. */
    private long pongDueNanos;

    /** @param target where a connection of this side goes, null for one that was accepted */
    StreamConnection(LoopContext loop, Transport transport, int localPort, Connections.Target target, Channel channel) {
        this.loop = loop;
        this.transport = transport;
        this.localPort = localPort;
        this.target = target;
        this.channel = channel;
        peer = new PeerAddress().set((InetSocketAddress) channel.remoteAddress());
        id = loop.connections().nextId();
        framer = transport.isWebSocket() ? null : new SipFramer(loop.options().limits());
        lastReadNanos = loop.clock().nanos();
        messageSinceNanos = lastReadNanos;
        stateSinceNanos = lastReadNanos;
    }

    // ---------------------------------------------------------------------------------------------------------- flow

    @Override
    public Transport transport() {
        return transport;
    }

    @Override
    public int loopIndex() {
        return loop.index();
    }

    @Override
    public boolean isOpen() {
        return state == State.OPEN || state == State.HALF_CLOSED;
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public int writeRemoteHost(byte[] dst, int at) {
        return peer.writeHost(dst, at);
    }

    @Override
    public int writeRemoteIp(byte[] dst, int at) {
        return peer.writeIp(dst, at);
    }

    @Override
    public int writeLocalIp(byte[] dst, int at) {
        if (localIp == null) {
            localIp = LocalHosts.Host.of(localAddress()).octets();
        }
        System.arraycopy(localIp, 0, dst, at, localIp.length);
        return at + localIp.length;
    }

    @Override
    public int remotePort() {
        return peer.port();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return peer.toSocketAddress();
    }

    @Override
    public int writeLocalHost(byte[] dst, int at) {
        byte[] text = LocalHosts.fixedText(loop.options().advertisedHost(), localAddress());
        if (text == null) {
            text = "0.0.0.0".getBytes(StandardCharsets.US_ASCII);
        }
        System.arraycopy(text, 0, dst, at, text.length);
        return at + text.length;
    }

    @Override
    public int localPort() {
        return localPort;
    }

    @Override
    public InetSocketAddress localAddress() {
        InetSocketAddress local = (InetSocketAddress) channel.localAddress();
        return local != null ? local : new InetSocketAddress(localPort);
    }

    @Override
    public Flow toShared() {
        return this;
    }

    @Override
    public void execute(Runnable task) {
        loop.execute(task);
    }

    boolean isOutbound() {
        return target != null;
    }

    Connections.Target target() {
        return target;
    }

    PeerAddress peer() {
        return peer;
    }

    // ---------------------------------------------------------------------------------------------------------- send

    @Override
    public int send(byte[] bytes, int offset, int length) {
        if (!loop.inEventLoop()) {
            if (!isOpen()) {
                return CLOSED;
            }
            byte[] copy = Arrays.copyOfRange(bytes, offset, offset + length);
            loop.execute(() -> send(copy, 0, copy.length));
            return SENT;
        }
        if (!isOpen()) {
            return CLOSED;
        }
        if (!hasRoomFor(length)) {
            flush();
            if (!channel.isWritable()) {
                loop.counters().increment(TransportCounter.BACK_PRESSURED);
                return BACK_PRESSURED;
            }
        }
        loop.sent(bytes, offset, length, this);
        if (unanswered > 0
                && LoopContext.isResponse(bytes, offset, length)
                && LoopContext.status(bytes, offset) >= 200) {
            unanswered--;
        }
        enqueue(bytes, offset, length);
        return SENT;
    }

    @Override
    public int keepAlive() {
        if (!isOpen()) {
            return CLOSED;
        }
        if (!loop.inEventLoop()) {
            loop.execute(this::keepAlive);
            return SENT;
        }
        if (!channel.isWritable()) {
            return BACK_PRESSURED;
        }
        // RFC 5626 §4.4.1: "If a pong is not received within 10 seconds after sending a ping (or immediately after
        // processing any
        // incoming message being received when that 10 seconds expires), then the client MUST treat the flow as
        // failed."
        if (pongDueNanos == 0) {
            pongDueNanos = loop.clock().nanos() + PONG_NANOS | 1;
        }
        loop.counters().increment(TransportCounter.PINGS_SENT);
        enqueue(PING, 0, PING.length);
        return SENT;
    }

    private boolean hasRoomFor(int length) {
        return channel.isWritable()
                && (out == null
                        || out.readableBytes() + length
                                <= loop.options().stream().writeBufferBytes());
    }

    private void enqueue(byte[] bytes, int offset, int length) {
        if (transport.isWebSocket()) {
            channel.write(WebSocketTransport.frame(channel, bytes, offset, length, textFrames), channel.voidPromise());
            if (out == null) {
                out = Unpooled.EMPTY_BUFFER;
                loop.flushLater(this);
            }
            return;
        }
        if (out == null) {
            out = channel.alloc().directBuffer(Math.max(length, flightBytes));
            loop.flushLater(this);
        }
        out.writeBytes(bytes, offset, length);
    }

    /** Gives the channel what was sent in this batch, as one write. */
    void flush() {
        if (out == null) {
            return;
        }
        ByteBuf batch = out;
        out = null;
        if (batch == Unpooled.EMPTY_BUFFER) {
            channel.flush();
        } else {
            // The next flight is likely to be as long: room for it at once spares growing.
            flightBytes = Math.min(Math.max(batch.readableBytes(), MIN_FLIGHT), MAX_FLIGHT);
            channel.writeAndFlush(batch, channel.voidPromise());
        }
        if (state == State.HALF_CLOSED && unanswered == 0) {
            closeAfterWrite();
        }
    }

    // ------------------------------------------------------------------------------------------------------- receive

    /** Octets came; the buffer stays the caller's. */
    void onOctets(ByteBuf in) {
        loop.beginBatch();
        lastReadNanos = loop.clock().nanos();
        pongDueNanos = 0;
        loop.counters().add(TransportCounter.bytesReceived(transport), in.readableBytes());
        while (in.isReadable() && state == State.OPEN) {
            if (pendingLength == 0) {
                byte[] scratch = loop.scratch();
                int n = Math.min(in.readableBytes(), scratch.length);
                in.readBytes(scratch, 0, n);
                int consumed = consume(scratch, n);
                if (consumed < n && state == State.OPEN) {
                    keep(scratch, consumed, n - consumed);
                }
            } else {
                int n = Math.min(in.readableBytes(), Math.max(framer.expected() - pendingLength, READ_AHEAD));
                reserve(n);
                in.readBytes(pending, pendingLength, n);
                pendingLength += n;
                dropPending(consume(pending, pendingLength));
            }
        }
    }

    /** Delivers the messages in {@code bytes} from 0. Returns how many octets are done with. */
    private int consume(byte[] bytes, int length) {
        int at = 0;
        while (at < length && state == State.OPEN) {
            at += framer.skip(bytes, at, length - at);
            answerPings(framer.takePings());
            if (at == length) {
                break;
            }
            int n = framer.frame(bytes, at, length - at);
            if (n == 0) {
                break;
            }
            if (n < 0) {
                giveUp(n, bytes, at, length - at);
                return length;
            }
            deliver(bytes, at, n);
            at += n;
        }
        return at;
    }

    private void deliver(byte[] bytes, int at, int n) {
        sawMessage = true;
        messageSinceNanos = lastReadNanos;
        boolean wantsAnswer = !LoopContext.isResponse(bytes, at, n) && !(bytes[at] == 'A' && bytes[at + 1] == 'C');
        if (wantsAnswer) {
            unanswered++;
        }
        loop.received(bytes, at, n, this);
        boolean wellFormed = loop.framed(bytes, at, n, this);
        if (!wellFormed && wantsAnswer && unanswered > 0) {
            unanswered--;
        }
    }

    private void answerPings(int pings) {
        if (pings > 0) {
            loop.counters().add(TransportCounter.KEEP_ALIVES.ordinal(), pings);
            // RFC 5626 §4.4.1: one pong a ping; a peer that asks faster than it reads needs no more than what it waits
            // for.
            if (channel.isWritable() && isOpen()) {
                loop.counters().add(TransportCounter.PINGS_ANSWERED.ordinal(), pings);
                for (int i = 0; i < pings; i++) {
                    enqueue(PONG, 0, PONG.length);
                }
            }
        }
    }

    /** RFC 3261 §18.3: an unframeable stream cannot be followed; the peer is told if it can be, and let go. */
    private void giveUp(int error, byte[] bytes, int at, int length) {
        loop.counters().increment(TransportCounter.CONNECTIONS_UNFRAMEABLE);
        loop.received(bytes, at, Math.min(length, maxMessage()), this);
        loop.unframeable(error, bytes, at, length, this);
        closeAfterWrite();
    }

    /** A WebSocket message came: one SIP message (RFC 7118 §5). */
    void onFrame(ByteBuf payload, boolean text) {
        loop.beginBatch();
        lastReadNanos = loop.clock().nanos();
        pongDueNanos = 0;
        int length = payload.readableBytes();
        loop.counters().add(TransportCounter.bytesReceived(transport), length);
        if (state != State.OPEN) {
            return;
        }
        byte[] bytes = length <= loop.scratch().length ? loop.scratch() : new byte[length];
        payload.readBytes(bytes, 0, length);
        if (isLineEnds(bytes, length)) {
            // RFC 5626 §4.4.1 over a WebSocket: CRLFCRLF in a frame of its own asks for CRLF in one.
            answerPings(length == 4 ? 1 : 0);
            return;
        }
        textFrames = text;
        sawMessage = true;
        messageSinceNanos = lastReadNanos;
        loop.datagram(bytes, length, this);
    }

    private static boolean isLineEnds(byte[] bytes, int length) {
        for (int i = 0; i < length; i++) {
            if (bytes[i] != '\r' && bytes[i] != '\n') {
                return false;
            }
        }
        return true;
    }

    // --------------------------------------------------------------------------------- the beginning of the next
    // message

    private void keep(byte[] bytes, int from, int length) {
        pending = loop.takeBuffer(Math.max(length, framer.expected()));
        System.arraycopy(bytes, from, pending, 0, length);
        pendingLength = length;
        messageSinceNanos = lastReadNanos;
    }

    private void reserve(int more) {
        int needed = Math.max(pendingLength + more, framer.expected());
        if (needed > pending.length) {
            byte[] grown = loop.takeBuffer(Math.max(needed, Math.min(2 * pending.length, maxMessage())));
            System.arraycopy(pending, 0, grown, 0, pendingLength);
            loop.giveBuffer(pending);
            pending = grown;
        }
    }

    private int maxMessage() {
        return loop.options().limits().maxMessageBytes();
    }

    private void dropPending(int consumed) {
        pendingLength -= consumed;
        if (pendingLength == 0 || state != State.OPEN) {
            releasePending();
        } else if (consumed > 0) {
            System.arraycopy(pending, consumed, pending, 0, pendingLength);
        }
    }

    private void releasePending() {
        pendingLength = 0;
        if (pending != null) {
            loop.giveBuffer(pending);
            pending = null;
        }
    }

    // ----------------------------------------------------------------------------------------------------------- end

    /** The peer sends no more. It may have closed, or only shut down its side and wait for answers. */
    void onInputEnd() {
        releasePending();
        if (state == State.OPEN && unanswered > 0) {
            state = State.HALF_CLOSED;
            stateSinceNanos = loop.clock().nanos();
        } else {
            close();
        }
    }

    /** Whether the channel takes more; a peer that does not read its answers is not asked for requests. */
    void onWritabilityChanged() {
        boolean writable = channel.isWritable();
        stalledSinceNanos = writable ? 0 : System.nanoTime() | 1;
        channel.config().setAutoRead(writable);
    }

    /** The channel is gone. */
    void onInactive() {
        state = State.CLOSED;
        releasePending();
        if (out != null) {
            out.release();
            out = null;
        }
        loop.connections().remove(this);
        tellClosed();
    }

    /** Closes at once. */
    void close() {
        if (state != State.CLOSED) {
            state = State.CLOSED;
            channel.close();
        }
    }

    /** Writes what was sent and closes without waiting for the peer: the stack ends. */
    void closeForGood() {
        flush();
        if (state != State.CLOSED) {
            state = State.CLOSED;
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    /** Writes what was sent, then closes so that the peer can still read it: a close with octets unread would reset the connection. */
    void closeAfterWrite() {
        if (state == State.LINGERING || state == State.CLOSED) {
            return;
        }
        state = State.LINGERING;
        stateSinceNanos = loop.clock().nanos();
        releasePending();
        if (out != null) {
            ByteBuf batch = out;
            out = null;
            channel.write(batch, channel.voidPromise());
        }
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener((ChannelFutureListener) written -> {
            if (written.isSuccess() && transport == Transport.TCP && channel instanceof SocketChannel socket) {
                socket.shutdownOutput();
            } else {
                channel.close();
            }
        });
        tellClosed();
    }

    private void tellClosed() {
        if (!flowClosed) {
            flowClosed = true;
            try {
                loop.listener().onFlowClosed(this);
            } catch (Throwable e) {
                loop.callbackFailed(e);
            }
        }
    }

    /** Closes the connection when it has overstayed. */
    void checkDeadlines(long now) {
        StreamLimits limits = loop.options().stream();
        switch (state) {
            case LINGERING -> {
                if (now - stateSinceNanos > LINGER_NANOS) {
                    close();
                }
            }
            case HALF_CLOSED -> {
                if (isOver(limits.halfCloseMillis(), stateSinceNanos, now)) {
                    close();
                }
            }
            case OPEN -> {
                if (stalledSinceNanos != 0 && isOver(limits.stallMillis(), stalledSinceNanos, now)) {
                    end(TransportCounter.CONNECTIONS_STALLED, "stalled");
                } else if (!sawMessage
                        && !isOutbound()
                        && isOver(limits.firstMessageMillis(), messageSinceNanos, now)) {
                    end(TransportCounter.CONNECTIONS_SLOW, "slow");
                } else if (pendingLength > 0 && isOver(limits.messageMillis(), messageSinceNanos, now)) {
                    end(TransportCounter.CONNECTIONS_SLOW, "slow");
                } else if (pongDueNanos != 0 && now - pongDueNanos > 0) {
                    end(TransportCounter.CONNECTIONS_UNANSWERED, "unanswered");
                } else if (isOver(limits.idleMillis(), lastReadNanos, now)) {
                    end(TransportCounter.CONNECTIONS_IDLE, null);
                }
            }
            default -> {}
        }
    }

    /** Ends the connection; with a reason when that is its peer's fault. */
    private void end(TransportCounter why, String reason) {
        loop.counters().increment(why);
        if (reason != null) {
            loop.listener().onGivenUp(reason, this);
        }
        close();
    }

    private static boolean isOver(long limitMillis, long since, long now) {
        return limitMillis != 0 && now - since > limitMillis * NANOS_PER_MILLI;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.channel.IoEventLoop;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.ParseError;
import org.sipwire.codec.SipHash;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipParser;
import org.sipwire.transaction.LoopClock;
import org.sipwire.transaction.LoopCounters;
import org.sipwire.transaction.LoopHistogram;
import org.sipwire.transport.Flow;
import org.sipwire.transport.MessageListener;
import org.sipwire.transport.Transport;
import org.sipwire.transport.TransportCounter;
import org.sipwire.transport.TransportListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything one event loop owns: the scratch its messages are parsed in, its parser, its clock, its counters, its sockets and connections.
 * All methods are called on the loop, but for those that say otherwise.
 *
 * <p>It stands where other stacks have thread-locals and pools. Since one thread owns all of it, nothing here is locked or shared:
 *
 * <pre>
 *   kernel --> UdpTransport ---datagram--+
 *          --> StreamTransport --framed--+--> parse, count, guard --> TransportListener: the transaction layer
 *   other loop --replay------------------+
 *
 *   beginBatch: the clock is read once      endBatch: what connections were given to send is written and flushed
 * </pre>
 *
 * <p>Shared by reference, confined by use.
 */
public final class LoopContext {
    /** A datagram's longest length, and what a connection reads at once. */
    static final int SCRATCH_BYTES = 65_536;

    private static final Logger LOG = LoggerFactory.getLogger(LoopContext.class);
    private static final boolean SCRIBBLE = Boolean.getBoolean("sipwire.scribble");
    private static final byte POISON = (byte) 0xDB;
    private static final long ERROR_LOG_INTERVAL_NANOS = 1_000_000_000L;
    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final int LAG_WINDOW_SECONDS = 10;
    private static final int SPARE_BYTES = 4096;
    private static final int MAX_SPARES = 64;
    private static final int MAX_METHOD_LENGTH = 16;

    private final int index;
    private final IoEventLoop eventLoop;
    private final TransportOptions options;
    private final LoopClock clock = new LoopClock();
    private final LoopCounters counters = new LoopCounters(TransportCounter.rowSize());
    private final LoopHistogram handling = new LoopHistogram();
    private final SipParser parser;
    private final byte[] scratch = new byte[SCRATCH_BYTES];
    private final SipHash peerHash;
    private final LocalHosts localHosts = new LocalHosts();
    private final Connections connections;
    private final List<UdpTransport> udp = new ArrayList<>();
    private final ArrayList<StreamConnection> unflushed = new ArrayList<>();
    private final Runnable flushTask = this::flushConnections;
    private LoopContext[] loops;
    private TransportListener listener;
    /** Null: nobody looks, and a message costs this check. */
    private MessageListener shown;

    private final byte[][] spareBuffers = new byte[MAX_SPARES][];
    private int spares;
    private boolean inBatch;
    private boolean flushScheduled;
    private long nextErrorLogNanos;

    /**
     * A loop of a stack. On the thread that creates the stack.
     *
     * @param index 0..loops-1
     * @param hashKey0 half of the key of flow numbers, the same for all loops of a stack
     * @param hashKey1 the other half
     */
    public LoopContext(
            int index,
            IoEventLoop eventLoop,
            TransportOptions options,
            ConnectionQuota quota,
            long hashKey0,
            long hashKey1) {
        this.index = index;
        this.eventLoop = eventLoop;
        this.options = options;
        parser = new SipParser(options.compliance(), options.limits());
        peerHash = new SipHash(hashKey0, hashKey1);
        connections = new Connections(this, quota);
    }

    /** Completes the construction: all loops of the stack, and who hears of messages. Called once, before anything is received. */
    public void connect(LoopContext[] allLoops, TransportListener above) {
        loops = allLoops;
        listener = above;
    }

    // -------------------------------------------------------------------------------------------------- what it owns

    /** 0..{@code loopCount - 1}. On any thread. */
    public int index() {
        return index;
    }

    /** Netty's loop. On any thread. */
    public IoEventLoop eventLoop() {
        return eventLoop;
    }

    /** True on this loop's thread. On any thread. */
    public boolean inEventLoop() {
        return eventLoop.inEventLoop();
    }

    /** The time, read once a batch. */
    public LoopClock clock() {
        return clock;
    }

    /** The cells of {@link TransportCounter}. Written on the loop, read on any thread. */
    public LoopCounters counters() {
        return counters;
    }

    /** How long messages take from here through the layers to the socket. Written on the loop, read on any thread. */
    public LoopHistogram handling() {
        return handling;
    }

    TransportOptions options() {
        return options;
    }

    byte[] scratch() {
        return scratch;
    }

    LocalHosts localHosts() {
        return localHosts;
    }

    Connections connections() {
        return connections;
    }

    TransportListener listener() {
        return listener;
    }

    List<UdpTransport> udp() {
        return udp;
    }

    long hashPeer(long high, long low, long rest) {
        return peerHash.start().add(high).add(low).add(rest).finish();
    }

    /** Runs a task on this loop, at once when called on it. On any thread. */
    public void execute(Runnable task) {
        if (eventLoop.inEventLoop()) {
            task.run();
        } else {
            eventLoop.execute(() -> run(task));
        }
    }

    /** Runs a user's task with the clock read and exceptions caught. */
    public void run(Runnable task) {
        clock.read();
        try {
            task.run();
        } catch (Throwable e) {
            callbackFailed(e);
        }
    }

    /**
     * Runs the layer's timers every few milliseconds, looks after connections once a second and measures how late the loop is. On any
     * thread, once.
     */
    public void startTicking(long everyMillis, Runnable layerTick) {
        Ticker ticker = new Ticker(everyMillis, layerTick);
        // Not at a fixed rate: after a process was stopped, thousands of ticks that were missed would follow at once.
        eventLoop.scheduleWithFixedDelay(ticker, everyMillis, everyMillis, TimeUnit.MILLISECONDS);
    }

    private final class Ticker implements Runnable {
        private final long intervalNanos;
        private final Runnable layerTick;
        private long dueNanos;
        private long sweptNanos = System.nanoTime();
        private long windowNanos = sweptNanos;
        private long worstMicros;

        Ticker(long everyMillis, Runnable layerTick) {
            intervalNanos = TimeUnit.MILLISECONDS.toNanos(everyMillis);
            this.layerTick = layerTick;
        }

        @Override
        public void run() {
            clock.read();
            long now = clock.nanos();
            long lateMicros = dueNanos == 0 ? 0 : Math.max(0, (now - dueNanos) / 1000);
            dueNanos = now + intervalNanos;
            counters.set(TransportCounter.LAG_MICROS.ordinal(), lateMicros);
            worstMicros = Math.max(worstMicros, lateMicros);
            try {
                layerTick.run();
                if (now - sweptNanos >= SECOND_NANOS) {
                    sweptNanos = now;
                    connections.sweep();
                }
            } catch (Throwable e) {
                callbackFailed(e);
            }
            if (now - windowNanos >= LAG_WINDOW_SECONDS * SECOND_NANOS) {
                windowNanos = now;
                counters.set(TransportCounter.LAG_MAX_MICROS.ordinal(), worstMicros);
                worstMicros = 0;
            }
            flushConnections();
        }
    }

    // ------------------------------------------------------------------------------------------------------- batches

    /** What is received next belongs to one instant: the clock is read unless it was already. */
    void beginBatch() {
        if (!inBatch) {
            inBatch = true;
            clock.read();
        }
    }

    /** All of a batch is delivered. */
    void endBatch() {
        inBatch = false;
        flushConnections();
    }

    /** Writes what a connection has to send: at the end of the batch, else at the end of the loop's turn. */
    void flushLater(StreamConnection connection) {
        unflushed.add(connection);
        if (!inBatch && !flushScheduled) {
            flushScheduled = true;
            eventLoop.execute(flushTask);
        }
    }

    private void flushConnections() {
        flushScheduled = false;
        for (int i = 0; i < unflushed.size(); i++) {
            unflushed.get(i).flush();
        }
        unflushed.clear();
    }

    /** A buffer of at least {@code length} octets for the beginning of a message. Owned: {@link #giveBuffer} takes it back. */
    byte[] takeBuffer(int length) {
        if (length <= SPARE_BYTES) {
            return spares == 0 ? new byte[SPARE_BYTES] : spareBuffers[--spares];
        }
        return new byte[length];
    }

    /** Takes a buffer back, and keeps it if it is one of those that most connections need. */
    void giveBuffer(byte[] buffer) {
        if (buffer.length == SPARE_BYTES && spares < spareBuffers.length) {
            spareBuffers[spares++] = buffer;
        }
    }

    // ------------------------------------------------------------------------------------------------------ messages

    /** Shows messages to a listener as they cross the wire; null: to none. */
    public void showTo(MessageListener newShown) {
        shown = newShown;
    }

    /** A message was received: before it is parsed, which may change its octets. */
    void received(byte[] bytes, int offset, int length, Flow flow) {
        if (shown != null) {
            try {
                shown.onReceived(bytes, offset, length, flow);
            } catch (RuntimeException e) {
                callbackFailed(e);
            }
        }
    }

    /** A message is with the socket: counts it, by what its first octets say it is. */
    void sent(byte[] bytes, int offset, int length, Flow flow) {
        countSent(bytes, offset, length, flow.transport());
        if (shown != null) {
            try {
                shown.onSent(bytes, offset, length, flow);
            } catch (RuntimeException e) {
                callbackFailed(e);
            }
        }
    }

    /** Parses a datagram in {@code bytes} from 0 and delivers it. */
    void datagram(byte[] bytes, int length, Flow flow) {
        received(bytes, 0, length, flow);
        long begun = handling.begin();
        int result = parser.parseDatagram(bytes, 0, length);
        if (!(options.steering() && result > 0 && steered(bytes, length, flow))) {
            deliver(result, flow);
        }
        handling.end(begun);
        scribble(bytes, 0, length);
    }

    /**
     * Hands a request to the loop of its Call-ID, if that is another: one peer's traffic over all loops. A transaction's requests have one
     * Call-ID (CANCEL, ACK and retransmissions too), and a registration's, so each still has one loop.
     */
    private boolean steered(byte[] bytes, int length, Flow flow) {
        if (!parser.isRequest()) {
            return false;
        }
        AsciiView callId = parser.request().callId();
        long hash = peerHash.hash(callId.array(), callId.offset(), callId.length());
        int owner = (int) Long.remainderUnsigned(hash, loops.length);
        // Without SO_REUSEPORT one loop alone has the socket.
        if (owner == index || socketOf(loops[owner], flow) == null) {
            return false;
        }
        handOver(owner, Arrays.copyOf(bytes, length), flow);
        return true;
    }

    /** Delivers a datagram that another loop received. */
    void replayed(byte[] bytes, Flow flow) {
        long begun = handling.begin();
        deliver(parser.parseDatagram(bytes, 0, bytes.length), flow);
        handling.end(begun);
    }

    /**
     * Parses one message as it was framed and delivers it.
     *
     * @return false when it was malformed
     */
    boolean framed(byte[] bytes, int offset, int length, Flow flow) {
        long begun = handling.begin();
        boolean wellFormed = deliver(parser.parseFramed(bytes, offset, length), flow);
        handling.end(begun);
        scribble(bytes, offset, length);
        return wellFormed;
    }

    private boolean deliver(int result, Flow flow) {
        try {
            if (result < 0) {
                malformed(result, flow);
                return false;
            }
            if (parser.isRequest()) {
                counters.increment(TransportCounter.requestsReceived(
                        flow.transport(), parser.request().method()));
            } else {
                counters.increment(TransportCounter.responsesReceived(
                        flow.transport(), parser.response().status()));
            }
            listener.onMessage(parser, flow);
        } catch (Throwable e) {
            // One message must not stop the loop, on which all others depend.
            callbackFailed(e);
        }
        return true;
    }

    private void malformed(int code, Flow flow) {
        ParseError error = ParseError.of(code);
        if (error == ParseError.KEEP_ALIVE || error == ParseError.EMPTY) {
            counters.increment(TransportCounter.KEEP_ALIVES);
            return;
        }
        counters.increment(TransportCounter.parseErrors(error));
        listener.onMalformed(parser, code, flow);
    }

    /** A stream cannot be framed any more: the listener gets as much of the message as could be read, so that it may answer. */
    void unframeable(int code, byte[] bytes, int offset, int length, Flow flow) {
        counters.increment(TransportCounter.parseErrors(ParseError.of(code)));
        try {
            parser.parseFramed(bytes, offset, Math.min(length, options.limits().maxMessageBytes()));
            listener.onMalformed(parser, code, flow);
        } catch (Throwable e) {
            callbackFailed(e);
        }
        scribble(bytes, offset, length);
    }

    /** Counts and logs an exception nobody caught, once a second at most. */
    void callbackFailed(Throwable e) {
        counters.increment(TransportCounter.CALLBACK_ERRORS);
        if (clock.nanos() - nextErrorLogNanos >= 0) {
            nextErrorLogNanos = clock.nanos() + ERROR_LOG_INTERVAL_NANOS;
            LOG.error("a callback on loop {} failed; further ones are counted and logged once a second", index, e);
        }
    }

    private static void scribble(byte[] bytes, int offset, int length) {
        if (SCRIBBLE) {
            // Whoever kept a view beyond its callback now reads poison.
            Arrays.fill(bytes, offset, offset + length, POISON);
        }
    }

    private void countSent(byte[] bytes, int offset, int length, Transport transport) {
        counters.add(TransportCounter.bytesSent(transport), length);
        if (isResponse(bytes, offset, length)) {
            counters.increment(TransportCounter.responsesSent(transport, status(bytes, offset)));
            return;
        }
        int end = offset;
        int limit = offset + Math.min(length, MAX_METHOD_LENGTH);
        while (end < limit && bytes[end] != ' ') {
            end++;
        }
        counters.increment(TransportCounter.requestsSent(transport, SipMethod.of(bytes, offset, end - offset)));
    }

    /** True when the octets begin with {@code SIP/2.0 200}. */
    static boolean isResponse(byte[] bytes, int offset, int length) {
        return length > 12 && bytes[offset] == 'S' && bytes[offset + 3] == '/';
    }

    /** The status code of octets that {@link #isResponse}. */
    static int status(byte[] bytes, int offset) {
        return (bytes[offset + 8] - '0') * 100 + (bytes[offset + 9] - '0') * 10 + bytes[offset + 10] - '0';
    }

    // ---------------------------------------------------------------------------------------------------- other loops

    /**
     * Hands a message to another loop, which parses it again and delivers it as if it had received it: a response to a request that loop
     * sent, or a request that is steered there.
     *
     * @param owner the index of that loop; dropped when there is none
     * @param message one whole message; Owned by the receiver
     */
    public void handOver(int owner, byte[] message, Flow flow) {
        if (owner < 0 || owner >= loops.length) {
            return;
        }
        counters.increment(TransportCounter.HANDED_OVER);
        LoopContext to = loops[owner];
        UdpTransport there = socketOf(to, flow);
        if (there != null) {
            PeerAddress peer = ((UdpFlow) flow).peer().copy();
            to.eventLoop.execute(() -> {
                to.clock.read();
                there.replay(message, peer);
            });
        } else {
            Flow kept = flow.toShared();
            to.eventLoop.execute(() -> {
                to.clock.read();
                if (kept.transport() == Transport.UDP) {
                    to.replayed(message, kept);
                } else {
                    to.framed(message, 0, message.length, kept);
                }
            });
        }
    }

    /** A loop's own socket of the listening point that the flow is of; null when it has none, or the flow is a connection. */
    private static UdpTransport socketOf(LoopContext loop, Flow flow) {
        return flow instanceof UdpFlow datagrams ? loop.udp.get(datagrams.udp().pointIndex()) : null;
    }
}

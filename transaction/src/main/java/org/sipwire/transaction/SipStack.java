/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipResponse;
import org.sipwire.transport.Destination;
import org.sipwire.transport.Flow;
import org.sipwire.transport.IoEngine;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.MessageListener;
import org.sipwire.transport.Transport;
import org.sipwire.transport.netty.ConnectionQuota;
import org.sipwire.transport.netty.Listeners;
import org.sipwire.transport.netty.LoopContext;
import org.sipwire.transport.netty.NativeIo;
import org.sipwire.transport.netty.TlsContexts;
import org.sipwire.transport.netty.TransportOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A SIP stack: listening points, event loops and transactions for one {@link TransactionUser}.
 *
 * <p>{@link #create}, {@link #start} and {@link #close} are called by one thread, not by a loop; every other method says where.
 *
 * <pre>
 *   create --> start --> receiving --> close: accept nothing new, finish what is pending, stop
 *                                             new requests get 503; bounded by drainMillis
 * </pre>
 *
 * <p>Each loop has its own sockets, parser, transactions and timers; nothing is shared between loops but the counters, which are read. The
 * flow of a message decides the loop.
 *
 * <p>Owned by who created it: {@link #close} it.
 */
public final class SipStack implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SipStack.class);
    private static final long TICK_MILLIS = 10;
    private static final long DRAIN_POLL_MILLIS = 5;
    /** How long a closing stack waits for answers to its own requests: nobody is left to do something about them. */
    private static final long CLIENT_DRAIN_MILLIS = 500;

    private static final int RETRY_AFTER_SECONDS = 5;

    private enum State {
        CREATED,
        RUNNING,
        DRAINING,
        CLOSED
    }

    private final SipStackConfig config;
    private final NativeIo io;
    private final TlsContexts tls;
    private final MultiThreadIoEventLoopGroup group;
    private final LoopContext[] loops;
    private final TransactionLayer[] layers;
    private final StackCounters counters;
    private final LoopCounters[] transactionCounters;
    private final Listeners listeners;
    private final StackKeys keys = StackKeys.random();
    private final AtomicReference<State> state = new AtomicReference<>(State.CREATED);
    private final Gate gate = new Gate();
    private TransactionUser user;
    private RequestSender sender;

    private SipStack(SipStackConfig config) {
        this.config = config;
        io = NativeIo.choose(config.io());
        tls = config.tls() == null ? null : new TlsContexts(config.tls());
        TransportOptions options = new TransportOptions(
                config.limits(),
                config.compliance(),
                config.advertisedHost(),
                config.socketBufferBytes(),
                config.streamLimits(),
                tls,
                config.steering());
        ConnectionQuota quota = new ConnectionQuota(config.streamLimits());
        group = new MultiThreadIoEventLoopGroup(
                config.threads(), new DefaultThreadFactory("sip-loop", /* daemon= */ false), io.ioHandlerFactory());
        loops = new LoopContext[config.threads()];
        layers = new TransactionLayer[config.threads()];
        LoopCounters[] transportCounters = new LoopCounters[loops.length];
        transactionCounters = new LoopCounters[loops.length];
        StackKeys flowKeys = keys.forPurpose(4);
        int i = 0;
        for (EventExecutor executor : group) {
            loops[i] = new LoopContext(i, (IoEventLoop) executor, options, quota, flowKeys.k0(), flowKeys.k1());
            transportCounters[i] = loops[i].counters();
            transactionCounters[i] = TransactionCounter.newRow();
            i++;
        }
        counters = new StackCounters(transportCounters, transactionCounters);
        listeners = new Listeners(loops, io, config.faults());
    }

    /**
     * Makes a stack that does nothing yet.
     *
     * @throws IllegalArgumentException with one line: an I/O engine that does not run here, a certificate that cannot be read
     */
    public static SipStack create(SipStackConfig config) {
        return new SipStack(Objects.requireNonNull(config, "config"));
    }

    /**
     * Binds all listening points and receives. When this returns, every listener is up.
     *
     * @throws java.io.UncheckedIOException with one line that names the listening point that cannot be bound; the stack is then closed
     */
    public void start(TransactionUser transactionUser) {
        Objects.requireNonNull(transactionUser, "transactionUser");
        if (!state.compareAndSet(State.CREATED, State.RUNNING)) {
            throw new IllegalStateException("a stack is started once");
        }
        user = transactionUser;
        gate.user = transactionUser;
        sender = new RequestSender(this, transactionUser, loops, io, config);
        for (int i = 0; i < loops.length; i++) {
            LoopContext loop = loops[i];
            layers[i] = new TransactionLayer(
                    new TransactionLayer.Setup(
                            i,
                            config.transactionCapacity() / loops.length,
                            config.timers(),
                            keys,
                            loop.clock(),
                            transactionCounters[i],
                            loop::handOver),
                    gate);
            loop.connect(loops, layers[i]);
        }
        try {
            user.onStart(this);
            listeners.listen(config.listeningPoints());
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        for (int i = 0; i < loops.length; i++) {
            loops[i].startTicking(TICK_MILLIS, layers[i]::tick);
        }
        LOG.info(
                "I/O by {}, {} loops: {}; {}",
                io.engine().option(),
                loops.length,
                io.reason(),
                listeners.datagramPath());
    }

    /**
     * Lets nothing new in: accepts no connection, and answers new requests 503 with Retry-After, on connections that are up and over UDP.
     * What has begun goes on. {@link #close} follows, when those who ask had the time to learn of it. On any thread.
     */
    public void drain() {
        if (state.get() == State.RUNNING && gate.startDraining()) {
            listeners.stopAccepting();
        }
    }

    /**
     * Stops: accepts no connection, answers new requests 503, waits for the user's answers to what is pending but no longer than the
     * configuration's {@code drainMillis}, and for peers' answers half a second of it at most, then closes all sockets and threads. Not
     * on a loop. Does nothing the second time.
     */
    @Override
    public void close() {
        State before = state.getAndSet(State.CLOSED);
        if (before == State.CLOSED) {
            return;
        }
        if (before == State.RUNNING) {
            if (gate.startDraining()) {
                listeners.stopAccepting();
            }
            awaitPending();
        }
        if (sender != null) {
            sender.close();
        }
        listeners.close();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        if (before == State.RUNNING) {
            user.onStop();
        }
    }

    private void awaitPending() {
        long begun = System.nanoTime();
        long end = begun + config.drainMillis() * 1_000_000L;
        long clientEnd = begun + Math.min(config.drainMillis(), CLIENT_DRAIN_MILLIS) * 1_000_000L;
        while (System.nanoTime() - end < 0 && isPending(System.nanoTime() - clientEnd < 0)) {
            try {
                Thread.sleep(DRAIN_POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** Whether transactions wait for the user, or, if that matters, for a peer's final response. */
    private boolean isPending(boolean clientToo) {
        CountDownLatch asked = new CountDownLatch(loops.length);
        AtomicBoolean found = new AtomicBoolean();
        for (int i = 0; i < loops.length; i++) {
            TransactionLayer layer = layers[i];
            loops[i].eventLoop().execute(() -> {
                if (layer.pendingServerTransactions() > 0 || clientToo && layer.pendingClientTransactions() > 0) {
                    found.set(true);
                }
                asked.countDown();
            });
        }
        try {
            return asked.await(config.drainMillis(), TimeUnit.MILLISECONDS) && found.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    // --------------------------------------------------------------------------------------------------------- state

    /** The event loops. On any thread. */
    public int loopCount() {
        return loops.length;
    }

    /** The configuration. On any thread. */
    public SipStackConfig config() {
        return config;
    }

    /** The I/O engine in use. On any thread. */
    public IoEngine ioEngine() {
        return io.engine();
    }

    /** The listening points with the ports the system gave, once started. On any thread. */
    public List<ListeningPoint> boundPoints() {
        return listeners.bound();
    }

    /** The smallest receive buffer the kernel granted to a UDP socket, in octets; 0 without UDP. On any thread. */
    public int grantedReceiveBufferBytes() {
        return listeners.grantedReceiveBufferBytes();
    }

    /** What the stack counts. On any thread. */
    public StackCounters counters() {
        return counters;
    }

    /**
     * How long messages take from the parser through the transaction user to the socket, of those that were measured; what is answered
     * later is measured until the callback returns. On any thread.
     */
    public LoopHistogram.Snapshot handlingLatency() {
        return LoopHistogram.sum(Arrays.stream(loops).map(LoopContext::handling).toList());
    }

    /**
     * Reads certificates and keys again; new connections get the new ones. On any thread.
     *
     * @throws IllegalArgumentException with one line when they cannot be read; the old ones stay in force
     */
    public void reloadTls() {
        if (tls != null) {
            tls.reload();
        }
    }

    /**
     * Shows every message to a listener from now on, as its octets cross the wire: for traces and counters. One listener at a time; without
     * one a message costs a null check. On any thread; takes effect when each loop has come to it.
     *
     * @param ofLoop the listener of each loop, called on the loop with its index; null: nobody looks any more
     */
    public void showMessages(IntFunction<? extends MessageListener> ofLoop) {
        for (int i = 0; i < loops.length; i++) {
            LoopContext loop = loops[i];
            execute(i, () -> loop.showTo(ofLoop == null ? null : ofLoop.apply(loop.index())));
        }
    }

    // --------------------------------------------------------------------------------------------------------- tasks

    /**
     * Lets a part of the program hear of lost connections besides the user, after whom it is called, on the flow's loop. On any thread,
     * before the stack is closed.
     */
    public void onFlowClosed(Consumer<Flow> listener) {
        Objects.requireNonNull(listener, "listener");
        gate.flowListeners.updateAndGet(
                all -> Stream.concat(all.stream(), Stream.of(listener)).toList());
    }

    /** Undoes {@link #onFlowClosed}. On any thread. */
    public void removeFlowListener(Consumer<Flow> listener) {
        gate.flowListeners.updateAndGet(
                all -> all.stream().filter(one -> one != listener).toList());
    }

    /** Runs a task on a loop. On any thread. */
    public void execute(int loop, Runnable task) {
        LoopContext context = loops[loop];
        context.eventLoop().execute(() -> context.run(task));
    }

    /** Runs a task on a loop, later. On any thread. */
    public void schedule(int loop, Runnable task, long delayMillis) {
        LoopContext context = loops[loop];
        context.eventLoop().schedule(() -> context.run(task), delayMillis, TimeUnit.MILLISECONDS);
    }

    // -------------------------------------------------------------------------------------------------------- client

    /**
     * Opens a flow to a peer, or takes the connection that is open. On the loop the flow shall belong to.
     *
     * @param whenOpen gets the flow, or null and the cause; on the loop, perhaps before this returns
     */
    public void connect(int loop, Transport transport, InetSocketAddress to, BiConsumer<Flow, Throwable> whenOpen) {
        assert loops[loop].inEventLoop();
        listeners.connect(loops[loop], transport, to, whenOpen);
    }

    /**
     * Finds the connection with a {@link Flow#id} that was kept. On any thread.
     *
     * @param found gets the flow on its loop, or null when it is closed or was another run's, then on any thread
     */
    public void connection(long flowId, Consumer<Flow> found) {
        int loop = listeners.loopOfConnection(flowId);
        if (loop < 0) {
            found.accept(null);
        } else {
            execute(loop, () -> found.accept(listeners.connection(loops[loop], flowId)));
        }
    }

    /** The loop's writer for requests, to be filled and given to {@link #send}. On the flow's loop. */
    public RequestWriter request(Flow flow) {
        assert loops[flow.loopIndex()].inEventLoop();
        return layers[flow.loopIndex()].request();
    }

    /**
     * Sends a request in a new client transaction; the layer inserts the top Via and ends the message. On the flow's loop.
     *
     * @param attachment given back by {@link ClientTransaction#attachment()}, or null
     * @return the transaction's handle; 0 for an ACK, which has no transaction; -1 when the stack is at capacity and nothing was sent
     */
    public long send(Flow flow, RequestWriter request, Object attachment) {
        assert loops[flow.loopIndex()].inEventLoop();
        return layers[flow.loopIndex()].send(flow, request, attachment);
    }

    /**
     * Sends a request to an address: over UDP, or over TCP when it is too long for a datagram (RFC 3261 §18.1.1). When TCP cannot be
     * had, UDP carries it after all, in fragments: "If an element sends a request over TCP because of these message size constraints,
     * and that request would have otherwise been sent over UDP, if the attempt to establish the connection generates either an ICMP
     * Protocol Not Supported, or results in a TCP reset, the element SHOULD retry the request, using UDP."
     *
     * <p>{@link #send} never changes the flow it is given: who registered from a flow is reached on it, whatever the length.
     *
     * @param loop whose transaction it shall be; this is called on it
     * @param write writes the request, without Via, into a writer that has not begun; called once for each attempt
     * @param attachment given back by {@link ClientTransaction#attachment()}, or null
     * @param begun gets what {@link #send} returned, or -1 when the address cannot be reached at all
     */
    public void sendTo(
            int loop, InetSocketAddress to, Consumer<RequestWriter> write, Object attachment, LongConsumer begun) {
        assert loops[loop].inEventLoop();
        RequestSource source = (writer, flow) -> write.accept(writer);
        sender.toDatagramAddress(loop, to, source, attachment, (handle, cause) -> begun.accept(handle));
    }

    /**
     * Sends a request to where a URI leads (RFC 3263): looks up transports, servers and addresses, opens the connection that is needed, and
     * goes on with the next server when one cannot be reached, does not answer or answers 503. A server that failed is tried after the
     * others for half a minute, or as long as its Retry-After says. Nothing of this blocks the loop.
     *
     * <p>The user hears of provisional responses, and of the end once: the final response, timeout or transport error of the server tried
     * last, or {@link TransactionUser#onUnreachable} when there is no transaction to speak of. The attachment itself hears of it when it is
     * a {@link ClientTransactionUser}.
     *
     * @param loop whose transactions these shall be; this is called on it
     * @param source writes the request; called once or twice for each server
     * @param attachment given back by {@link ClientTransaction#attachment()}, or null
     * @return the request, to cancel it by
     */
    public TargetedRequest send(int loop, Destination to, RequestSource source, Object attachment) {
        assert loops[loop].inEventLoop();
        return sender.send(loop, to, source, attachment);
    }

    /** The loop's flyweight on a server transaction, or null when it is over. On the transaction's loop: {@link #loopOf}. */
    public ServerTransaction serverTransaction(long handle) {
        return layers[loopOf(handle)].serverTransaction(handle);
    }

    /** The loop's flyweight on a client transaction, or null when it is over. On the transaction's loop: {@link #loopOf}. */
    public ClientTransaction clientTransaction(long handle) {
        return layers[loopOf(handle)].clientTransaction(handle);
    }

    /** The loop a transaction belongs to. On any thread. */
    public int loopOf(long handle) {
        return TransactionLayer.loopOf(handle);
    }

    /** Stands before the user and answers for it while the stack drains. */
    private static final class Gate implements TransactionUser {
        /** Replaced as a whole by any thread, read by the loops when a connection is lost. */
        private final AtomicReference<List<Consumer<Flow>>> flowListeners = new AtomicReference<>(List.of());

        private TransactionUser user;

        /** Set by the thread that drains or closes the stack, read by the loops; nothing else is published with it. */
        private final AtomicBoolean draining = new AtomicBoolean();

        /** False when it was begun before. */
        boolean startDraining() {
            return draining.compareAndSet(false, true);
        }

        @Override
        public void onRequest(SipRequest request, RequestContext context) {
            if (!draining.get()) {
                user.onRequest(request, context);
                return;
            }
            ResponseWriter response = context.response(503);
            response.header(SipHeader.RETRY_AFTER, RETRY_AFTER_SECONDS);
            context.respondStateless();
        }

        @Override
        public void onResponse(SipResponse response, ClientTransaction transaction) {
            if (RequestSender.goesOn(transaction, response)) {
                return;
            }
            if (transaction.attachment() instanceof ClientTransactionUser own) {
                own.onResponse(response, transaction);
            } else {
                user.onResponse(response, transaction);
            }
        }

        @Override
        public void onTimeout(ClientTransaction transaction) {
            if (RequestSender.goesOn(transaction)) {
                return;
            }
            if (transaction.attachment() instanceof ClientTransactionUser own) {
                own.onTimeout(transaction);
            } else {
                user.onTimeout(transaction);
            }
        }

        @Override
        public void onTransportError(ClientTransaction transaction) {
            if (RequestSender.goesOn(transaction)) {
                return;
            }
            if (transaction.attachment() instanceof ClientTransactionUser own) {
                own.onTransportError(transaction);
            } else {
                user.onTransportError(transaction);
            }
        }

        @Override
        public void onCancel(ServerTransaction invite) {
            user.onCancel(invite);
        }

        @Override
        public void onTimeout(ServerTransaction transaction) {
            user.onTimeout(transaction);
        }

        @Override
        public void onTransportError(ServerTransaction transaction) {
            user.onTransportError(transaction);
        }

        @Override
        public void onRefused(String reason, int status, Flow flow) {
            user.onRefused(reason, status, flow);
        }

        @Override
        public void onFlowClosed(Flow flow) {
            user.onFlowClosed(flow);
            for (Consumer<Flow> listener : flowListeners.get()) {
                listener.accept(flow);
            }
        }
    }
}

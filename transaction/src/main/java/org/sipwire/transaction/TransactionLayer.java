/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.ParseError;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipParser;
import org.sipwire.codec.SipResponse;
import org.sipwire.transport.Flow;
import org.sipwire.transport.TransportListener;

/**
 * The transactions of one event loop (RFC 3261 §17): the only way from a transport to the user and back. Confined to
 * its loop.
 *
 * <p>This is the seam below the public face: a transport calls it, a user does not. The transport parses a message
 * into the loop's parser and hands it over together with the flow it came on; the layer finds the transaction it
 * belongs to or shows it to the user:
 *
 * <pre>
 *   onMessage --- response --- branch of another loop ---- handed over, once
 *      |             +-------- client transaction? ------- machine, user.onResponse          none: counted, dropped
 *      +--------- request ---- server transaction? ------- machine: the same answer again
 *                    +-------- ACK ----------------------- its INVITE's machine              stray: counted, dropped
 *                    +-------- CANCEL -------------------- 200, user.onCancel, 487           no INVITE: 481
 *                    +-------- merged INVITE ------------- 482 (§8.2.2.2)
 *                    +-------- new ----------------------- user.onRequest
 * </pre>
 *
 * <p><b>Limits.</b> A retransmission that comes from a new source port (a NAT has forgotten its binding) may land on
 * another loop, which knows nothing of the transaction: the user sees the request twice. And everything that comes
 * from one address and port is one loop's work, unless the listening point steers.
 *
 * <p>Owned by its loop.
 */
public final class TransactionLayer implements TransportListener {

    /**
     * What a layer is made of.
     *
     * @param loopIndex its event loop
     * @param capacity the transactions it keeps at most; then it answers 503
     * @param timers T1, T2, T4 and what follows from them
     * @param keys the same for all loops of a stack
     * @param clock read by the loop before each call
     * @param counters a row of {@link TransactionCounter}
     * @param handover sends a response home
     */
    public record Setup(
            int loopIndex,
            int capacity,
            TransactionTimers timers,
            StackKeys keys,
            LoopClock clock,
            LoopCounters counters,
            Handover handover) {

        /** {@value} transactions a loop. */
        public static final int DEFAULT_CAPACITY = 2_000_000;

        /** Checks that nothing is missing. */
        public Setup {
            Objects.requireNonNull(timers, "timers");
            Objects.requireNonNull(keys, "keys");
            Objects.requireNonNull(clock, "clock");
            Objects.requireNonNull(counters, "counters");
            Objects.requireNonNull(handover, "handover");
        }
    }

    /** Takes a response to the loop its transaction lives on. */
    public interface Handover {
        /**
         * Has the message parsed on that loop and given to its {@link TransactionLayer#onMessage}. An index beyond
         * the stack's loops is a forgery or of an earlier run: to be dropped.
         *
         * @param loop not this one
         * @param response Owned by the receiver
         */
        void handOver(int loop, byte[] response, Flow flow);
    }

    private static final String[] MALFORMED = Arrays.stream(ParseError.values())
            .map(error -> "malformed_" + error.name().toLowerCase(Locale.ROOT))
            .toArray(String[]::new);

    private final int loopIndex;
    private final Handover handover;
    private final LoopCounters counters;
    private final TransactionUser user;
    private final UserErrors errors;
    private final TransactionStore store;
    private final StatelessResponder responder;
    private final ServerTransactions server;
    private final ClientTransactions client;
    private final TimerWheel.Expiry expiry = this::onExpiry;

    /** A layer without transactions. */
    public TransactionLayer(Setup setup, TransactionUser user) {
        loopIndex = setup.loopIndex();
        handover = setup.handover();
        counters = setup.counters();
        this.user = Objects.requireNonNull(user, "user");
        store = new TransactionStore(loopIndex, setup.capacity(), setup.clock());
        responder = new StatelessResponder(setup.keys().forPurpose(2), counters);
        errors = new UserErrors(counters, setup.clock());
        server = new ServerTransactions(setup, user, errors, store, responder);
        client = new ClientTransactions(setup, user, errors, store);
    }

    /**
     * A message the transport has received and the parser has read without an error. Borrowed: both arguments may be
     * reused when this returns.
     */
    @Override
    public void onMessage(SipParser parser, Flow flow) {
        if (parser.isRequest()) {
            server.onRequest(parser.request(), flow);
        } else {
            onResponse(parser.response(), flow);
        }
    }

    private void onResponse(SipResponse response, Flow flow) {
        AsciiView branch = response.topVia().branch();
        int owner = Branch.owner(branch);
        if (owner == loopIndex) {
            client.onResponse(response);
        } else if (owner < 0) {
            counters.increment(TransactionCounter.UNMATCHED_RESPONSES);
        } else {
            counters.increment(TransactionCounter.HANDED_OVER_RESPONSES);
            byte[] message =
                    Arrays.copyOfRange(response.array(), response.offset(), response.offset() + response.length());
            handover.handOver(owner, message, flow.toShared());
        }
    }

    /**
     * A message the parser refused: answered if it is a request that can be, else dropped.
     *
     * @param error what the parser returned
     */
    @Override
    public void onMalformed(SipParser parser, int error, Flow flow) {
        ParseError what = ParseError.of(error);
        // RFC 3261 §18.3, §16.3: 400 to a request. A malformed response is dropped (§18.1.2), and so is an ACK:
        // nobody answers those.
        if (!parser.answerable()) {
            counters.increment(TransactionCounter.MALFORMED_DROPPED);
            refused(MALFORMED[what.ordinal()], 0, flow);
            return;
        }
        refused(MALFORMED[what.ordinal()], what.status(), flow);
        counters.increment(TransactionCounter.MALFORMED_ANSWERED);
        ResponseWriter writer = responder.begin(parser.message(), flow, what.status());
        // §20.43: 399 is a warning for a human to read. The agent is a pseudonym that tells scanners nothing.
        writer.headerStart(SipHeader.WARNING)
                .put("399 - \"")
                .put(what.reason())
                .put(" (RFC 3261 ")
                .put(what.rfcSection())
                .put(")\"")
                .headerEnd();
        responder.send(flow);
    }

    @Override
    public void onGivenUp(String reason, Flow flow) {
        refused(reason, 0, flow);
    }

    private void refused(String reason, int status, Flow flow) {
        try {
            user.onRefused(reason, status, flow);
        } catch (RuntimeException e) {
            errors.caught(e);
        }
    }

    /** Fires what is due by the clock. To be called about every 10 ms. */
    public void tick() {
        store.expire(expiry);
        server.expireTimerJ();
    }

    private void onExpiry(int payload) {
        TransactionTimer timer = TransactionStore.firedTimer(payload);
        int slot = store.fired(payload);
        switch (store.slab().kind(slot)) {
            case NON_INVITE_SERVER, INVITE_SERVER -> server.onTimer(slot, timer);
            case NON_INVITE_CLIENT, INVITE_CLIENT -> client.onTimer(slot, timer);
        }
    }

    /** A connection is lost: its transactions hear of it, then the user. */
    @Override
    public void onFlowClosed(Flow flow) {
        long id = flow.id();
        for (int slot; (slot = store.takeFrom(id)) != TransactionSlab.NONE; ) {
            switch (store.slab().kind(slot)) {
                case NON_INVITE_SERVER, INVITE_SERVER -> server.onFlowLost(slot);
                case NON_INVITE_CLIENT, INVITE_CLIENT -> client.onFlowLost(slot);
            }
        }
        try {
            user.onFlowClosed(flow);
        } catch (RuntimeException e) {
            errors.caught(e);
        }
    }

    /** The loop's writer for requests: to be filled and given to {@link #send}. */
    public RequestWriter request() {
        return client.writer();
    }

    /**
     * Sends a request in a new client transaction. The layer inserts the top Via and ends the message; the request
     * has none.
     *
     * <p>An ACK, which is to acknowledge a 2xx, has no transaction (§13.2.2.4).
     *
     * @param attachment given back by {@link ClientTransaction#attachment()}, or null
     * @return the handle; 0 for an ACK; -1 when the layer is at capacity and nothing was sent
     */
    public long send(Flow flow, RequestWriter request, Object attachment) {
        return request.method() == SipMethod.ACK
                ? client.sendWithoutTransaction(flow, request)
                : client.send(flow, request, attachment);
    }

    /** The loop's flyweight on a server transaction, or null when it is over. */
    public ServerTransaction serverTransaction(long handle) {
        return server.lookUp(handle);
    }

    /** The loop's flyweight on a client transaction, or null when it is over. */
    public ClientTransaction clientTransaction(long handle) {
        return client.lookUp(handle);
    }

    /** The loop a handle belongs to. */
    public static int loopOf(long handle) {
        return TransactionStore.loopOf(handle);
    }

    /** The transactions alive. */
    public int liveTransactions() {
        return store.live();
    }

    /** The server transactions that wait for the user's answer. Looks at all of them: for a stack that is closing. */
    public int pendingServerTransactions() {
        return store.slab().unfinished(/* server= */ true);
    }

    /** The client transactions that wait for a peer's answer. Looks at all of them: for a stack that is closing. */
    public int pendingClientTransactions() {
        return store.slab().unfinished(/* server= */ false);
    }

    /** The octets of memory this layer's transactions occupy. */
    public long footprint() {
        return store.footprint();
    }
}

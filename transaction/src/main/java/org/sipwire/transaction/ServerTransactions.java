/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipHash;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipRequest;
import org.sipwire.transaction.Effects.Notice;
import org.sipwire.transaction.TransactionSlab.Kind;
import org.sipwire.transport.Flow;

/**
 * The server side of the layer (RFC 3261 §17.2): matches requests, runs the two server machines and tells the user.
 * Confined to one event loop.
 *
 * <p>While a request is at the user ({@link #pass}) it is the current one: responses are made from it. Later they are
 * made from the template, which holds its Via, From, To, Call-ID and CSeq lines.
 */
final class ServerTransactions {

    private static final int NONE = TransactionSlab.NONE;
    /** {@link #writing}: the response was begun for the current request, by its context. */
    private static final int CURRENT = -2;

    private static final int RETRY_AFTER_SECONDS = 5;

    private final TransactionUser user;
    private final TransactionTimers timers;
    private final TransactionStore store;
    private final TransactionSlab slab;
    private final TransactionKey key;
    private final SipHash mergedHash;
    private final StatelessResponder responder;
    private final LoopCounters counters;
    private final UserErrors errors;
    private final ServerEffects effects;
    private final NonInviteServerTransaction nonInvite;
    private final InviteServerTransaction invite;
    private final RequestContext context;
    private final ServerTransaction accepted = new ServerTransaction(this);
    private final ServerTransaction found = new ServerTransaction(this);

    private SipRequest request;
    private Flow flow;
    private int current = NONE;
    private boolean answered;
    private int writing = NONE;
    private int serverCount;

    ServerTransactions(
            TransactionLayer.Setup setup,
            TransactionUser user,
            UserErrors errors,
            TransactionStore store,
            StatelessResponder responder) {
        this.user = user;
        this.errors = errors;
        this.store = store;
        this.responder = responder;
        StackKeys tableKeys = setup.keys().forPurpose(1);
        key = new TransactionKey(tableKeys);
        mergedHash = new SipHash(tableKeys.k1(), tableKeys.k0());
        slab = store.slab();
        timers = setup.timers();
        counters = setup.counters();
        effects = new ServerEffects(store, counters);
        nonInvite = new NonInviteServerTransaction(timers, effects);
        invite = new InviteServerTransaction(timers, effects);
        context = new RequestContext(this, setup.clock(), setup.loopIndex());
    }

    // ---- requests -----------------------------------------------------------------------------------------

    void onRequest(SipRequest message, Flow source) {
        SipMethod method = message.method();
        if (method == SipMethod.ACK) {
            onAck(message, source);
            return;
        }
        int slot = store.find(key.server(message, method, message.to().tag(), source));
        if (slot != NONE) {
            onRetransmission(slot, source);
        } else if (method == SipMethod.CANCEL) {
            onCancel(message, source);
        } else if (method == SipMethod.INVITE && isMerged(message)) {
            // §8.2.2.2: "The UAS core SHOULD generate a 482 (Loop Detected) response and pass it to the server
            // transaction." It is the same for a retransmission, so it needs none.
            counters.increment(TransactionCounter.MERGED_REQUESTS);
            counters.increment(TransactionCounter.STATELESS_RESPONSES);
            responder.begin(message, source, 482);
            responder.send(source);
        } else {
            pass(message, source);
        }
    }

    /**
     * §8.2.2.2: "If the request has no tag in the To header field, the UAS core MUST check the request against
     * ongoing transactions. If the From tag, Call-ID, and CSeq exactly match those associated with an ongoing
     * transaction, but the request does not match that transaction, the UAS core SHOULD generate a 482." Requests
     * fork when a dialog is made, so this looks at INVITE alone: to index every REGISTER would double the table for
     * what does not happen.
     */
    private boolean isMerged(SipRequest message) {
        return !message.to().tag().isPresent() && store.findMerged(TransactionKey.merged(mergedHash, message));
    }

    private void onRetransmission(int slot, Flow source) {
        counters.increment(TransactionCounter.REQUEST_RETRANSMISSIONS_RECEIVED);
        if (slab.kind(slot) == Kind.INVITE_SERVER) {
            // Where Timer G sends it, too: no answer goes to an address that only a repetition names.
            effects.begin(slot, slab.flow(slot));
            inviteAt(slot).onInvite();
            finishInvite(slot);
        } else {
            effects.begin(slot, source);
            if (nonInviteAt(slot).state() == NonInviteServerTransaction.State.TRYING) {
                slab.set(slot, TransactionSlab.REPEATED);
            }
            nonInvite.onRequest();
            finishNonInvite(slot);
        }
    }

    private void onAck(SipRequest ack, Flow source) {
        int slot = store.find(key.server(ack, SipMethod.INVITE, ack.to().tag(), source));
        if (slot == NONE && !ack.topVia().hasMagicCookie() && responder.hasOwnTag(ack)) {
            // §17.2.3, RFC 2543: "the To tag in the ACK equals the To tag of the response sent by the server
            // transaction"; the INVITE itself had none.
            slot = store.find(key.server(ack, SipMethod.INVITE, TransactionKey.NO_TAG, source));
        }
        if (slot != NONE) {
            effects.begin(slot, source);
            inviteAt(slot).onAck();
            if (finishInvite(slot) == Notice.ACK) {
                pass(ack, source);
            }
        } else if (responder.hasOwnTag(ack)) {
            // It has the branch of an INVITE that was answered from here, so it acknowledges a non-2xx, and that
            // transaction is over or there was none. §8.2.7: "A stateless UAS MUST ignore ACK requests."
            counters.increment(TransactionCounter.STRAY_ACKS);
        } else {
            pass(ack, source);
        }
    }

    private void onCancel(SipRequest cancel, Flow source) {
        int target = store.find(key.server(cancel, SipMethod.INVITE, cancel.to().tag(), source));
        if (target == NONE) {
            // §9.2: "If the UAS did not find a matching transaction for the CANCEL according to the procedure above, it
            // SHOULD respond to the CANCEL with a 481 (Call Leg/Transaction Does Not Exist)."
            counters.increment(TransactionCounter.CANCEL_UNMATCHED);
            counters.increment(TransactionCounter.STATELESS_RESPONSES);
            responder.begin(cancel, source, 481);
            responder.send(source);
            return;
        }
        key.server(cancel, SipMethod.CANCEL, cancel.to().tag(), source);
        int slot = store.create(
                Kind.NON_INVITE_SERVER, SipMethod.CANCEL, source.transport().isReliable(), key, null);
        responder.begin(cancel, source, 200);
        if (slot == NONE) {
            responder.send(source);
        } else {
            created();
            responder.writer().bound(-1);
            request = cancel;
            flow = source;
            current = slot;
            writing = slot;
            respond(slot);
            leave();
        }
        if (!isPending(target)) {
            // After a final response the CANCEL has no effect (§9.2).
            return;
        }
        long handle = store.handle(target);
        try {
            user.onCancel(found.at(target));
        } catch (RuntimeException e) {
            errors.caught(e);
        }
        if (store.slotOf(handle) == target && isPending(target)) {
            // §9.2: "If the UAS has not issued a final response for the original request, its behavior depends on the
            // method of the original request. If the original request was an INVITE, the UAS SHOULD immediately respond
            // to the INVITE with a 487 (Request Terminated)."
            response(target, 487);
            respond(target);
        }
    }

    /** Shows a request to the user. */
    private void pass(SipRequest message, Flow source) {
        request = message;
        flow = source;
        current = NONE;
        answered = false;
        writing = NONE;
        try {
            user.onRequest(message, context);
            if (current != NONE && isPending(current)) {
                defer(current);
            }
        } catch (RuntimeException e) {
            errors.caught(e);
            if (current != NONE) {
                response(current, 500);
                respond(current);
            } else if (!answered) {
                response(500);
                respondStateless();
            }
        } finally {
            leave();
        }
    }

    private void leave() {
        request = null;
        flow = null;
        current = NONE;
        writing = NONE;
    }

    // ---- what RequestContext offers -----------------------------------------------------------------------

    Flow currentFlow() {
        return flow;
    }

    ResponseWriter response(int status) {
        if (request == null) {
            throw new IllegalStateException("the request is over: onRequest has returned");
        }
        writing = CURRENT;
        return responder.begin(request, flow, status);
    }

    void respondStateless() {
        if (writing != CURRENT) {
            throw new IllegalStateException("response(status) comes first");
        }
        writing = NONE;
        answered = true;
        SipMethod method = request.method();
        if (method == SipMethod.ACK) {
            // §17: a response to an ACK is never sent.
            return;
        }
        int status = responder.writer().status();
        if (method != SipMethod.INVITE && isForbidden(status, false)) {
            counters.increment(TransactionCounter.FORBIDDEN_RESPONSES);
            return;
        }
        counters.increment(TransactionCounter.STATELESS_RESPONSES);
        if (responder.send(flow) != Flow.SENT) {
            counters.increment(TransactionCounter.TRANSPORT_ERRORS);
        }
    }

    ServerTransaction accept() {
        if (current != NONE) {
            return accepted.at(current);
        }
        if (request == null || answered || request.method() == SipMethod.ACK) {
            throw new IllegalStateException(
                    request == null
                            ? "the request is over"
                            : answered ? "it is answered" : "an ACK has no transaction");
        }
        SipMethod method = request.method();
        boolean isInvite = method == SipMethod.INVITE;
        int slot = store.create(
                isInvite ? Kind.INVITE_SERVER : Kind.NON_INVITE_SERVER,
                method,
                flow.transport().isReliable(),
                key,
                isInvite && !store.isFull() ? flow.toShared() : null);
        if (slot == NONE) {
            shed();
            return null;
        }
        created();
        current = slot;
        if (isInvite) {
            keepTemplate(slot);
            if (!request.to().tag().isPresent()) {
                store.putMerged(slot, TransactionKey.merged(mergedHash, request));
            }
            effects.begin(slot, flow);
            invite.at(InviteServerTransaction.State.PROCEEDING, slab.isReliable(slot))
                    .start();
            finishInvite(slot);
        }
        return accepted.at(slot);
    }

    private void created() {
        counters.increment(TransactionCounter.SERVER_TRANSACTIONS_CREATED);
        counters.set(TransactionCounter.SERVER_TRANSACTIONS.ordinal(), ++serverCount);
    }

    private void shed() {
        counters.increment(TransactionCounter.SHED_AT_CAPACITY);
        answered = true;
        writing = NONE;
        // §21.5.4: the client may be told when to come again.
        responder.begin(request, flow, 503).header(SipHeader.RETRY_AFTER, RETRY_AFTER_SECONDS);
        responder.send(flow);
        try {
            user.onRefused("server_capacity", 503, flow);
        } catch (RuntimeException e) {
            errors.caught(e);
        }
    }

    // ---- what ServerTransaction offers --------------------------------------------------------------------

    ServerTransaction lookUp(long handle) {
        int slot = store.slotOf(handle);
        return slot == NONE || slab.kind(slot).ordinal() > Kind.INVITE_SERVER.ordinal() ? null : found.at(slot);
    }

    long handle(int slot) {
        return store.handle(alive(slot));
    }

    SipMethod method(int slot) {
        return slab.method(alive(slot));
    }

    private static int alive(int slot) {
        if (slot == NONE) {
            throw new IllegalStateException("the transaction is over");
        }
        return slot;
    }

    boolean isPending(int slot) {
        if (slot == NONE) {
            return false;
        }
        return slab.kind(slot) == Kind.INVITE_SERVER
                ? inviteAt(slot).state() == InviteServerTransaction.State.PROCEEDING
                : nonInviteAt(slot).takesResponse();
    }

    /** The flow to send on, or null. */
    Flow flow(int slot) {
        if (slot == NONE) {
            return null;
        }
        if (slot == current) {
            return flow;
        }
        int extension = slab.extension(slot);
        return extension == NONE ? null : slab.flow(extension);
    }

    ResponseWriter response(int slot, int status) {
        writing = alive(slot);
        if (slot == current) {
            return responder.begin(responder.writer(), request, flow, status);
        }
        int extension = slab.extension(slot);
        if (extension == NONE) {
            throw new IllegalStateException("the transaction has its final response");
        }
        return effects.fromTemplate(responder.writer(), status, extension);
    }

    int unaskedOctets(int slot) {
        if (slab.kind(alive(slot)) != Kind.NON_INVITE_SERVER
                || slab.isReliable(slot)
                || slab.has(slot, TransactionSlab.REPEATED)
                || nonInviteAt(slot).state() != NonInviteServerTransaction.State.PROCEEDING) {
            return 0;
        }
        return effects.writeTrying(slab.extension(slot));
    }

    void respond(int slot) {
        if (writing != slot && (writing != CURRENT || slot != current)) {
            throw new IllegalStateException("response(status) comes first");
        }
        if (writing == CURRENT) {
            // Whom the user keeps a transaction for, he knows.
            responder.writer().bound(-1);
        }
        writing = NONE;
        if (slab.kind(alive(slot)) == Kind.INVITE_SERVER) {
            respondInvite(slot);
        } else {
            respondNonInvite(slot);
        }
    }

    private void respondNonInvite(int slot) {
        ResponseWriter writer = responder.writer();
        int status = writer.status();
        boolean reliable = slab.isReliable(slot);
        if (!nonInviteAt(slot).takesResponse()) {
            return;
        }
        Flow to = flow(slot);
        if (isForbidden(status, reliable)) {
            counters.increment(TransactionCounter.FORBIDDEN_RESPONSES);
            if (status == 408) {
                effects.begin(slot, to);
                nonInvite.onAbandoned();
                finishNonInvite(slot);
            }
            return;
        }
        int length = writer.end();
        if (length == 0) {
            // The user has bounded it, and nothing is as short as that.
            counters.increment(TransactionCounter.WITHHELD_RESPONSES);
            effects.begin(slot, to);
            nonInvite.onAbandoned();
            finishNonInvite(slot);
            return;
        }
        if (status >= 200) {
            if (slab.extension(slot) != NONE) {
                store.unextend(slot);
            }
            if (!reliable) {
                store.keepMessage(slot, writer.array(), 0, length);
            }
        }
        effects.begin(slot, to);
        effects.fresh(writer.array(), length);
        nonInviteAt(slot).onResponse(status);
        finishNonInvite(slot);
    }

    /**
     * RFC 4320 §4.1: "A SIP element MUST NOT send any provisional response with a Status-Code other than 100 to a
     * non-INVITE request", nor a 100 over UDP before Timer E has reached T2: the layer sends that one itself. §4.2:
     * "MUST NOT send a response with Status-Code of 408 to a non-INVITE request."
     */
    private static boolean isForbidden(int status, boolean reliable) {
        return status < 200 && (status > 100 || !reliable) || status == 408;
    }

    private void respondInvite(int slot) {
        ResponseWriter writer = responder.writer();
        int status = writer.status();
        if (!inviteAt(slot).takesResponse(status)) {
            return;
        }
        Flow to = flow(slot);
        int length = writer.end();
        if (status >= 200 && (status < 300 || slab.isReliable(slot))) {
            // A 2xx is repeated by the user (§13.3.1.4), and nothing is over a reliable transport.
            store.dropMessage(slot);
        } else {
            store.keepMessage(slot, writer.array(), 0, length);
        }
        effects.begin(slot, to);
        effects.fresh(writer.array(), length);
        inviteAt(slot).onResponse(status);
        finishInvite(slot);
    }

    void defer(int slot) {
        if (slab.kind(alive(slot)) == Kind.INVITE_SERVER || slab.extension(slot) != NONE || !isPending(slot)) {
            return;
        }
        assert slot == current;
        store.extend(slot, flow.toShared());
        keepTemplate(slab.extension(slot));
        store.startTimer(slot, TransactionTimer.TRYING, timers.lateTrying());
        // By then Timer F of the client has fired.
        store.startTimer(slot, TransactionTimer.USER, timers.sixtyFourT1());
    }

    private void keepTemplate(int extension) {
        ResponseWriter writer = responder.begin(effects.writer(), request, flow, 200);
        int length = writer.headLength();
        store.keepTemplate(extension, writer.array(), writer.headOffset(), length);
    }

    // ---- timers and lost connections ----------------------------------------------------------------------

    void onTimer(int slot, TransactionTimer timer) {
        int extension = slab.extension(slot);
        effects.begin(slot, slab.flow(extension));
        if (slab.kind(slot) == Kind.INVITE_SERVER) {
            onInviteTimer(slot, timer, slab.interval(extension));
            return;
        }
        nonInviteAt(slot);
        switch (timer) {
            case TRYING -> nonInvite.onTimerTrying();
            case USER -> {
                counters.increment(TransactionCounter.USER_TIMEOUTS);
                nonInvite.onUserTimeout();
            }
            default -> throw new AssertionError(timer);
        }
        finishNonInvite(slot);
    }

    private void onInviteTimer(int slot, TransactionTimer timer, int interval) {
        inviteAt(slot);
        switch (timer) {
            case TRYING -> invite.onTimerTrying();
            case G -> invite.onTimerG(interval);
            case H -> {
                counters.increment(TransactionCounter.ACK_TIMEOUTS);
                invite.onTimerH();
            }
            case I -> invite.onTimerI();
            case L -> invite.onTimerL();
            case USER -> {
                onInviteUserTimeout(slot);
                return;
            }
            default -> throw new AssertionError(timer);
        }
        finishInvite(slot);
    }

    /** The user has let an INVITE ring longer than Timer C of any proxy. */
    private void onInviteUserTimeout(int slot) {
        counters.increment(TransactionCounter.USER_TIMEOUTS);
        long handle = store.handle(slot);
        tell(Notice.TIMEOUT, slot);
        if (store.slotOf(handle) == slot && isPending(slot)) {
            // §21.4.9: "The server could not produce a response within a suitable amount of time."
            response(slot, 408);
            respond(slot);
        }
    }

    /** Ends the completed non-INVITE transactions whose time has come. */
    void expireTimerJ() {
        for (int slot; (slot = store.pollTimerJ()) != FixedDelayQueue.NONE; ) {
            effects.begin(slot, null);
            nonInviteAt(slot).onTimerJ();
            finishNonInvite(slot);
        }
    }

    void onFlowLost(int slot) {
        effects.begin(slot, null);
        if (slab.kind(slot) == Kind.INVITE_SERVER) {
            inviteAt(slot).onTransportError();
            finishInvite(slot);
        } else {
            nonInviteAt(slot).onTransportError();
            finishNonInvite(slot);
        }
    }

    // ---- machines -----------------------------------------------------------------------------------------

    private NonInviteServerTransaction nonInviteAt(int slot) {
        return nonInvite.at(NonInviteServerTransaction.State.of(slab.state(slot)), slab.isReliable(slot));
    }

    private InviteServerTransaction inviteAt(int slot) {
        return invite.at(InviteServerTransaction.State.of(slab.state(slot)), slab.isReliable(slot));
    }

    private void finishNonInvite(int slot) {
        if (effects.takeFailure()) {
            if (nonInvite.state() == NonInviteServerTransaction.State.TERMINATED) {
                // Timer J of a reliable transport is 0: the machine has ended in the input that sent.
                effects.notifyUser(Notice.TRANSPORT_ERROR);
            }
            nonInvite.onTransportError();
        }
        slab.state(slot, nonInvite.state().ordinal());
        conclude(slot);
    }

    private Notice finishInvite(int slot) {
        if (effects.takeFailure()) {
            invite.onTransportError();
        }
        slab.state(slot, invite.state().ordinal());
        return conclude(slot);
    }

    /** Tells the user and releases what is over, now that the machine is done and its state stored. */
    private Notice conclude(int slot) {
        Notice notice = effects.takeNotice();
        boolean over = effects.takeOver();
        tell(notice, slot);
        if (over) {
            store.release(slot);
            counters.set(TransactionCounter.SERVER_TRANSACTIONS.ordinal(), --serverCount);
            accepted.forget(slot);
            found.forget(slot);
            if (slot == current) {
                current = NONE;
                answered = true;
            }
        }
        return notice;
    }

    private void tell(Notice notice, int slot) {
        try {
            switch (notice) {
                case TIMEOUT -> user.onTimeout(found.at(slot));
                case TRANSPORT_ERROR -> user.onTransportError(found.at(slot));
                case NONE, ACK, RESPONSE -> {}
            }
        } catch (RuntimeException e) {
            errors.caught(e);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import org.sipwire.codec.AsciiView;
import org.sipwire.codec.HeaderValues;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipResponse;
import org.sipwire.codec.internal.Ascii;
import org.sipwire.transaction.Effects.Notice;
import org.sipwire.transaction.TransactionSlab.Kind;
import org.sipwire.transport.Flow;

/**
 * The client side of the layer (RFC 3261 §17.1): sends requests, matches responses, runs the two client machines and
 * tells the user. Confined to one event loop.
 */
final class ClientTransactions {

    private static final int NONE = TransactionSlab.NONE;
    private static final long REFUSED = -1;

    private final TransactionUser user;
    private final TransactionStore store;
    private final TransactionSlab slab;
    private final TransactionKey key;
    private final Branch branch;
    private final LoopCounters counters;
    private final UserErrors errors;
    private final ClientEffects effects;
    private final NonInviteClientTransaction nonInvite;
    private final InviteClientTransaction invite;
    private final RequestWriter writer = new RequestWriter();
    private final ClientTransaction found = new ClientTransaction(this);
    private final AsciiView methodName = new AsciiView();
    private final byte[] via = new byte[512];
    private int branchAt;
    private int clientCount;

    ClientTransactions(TransactionLayer.Setup setup, TransactionUser user, UserErrors errors, TransactionStore store) {
        this.user = user;
        this.errors = errors;
        this.store = store;
        slab = store.slab();
        key = new TransactionKey(setup.keys().forPurpose(1));
        branch = new Branch(setup.loopIndex(), setup.keys().forPurpose(3));
        counters = setup.counters();
        effects = new ClientEffects(store, counters);
        nonInvite = new NonInviteClientTransaction(setup.timers(), effects);
        invite = new InviteClientTransaction(setup.timers(), effects);
    }

    /** The writer for the user's requests. */
    RequestWriter writer() {
        return writer;
    }

    // ---- sending ------------------------------------------------------------------------------------------

    /**
     * Sends an ACK to a 2xx: it has a branch of its own and is never sent again by itself. Returns 0, or -1 when it
     * was not sent.
     */
    long sendWithoutTransaction(Flow flow, RequestWriter request) {
        request.end();
        int length = request.insertFirst(via, 0, writeVia(flow));
        if (flow.send(request.array(), 0, length) != Flow.SENT) {
            counters.increment(TransactionCounter.TRANSPORT_ERRORS);
            return REFUSED;
        }
        return 0;
    }

    long send(Flow flow, RequestWriter request, Object attachment) {
        if (store.isFull()) {
            counters.increment(TransactionCounter.CLIENT_REFUSED_AT_CAPACITY);
            return REFUSED;
        }
        request.end();
        int flags = request.hasVia() ? TransactionSlab.FORWARDED : 0;
        int length = request.insertFirst(via, 0, writeVia(flow));
        SipMethod method = request.method();
        if (method == SipMethod.UNKNOWN) {
            int end = Ascii.indexOf(request.array(), 0, length, ' ');
            methodName.wrap(request.array(), 0, end);
        }
        key.client(via, branchAt, Branch.LENGTH, method, methodName);
        return start(method, flow.toShared(), request.array(), length, attachment, flags);
    }

    /**
     * Writes the line of the top Via.
     *
     * <pre>
     *   Via: SIP/2.0/UDP 192.0.2.4:5060;branch=z9hG4bK-sw03-..;rport CRLF
     *                    ^              ^      ^
     *                    local host     |      branchAt
     * </pre>
     */
    private int writeVia(Flow flow) {
        int at = Ascii.put(via, 0, "Via: SIP/2.0/");
        at = Ascii.put(via, at, flow.transport().viaToken());
        via[at++] = ' ';
        int host = at;
        at = flow.writeLocalHost(via, at);
        if (Ascii.indexOf(via, host, at, ':') < at) {
            // sent-by = IPv6reference: the address stands in brackets.
            System.arraycopy(via, host, via, host + 1, at - host);
            via[host] = '[';
            via[at + 1] = ']';
            at += 2;
        }
        via[at++] = ':';
        at = Ascii.putDecimal(via, at, flow.localPort());
        at = Ascii.put(via, at, ";branch=");
        branchAt = at;
        at = branch.write(via, at);
        // RFC 3581 §3: "The client MUST NOT" fill it; the server answers to the source port.
        at = Ascii.put(via, at, ";rport");
        via[at++] = '\r';
        via[at++] = '\n';
        return at;
    }

    /** Starts the transaction under {@link #key}. {@code flow} is Shared and kept. */
    private long start(SipMethod method, Flow flow, byte[] bytes, int length, Object attachment, int flags) {
        boolean isInvite = method == SipMethod.INVITE;
        boolean reliable = flow.transport().isReliable();
        int slot = store.create(isInvite ? Kind.INVITE_CLIENT : Kind.NON_INVITE_CLIENT, method, reliable, key, flow);
        if (slot == NONE) {
            counters.increment(TransactionCounter.CLIENT_REFUSED_AT_CAPACITY);
            return REFUSED;
        }
        counters.increment(TransactionCounter.CLIENT_TRANSACTIONS_CREATED);
        counters.set(TransactionCounter.CLIENT_TRANSACTIONS.ordinal(), ++clientCount);
        slab.attachment(slot, attachment);
        slab.set(slot, flags);
        if (isInvite || !reliable) {
            // To be sent again; and an INVITE is what its ACK and CANCEL are made from.
            store.keepMessage(slot, bytes, 0, length);
        }
        effects.begin(slot, flow);
        effects.fresh(bytes, length);
        if (isInvite) {
            inviteAt(slot).start();
            slab.state(slot, invite.state().ordinal());
        } else {
            nonInviteAt(slot).start();
            slab.state(slot, nonInvite.state().ordinal());
        }
        if (effects.takeFailure()) {
            // The user is still in send() and does not know the handle: it is told in the next tick.
            store.startTimer(slot, TransactionTimer.LOST, 0);
        }
        return store.handle(slot);
    }

    // ---- responses ----------------------------------------------------------------------------------------

    /** A response whose branch was made by this loop. */
    void onResponse(SipResponse response) {
        AsciiView sentBranch = response.topVia().branch();
        SipMethod method = response.cseq().method();
        // §17.1.3: a response matches a client transaction "if the response has the same value of the branch
        // parameter in the top Via header field as the branch parameter in the top Via header field of the request
        // that created the transaction", and "if the method parameter in the CSeq header field matches the method of
        // the request": a CANCEL shares its INVITE's branch.
        int slot = store.find(key.client(
                sentBranch.array(),
                sentBranch.offset(),
                sentBranch.length(),
                method,
                response.cseq().methodName()));
        if (slot == NONE) {
            counters.increment(TransactionCounter.UNMATCHED_RESPONSES);
            return;
        }
        // §8.1.3.3: "If more than one Via header field value is present in a response, the UAC SHOULD discard the
        // message.
        // The presence of additional Via header field values that precede the originator of the request suggests that
        // the message was misrouted or possibly corrupted." A proxy's user put those of the request below.
        if (!slab.has(slot, TransactionSlab.FORWARDED) && hasSecondVia(response)) {
            counters.increment(TransactionCounter.MISROUTED_RESPONSES);
            return;
        }
        effects.begin(slot, slab.flow(slot));
        effects.response(response);
        if (slab.kind(slot) == Kind.NON_INVITE_CLIENT) {
            nonInviteAt(slot).onResponse(response.status());
            finishNonInvite(slot, response);
            return;
        }
        inviteAt(slot).onResponse(response.status());
        boolean proceeding = invite.state() == InviteClientTransaction.State.PROCEEDING;
        boolean cancelWaits = proceeding
                && slab.has(slot, TransactionSlab.CANCELLED)
                && slab.state(slot) == InviteClientTransaction.State.CALLING.ordinal();
        finishInvite(slot, response);
        if (cancelWaits) {
            sendCancel(slot);
        }
    }

    private static boolean hasSecondVia(SipResponse response) {
        HeaderValues vias = response.values(SipHeader.VIA);
        return vias.next() && vias.next();
    }

    // ---- what ClientTransaction offers --------------------------------------------------------------------

    ClientTransaction lookUp(long handle) {
        int slot = store.slotOf(handle);
        return slot == NONE || slab.kind(slot).ordinal() < Kind.NON_INVITE_CLIENT.ordinal() ? null : found.at(slot);
    }

    long handle(int slot) {
        return store.handle(alive(slot));
    }

    SipMethod method(int slot) {
        return slab.method(alive(slot));
    }

    Object attachment(int slot) {
        return slab.attachment(alive(slot));
    }

    Flow flow(int slot) {
        return slab.flow(alive(slot));
    }

    private static int alive(int slot) {
        if (slot == NONE) {
            throw new IllegalStateException("the transaction is over");
        }
        return slot;
    }

    void cancel(int slot) {
        if (slot == NONE || slab.kind(slot) != Kind.INVITE_CLIENT || slab.has(slot, TransactionSlab.CANCELLED)) {
            return;
        }
        slab.set(slot, TransactionSlab.CANCELLED);
        // §9.1: "If no provisional response has been received, the CANCEL request MUST NOT be sent; rather, the
        // client MUST wait for the arrival of a provisional response before sending the request."
        if (inviteAt(slot).state() == InviteClientTransaction.State.PROCEEDING) {
            sendCancel(slot);
        }
    }

    private void sendCancel(int slot) {
        RequestWriter cancel = effects.cancel(slot);
        if (cancel != null) {
            // §9.1: "The CANCEL request MUST have a single Via header field value matching the top Via value in the
            // request being cancelled": the branch that is in this transaction's own key.
            int length = cancel.end();
            long own = slab.key(slot);
            byte[] keyBytes = store.keyArray(slot);
            int branchOffset = ByteLog.offset(own) + ByteLog.length(own) - Branch.LENGTH;
            key.client(keyBytes, branchOffset, Branch.LENGTH, SipMethod.CANCEL, methodName);
            start(SipMethod.CANCEL, slab.flow(slot), cancel.array(), length, null, TransactionSlab.INTERNAL);
        }
        effects.begin(slot, slab.flow(slot));
        inviteAt(slot).onCancel();
        finishInvite(slot, null);
    }

    // ---- timers and lost connections ----------------------------------------------------------------------

    void onTimer(int slot, TransactionTimer timer) {
        if (timer == TransactionTimer.C) {
            // §16.8: "If the client transaction has received a provisional response, the proxy MUST generate a CANCEL
            // request."
            cancel(slot);
            return;
        }
        int interval = slab.interval(slot);
        effects.begin(slot, slab.flow(slot));
        if (slab.kind(slot) == Kind.INVITE_CLIENT) {
            inviteAt(slot);
            switch (timer) {
                case A -> invite.onTimerA(interval);
                case B -> {
                    counters.increment(TransactionCounter.CLIENT_TIMEOUTS);
                    invite.onTimerB();
                }
                case D -> invite.onTimerD();
                case M -> invite.onTimerM();
                case LOST -> invite.onTransportError();
                default -> throw new AssertionError(timer);
            }
            finishInvite(slot, null);
        } else {
            nonInviteAt(slot);
            switch (timer) {
                case E -> nonInvite.onTimerE(interval);
                case F -> {
                    counters.increment(TransactionCounter.CLIENT_TIMEOUTS);
                    nonInvite.onTimerF();
                }
                case K -> nonInvite.onTimerK();
                case LOST -> nonInvite.onTransportError();
                default -> throw new AssertionError(timer);
            }
            finishNonInvite(slot, null);
        }
    }

    void onFlowLost(int slot) {
        effects.begin(slot, slab.flow(slot));
        if (slab.kind(slot) == Kind.INVITE_CLIENT) {
            inviteAt(slot).onTransportError();
            finishInvite(slot, null);
        } else {
            nonInviteAt(slot).onTransportError();
            finishNonInvite(slot, null);
        }
    }

    // ---- machines -----------------------------------------------------------------------------------------

    private NonInviteClientTransaction nonInviteAt(int slot) {
        return nonInvite.at(NonInviteClientTransaction.State.of(slab.state(slot)), slab.isReliable(slot));
    }

    private InviteClientTransaction inviteAt(int slot) {
        return invite.at(InviteClientTransaction.State.of(slab.state(slot)), slab.isReliable(slot));
    }

    private void finishNonInvite(int slot, SipResponse response) {
        if (effects.takeFailure()) {
            nonInvite.onTransportError();
        }
        slab.state(slot, nonInvite.state().ordinal());
        conclude(slot, response);
    }

    private void finishInvite(int slot, SipResponse response) {
        if (effects.takeFailure()) {
            invite.onTransportError();
        }
        slab.state(slot, invite.state().ordinal());
        conclude(slot, response);
    }

    /** Tells the user and releases what is over, now that the machine is done and its state stored. */
    private void conclude(int slot, SipResponse response) {
        Notice notice = effects.takeNotice();
        boolean over = effects.takeOver();
        if (notice != Notice.NONE && !slab.has(slot, TransactionSlab.INTERNAL)) {
            tell(notice, slot, response);
        }
        if (over) {
            store.release(slot);
            counters.set(TransactionCounter.CLIENT_TRANSACTIONS.ordinal(), --clientCount);
            found.forget(slot);
        }
    }

    private void tell(Notice notice, int slot, SipResponse response) {
        try {
            switch (notice) {
                case RESPONSE -> user.onResponse(response, found.at(slot));
                case TIMEOUT -> user.onTimeout(found.at(slot));
                case TRANSPORT_ERROR -> user.onTransportError(found.at(slot));
                case NONE, ACK -> {}
            }
        } catch (RuntimeException e) {
            errors.caught(e);
        }
    }
}

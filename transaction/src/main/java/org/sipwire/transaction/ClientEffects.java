/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipParser;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipResponse;
import org.sipwire.transport.Flow;

/**
 * What the client machines cause, and the ACK and CANCEL that are made from the INVITE kept. Confined to one event
 * loop.
 */
final class ClientEffects extends PendingEffects {

    private static final int MAX_FORWARDS = 70;

    private final RequestWriter writer = new RequestWriter();
    /** Reads this side's own requests again, as they were sent. */
    private final SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);

    private byte[] fresh;
    private int freshLength;
    private SipResponse response;
    private byte[] copy = new byte[2048];

    ClientEffects(TransactionStore store, LoopCounters counters) {
        super(store, counters);
    }

    @Override
    void begin(int newSlot, Flow newFlow) {
        super.begin(newSlot, newFlow);
        freshLength = 0;
        response = null;
    }

    /** The request that {@link #send} is to send in this input; without it, it sends the kept one again. */
    void fresh(byte[] bytes, int length) {
        fresh = bytes;
        freshLength = length;
    }

    /** The response that {@link #sendAck} acknowledges. */
    void response(SipResponse received) {
        response = received;
    }

    @Override
    public void send() {
        if (freshLength > 0) {
            sent(flow.send(fresh, 0, freshLength));
        } else if (sendKept()) {
            counters.increment(TransactionCounter.REQUEST_RETRANSMISSIONS_SENT);
        }
    }

    private boolean sendKept() {
        long message = store.slab().message(slot);
        if (message == ByteLog.NONE) {
            return false;
        }
        sent(flow.send(store.messageArray(slot), ByteLog.offset(message), ByteLog.length(message)));
        return true;
    }

    @Override
    public void sendAck() {
        if (store.slab().state(slot) == InviteClientTransaction.State.COMPLETED.ordinal()) {
            sendKept();
            return;
        }
        SipRequest invite = kept();
        if (invite == null) {
            return;
        }
        // §17.1.1.3: "The To header field in the ACK MUST equal the To header field in the response being
        // acknowledged."
        begin(
                invite,
                SipMethod.ACK,
                response.to().array(),
                response.to().offset(),
                response.to().length());
        int length = writer.end();
        sent(flow.send(writer.array(), 0, length));
        store.keepMessage(slot, writer.array(), 0, length);
    }

    /** Writes the CANCEL of an INVITE; null when there is nothing to make it from. */
    RequestWriter cancel(int inviteSlot) {
        slot = inviteSlot;
        SipRequest invite = kept();
        if (invite == null) {
            return null;
        }
        // §9.1: "The Request-URI, Call-ID, To, the numeric part of CSeq, and From header fields in the CANCEL request
        // MUST be identical to those in the request being cancelled, including tags."
        return begin(
                invite,
                SipMethod.CANCEL,
                invite.to().array(),
                invite.to().offset(),
                invite.to().length());
    }

    private SipRequest kept() {
        long message = store.slab().message(slot);
        if (message == ByteLog.NONE) {
            return null;
        }
        int length = ByteLog.length(message);
        if (copy.length < length) {
            copy = new byte[length];
        }
        // A copy: to parse may unfold.
        System.arraycopy(store.messageArray(slot), ByteLog.offset(message), copy, 0, length);
        return parser.parseDatagram(copy, 0, length) > 0 ? parser.request() : null;
    }

    /**
     * Begins a request that belongs to an INVITE. §17.1.1.3: "The ACK MUST contain a single Via header field, and
     * this MUST be equal to the top Via header field of the original request. The CSeq header field in the ACK MUST
     * contain the same value for the sequence number as was present in the original request, but the method parameter
     * MUST be equal to "ACK". If the INVITE request whose response is being acknowledged had Route header fields,
     * those header fields MUST appear in the ACK." §9.1 says the same of CANCEL.
     */
    private RequestWriter begin(SipRequest invite, SipMethod method, byte[] to, int toOffset, int toLength) {
        byte[] a = invite.array();
        writer.begin(method, a, invite.uriOffset(), invite.uriLength());
        writer.header(
                SipHeader.VIA, a, invite.topVia().offset(), invite.topVia().length());
        writer.header(SipHeader.MAX_FORWARDS, MAX_FORWARDS);
        for (int i = invite.first(SipHeader.ROUTE); i >= 0; i = invite.next(i)) {
            writer.header(SipHeader.ROUTE, a, invite.valueOffset(i), invite.valueLength(i));
        }
        writer.header(SipHeader.FROM, a, invite.from().offset(), invite.from().length());
        writer.header(SipHeader.TO, to, toOffset, toLength);
        writer.header(SipHeader.CALL_ID, invite.callId());
        return writer.headerStart(SipHeader.CSEQ)
                .put(invite.cseq().number())
                .put(method == SipMethod.ACK ? " ACK" : " CANCEL")
                .headerEnd();
    }
}

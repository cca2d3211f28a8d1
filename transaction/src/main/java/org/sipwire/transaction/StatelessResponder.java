/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import org.sipwire.codec.AsciiView;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipHash;
import org.sipwire.codec.SipMessage;
import org.sipwire.codec.Via;
import org.sipwire.codec.internal.Ascii;
import org.sipwire.transport.Flow;

/**
 * Begins responses, and sends those which leave no state behind (RFC 3261 §8.2.7). One a loop, confined to it.
 *
 * <p>A stateless user agent server answers a retransmission as it answered the request, and cannot remember the To tag
 * it gave: "To header tags MUST be generated for responses in a stateless manner - in a manner that will generate the
 * same tag for the same request consistently." The tag is a hash of Call-ID, From tag, CSeq and branch under the stack's
 * key. An ACK repeats all four of them when it acknowledges a non-2xx, so the tag also tells such an ACK from one to a
 * 2xx. Stateful responses get the same tag, and a CANCEL's that of its INVITE (§9.2).
 */
final class StatelessResponder {

    private final ResponseWriter writer = new ResponseWriter();
    private final StackKeys keys;
    private final LoopCounters counters;
    private byte[] hashed = new byte[512];
    private final byte[] host = new byte[Flow.MAX_HOST_TEXT];

    StatelessResponder(StackKeys keys, LoopCounters counters) {
        this.keys = keys;
        this.counters = counters;
    }

    /**
     * Begins a response to a request that has just arrived on the flow. Over UDP anybody may have written that address on it, so the
     * response is {@link ResponseWriter#bound}.
     */
    ResponseWriter begin(SipMessage request, Flow flow, int status) {
        begin(writer, request, flow, status);
        return flow.transport().isReliable() ? writer : writer.bound(request.givenLength());
    }

    /** Begins in whatever writer, without a bound. */
    ResponseWriter begin(ResponseWriter into, SipMessage request, Flow flow, int status) {
        // RFC 3261 §18.2.1: received when the sent-by is not the source. RFC 3581 §4: rport is the source port when
        // the client asks.
        into.begin(request, status).via(host, flow.writeRemoteHost(host, 0), flow.remotePort());
        return status > 100 ? into.toTag(toTag(request)) : into;
    }

    /** The one writer for responses. */
    ResponseWriter writer() {
        return writer;
    }

    /** Sends what the writer holds; returns what {@link Flow#send} does. */
    int send(Flow flow) {
        int length = writer.end();
        if (length == 0) {
            counters.increment(TransactionCounter.WITHHELD_RESPONSES);
            return Flow.SENT;
        }
        if (writer.isShortened()) {
            counters.increment(TransactionCounter.SHORTENED_RESPONSES);
        }
        // RFC 3581 §4: "MUST send the response from the same address and port that the corresponding request was
        // received on", to the source. §18.2.2 would have maddr come first: followed for anyone it lets a stranger
        // aim our answers at a third party, so it is not.
        return flow.send(writer.array(), 0, length);
    }

    /** The To tag of every response to this request. */
    long toTag(SipMessage request) {
        Via via = request.topVia();
        AsciiView callId = request.callId();
        AsciiView fromTag = request.from().tag();
        int room = callId.length() + fromTag.length() + via.length() + Long.BYTES + 2;
        if (hashed.length < room) {
            hashed = new byte[Integer.highestOneBit(room) * 2];
        }
        // One range is hashed faster than five.
        int at = put(callId, 0);
        at = put(fromTag, at);
        Ascii.putWord(hashed, at, request.cseq().number());
        at += Long.BYTES;
        if (via.hasMagicCookie()) {
            at = via.branch().copyTo(hashed, at);
        } else if (via.length() > 0) {
            System.arraycopy(via.array(), via.offset(), hashed, at, via.length());
            at += via.length();
        }
        return SipHash.hash(keys.k0(), keys.k1(), hashed, 0, at);
    }

    private int put(AsciiView view, int at) {
        int end = view.isPresent() ? view.copyTo(hashed, at) : at;
        hashed[end] = 0;
        return end + 1;
    }

    /** True when the To of this message has the tag that responses to its request got from here. */
    boolean hasOwnTag(SipMessage message) {
        AsciiView tag = message.to().tag();
        if (tag.length() != 16) {
            return false;
        }
        long bits = 0;
        for (int i = 0; i < 16; i++) {
            int digit = Ascii.hexValue(tag.array()[tag.offset() + i]);
            if (digit < 0) {
                return false;
            }
            bits = bits << 4 | digit;
        }
        return bits == toTag(message);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.nio.charset.StandardCharsets;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipParser;
import org.sipwire.codec.SipRequest;
import org.sipwire.transport.Flow;

/**
 * Requests without garbage: one REGISTER whose branch, Call-ID and CSeq are numbered in place, and a layer that
 * answers it. Used where octets are counted.
 */
final class Traffic implements TransactionUser {

    /** With it a response of 400 octets comes out. */
    private static final byte[] CONTACT = "<sip:34020000001320000001@192.168.35.165:5080;line=6c0d1b2f>;expires=3600"
            .getBytes(StandardCharsets.US_ASCII);

    private static final byte[] SERVER = "Sipwire".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] CHALLENGE =
            "Digest realm=\"34020000\", nonce=\"5f3d1c2b4a596877\", algorithm=MD5".getBytes(StandardCharsets.US_ASCII);

    private static final String TEXT = "REGISTER sip:34020000002000000001@3402000000 SIP/2.0\r\n"
            + "Via: SIP/2.0/UDP 192.168.35.165:5080;rport;branch=z9hG4bK0000000000\r\n"
            + "From: <sip:34020000001320000001@3402000000>;tag=1471204723\r\n"
            + "To: <sip:34020000001320000001@3402000000>\r\n"
            + "Call-ID: 0000000000\r\n"
            + "CSeq: 2 REGISTER\r\n"
            + "Contact: <sip:34020000001320000001@192.168.35.165:5080>\r\n"
            + "Max-Forwards: 70\r\n"
            + "User-Agent: IP Camera\r\n"
            + "Expires: 3600\r\n"
            + "Content-Length: 0\r\n\r\n";

    final LoopClock clock = new LoopClock();
    final LoopCounters counters = TransactionCounter.newRow();
    final TransactionLayer layer;
    private final SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
    private final byte[] octets = TEXT.getBytes(StandardCharsets.US_ASCII);
    private final int branchAt = TEXT.indexOf("z9hG4bK") + 7;
    private final int callIdAt = TEXT.indexOf("Call-ID: ") + 9;
    private long nanos;
    long requests;

    Traffic(int capacity) {
        clock.set(0, 0);
        layer = new TransactionLayer(
                new TransactionLayer.Setup(
                        0,
                        capacity,
                        TransactionTimers.DEFAULT,
                        LayerHarness.KEYS,
                        clock,
                        counters,
                        (loop, response, flow) -> {}),
                this);
    }

    /** The first half of a registration: a new request that is challenged. */
    void register(int number, Flow flow) {
        octets[branchAt] = 'u';
        arrive(number, flow);
    }

    /** The second half: a new request that is accepted; the same number again is its retransmission. */
    void authorized(int number, Flow flow) {
        octets[branchAt] = 'a';
        arrive(number, flow);
    }

    private void arrive(int number, Flow flow) {
        int rest = number;
        for (int i = 9; i > 0; i--) {
            octets[branchAt + i] = (byte) ('0' + rest % 10);
            octets[callIdAt + i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        int consumed = parser.parseDatagram(octets, 0, octets.length);
        if (consumed <= 0) {
            throw new AssertionError(consumed);
        }
        layer.onMessage(parser, flow);
    }

    /** Lets time pass. */
    void pass(long micros) {
        nanos += micros * 1_000;
        clock.set(nanos, nanos / 1_000_000);
        layer.tick();
    }

    @Override
    public void onRequest(SipRequest request, RequestContext context) {
        requests++;
        var branch = request.topVia().branch();
        if (branch.array()[branch.offset() + 7] == 'u') {
            context.response(401).header(SipHeader.WWW_AUTHENTICATE, CHALLENGE, 0, CHALLENGE.length);
            context.respondStateless();
            return;
        }
        ServerTransaction transaction = context.accept();
        transaction
                .response(200)
                .header(SipHeader.CONTACT, CONTACT, 0, CONTACT.length)
                .header(SipHeader.SERVER, SERVER, 0, SERVER.length)
                .header(SipHeader.EXPIRES, 3600);
        transaction.respond();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
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
 * One layer with a user whose deeds a test chooses, on a virtual clock. Received octets are overwritten after each
 * message.
 */
final class LayerHarness implements TransactionUser {

    static final StackKeys KEYS = new StackKeys(0x0123456789ABCDEFL, 0xFEDCBA9876543210L);

    final LoopClock clock = new LoopClock();
    final LoopCounters counters = TransactionCounter.newRow();
    final SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
    final List<String> handedOver = new ArrayList<>();
    final TransactionLayer layer;

    BiConsumer<SipRequest, RequestContext> onRequest = (request, context) -> {};
    Consumer<ServerTransaction> onCancel = invite -> {};
    Consumer<ClientTransaction> onResponse = transaction -> {};
    private final List<String> heard = new ArrayList<>();
    private long nanos = 1_000_000_000_000L;

    LayerHarness() {
        this(1_000);
    }

    LayerHarness(int capacity) {
        clock.set(nanos, 0);
        layer = new TransactionLayer(
                new TransactionLayer.Setup(
                        3,
                        capacity,
                        TransactionTimers.DEFAULT,
                        KEYS,
                        clock,
                        counters,
                        (loop, response, flow) -> handedOver.add(loop
                                + " "
                                + new String(response, 0, response.length, StandardCharsets.ISO_8859_1)
                                        .lines()
                                        .findFirst()
                                        .orElse(""))),
                this);
    }

    /** What the user was told since the last call. */
    List<String> heard() {
        List<String> all = List.copyOf(heard);
        heard.clear();
        return all;
    }

    long count(TransactionCounter counter) {
        return counters.get(counter);
    }

    /** Lets a datagram or a framed message arrive. */
    void receive(String message, Flow flow) {
        byte[] octets = message.getBytes(StandardCharsets.ISO_8859_1);
        int consumed = parser.parseDatagram(octets, 0, octets.length);
        if (consumed > 0) {
            layer.onMessage(parser, flow);
        } else {
            layer.onMalformed(parser, consumed, flow);
        }
        Arrays.fill(octets, (byte) '#');
    }

    /** Lets time pass, a millisecond a tick. */
    void pass(int millis) {
        for (int i = 0; i < millis; i++) {
            nanos += 1_000_000;
            clock.set(nanos, 0);
            layer.tick();
        }
    }

    /** Lets time pass in one step. */
    void leap(long millis) {
        nanos += millis * 1_000_000;
        clock.set(nanos, 0);
        layer.tick();
    }

    /** Sends a request with the fields every request has. */
    long send(SipMethod method, Flow flow, Object attachment) {
        RequestWriter writer = layer.request()
                .begin(method, "sip:34020000001320000001@192.0.2.9:5062".getBytes(StandardCharsets.US_ASCII));
        writer.header(SipHeader.MAX_FORWARDS, 70)
                .header(SipHeader.FROM, "<sip:34020000002000000001@3402000000>;tag=here")
                .header(SipHeader.TO, "<sip:34020000001320000001@3402000000>")
                .header(SipHeader.CALL_ID, "call-" + attachment)
                .header(SipHeader.CSEQ, "7 " + method);
        return layer.send(flow, writer, attachment);
    }

    /** A response to a request this side sent: its Via, From, Call-ID and CSeq and a To with a tag. */
    static String answer(int status, String request) {
        StringBuilder response = new StringBuilder("SIP/2.0 " + status + " Answer\r\n");
        request.lines().forEach(line -> {
            if (line.startsWith("Via:")
                    || line.startsWith("From:")
                    || line.startsWith("Call-ID:")
                    || line.startsWith("CSeq:")) {
                response.append(line).append("\r\n");
            } else if (line.startsWith("To:")) {
                response.append(line).append(";tag=there\r\n");
            }
        });
        return response.append("Content-Length: 0\r\n\r\n").toString();
    }

    /** A request of a device; the branch with its cookie or without. */
    static String request(String method, String branch) {
        return request(method, branch, "", "1 " + method);
    }

    static String request(String method, String branch, String toTag, String cseq) {
        return method + " sip:34020000002000000001@3402000000 SIP/2.0\r\n"
                + "Via: SIP/2.0/UDP 10.0.0.7:5060;rport" + (branch.isEmpty() ? "" : ";branch=" + branch) + "\r\n"
                + "From: <sip:34020000001320000001@3402000000>;tag=from1\r\n"
                + "To: <sip:34020000002000000001@3402000000>" + (toTag.isEmpty() ? "" : ";tag=" + toTag) + "\r\n"
                + "Call-ID: 2026@10.0.0.7\r\n"
                + "CSeq: " + cseq + "\r\n"
                + "Max-Forwards: 70\r\n"
                + "Content-Length: 0\r\n\r\n";
    }

    /** The To tag of a message. */
    static String toTag(String message) {
        String to = message.lines()
                .filter(line -> line.startsWith("To:"))
                .findFirst()
                .orElseThrow();
        return to.contains(";tag=") ? to.substring(to.indexOf(";tag=") + 5) : "";
    }

    static int status(String response) {
        assertThat(response).startsWith("SIP/2.0 ");
        return Integer.parseInt(response.substring(8, 11));
    }

    @Override
    public void onRequest(SipRequest request, RequestContext context) {
        heard.add("request " + request.methodName());
        onRequest.accept(request, context);
    }

    @Override
    public void onResponse(SipResponse response, ClientTransaction transaction) {
        heard.add("response " + response.status() + " to " + transaction.attachment());
        onResponse.accept(transaction);
    }

    @Override
    public void onTimeout(ClientTransaction transaction) {
        heard.add("timeout of " + transaction.attachment());
    }

    @Override
    public void onTransportError(ClientTransaction transaction) {
        heard.add("transport error of " + transaction.attachment());
    }

    @Override
    public void onCancel(ServerTransaction invite) {
        heard.add("cancel");
        onCancel.accept(invite);
    }

    @Override
    public void onTimeout(ServerTransaction transaction) {
        heard.add("timeout of " + transaction.method());
    }

    @Override
    public void onTransportError(ServerTransaction transaction) {
        heard.add("transport error of " + transaction.method());
    }

    @Override
    public void onFlowClosed(Flow flow) {
        heard.add("flow closed");
    }
}

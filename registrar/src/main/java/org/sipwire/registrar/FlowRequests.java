/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipParser;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipResponse;
import org.sipwire.registrar.location.Bindings;
import org.sipwire.registrar.location.FleetMail;
import org.sipwire.transaction.SipStack;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/**
 * Sends requests to registered devices over the flow they registered from (RFC 5626 §5.3), at whichever node of a fleet that flow ends.
 * Every method may be called from any thread.
 *
 * <p>A device behind a NAT is reached by its own connection alone, and that connection ends at one node. A binding says which
 * ({@link Bindings#node}): when it is another, the request is mailed there ({@link FleetMail}), sent in a client transaction of that
 * node's, and its responses are mailed back.
 *
 * <pre>{@code
 *   A: send ---- mail: request, flow ----> B: client transaction ----> device
 *   A: answers <--- mail: response ------- B: onResponse         <---- device
 * }</pre>
 *
 * <p>Mail is no more than octets of one SIP message and forty beside them:
 *
 * <pre>
 *   kind 1 B | number 8 B | from node 1 B |  REQUEST:  flow 8 B | transport 1 B | port 2 B | host's octets 1 B | host | message
 *                                         |  RESPONSE: status 2 B | final 1 B | message, maybe none
 * </pre>
 *
 * <p>Shared. Owned by the {@link Registrar}.
 */
public final class FlowRequests {

    /** Gets what a device answers; on any thread, one call at a time. */
    @FunctionalInterface
    public interface Answers {
        /**
         * A response, or what stands for one.
         *
         * @param status of a response; without one 408 when none came, 430 (Flow Failed) when the device's connection is gone, 503 when
         *     the node that has it cannot be reached or takes no more
         * @param response its octets as the node that has the flow received them, null when there was none; the callee's
         */
        void answered(int status, byte[] response);
    }

    private static final byte REQUEST = 1;
    private static final byte RESPONSE = 2;
    private static final int HEAD = 10;
    /** Longer than Timer F (RFC 3261 §17.1.2.2), after which the other node says by itself that nothing came. */
    private static final long PATIENCE_MILLIS = 40_000;

    private static final Transport[] TRANSPORTS = Transport.values();

    private final SipStack stack;
    private final FleetMail mail;
    private final AtomicLong numbers =
            new AtomicLong(ThreadLocalRandom.current().nextLong());
    private final Map<Long, Exchange> waiting = new ConcurrentHashMap<>();

    FlowRequests(SipStack stack, FleetMail mail) {
        this.stack = stack;
        this.mail = mail;
        if (mail != null) {
            mail.receive(this::onMail);
        }
    }

    /**
     * Sends a request to a device.
     *
     * @param to a cursor on the binding; Borrowed: read before this returns
     * @param request a whole message without Via, Max-Forwards at least 1; the layer of the node that sends it adds the Via
     * @param answers gets every provisional response and one final one, or its stand-in; nothing after an ACK
     */
    public void send(Bindings to, byte[] request, Answers answers) {
        Target target = new Target(
                to.flowId(),
                TRANSPORTS[to.transport()],
                to.text(to.receivedHostOffset(), to.receivedHostLength()),
                to.receivedPort());
        if (mail == null || to.node() == 0 || to.node() == mail.node()) {
            sendHere(target, request, answers);
        } else {
            sendThere(to.node(), target, request, answers);
        }
    }

    /** What a binding says of a flow. */
    private record Target(long flowId, Transport transport, String host, int port) {}

    // ---- at the node that has the flow
    // ----------------------------------------------------------------------------------------------

    /** A client transaction's attachment. */
    static final class Exchange {
        private final Answers answers;
        private volatile long activeNanos = System.nanoTime();

        Exchange(Answers answers) {
            this.answers = answers;
        }

        void onResponse(SipResponse response) {
            int from = response.offset();
            answers.answered(response.status(), Arrays.copyOfRange(response.array(), from, from + response.length()));
        }

        void onTimeout() {
            answers.answered(408, null);
        }

        /** RFC 3261 §8.1.3.1: a transport error is treated as a 503. */
        void onTransportError() {
            answers.answered(503, null);
        }
    }

    private void sendHere(Target target, byte[] request, Answers answers) {
        if (target.transport().isReliable()) {
            stack.connection(target.flowId(), flow -> transmit(flow, request, answers));
            return;
        }
        // The flow over UDP is the pair of our listening point and the device's address, on any loop.
        int loop = Math.floorMod(Long.hashCode(target.flowId()), stack.loopCount());
        stack.execute(loop, () -> {
            try {
                InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(target.host()), target.port());
                stack.connect(loop, Transport.UDP, address, (flow, cause) -> transmit(flow, request, answers));
            } catch (UnknownHostException e) {
                answers.answered(430, null);
            }
        });
    }

    private void transmit(Flow flow, byte[] request, Answers answers) {
        if (flow == null || !flow.isOpen()) {
            answers.answered(430, null);
            return;
        }
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
        byte[] octets = withVia(request);
        if (parser.parseDatagram(octets, 0, octets.length) <= 0 || !parser.isRequest()) {
            answers.answered(400, null);
            return;
        }
        if (stack.send(flow, write(parser.request(), stack.request(flow)), new Exchange(answers)) < 0) {
            answers.answered(503, null);
        }
    }

    /** A Via for the parser, which rightly takes no request without one; it goes no further. */
    private static byte[] withVia(byte[] request) {
        int line = 0;
        while (line < request.length && request[line++] != '\n') {}
        byte[] via = "Via: SIP/2.0/UDP fleet.invalid;branch=z9hG4bKfleet\r\n".getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(request.length + via.length)
                .put(request, 0, line)
                .put(via)
                .put(request, line, request.length - line)
                .array();
    }

    private static RequestWriter write(SipRequest request, RequestWriter writer) {
        AsciiView method = request.methodName();
        byte[] name = Arrays.copyOfRange(method.array(), method.offset(), method.offset() + method.length());
        writer.begin(
                name,
                request.uri().array(),
                request.uri().offset(),
                request.uri().length());
        for (int i = 0; i < request.headerCount(); i++) {
            SipHeader header = request.header(i);
            if (header != SipHeader.VIA && header != SipHeader.CONTENT_LENGTH) {
                writer.header(request, i);
            }
        }
        if (request.bodyLength() > 0) {
            writer.bodyStart().put(request.array(), request.bodyOffset(), request.bodyLength());
        }
        return writer;
    }

    // ---- between nodes
    // --------------------------------------------------------------------------------------------------------------

    private void sendThere(int node, Target target, byte[] request, Answers answers) {
        long number = numbers.incrementAndGet();
        waiting.put(number, new Exchange(answers));
        byte[] host = target.host().getBytes(StandardCharsets.US_ASCII);
        ByteBuffer letter = ByteBuffer.allocate(HEAD + 12 + host.length + request.length)
                .put(REQUEST)
                .putLong(number)
                .put((byte) mail.node())
                .putLong(target.flowId())
                .put((byte) target.transport().ordinal())
                .putShort((short) target.port())
                .put((byte) host.length)
                .put(host)
                .put(request);
        mail.send(node, letter.array(), () -> end(number, 503));
        stack.schedule(0, () -> lookAfter(number), PATIENCE_MILLIS);
    }

    private void lookAfter(long number) {
        Exchange exchange = waiting.get(number);
        if (exchange == null) {
            return;
        }
        long idle = (System.nanoTime() - exchange.activeNanos) / 1_000_000;
        if (idle >= PATIENCE_MILLIS) {
            end(number, 408);
        } else {
            stack.schedule(0, () -> lookAfter(number), PATIENCE_MILLIS - idle);
        }
    }

    private void end(long number, int status) {
        Exchange exchange = waiting.remove(number);
        if (exchange != null) {
            exchange.answers.answered(status, null);
        }
    }

    private void onMail(byte[] octets) {
        ByteBuffer letter = ByteBuffer.wrap(octets);
        byte kind = letter.get();
        long number = letter.getLong();
        int from = letter.get();
        if (kind == REQUEST) {
            onRequest(number, from, letter);
        } else if (kind == RESPONSE) {
            onResponse(number, letter);
        }
    }

    private void onRequest(long number, int from, ByteBuffer letter) {
        long flowId = letter.getLong();
        Transport transport = TRANSPORTS[letter.get()];
        int port = letter.getShort() & 0xFFFF;
        byte[] host = new byte[letter.get() & 0xFF];
        letter.get(host);
        byte[] request = new byte[letter.remaining()];
        letter.get(request);
        Target target = new Target(flowId, transport, new String(host, StandardCharsets.US_ASCII), port);
        sendHere(target, request, (status, response) -> {
            int length = response == null ? 0 : response.length;
            ByteBuffer back = ByteBuffer.allocate(HEAD + 3 + length)
                    .put(RESPONSE)
                    .putLong(number)
                    .put((byte) mail.node())
                    .putShort((short) status)
                    .put((byte) (status >= 200 ? 1 : 0));
            if (response != null) {
                back.put(response);
            }
            mail.send(from, back.array(), () -> {});
        });
    }

    private void onResponse(long number, ByteBuffer letter) {
        int status = letter.getShort();
        boolean isFinal = letter.get() != 0;
        byte[] response = letter.hasRemaining() ? new byte[letter.remaining()] : null;
        if (response != null) {
            letter.get(response);
        }
        Exchange exchange = isFinal ? waiting.remove(number) : waiting.get(number);
        if (exchange != null) {
            exchange.activeNanos = System.nanoTime();
            exchange.answers.answered(status, response);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.RetryAfter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipResponse;
import org.sipwire.transport.Destination;
import org.sipwire.transport.Flow;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.Transport;
import org.sipwire.transport.netty.DnsNameService;
import org.sipwire.transport.netty.LoopContext;
import org.sipwire.transport.netty.NativeIo;
import org.sipwire.transport.netty.ServerLocator;
import org.sipwire.transport.netty.ServerLocator.Target;

/**
 * Sends requests to where they are to go: addresses are looked up, connections opened, and the next target is tried when one fails. What
 * it keeps is confined to the loops.
 *
 * <p>Owned by its stack.
 */
final class RequestSender {
    /** The octets of a top Via with a branch, for an IPv6 address. */
    private static final int VIA_BYTES = 140;
    /** A target that failed is the last to be tried for so long, unless it said how long. */
    private static final long AVOIDED_SECONDS = 30;

    private static final long MAX_AVOIDED_SECONDS = 3_600;
    private static final int MAX_AVOIDED = 1_024;
    private static final long NANOS = 1_000_000_000L;

    private final SipStack stack;
    private final TransactionUser user;
    private final Loop[] loops;

    /** What one loop keeps. */
    private static final class Loop {
        final LoopContext context;
        final DnsNameService names;
        final ServerLocator locator;
        /** Until when targets are avoided, by {@link System#nanoTime}; the oldest first. */
        final Map<Target, Long> avoided = new LinkedHashMap<>();

        Loop(LoopContext context, NativeIo io, SipStackConfig config) {
            this.context = context;
            names = new DnsNameService(context.eventLoop(), io, config.nameServers(), System::nanoTime);
            SplittableRandom random = new SplittableRandom();
            locator = new ServerLocator(names, transports(config), sum -> random.nextInt(sum + 1));
        }

        private static Set<Transport> transports(SipStackConfig config) {
            EnumSet<Transport> transports = EnumSet.of(Transport.TCP, Transport.WS);
            for (ListeningPoint point : config.listeningPoints()) {
                if (point.transport() == Transport.UDP) {
                    transports.add(Transport.UDP);
                }
            }
            if (config.tls() != null) {
                transports.add(Transport.TLS);
                transports.add(Transport.WSS);
            }
            return transports;
        }
    }

    /** Hears how an attempt began. */
    @FunctionalInterface
    interface Begun {
        /**
         * What {@link SipStack#send} returned, or -1.
         *
         * @param cause why it is -1, else null
         */
        void begun(long handle, IOException cause);
    }

    RequestSender(SipStack stack, TransactionUser user, LoopContext[] contexts, NativeIo io, SipStackConfig config) {
        this.stack = stack;
        this.user = user;
        loops = new Loop[contexts.length];
        for (int i = 0; i < contexts.length; i++) {
            loops[i] = new Loop(contexts[i], io, config);
        }
    }

    /** Asks no more questions. On any thread but the loops'. */
    void close() {
        for (Loop loop : loops) {
            loop.context.eventLoop().execute(loop.names::close);
        }
    }

    TargetedRequest send(int loop, Destination to, RequestSource source, Object attachment) {
        TargetedRequest request = new TargetedRequest(this, loop, source, attachment, loops[loop].locator.locate(to));
        request.tryNext();
        return request;
    }

    // ------------------------------------------------------------------------------------------------------- attempts

    /** Sends to one target. */
    void attempt(int loop, Target to, RequestSource source, Object attachment, Begun begun) {
        if (to.transport() == Transport.UDP) {
            toDatagramAddress(loop, to.address(), source, attachment, begun);
        } else {
            stack.connect(loop, to.transport(), to.address(), (flow, cause) -> {
                if (flow == null) {
                    begun.begun(-1, problem(to.address(), cause));
                } else {
                    begin(flow, source, attachment, begun);
                }
            });
        }
    }

    /** RFC 3261 §18.1.1: over TCP when the request is too long for a datagram, and after all over UDP when there is no TCP. */
    void toDatagramAddress(int loop, InetSocketAddress to, RequestSource source, Object attachment, Begun begun) {
        stack.connect(loop, Transport.UDP, to, (udp, cause) -> {
            int limit = stack.config().maxDatagramBytes();
            if (udp == null) {
                begun.begun(-1, problem(to, cause));
            } else if (limit > 0 && length(source, udp) > limit) {
                stack.connect(
                        loop,
                        Transport.TCP,
                        to,
                        (tcp, no) -> begin(tcp == null ? udp : tcp, source, attachment, begun));
            } else {
                begin(udp, source, attachment, begun);
            }
        });
    }

    private int length(RequestSource source, Flow flow) {
        RequestWriter writer = stack.request(flow);
        source.write(writer, flow);
        return writer.end() + VIA_BYTES;
    }

    private void begin(Flow flow, RequestSource source, Object attachment, Begun begun) {
        RequestWriter writer = stack.request(flow);
        source.write(writer, flow);
        long handle = stack.send(flow, writer, attachment);
        begun.begun(handle, handle < 0 ? new IOException("the stack has all the transactions it may have") : null);
    }

    private static IOException problem(InetSocketAddress to, Throwable cause) {
        return cause instanceof IOException e
                ? e
                : new IOException("no connection to " + to + (cause == null ? "" : ": " + cause.getMessage()), cause);
    }

    ClientTransaction transaction(long handle) {
        return stack.clientTransaction(handle);
    }

    void unreachable(Object attachment, IOException cause) {
        if (attachment instanceof ClientTransactionUser own) {
            own.onUnreachable(cause);
        } else {
            user.onUnreachable(attachment, cause);
        }
    }

    // ------------------------------------------------------------------------------------------------------- failures

    /**
     * Whether the request goes on to another target, so that its user need not hear of this response. RFC 3263 §4.3: "a failure also occurs
     * if the transport layer returns a 503 or other transport failure."
     */
    static boolean goesOn(ClientTransaction transaction, SipResponse response) {
        return response.status() == 503
                && transaction.request() instanceof TargetedRequest request
                && request.goesOn(retryAfter(response));
    }

    /** Whether the request goes on to another target after a timeout or a transport error. */
    static boolean goesOn(ClientTransaction transaction) {
        return transaction.request() instanceof TargetedRequest request && request.goesOn(0);
    }

    private static long retryAfter(SipResponse response) {
        int line = response.first(SipHeader.RETRY_AFTER);
        return line < 0
                ? 0
                : new RetryAfter()
                        .wrap(response.array(), response.valueOffset(line), response.valueLength(line))
                        .seconds();
    }

    /**
     * A target failed: others are tried before it for a while. RFC 3261 §21.5.4: "A client (proxy or UAC) receiving a 503 SHOULD attempt to
     * forward the request to an alternate server. It SHOULD NOT forward any other requests to that server for the duration specified in the
     * Retry-After header field, if present."
     */
    void hasFailed(int loop, Target target, long seconds) {
        Map<Target, Long> avoided = loops[loop].avoided;
        avoided.remove(target);
        long duration = seconds > 0 ? Math.min(seconds, MAX_AVOIDED_SECONDS) : AVOIDED_SECONDS;
        avoided.put(target, System.nanoTime() + duration * NANOS);
        if (avoided.size() > MAX_AVOIDED) {
            avoided.remove(avoided.keySet().iterator().next());
        }
    }

    boolean hasFailedLately(int loop, Target target) {
        Map<Target, Long> avoided = loops[loop].avoided;
        Long until = avoided.get(target);
        if (until != null && System.nanoTime() - until >= 0) {
            avoided.remove(target);
            return false;
        }
        return until != null;
    }
}

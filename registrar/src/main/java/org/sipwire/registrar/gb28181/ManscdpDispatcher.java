/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import org.sipwire.codec.AsciiView;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.manscdp.CmdType;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.codec.manscdp.ManscdpPeek;
import org.sipwire.codec.manscdp.ManscdpRoot;
import org.sipwire.registrar.gb28181.Device.Status;
import org.sipwire.transaction.RequestContext;
import org.sipwire.transaction.ServerTransaction;
import org.sipwire.transport.Flow;

/**
 * Takes MESSAGE and NOTIFY of devices, on the loop they arrive on.
 *
 * <pre>
 *   who sent it?   a device that is registered on this very flow; or one that proves that it has moved here   else 404
 *   what is it?    peeked, no XML                                                                             else 400
 *   Keepalive      its time is stored, 200 without state: a retransmission changes nothing
 *   anything else  200 in a transaction (so a retransmission is not seen), then read, then handled at home
 * </pre>
 *
 * <p><b>Whom to believe.</b> A MESSAGE carries no proof. It is believed when it comes over the flow that the device's authenticated
 * REGISTER came over. A device behind a NAT that forgot it comes from a new port: it is followed only when the Call-ID is that of its
 * registration or of its earlier keep-alives, which a stranger does not know, or when it is back on the flow it had before. After a
 * restart it is believed when it comes from where the location service says it was; and, by {@link Gb28181Config#readmit} alone, a
 * keep-alive from another port of that address. All others are answered 404 at once, without state, and register again.
 *
 * <p>Shared by the loops; it keeps nothing.
 */
final class ManscdpDispatcher {
    private static final int RETRY_SECONDS = 5;

    private final Gb28181Platform platform;
    private final DeviceRegistry registry;

    ManscdpDispatcher(Gb28181Platform platform) {
        this.platform = platform;
        this.registry = platform.registry();
    }

    void onMessage(PlatformLoop loop, SipRequest request, RequestContext context) {
        Flow flow = context.flow();
        ManscdpPeek peek = loop.peek;
        boolean known =
                request.bodyLength() > 0 && peek.peek(request.array(), request.bodyOffset(), request.bodyLength());
        Device device = sender(loop, request, flow, known);
        if (device == null) {
            platform.increment(GbCounter.STRANGERS);
            answer(context, 404);
        } else if (!known && request.method() == SipMethod.NOTIFY && request.bodyLength() == 0) {
            notified(loop, device, request, context);
        } else if (!known) {
            platform.increment(GbCounter.UNREADABLE);
            answer(context, 400);
        } else if (peek.cmdType() == CmdType.KEEPALIVE && peek.root() == ManscdpRoot.NOTIFY) {
            keepalive(loop, device, request, context);
        } else {
            accept(loop, device, request, context);
        }
    }

    /** Any other method: BYE of a device ends a media session; the rest is not for a platform. */
    void onRequest(PlatformLoop loop, SipRequest request, RequestContext context) {
        if (request.method() == SipMethod.ACK) {
            return;
        }
        Device device = sender(loop, request, context.flow(), false);
        if (device == null) {
            platform.increment(GbCounter.STRANGERS);
            answer(context, 403);
        } else if (request.method() != SipMethod.BYE) {
            context.response(405).header(SipHeader.ALLOW, "REGISTER, OPTIONS, MESSAGE, NOTIFY, BYE");
            context.respondStateless();
        } else {
            ServerTransaction transaction = context.accept();
            if (transaction != null) {
                context.response(200);
                transaction.respond();
                String callId = request.callId().toString();
                platform.onHome(loop.index, device.home(), () -> platform.loop(device.home())
                        .bye(device, callId));
            }
        }
    }

    /** A NOTIFY without a body: the end of a subscription as a rule. */
    private void notified(PlatformLoop loop, Device device, SipRequest request, RequestContext context) {
        ServerTransaction transaction = context.accept();
        if (transaction != null) {
            context.response(200);
            transaction.respond();
            terminated(loop, device, request);
        }
    }

    private void terminated(PlatformLoop loop, Device device, SipRequest request) {
        int state = request.first(SipHeader.SUBSCRIPTION_STATE);
        if (state >= 0 && request.value(state, new AsciiView()).toString().startsWith("terminated")) {
            String callId = request.callId().toString();
            platform.onHome(loop.index, device.home(), () -> platform.loop(device.home())
                    .terminated(device, callId));
        }
    }

    private static void answer(RequestContext context, int status) {
        context.response(status);
        context.respondStateless();
    }

    private void keepalive(PlatformLoop loop, Device device, SipRequest request, RequestContext context) {
        answer(context, 200);
        device.seen(platform.now());
        platform.increment(GbCounter.KEEPALIVES);
        AsciiView callId = request.callId();
        device.keepaliveCallId = platform.hash(callId.array(), callId.offset(), callId.length());
        if (device.status() == Status.OFFLINE && device.claimChange()) {
            platform.onHome(loop.index, device.home(), () -> platform.loop(device.home())
                    .revived(device));
        }
    }

    private void accept(PlatformLoop loop, Device device, SipRequest request, RequestContext context) {
        PlatformLoop home = platform.loop(device.home());
        if (home != loop && home.isBehind()) {
            platform.increment(GbCounter.SHED);
            context.response(503).header(SipHeader.RETRY_AFTER, RETRY_SECONDS);
            context.respondStateless();
            return;
        }
        ServerTransaction transaction = context.accept();
        if (transaction == null) {
            return;
        }
        context.response(200);
        transaction.respond();
        platform.increment(GbCounter.MESSAGES);
        if (request.method() == SipMethod.NOTIFY) {
            terminated(loop, device, request);
        }
        Manscdp message = loop.reader.read(
                request.array(),
                request.bodyOffset(),
                request.bodyLength(),
                device.settings().charset());
        if (message instanceof Manscdp.Unreadable) {
            platform.increment(GbCounter.UNREADABLE);
            return;
        }
        if (loop.reader.repaired()) {
            platform.increment(GbCounter.REPAIRED);
        }
        device.seen(platform.now());
        if (home == loop) {
            home.received(device, message);
        } else {
            home.handOver(device, message);
        }
    }

    // ------------------------------------------------------------------------------------------------------- who

    /** The registered device that sent this, or null. */
    private Device sender(PlatformLoop loop, SipRequest request, Flow flow, boolean peeked) {
        AsciiView user = request.from().uri().user();
        Device from = user.length() <= 0 ? null : registry.get(loop.probe.look(user));
        if (isHere(from, flow)) {
            return from;
        }
        // Devices of one recorder may share its flow, and name themselves in the body alone.
        Device named =
                peeked && loop.peek.deviceIdLength() > 0 ? registry.get(loop.probe.look(loop.peek.deviceId())) : null;
        if (isHere(named, flow)) {
            return named;
        }
        // From of a MediaStatus may be anything: whose flow is it?
        Device onFlow = registry.onFlow(flow.id());
        if (isHere(onFlow, flow)) {
            return onFlow;
        }
        if (from == null || !from.isRegistered()) {
            return null;
        }
        if (hasMoved(from, request, flow)) {
            return followed(from, flow, GbCounter.MOVES);
        }
        boolean keepalive = peeked && loop.peek.cmdType() == CmdType.KEEPALIVE;
        return keepalive && mayComeBack(from, flow) ? followed(from, flow, GbCounter.READMITTED) : null;
    }

    private boolean isHere(Device device, Flow flow) {
        if (device == null) {
            return false;
        }
        if (device.isArriving(flow)) {
            return true;
        }
        if (!device.isRegistered()) {
            return false;
        }
        Flow known = device.flow();
        if (known.id() == flow.id()) {
            return true;
        }
        if (known instanceof RememberedFlow remembered && remembered.isSource(flow)) {
            follow(device, flow);
            return true;
        }
        return false;
    }

    private boolean hasMoved(Device device, SipRequest request, Flow flow) {
        if (device.formerFlowId == flow.id()) {
            return true;
        }
        AsciiView callId = request.callId();
        long hash = platform.hash(callId.array(), callId.offset(), callId.length());
        return hash != 0 && (hash == device.registerCallId || hash == device.keepaliveCallId);
    }

    /**
     * Whether the platform lets in again what speaks by keep-alives alone and never registers anew: a device whose registration has not
     * ended, that is not known to live elsewhere, from the very address it registered from. The port may be another, as may the transport.
     */
    private boolean mayComeBack(Device device, Flow flow) {
        return platform.config().readmit()
                && (!device.isOnline() || device.flow() instanceof RememberedFlow)
                && device.expiresAtMillis() > platform.now()
                && RememberedFlow.isSameHost(device.flow(), flow);
    }

    private Device followed(Device device, Flow flow, GbCounter counter) {
        platform.increment(counter);
        follow(device, flow);
        return device;
    }

    private void follow(Device device, Flow flow) {
        if (device.claimChange()) {
            Flow shared = flow.toShared();
            // Never at once, on its own loop either: what follows may ask the device something, and its answer goes
            // first.
            platform.wire()
                    .execute(device.home(), () -> platform.loop(device.home()).followed(device, shared));
        }
    }
}

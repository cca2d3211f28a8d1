/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.nio.charset.StandardCharsets;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.manscdp.CmdType;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.codec.manscdp.ManscdpReader;
import org.sipwire.codec.manscdp.ManscdpWriter;
import org.sipwire.transaction.RequestContext;
import org.sipwire.transaction.ServerTransaction;
import org.sipwire.transport.Flow;

/**
 * Takes the requests of an agent's platform, on the loop they arrive on: answers them there and hands what they say to the agent's loop.
 *
 * <pre>
 *   from another host      403, without state
 *   MESSAGE                200, then AgentReplies               a body that cannot be read: 400
 *   SUBSCRIBE              200 with Result OK, then kept        a dialog that is not known: 481; another subject: 489
 *   INVITE                 100, then DeviceAgentListener.onInvite decides
 *   ACK, BYE, INFO         for the invite of that Call-ID       none: 481
 * </pre>
 *
 * <p>Shared by the loops; each has its own tools.
 */
final class AgentRequests {
    private static final String ALLOW = "MESSAGE, SUBSCRIBE, INVITE, ACK, CANCEL, BYE, INFO, OPTIONS";
    private static final int MAX_INVITES = 1024;
    private static final int MAX_SUBSCRIPTIONS = 64;
    private static final long DEFAULT_SUBSCRIPTION_SECONDS = 600;
    private static final long MAX_SUBSCRIPTION_SECONDS = 86_400;
    private static final long MAX_INTERVAL_SECONDS = 3600;

    private final DeviceAgent agent;
    private final ManscdpReader[] readers;
    private final ManscdpWriter[] writers;

    AgentRequests(DeviceAgent agent, int loops) {
        this.agent = agent;
        readers = new ManscdpReader[loops];
        writers = new ManscdpWriter[loops];
        for (int i = 0; i < loops; i++) {
            readers[i] = new ManscdpReader();
            writers[i] = new ManscdpWriter();
        }
    }

    void onRequest(SipRequest request, RequestContext context) {
        if (!agent.isUpstream(context.flow())) {
            refuse(context, 403);
            return;
        }
        switch (request.method()) {
            case MESSAGE -> message(request, context);
            case SUBSCRIBE -> subscribe(request, context);
            case INVITE -> invite(request, context);
            case ACK -> {
                DeviceInvite invite = invite(request);
                if (invite != null) {
                    agent.run(invite::acknowledged);
                }
            }
            case BYE, INFO -> inDialog(request, context);
            case OPTIONS -> {
                context.response(200).header(SipHeader.ALLOW, ALLOW);
                context.respondStateless();
            }
            default -> {
                context.response(405).header(SipHeader.ALLOW, ALLOW);
                context.respondStateless();
            }
        }
    }

    private static void refuse(RequestContext context, int status) {
        context.response(status);
        context.respondStateless();
    }

    /** The agent's Contact in a response: where its requests come from on that flow. */
    static void contact(ResponseWriter response, String id, Flow flow) {
        byte[] host = new byte[255];
        int length = flow.writeLocalHost(host, 0);
        boolean v6 = new String(host, 0, length, StandardCharsets.ISO_8859_1).indexOf(':') >= 0;
        response.headerStart(SipHeader.CONTACT).put("<sip:").put(id).put((byte) '@');
        response.put(v6 ? "[" : "").put(host, 0, length).put(v6 ? "]" : "");
        response.put((byte) ':').put(flow.localPort()).put((byte) '>').headerEnd();
    }

    private Manscdp body(SipRequest request, RequestContext context) {
        return readers[context.loopIndex()].read(request.array(), request.bodyOffset(), request.bodyLength());
    }

    private void message(SipRequest request, RequestContext context) {
        Manscdp message = body(request, context);
        if (message instanceof Manscdp.Unreadable) {
            refuse(context, 400);
            return;
        }
        ServerTransaction transaction = context.accept();
        if (transaction != null) {
            context.response(200);
            transaction.respond();
            agent.run(() -> agent.replies().received(message));
        }
    }

    // ------------------------------------------------------------------------------------------------ subscriptions

    private void subscribe(SipRequest request, RequestContext context) {
        String callId = request.callId().toString();
        AgentSubscription known = agent.subscriptions().get(callId);
        Manscdp query = request.bodyLength() == 0 ? null : body(request, context);
        CmdType about = query != null ? query.cmdType() : known == null ? CmdType.UNKNOWN : known.about;
        if (known == null && request.to().tag().isPresent()) {
            refuse(context, 481);
            return;
        }
        if (about != CmdType.CATALOG && about != CmdType.ALARM && about != CmdType.MOBILE_POSITION) {
            context.response(489).header(SipHeader.ALLOW_EVENTS, "Catalog, presence");
            context.respondStateless();
            return;
        }
        if (known == null && agent.subscriptions().size() >= MAX_SUBSCRIPTIONS) {
            refuse(context, 503);
            return;
        }
        ServerTransaction transaction = context.accept();
        if (transaction == null) {
            return;
        }
        long seconds = request.expires() < 0
                ? DEFAULT_SUBSCRIPTION_SECONDS
                : Math.min(request.expires(), MAX_SUBSCRIPTION_SECONDS);
        ResponseWriter response = context.response(200);
        response.header(SipHeader.EXPIRES, seconds);
        contact(response, agent.config().deviceId(), context.flow());
        if (query != null) {
            ManscdpWriter writer = writers[context.loopIndex()].result(about, query.sn(), query.deviceId(), true);
            response.body(writer.array(), writer.offset(), writer.length(), MessageFactory.MANSCDP);
        }
        AgentSubscription subscription =
                known != null ? known : new AgentSubscription(about, new PeerDialog(request, response), event(request));
        transaction.respond();
        agent.run(() -> subscribed(subscription, query, seconds));
    }

    private static String event(SipRequest request) {
        int event = request.first(SipHeader.EVENT);
        return event < 0 ? "presence" : request.value(event, new AsciiView()).toString();
    }

    /** On the agent's loop. */
    private void subscribed(AgentSubscription subscription, Manscdp query, long seconds) {
        if (seconds == 0) {
            agent.subscriptions().remove(subscription.callId());
            return;
        }
        subscription.extend(DeviceAgent.nowMillis(), seconds);
        boolean isNew = agent.subscriptions().put(subscription.callId(), subscription) == null;
        if (isNew && subscription.about == CmdType.CATALOG) {
            agent.reportFaults(subscription);
        } else if (isNew && subscription.about == CmdType.MOBILE_POSITION) {
            String interval =
                    query instanceof Manscdp.Query asked ? asked.parameters().getOrDefault("Interval", "5") : "5";
            boolean isNumber = interval.matches("\\d{1,6}");
            subscription.intervalSeconds =
                    isNumber ? Math.max(1, Math.min(MAX_INTERVAL_SECONDS, Long.parseLong(interval))) : 5;
            agent.report(subscription);
        }
    }

    // -------------------------------------------------------------------------------------------------------- media

    private void invite(SipRequest request, RequestContext context) {
        if (request.to().tag().isPresent()) {
            // A session is as it was offered: to change it, a platform ends it and invites again.
            refuse(context, invite(request) == null ? 481 : 488);
            return;
        }
        if (agent.invites().size() >= MAX_INVITES) {
            refuse(context, 486);
            return;
        }
        ServerTransaction transaction = context.accept();
        if (transaction == null) {
            return;
        }
        // Made from the response that will be sent: its To tag is the same whenever it is written.
        PeerDialog dialog = new PeerDialog(request, context.response(200));
        context.response(100);
        transaction.respond();
        transaction.defer();
        int subject = request.first(SipHeader.SUBJECT);
        String channel = request.uri().user().isPresent()
                ? request.uri().user().toString()
                : request.to().uri().user().toString();
        DeviceInvite invite = new DeviceInvite(
                agent,
                new DeviceInvite.Asked(
                        channel,
                        text(request),
                        subject < 0
                                ? ""
                                : request.value(subject, new AsciiView()).toString(),
                        dialog,
                        transaction.handle(),
                        context.flow().toShared()));
        agent.invites().put(dialog.callId, invite);
        agent.run(() -> agent.listener().onInvite(invite));
    }

    private void inDialog(SipRequest request, RequestContext context) {
        DeviceInvite invite = invite(request);
        if (invite == null) {
            refuse(context, 481);
            return;
        }
        ServerTransaction transaction = context.accept();
        if (transaction != null) {
            boolean bye = request.method() == SipMethod.BYE;
            String body = text(request);
            context.response(200);
            transaction.respond();
            agent.run(() -> {
                if (bye) {
                    invite.ended();
                } else {
                    invite.controlled(body);
                }
            });
        }
    }

    private DeviceInvite invite(SipRequest request) {
        return agent.invites().get(request.callId().toString());
    }

    private static String text(SipRequest request) {
        return new String(request.array(), request.bodyOffset(), request.bodyLength(), StandardCharsets.ISO_8859_1);
    }
}

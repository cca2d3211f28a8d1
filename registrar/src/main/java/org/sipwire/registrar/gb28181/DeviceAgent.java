/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipResponse;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.codec.manscdp.CmdType;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.codec.manscdp.ManscdpRoot;
import org.sipwire.transaction.ClientTransaction;
import org.sipwire.transaction.RequestContext;
import org.sipwire.transaction.ServerTransaction;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.TransactionUser;
import org.sipwire.transport.Flow;

/**
 * The other side of a {@link Gb28181Platform}: registers with an upstream platform as a camera, a recorder or, for a cascade, a platform,
 * keeps alive, and answers what is asked. The user of a stack of its own.
 *
 * <pre>{@code
 * DeviceAgent agent = new DeviceAgent(
 *         DeviceAgentConfig.builder("34020000001320000001", "34020000002000000001", "udp://10.0.0.1:5060").password("secret").build(),
 *         query -> channels,
 *         new DeviceAgentListener() {});
 * stack.start(agent);
 * }</pre>
 *
 * <p>The stack needs a UDP listening point when the agent registers over UDP; over TCP and TLS it connects. Requests are taken from the host
 * that it registered with and from no other. Everything is sent over the flow of the registration.
 *
 * <p>All public methods may be called on any thread; they act on the agent's loop, the first of the stack, where the callbacks come too.
 * Shared.
 */
public final class DeviceAgent implements TransactionUser, AutoCloseable {
    private static final int HOME = 0;
    private static final long BIND_POLL_MILLIS = 5;

    private final DeviceAgentConfig config;
    private final DeviceAgentListener listener;
    private final AgentParts parts = new AgentParts();
    private final AgentReplies replies;
    private final ConcurrentHashMap<String, DeviceInvite> invites = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, AgentSubscription> subscriptions = new ConcurrentHashMap<>();
    private SipStack stack;
    private AgentLine line;
    private AgentRegistration registration;
    private AgentKeepalive keepalive;
    private AgentRequests requests;
    private long sn;

    /** Written on the agent's loop, read anywhere. */
    private volatile boolean registered;

    private volatile boolean stopped;

    /** An agent that begins when its stack does. */
    public DeviceAgent(DeviceAgentConfig config, DeviceAnswers answers, DeviceAgentListener listener) {
        this.config = Objects.requireNonNull(config, "config");
        this.listener = Objects.requireNonNull(listener, "listener");
        replies = new AgentReplies(this, Objects.requireNonNull(answers, "answers"));
    }

    /** Who it is. */
    public DeviceAgentConfig config() {
        return config;
    }

    /** Whether its registration stands. */
    public boolean isRegistered() {
        return registered;
    }

    /**
     * Ends the registration and says so to the platform; the stack goes on. {@link DeviceAgentListener#onUnregistered} tells when it is
     * done. Does nothing the second time.
     */
    @Override
    public void close() {
        if (stack != null && !stopped) {
            run(registration::close);
        }
    }

    // ------------------------------------------------------------------------------------------------- what it tells

    /** Tells an alarm: to those who have subscribed to alarms, else by a MESSAGE. The agent fills in the SN. */
    public void alarm(Manscdp.Alarm alarm) {
        run(() -> {
            Manscdp.Alarm numbered = new Manscdp.Alarm(
                    nextSn(),
                    alarm.deviceId(),
                    alarm.priority(),
                    alarm.method(),
                    alarm.time(),
                    alarm.description(),
                    alarm.longitude(),
                    alarm.latitude(),
                    alarm.type(),
                    alarm.eventType());
            List<AgentSubscription> to = about(CmdType.ALARM);
            to.forEach(subscription -> notify(subscription, numbered, ClientCall.IGNORE));
            if (to.isEmpty()) {
                message(numbered, ClientCall.IGNORE);
            }
        });
    }

    /** Tells positions to those who have subscribed to them. */
    public void positions(List<Manscdp.Position> positions) {
        List<Manscdp.Position> copy = List.copyOf(positions);
        run(() -> about(CmdType.MOBILE_POSITION).forEach(subscription -> positions(subscription, copy)));
    }

    /** Tells changes to those who have subscribed to the catalogue: items with an Event, ADD and UPDATE whole, the others by ID alone. */
    public void catalogChanged(List<CatalogItem> changes) {
        List<CatalogItem> copy = List.copyOf(changes);
        run(() -> about(CmdType.CATALOG).forEach(subscription -> changed(subscription, copy)));
    }

    /** Says at once, and in each keep-alive, which channels do not work; none to end it. */
    public void faulty(List<String> channels) {
        List<String> copy = List.copyOf(channels);
        run(() -> {
            keepalive.faulty(copy);
            keepalive.now();
        });
    }

    private List<AgentSubscription> about(CmdType type) {
        long now = nowMillis();
        subscriptions.values().removeIf(subscription -> subscription.isOver(now));
        return subscriptions.values().stream()
                .filter(subscription -> subscription.about == type)
                .toList();
    }

    private void positions(AgentSubscription subscription, List<Manscdp.Position> positions) {
        if (!positions.isEmpty()) {
            Manscdp body = new Manscdp.MobilePosition(nextSn(), config.deviceId(), positions);
            notify(subscription, body, ClientCall.IGNORE);
        }
    }

    private void changed(AgentSubscription subscription, List<CatalogItem> changes) {
        long number = nextSn();
        parts.add(AgentParts.split(
                changes,
                config.itemsPerPart(),
                some -> call -> notify(
                        subscription,
                        new Manscdp.Catalog(ManscdpRoot.NOTIFY, number, config.deviceId(), changes.size(), some),
                        call)));
    }

    private void notify(AgentSubscription subscription, Manscdp body, ClientCall call) {
        if (line.flow() == null || !subscriptions.containsKey(subscription.callId())) {
            call.onNoResponse();
            return;
        }
        subscription.send(line, body, nowMillis(), new ClientCall() {
            @Override
            public int home(int here) {
                return here;
            }

            @Override
            public void onStatus(int status, Object kept) {
                if (status >= 300) {
                    // RFC 6665 §4.2.2: a NOTIFY that is refused ends the subscription.
                    subscriptions.remove(subscription.callId(), subscription);
                }
                call.onStatus(status, kept);
            }

            @Override
            public void onNoResponse() {
                subscriptions.remove(subscription.callId(), subscription);
                call.onNoResponse();
            }
        });
    }

    // ---------------------------------------------------------------------------------------------------- the stack

    @Override
    public void onStart(SipStack started) {
        stack = started;
        line = new AgentLine(config, Wire.of(started), HOME);
        registration = new AgentRegistration(
                config,
                line,
                (to, whenOpen) -> started.connect(HOME, config.transport(), to, whenOpen),
                new Registered());
        keepalive = new AgentKeepalive(config, line, registration);
        requests = new AgentRequests(this, started.loopCount());
        run(this::startWhenBound);
    }

    /** The stack tells before it binds; a flow needs the socket. */
    private void startWhenBound() {
        if (stopped) {
            return;
        }
        if (stack.boundPoints().size() < stack.config().listeningPoints().size()) {
            schedule(this::startWhenBound, BIND_POLL_MILLIS);
        } else {
            registration.start();
        }
    }

    @Override
    public void onStop() {
        stopped = true;
    }

    @Override
    public void onRequest(SipRequest request, RequestContext context) {
        requests.onRequest(request, context);
    }

    @Override
    public void onResponse(SipResponse response, ClientTransaction transaction) {
        if (transaction.attachment() instanceof ClientCall call) {
            call.onStatus(response.status(), call.keep(response));
        }
    }

    @Override
    public void onTimeout(ClientTransaction transaction) {
        noResponse(transaction);
    }

    @Override
    public void onTransportError(ClientTransaction transaction) {
        noResponse(transaction);
    }

    private static void noResponse(ClientTransaction transaction) {
        if (transaction.attachment() instanceof ClientCall call) {
            call.onNoResponse();
        }
    }

    @Override
    public void onCancel(ServerTransaction invite) {
        long transaction = invite.handle();
        run(() -> {
            for (DeviceInvite each : invites.values()) {
                if (each.transaction() == transaction) {
                    each.ended();
                }
            }
        });
    }

    @Override
    public void onTimeout(ServerTransaction transaction) {
        onCancel(transaction);
    }

    @Override
    public void onFlowClosed(Flow flow) {
        Flow current = line.flow();
        if (current != null && current.id() == flow.id()) {
            run(registration::flowLost);
        }
    }

    /** What the registration tells, on the agent's loop. */
    private final class Registered implements AgentRegistration.Owner {
        @Override
        public void registered(long expiresSeconds, String date) {
            registered = true;
            keepalive.start();
            listener.onRegistered(expiresSeconds, date);
        }

        @Override
        public void lost(DeviceAgentListener.Loss why, int status) {
            over();
            listener.onLost(why, status);
        }

        @Override
        public void unregistered() {
            over();
            listener.onUnregistered();
        }

        private void over() {
            registered = false;
            keepalive.stop();
            parts.clear();
        }
    }

    // ----------------------------------------------------------------------------------------------- for its helpers

    SipStack stack() {
        return stack;
    }

    DeviceAgentListener listener() {
        return listener;
    }

    AgentReplies replies() {
        return replies;
    }

    AgentParts parts() {
        return parts;
    }

    Map<String, DeviceInvite> invites() {
        return invites;
    }

    Map<String, AgentSubscription> subscriptions() {
        return subscriptions;
    }

    /** Whether a request comes from where the agent has registered: the same flow, or another of the same host. */
    boolean isUpstream(Flow from) {
        Flow current = line.flow();
        return current != null
                && (current.id() == from.id()
                        || current.remoteAddress()
                                .getAddress()
                                .equals(from.remoteAddress().getAddress()));
    }

    long nextSn() {
        return ++sn;
    }

    /** Milliseconds of a clock that nobody sets. */
    static long nowMillis() {
        return System.nanoTime() / 1_000_000;
    }

    /** Runs a task on the agent's loop, from any thread. */
    void run(Runnable task) {
        stack.execute(HOME, task);
    }

    void schedule(Runnable task, long millis) {
        stack.schedule(HOME, task, millis);
    }

    /** Sends a body by MESSAGE. */
    void message(Manscdp body, ClientCall call) {
        if (line.flow() == null) {
            call.onNoResponse();
        } else {
            line.message(body, call);
        }
    }

    /** Sends a request in a dialog. */
    void inDialog(PeerDialog dialog, SipMethod method, Consumer<RequestWriter> rest) {
        line.inDialog(dialog, method, rest, ClientCall.IGNORE);
    }

    /** Notifies the device's positions at the interval of a subscription, as long as it stands. */
    void report(AgentSubscription subscription) {
        schedule(
                () -> {
                    boolean stands = subscriptions.get(subscription.callId()) == subscription;
                    if (stands && !stopped && !subscription.isOver(nowMillis())) {
                        positions(subscription, replies.positions());
                        report(subscription);
                    }
                },
                subscription.intervalSeconds * 1000);
    }

    /** Tells a new subscriber of the catalogue what does not work (GB/T 28181-2016 9.11). */
    void reportFaults(AgentSubscription subscription) {
        List<CatalogItem> off = replies.faults();
        if (!off.isEmpty()) {
            changed(subscription, off);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipUri;
import org.sipwire.codec.manscdp.CmdType;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.codec.manscdp.ManscdpCharset;
import org.sipwire.codec.manscdp.ManscdpPeek;
import org.sipwire.codec.manscdp.ManscdpReader;
import org.sipwire.codec.manscdp.ManscdpRoot;
import org.sipwire.codec.manscdp.ManscdpWriter;
import org.sipwire.registrar.gb28181.Answer.Kind;
import org.sipwire.registrar.gb28181.Device.Status;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/**
 * What a platform keeps for one event loop: the devices that are at home here, their exchanges, their clock, and the tools for bodies.
 * Confined to that loop.
 */
final class PlatformLoop {
    /** How often time-outs are looked at. */
    static final long TICK_MILLIS = 250;

    private static final long UNASKED_QUIET_MILLIS = 200;
    private static final int MAX_EXCHANGES = 64;
    /** Bodies from other loops that may wait here: {@value}. */
    private static final int MAX_BACKLOG = 10_000;

    final int index;
    private final Gb28181Platform platform;
    private final Gb28181Config config;
    private final Wire wire;
    private final DeviceRegistry registry;
    private final DeviceListener listener;
    private final KeepaliveMonitor monitor = new KeepaliveMonitor(device -> wantCatalog(device));
    private final List<Exchange> active = new ArrayList<>();
    private final List<Device> changing = new ArrayList<>();
    private final List<Subscription> subscriptions = new ArrayList<>();
    private final List<MediaSession> sessions = new ArrayList<>();
    private final CatalogQueue catalogs;
    private final AtomicInteger backlog = new AtomicInteger();

    /** What waits, for whoever reads the gauges; stored once a tick. */
    private volatile Pending pending = new Pending(0, 0, 0, 0);

    // Tools: Borrowed from call to call, never across one.
    final DeviceId probe = DeviceId.probe();
    final ManscdpPeek peek = new ManscdpPeek();
    final ManscdpReader reader = new ManscdpReader();
    final SipUri uri = new SipUri();
    final MessageFactory messages;
    private final ManscdpWriter gb = new ManscdpWriter();
    private final ManscdpWriter utf8 = new ManscdpWriter(ManscdpCharset.UTF_8);
    private final Consumer<Device> silent = this::silent;

    PlatformLoop(Gb28181Platform platform, int index, Wire wire) {
        this.platform = platform;
        this.index = index;
        this.wire = wire;
        config = platform.config();
        registry = platform.registry();
        listener = platform.listener();
        messages = new MessageFactory(config.platformId(), config.domain());
        catalogs = new CatalogQueue(this, config);
    }

    long now() {
        return platform.now();
    }

    Gb28181Config.Timing timing() {
        return config.timing();
    }

    // ------------------------------------------------------------------------------------------------ registrations

    /** What a registration says, taken out of its Borrowed form. */
    record Registration(Flow flow, byte[] contact, String userAgent, long callIdHash, long untilMillis) {}

    void registered(Device device, Registration registration) {
        // It may have been forgotten while this was on its way.
        registry.add(device);
        long now = now();
        Status before = device.status();
        if (device.flow().id() != registration.flow().id()) {
            move(device, registration.flow());
        }
        if (before == Status.GONE) {
            device.catalogTries = 0;
        }
        device.registration(registration.contact(), registration.userAgent(), now, registration.untilMillis());
        device.registerCallId = registration.callIdHash();
        if (before != Status.ONLINE) {
            online(device);
        }
        if (device.isArriving(registration.flow())) {
            device.arriving = null;
        }
        loseIfClosed(device);
        wantCatalog(device);
    }

    /** A connection may close while its device is still on the way here: nobody would tell of it again. */
    private void loseIfClosed(Device device) {
        if (device.flow().transport().isReliable() && !device.flow().isOpen() && device.isOnline()) {
            offline(device, OfflineReason.FLOW_LOST);
        }
    }

    /** A device that was registered before this process began. */
    void remembered(Device device, Registration registration) {
        if (device.status() != Status.GONE || device.expiresAtMillis() != 0) {
            // It has registered meanwhile: that is newer.
            return;
        }
        device.registration(registration.contact(), registration.userAgent(), 0, registration.untilMillis());
        device.seen(now());
        device.registerCallId = registration.callIdHash();
        platform.increment(GbCounter.REMEMBERED);
        if (registration.flow().transport() == Transport.UDP) {
            online(device);
        } else {
            device.status(Status.OFFLINE);
        }
    }

    /** The last authenticated flow wins: one device is reached by one flow. */
    void move(Device device, Flow flow) {
        long old = device.flow().id();
        device.flow(flow);
        registry.moved(device, old);
    }

    void online(Device device) {
        if (device.status() != Status.ONLINE) {
            device.status(Status.ONLINE);
            registry.countOnline(1);
            platform.increment(GbCounter.ONLINE);
            monitor.watch(device);
            listener.onOnline(device.snapshot());
        }
    }

    /** A keep-alive came over the right flow although the device was taken for gone. */
    void revived(Device device) {
        device.changed();
        if (device.status() == Status.OFFLINE) {
            online(device);
        }
    }

    /** The device speaks from another place, where it was recognised; or, remembered, for the first time. */
    void followed(Device device, Flow flow) {
        device.changed();
        if (device.isRegistered() && device.flow().id() != flow.id()) {
            move(device, flow);
            revived(device);
            loseIfClosed(device);
            wantCatalog(device);
        }
    }

    void offline(Device device, OfflineReason reason) {
        Status before = device.status();
        boolean gone = reason != OfflineReason.KEEPALIVE_TIMEOUT && reason != OfflineReason.FLOW_LOST;
        device.status(gone ? Status.GONE : before == Status.GONE ? Status.GONE : Status.OFFLINE);
        if (before == Status.ONLINE) {
            registry.countOnline(-1);
            platform.increment(GbCounter.OFFLINE);
        }
        // Nobody waits for what can no more come: a query holds a place that others need.
        while (device.exchanges != null) {
            device.exchanges.finish(Kind.OFFLINE, 0);
        }
        if (gone) {
            for (MediaSession session : List.copyOf(sessions)) {
                if (session.isOf(device)) {
                    session.finish(MediaListener.End.OFFLINE, 0);
                }
            }
        }
        if (before == Status.ONLINE || gone && before != Status.GONE) {
            listener.onOffline(device.snapshot(), reason);
        }
    }

    /** Forgets a device unless it has come back meanwhile. */
    void forget(Device device) {
        if (!device.isRegistered() && device.arriving == null) {
            subscriptions.removeIf(subscription -> subscription.device() == device);
            registry.forget(device);
        }
    }

    private void silent(Device device) {
        platform.increment(GbCounter.KEEPALIVE_TIMEOUTS);
        offline(device, OfflineReason.KEEPALIVE_TIMEOUT);
    }

    /**
     * The device answered a request with an error.
     *
     * @param lostRegistration whether it says that it is not registered here: its keep-alives are then refused, so that it registers
     */
    void refused(Device device, boolean lostRegistration) {
        platform.increment(GbCounter.REFUSED);
        if (lostRegistration && device.isRegistered()) {
            offline(device, OfflineReason.LOST_REGISTRATION);
        }
    }

    // ---------------------------------------------------------------------------------------------------- catalogues

    private void wantCatalog(Device device) {
        catalogs.want(device);
    }

    Exchange catalog(Device device, String from, String to, Answer answer) {
        Manscdp.Query query = Queries.catalog(device.nextSn(), device.id().toString(), from, to);
        return ask(
                device,
                query,
                new Exchange.Expect(Integer.MAX_VALUE, config.timing().firstPartSeconds()),
                answer);
    }

    private void catalogPart(Device device, Manscdp.Catalog part, Exchange exchange) {
        if (device.collector == null || exchange != null && !device.collector.isAsked()) {
            device.collector = new CatalogCollector(device, exchange != null);
            if (device.catalogState() == CatalogState.NONE) {
                device.catalogState(CatalogState.COLLECTING);
            }
            if (exchange == null) {
                changing.add(device);
            }
        }
        device.collector.add(part, now() + UNASKED_QUIET_MILLIS);
        if (exchange != null) {
            exchange.onPart(part);
        }
    }

    private void publishCatalog(Device device) {
        CatalogCollector collector = device.collector;
        if (collector != null) {
            device.collector = null;
            collector.publish();
            platform.increment(GbCounter.CATALOGS);
            listener.onCatalog(device.snapshot(), device.items());
        }
    }

    // ----------------------------------------------------------------------------------------------------- exchanges

    /** Sends a query or command and waits for what is expected; null when it is over already. */
    Exchange ask(Device device, Manscdp message, Exchange.Expect expect, Answer answer) {
        if (!device.isOnline()) {
            answer.onDone(Answer.Outcome.of(Kind.OFFLINE));
            return null;
        }
        if (countExchanges(device) >= MAX_EXCHANGES) {
            answer.onDone(Answer.Outcome.of(Kind.BUSY));
            return null;
        }
        Exchange exchange = new Exchange(this, device, message, expect, answer);
        exchange.next = device.exchanges;
        device.exchanges = exchange;
        exchange.index = active.size();
        active.add(exchange);
        send(device, message, exchange);
        return exchange.isDone() ? null : exchange;
    }

    private static int countExchanges(Device device) {
        int count = 0;
        for (Exchange e = device.exchanges; e != null; e = e.next) {
            count++;
        }
        return count;
    }

    /** An exchange is over. */
    void ended(Exchange exchange, Kind kind) {
        Device device = exchange.device;
        int last = active.size() - 1;
        Exchange moved = active.remove(last);
        if (moved != exchange) {
            active.set(exchange.index, moved);
            moved.index = exchange.index;
        }
        if (device.exchanges == exchange) {
            device.exchanges = exchange.next;
        } else {
            Exchange before = device.exchanges;
            while (before.next != exchange) {
                before = before.next;
            }
            before.next = exchange.next;
        }
        if (exchange.type == CmdType.CATALOG && device.collector != null && device.collector.isAsked()) {
            publishCatalog(device);
        }
        if (kind == Kind.TIMEOUT || kind == Kind.NO_RESPONSE) {
            platform.increment(GbCounter.TIMEOUTS);
        }
    }

    private static Exchange find(Device device, CmdType type, long sn) {
        for (Exchange e = device.exchanges; e != null; e = e.next) {
            if (e.type == type && e.sn == sn) {
                return e;
            }
        }
        return null;
    }

    // ------------------------------------------------------------------------------------------------- what comes in

    /** Whether too much of other loops waits here for more to be taken. */
    boolean isBehind() {
        return backlog.get() >= MAX_BACKLOG;
    }

    /** A body that another loop hands over. On that loop. */
    void handOver(Device device, Manscdp message) {
        backlog.incrementAndGet();
        wire.execute(index, () -> {
            backlog.decrementAndGet();
            received(device, message);
        });
    }

    /** A body of a registered device; it has been answered. */
    void received(Device device, Manscdp message) {
        if (message.root() == ManscdpRoot.RESPONSE) {
            response(device, message);
        } else if (message instanceof Manscdp.Alarm alarm) {
            // Alarms are confirmed by a MESSAGE of their own (GB/T 28181-2016 9.4).
            send(device, new Manscdp.Result(CmdType.ALARM, alarm.sn(), alarm.deviceId(), "OK"), ClientCall.IGNORE);
            platform.increment(GbCounter.ALARMS);
            listener.onAlarm(device.id().toString(), alarm);
        } else if (message instanceof Manscdp.MobilePosition positions) {
            listener.onPosition(device.id().toString(), positions);
        } else if (message instanceof Manscdp.MediaStatus status) {
            fileSent(device, status);
            listener.onMediaStatus(device.id().toString(), status);
        } else if (message instanceof Manscdp.Catalog changes) {
            if (device.collector != null) {
                device.collector.meanwhile(changes);
            }
            CatalogCollector.apply(device, changes);
            platform.increment(GbCounter.CATALOGS);
            listener.onCatalog(device.snapshot(), device.items());
        } else if (!(message instanceof Manscdp.Keepalive)) {
            listener.onMessage(device.id().toString(), message);
        }
    }

    private void response(Device device, Manscdp message) {
        Exchange exchange = find(device, message.cmdType(), message.sn());
        if (message instanceof Manscdp.Catalog part) {
            catalogPart(device, part, exchange);
            return;
        }
        if (message instanceof Manscdp.DeviceInfo info
                && info.deviceId().equals(device.id().toString())) {
            device.info(info);
        } else if (message instanceof Manscdp.ConfigDownload config) {
            heartbeat(device, config);
        }
        if (exchange != null) {
            exchange.onPart(message);
        } else {
            listener.onMessage(device.id().toString(), message);
        }
    }

    /** A device that tells how often it keeps alive is judged by that, within sane bounds. */
    private static void heartbeat(Device device, Manscdp.ConfigDownload download) {
        var basic = download.blocks().get("BasicParam");
        if (basic != null && download.deviceId().equals(device.id().toString())) {
            long interval = number(basic.get("HeartBeatInterval"));
            long count = number(basic.get("HeartBeatCount"));
            if (interval > 0 || count > 0) {
                device.keepaliveTimeoutSeconds = Gb28181Config.clampTimeout(interval, count);
            }
        }
    }

    private static long number(String text) {
        return text != null && text.matches("\\d{1,9}") ? Long.parseLong(text) : 0;
    }

    // ---------------------------------------------------------------------------------------------------- what goes
    // out

    /** Writes the head of a request, on the loop of the flow. */
    interface Head {
        void write(PlatformLoop loop, Flow flow, RequestWriter writer);
    }

    /** Sends a body to a device by MESSAGE. */
    void send(Device device, Manscdp message, ClientCall call) {
        send(device, device.id().toString(), message, call, MESSAGE);
    }

    private static final Head MESSAGE = (loop, flow, writer) -> {
        loop.messages.begin(writer, SipMethod.MESSAGE);
        writer.header(SipHeader.CONTENT_TYPE, MessageFactory.MANSCDP);
        loop.messages.common(writer, loop.now());
    };

    /** Sends a body to a device or one of its channels over the device's flow, from whatever loop that is. */
    void send(Device device, String target, Manscdp message, ClientCall call, Head head) {
        ManscdpWriter writer = Gb28181Platform.charset(device) == ManscdpCharset.UTF_8 ? utf8 : gb;
        writer.edition2022(device.gbVersion().startsWith("3")).write(message);
        Flow flow = device.flow();
        if (flow.loopIndex() == index && !(flow instanceof RememberedFlow)) {
            sendHere(new Outgoing(device, target, flow, call, head), writer.array(), writer.offset(), writer.length());
        } else {
            byte[] body = writer.toByteArray();
            send(device, target, body, call, head);
        }
    }

    /** Sends any body, or none. */
    void send(Device device, String target, byte[] body, ClientCall call, Head head) {
        if (device.flow() instanceof RememberedFlow remembered) {
            reach(remembered, call, flow -> send(new Outgoing(device, target, flow, call, head), body));
        } else {
            send(new Outgoing(device, target, device.flow(), call, head), body);
        }
    }

    /** Opens the way to where a device was, which has not been heard since this process began. */
    private void reach(RememberedFlow remembered, ClientCall call, Consumer<Flow> then) {
        if (remembered.reach != null) {
            then.accept(remembered.reach);
        } else if (remembered.transport() != Transport.UDP) {
            call.onNoResponse();
        } else {
            wire.connect(index, Transport.UDP, remembered.remoteAddress(), (flow, cause) -> {
                if (flow == null) {
                    call.onNoResponse();
                } else {
                    remembered.reach = flow.toShared();
                    then.accept(remembered.reach);
                }
            });
        }
    }

    private void send(Outgoing outgoing, byte[] body) {
        platform.onHome(index, outgoing.flow().loopIndex(), () -> platform.loop(
                        outgoing.flow().loopIndex())
                .sendHere(outgoing, body, 0, body.length));
    }

    /** A request on its way to the loop of its flow. */
    private record Outgoing(Device device, String target, Flow flow, ClientCall call, Head head) {}

    private void sendHere(Outgoing out, byte[] body, int offset, int length) {
        messages.to(out.target(), out.device().contact())
                .target("")
                .tagged(out.device().settings().toTag());
        RequestWriter writer = wire.request(out.flow());
        out.head().write(this, out.flow(), writer);
        if (length > 0) {
            writer.bodyStart().put(body, offset, length);
        }
        if (wire.send(out.flow(), writer, out.call()) < 0) {
            platform.onHome(index, out.call().home(index), out.call()::onNoResponse);
        }
        platform.increment(GbCounter.SENT);
    }

    // ------------------------------------------------------------------------------------------------ subscriptions

    /** Subscribes, or refreshes what is subscribed; a subscription of 0 s is cancelled. */
    void subscribe(Device device, Subscription.Kind kind, Manscdp query, int expiresSeconds, Answer answer) {
        subscriptions.removeIf(old -> {
            boolean same = old.device() == device && old.kind == kind;
            if (same) {
                old.cancel();
            }
            return same;
        });
        if (expiresSeconds == 0) {
            answer.onDone(Answer.Outcome.of(Kind.COMPLETE));
        } else if (!device.isOnline()) {
            answer.onDone(Answer.Outcome.of(Kind.OFFLINE));
        } else {
            Subscription made = new Subscription(this, device, kind, query, expiresSeconds, answer);
            subscriptions.add(made);
            made.subscribe();
        }
    }

    // -------------------------------------------------------------------------------------------------------- media

    /** Runs a task on this loop, from any thread. */
    void run(Runnable task) {
        wire.execute(index, task);
    }

    /** What waits on a loop: requests for their answers, devices for a place to be asked, what is subscribed to, streams. */
    record Pending(int exchanges, int catalogs, int subscriptions, int sessions) {}

    /** What waits, as of the last tick. On any thread. */
    Pending pending() {
        return pending;
    }

    /** Invites a channel to send. */
    void play(Device device, String channel, GbSdp.Wish wish, GbSdp.Receiver receiver, MediaListener heard) {
        String ssrc = platform.nextSsrc(wish.kind() != GbSdp.Kind.PLAY);
        MediaSession session = new MediaSession(this, device, channel, ssrc, heard);
        sessions.add(session);
        if (!device.isOnline()) {
            session.finish(MediaListener.End.OFFLINE, 0);
        } else {
            session.invite(GbSdp.offer(config.platformId(), channel, wish, receiver, ssrc), config.platformId());
        }
    }

    void endedMedia(MediaSession session) {
        sessions.remove(session);
    }

    /** A device says that it has sent a recording to its end: BYE is due to it (GB/T 28181-2016 9.8). */
    private void fileSent(Device device, Manscdp.MediaStatus status) {
        if (status.notifyType() == Manscdp.MediaStatus.FILE_SENT) {
            for (MediaSession session : List.copyOf(sessions)) {
                if (session.isOf(device) && session.channel().equals(status.deviceId())) {
                    session.end(MediaListener.End.FILE_SENT, 0);
                }
            }
        }
    }

    /** A device has said BYE. */
    void bye(Device device, String callId) {
        for (MediaSession session : List.copyOf(sessions)) {
            if (session.isOf(device) && session.isOf(callId)) {
                session.finish(MediaListener.End.BYE, 0);
            }
        }
    }

    /** A NOTIFY said that its subscription is over. */
    void terminated(Device device, String callId) {
        for (Subscription subscription : subscriptions) {
            if (subscription.device() == device && subscription.isOf(callId)) {
                subscription.terminated();
            }
        }
    }

    // -------------------------------------------------------------------------------------------------------- time

    void start() {
        wire.schedule(index, this::tick, TICK_MILLIS);
    }

    private void tick() {
        tick(now());
        if (!platform.isStopped()) {
            wire.schedule(index, this::tick, TICK_MILLIS);
        }
    }

    void tick(long nowMillis) {
        monitor.tick(nowMillis, silent);
        for (int i = active.size() - 1; i >= 0; i--) {
            // Ending one may end others: the list may be shorter than it was.
            if (i < active.size()) {
                Exchange exchange = active.get(i);
                if (exchange.deadlineMillis <= nowMillis) {
                    exchange.onDeadline();
                } else if (exchange.place != null && exchange.placeUntilMillis <= nowMillis) {
                    exchange.place.free();
                }
            }
        }
        pending = new Pending(active.size(), catalogs.waiting(), subscriptions.size(), sessions.size());
        for (int i = subscriptions.size() - 1; i >= 0; i--) {
            if (subscriptions.get(i).dueMillis <= nowMillis) {
                subscriptions.get(i).subscribe();
            }
        }
        for (int i = changing.size() - 1; i >= 0; i--) {
            Device device = changing.get(i);
            CatalogCollector collector = device.collector;
            if (collector == null || collector.isAsked() || collector.quietAtMillis() <= nowMillis) {
                changing.remove(i);
                if (collector != null && !collector.isAsked()) {
                    publishCatalog(device);
                }
            }
        }
    }
}

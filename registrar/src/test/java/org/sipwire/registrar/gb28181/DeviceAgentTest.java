/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sipwire.codec.manscdp.CatalogField;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.codec.manscdp.ControlCommand;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transport.Transport;

/** A DeviceAgent against the platform of this project: both sides of GB/T 28181 over sockets. */
@Timeout(60)
class DeviceAgentTest {
    private static final String DEVICE = "34020000001180000001";
    private static final String CHANNEL = "34020000001310000001";

    private final List<AutoCloseable> open = new ArrayList<>();
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final BlockingQueue<DeviceInvite> invites = new LinkedBlockingQueue<>();
    private final List<CatalogItem> channels =
            List.of(channel(1, "大门"), channel(2, "Car park"), channel(3, "Roof"), channel(4, "仓库"), channel(5, "Lift"));

    private static CatalogItem channel(int number, String name) {
        return CatalogItem.channel("3402000000131000000" + number, name, DEVICE);
    }

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private PlatformServer platform(Gb28181Config config) {
        PlatformServer server = new PlatformServer(config);
        open.add(server);
        return server;
    }

    private PlatformServer platform() {
        return platform(Gb28181Config.of(PlatformServer.PLATFORM).withCatalogOnRegister(false));
    }

    private DeviceAgentConfig.Builder config(PlatformServer server, Transport transport) {
        return DeviceAgentConfig.builder(
                        DEVICE, PlatformServer.PLATFORM, transport.scheme() + "://127.0.0.1:" + server.port(transport))
                .password(PlatformServer.PASSWORD)
                .timing(new DeviceAgentConfig.Timing(3600, 200, 3, 200));
    }

    /** An agent on a stack of two loops, so that what arrives on the other one is handed over. */
    private DeviceAgent start(DeviceAgentConfig config) {
        DeviceAgent agent = new DeviceAgent(config, new Answers(), new Recorder());
        SipStack stack = SipStack.create(SipStackConfig.builder()
                .listen("udp://127.0.0.1:0")
                .threads(2)
                .drainMillis(0)
                .build());
        open.add(stack);
        stack.start(agent);
        return agent;
    }

    private DeviceAgent registered(PlatformServer server, Transport transport) throws Exception {
        DeviceAgent agent = start(config(server, transport).build());
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        assertThat(heard()).isEqualTo("registered 3600");
        return agent;
    }

    private String heard() throws InterruptedException {
        String event = heard.poll(10, TimeUnit.SECONDS);
        assertThat(event).as("an event within 10 s").isNotNull();
        return event;
    }

    private interface Ask {
        void of(DeviceCommands commands, Answer answer);
    }

    /** Asks a device and waits for the outcome. */
    private static Answer.Outcome ask(PlatformServer server, Ask ask) throws InterruptedException {
        BlockingQueue<Answer.Outcome> outcomes = new LinkedBlockingQueue<>();
        ask.of(server.platform.commands(), outcomes::add);
        Answer.Outcome outcome = outcomes.poll(10, TimeUnit.SECONDS);
        assertThat(outcome).as("an outcome within 10 s").isNotNull();
        return outcome;
    }

    // -------------------------------------------------------------------------------------------------- registration

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"UDP", "TCP"})
    void registersKeepsAliveAndGivesItsWholeCatalogueInParts(Transport transport) throws Exception {
        PlatformServer server = platform(Gb28181Config.of(PlatformServer.PLATFORM));
        DeviceAgent agent = start(config(server, transport).build());
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        assertThat(server.event()).isEqualTo("catalog " + DEVICE + " COMPLETE 5");
        assertThat(server.platform.registry().catalog(DEVICE))
                .extracting(CatalogItem::name)
                .containsExactly("大门", "Car park", "Roof", "仓库", "Lift");
        while (server.platform.count(GbCounter.KEEPALIVES) < 3) {
            Thread.sleep(10);
        }
        assertThat(agent.isRegistered()).isTrue();
        assertThat(server.platform.registry().find(DEVICE).address().transport())
                .isEqualTo(transport);
    }

    @Test
    void closedAgentTellsItsPlatformThatItIsGone() throws Exception {
        PlatformServer server = platform();
        DeviceAgent agent = registered(server, Transport.UDP);
        agent.close();
        assertThat(server.event()).isEqualTo("offline " + DEVICE + " UNREGISTERED");
        assertThat(heard()).isEqualTo("unregistered");
        assertThat(agent.isRegistered()).isFalse();
    }

    @Test
    void wrongPasswordIsToldAndTriedAgainLater() throws Exception {
        PlatformServer server = platform();
        start(config(server, Transport.UDP).password("guess").build());
        assertThat(heard()).isEqualTo("lost WRONG_PASSWORD 401");
        assertThat(heard()).isEqualTo("lost WRONG_PASSWORD 401");
        assertThat(server.platform.registry().size()).isZero();
    }

    @Test
    void lostConnectionIsOpenedAgain() throws Exception {
        PlatformServer first = platform();
        int port = first.port(Transport.TCP);
        registered(first, Transport.TCP);
        first.close();
        assertThat(heard()).isEqualTo("lost FLOW_LOST 0");
        assertThat(heard()).isEqualTo("lost NO_RESPONSE 0");
        PlatformServer second = new PlatformServer(
                Gb28181Config.of(PlatformServer.PLATFORM).withCatalogOnRegister(false), Transport.TCP, port);
        open.add(second);
        assertThat(second.event()).isEqualTo("online " + DEVICE);
    }

    @Test
    void platformThatForgotTheDeviceGetsANewRegistration() throws Exception {
        PlatformServer first = platform();
        int port = first.port(Transport.UDP);
        registered(first, Transport.UDP);
        first.close();
        PlatformServer second = new PlatformServer(
                Gb28181Config.of(PlatformServer.PLATFORM).withCatalogOnRegister(false), Transport.UDP, port);
        open.add(second);
        assertThat(heard()).isEqualTo("lost KEEPALIVES_LOST 404");
        assertThat(second.event()).isEqualTo("online " + DEVICE);
        assertThat(heard()).isEqualTo("registered 3600");
    }

    // ------------------------------------------------------------------------------------------------------- queries

    @Test
    void queriesAreAnsweredFromTheSupplier() throws Exception {
        PlatformServer server = platform();
        registered(server, Transport.UDP);
        Answer.Outcome info = ask(server, (c, a) -> c.deviceInfo(DEVICE, DEVICE, a));
        assertThat(info.parts()).singleElement().isInstanceOfSatisfying(Manscdp.DeviceInfo.class, i -> {
            assertThat(i.deviceName()).isEqualTo("网关");
            assertThat(i.channels()).isEqualTo(5);
            assertThat(i.deviceId()).isEqualTo(DEVICE);
        });
        Answer.Outcome status = ask(server, (c, a) -> c.deviceStatus(DEVICE, CHANNEL, a));
        assertThat(status.parts()).singleElement().isInstanceOfSatisfying(Manscdp.DeviceStatus.class, s -> assertThat(
                        s.deviceId())
                .isEqualTo(CHANNEL));
        Answer.Outcome presets = ask(server, (c, a) -> c.presets(DEVICE, CHANNEL, a));
        assertThat(presets.parts()).singleElement().isInstanceOfSatisfying(Manscdp.PresetList.class, p -> assertThat(
                        p.presets())
                .containsExactly(new Manscdp.Preset("1", "Gate")));
        Answer.Outcome config = ask(server, (c, a) -> c.configuration(DEVICE, DEVICE, "BasicParam/VideoParamOpt", a));
        assertThat(config.kind()).isEqualTo(Answer.Kind.COMPLETE);
        assertThat(config.parts())
                .extracting(p -> ((Manscdp.ConfigDownload) p).blocks().keySet().toString())
                .containsExactly("[BasicParam]", "[VideoParamOpt]");
    }

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"UDP", "TCP"})
    void recordingsComeInPartsAndMayComeLater(Transport transport) throws Exception {
        PlatformServer server = platform();
        registered(server, transport);
        Answer.Outcome outcome = ask(
                server,
                (c, a) -> c.recordings(DEVICE, CHANNEL, "2026-01-01T00:00:00", "2026-01-02T00:00:00", "all", a));
        assertThat(outcome.kind()).isEqualTo(Answer.Kind.COMPLETE);
        assertThat(outcome.parts()).hasSize(4);
        assertThat(outcome.parts().stream()
                        .flatMap(p -> ((Manscdp.RecordInfo) p).recordings().stream())
                        .map(Manscdp.Recording::name))
                .containsExactly("r0", "r1", "r2", "r3", "r4", "r5", "r6");
    }

    // ------------------------------------------------------------------------------------------------------ commands

    @Test
    void commandsAreCarriedOutAndThoseWithAResultAreAnswered() throws Exception {
        PlatformServer server = platform();
        registered(server, Transport.UDP);
        Answer.Outcome ptz = ask(server, (c, a) -> c.iFrame(DEVICE, CHANNEL, a));
        assertThat(ptz.kind()).isEqualTo(Answer.Kind.COMPLETE);
        assertThat(heard()).isEqualTo("control I_FRAME Send");
        Answer.Outcome guard = ask(server, (c, a) -> c.guard(DEVICE, CHANNEL, true, a));
        assertThat(heard()).isEqualTo("control GUARD SetGuard");
        assertThat(guard.parts()).singleElement().isInstanceOfSatisfying(Manscdp.Result.class, r -> assertThat(r.ok())
                .isTrue());
        Answer.Outcome record = ask(server, (c, a) -> c.record(DEVICE, CHANNEL, true, a));
        assertThat(heard()).isEqualTo("control RECORD Record");
        assertThat(record.parts()).singleElement().isInstanceOfSatisfying(Manscdp.Result.class, r -> assertThat(r.ok())
                .isFalse());
        Map<String, Map<String, String>> blocks = Map.of("BasicParam", Map.of("HeartBeatInterval", "30"));
        Answer.Outcome configured = ask(server, (c, a) -> c.configure(DEVICE, DEVICE, blocks, a));
        assertThat(heard()).isEqualTo("configure " + blocks);
        assertThat(configured.kind()).isEqualTo(Answer.Kind.COMPLETE);
    }

    // ------------------------------------------------------------------------------------------------- notifications

    @Test
    void alarmsGoByMessageAndBySubscriptionOnceThereIsOne() throws Exception {
        PlatformServer server = platform();
        DeviceAgent agent = registered(server, Transport.UDP);
        Manscdp.Alarm alarm =
                new Manscdp.Alarm(0, CHANNEL, 1, 5, "2026-01-01T00:00:00", "移动", Double.NaN, Double.NaN, 2, -1);
        agent.alarm(alarm);
        assertThat(server.body()).isInstanceOfSatisfying(Manscdp.Alarm.class, a -> assertThat(a.description())
                .isEqualTo("移动"));
        assertThat(heard()).as("the platform confirms by a MESSAGE").startsWith("message Result[cmdType=ALARM");
        assertThat(ask(server, (c, a) -> c.subscribeAlarm(DEVICE, 600, a)).kind())
                .isEqualTo(Answer.Kind.COMPLETE);
        agent.alarm(alarm);
        assertThat(server.body()).isInstanceOf(Manscdp.Alarm.class);
    }

    @Test
    void changesOfTheCatalogueAreNotifiedToASubscriber() throws Exception {
        PlatformServer server = platform(Gb28181Config.of(PlatformServer.PLATFORM));
        DeviceAgent agent = registered(server, Transport.TCP);
        assertThat(server.event()).isEqualTo("catalog " + DEVICE + " COMPLETE 5");
        assertThat(ask(server, (c, a) -> c.subscribeCatalog(DEVICE, 600, a)).kind())
                .isEqualTo(Answer.Kind.COMPLETE);
        agent.catalogChanged(List.of(
                channel(6, "New").with(Map.of(CatalogField.EVENT, "ADD")),
                CatalogItem.of(Map.of(CatalogField.DEVICE_ID, CHANNEL, CatalogField.EVENT, "DEL")),
                CatalogItem.of(Map.of(CatalogField.DEVICE_ID, "34020000001310000002", CatalogField.EVENT, "OFF"))));
        assertThat(server.event()).isEqualTo("catalog " + DEVICE + " COMPLETE 5");
        assertThat(server.event()).isEqualTo("catalog " + DEVICE + " COMPLETE 5");
        assertThat(server.platform.registry().catalog(DEVICE))
                .extracting(item -> item.name() + (item.isOn() ? "" : " off"))
                .containsExactlyInAnyOrder("Car park off", "Roof", "仓库", "Lift", "New");
    }

    @Test
    void positionsAreNotifiedAtTheIntervalAsked() throws Exception {
        PlatformServer server = platform();
        registered(server, Transport.UDP);
        assertThat(ask(server, (c, a) -> c.subscribePosition(DEVICE, 1, 600, a)).kind())
                .isEqualTo(Answer.Kind.COMPLETE);
        for (int i = 0; i < 2; i++) {
            assertThat(server.body()).isInstanceOfSatisfying(Manscdp.MobilePosition.class, p -> assertThat(
                            p.positions().get(0).longitude())
                    .isEqualTo(116.336));
        }
    }

    // --------------------------------------------------------------------------------------------------------- media

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"UDP", "TCP"})
    void streamIsAnsweredControlledAndEndedByThePlatform(Transport transport) throws Exception {
        PlatformServer server = platform();
        registered(server, transport);
        BlockingQueue<String> media = new LinkedBlockingQueue<>();
        BlockingQueue<MediaSession> sessions = new LinkedBlockingQueue<>();
        play(server, new GbSdp.Receiver("192.168.1.9", 30000, "passive"), media, sessions);
        DeviceInvite invite = invites.poll(10, TimeUnit.SECONDS);
        assertThat(invite.channel()).isEqualTo(CHANNEL);
        assertThat(invite.offer().name()).isEqualTo("Play");
        assertThat(invite.offer().port()).isEqualTo(30000);
        assertThat(invite.subject()).startsWith(CHANNEL + ":0");
        invite.accept("192.168.1.64", 15060);
        assertThat(media.poll(10, TimeUnit.SECONDS)).isEqualTo("192.168.1.64:15060 active");
        assertThat(heard()).isEqualTo("playing " + CHANNEL);
        MediaSession session = sessions.poll(10, TimeUnit.SECONDS);
        session.control("PAUSE", "PauseTime: now\r\n");
        assertThat(heard()).isEqualTo("mansrtsp PAUSE MANSRTSP/1.0");
        session.close();
        assertThat(heard()).isEqualTo("ended " + CHANNEL);
    }

    @Test
    void streamIsEndedByTheDeviceOrByTheEndOfTheFile() throws Exception {
        PlatformServer server = platform();
        registered(server, Transport.UDP);
        BlockingQueue<String> media = new LinkedBlockingQueue<>();
        BlockingQueue<MediaSession> sessions = new LinkedBlockingQueue<>();
        GbSdp.Receiver receiver = new GbSdp.Receiver("192.168.1.9", 30000, null);
        play(server, receiver, media, sessions);
        DeviceInvite first = invites.poll(10, TimeUnit.SECONDS);
        first.accept("192.168.1.64", 15060);
        assertThat(heard()).isEqualTo("playing " + CHANNEL);
        first.bye();
        assertThat(heard()).isEqualTo("ended " + CHANNEL);
        assertThat(media.poll(10, TimeUnit.SECONDS)).startsWith("192.168.1.64");
        assertThat(media.poll(10, TimeUnit.SECONDS)).isEqualTo("BYE 0");

        play(server, receiver, media, sessions);
        DeviceInvite second = invites.poll(10, TimeUnit.SECONDS);
        second.accept("192.168.1.64", 15062);
        assertThat(heard()).isEqualTo("playing " + CHANNEL);
        second.fileSent();
        assertThat(heard()).as("the platform says BYE").isEqualTo("ended " + CHANNEL);
        assertThat(media.poll(10, TimeUnit.SECONDS)).startsWith("192.168.1.64");
        assertThat(media.poll(10, TimeUnit.SECONDS)).isEqualTo("FILE_SENT 0");
    }

    @Test
    void busyChannelRefusesAStream() throws Exception {
        PlatformServer server = platform();
        registered(server, Transport.UDP);
        BlockingQueue<String> media = new LinkedBlockingQueue<>();
        play(server, new GbSdp.Receiver("192.168.1.9", 30000, null), media, new LinkedBlockingQueue<>());
        invites.poll(10, TimeUnit.SECONDS).reject(486);
        assertThat(media.poll(10, TimeUnit.SECONDS)).isEqualTo("REFUSED 486");
        assertThat(heard()).isEqualTo("ended " + CHANNEL);
    }

    private static void play(
            PlatformServer server,
            GbSdp.Receiver receiver,
            BlockingQueue<String> media,
            BlockingQueue<MediaSession> sessions) {
        server.platform.commands().play(DEVICE, CHANNEL, GbSdp.Wish.live(), receiver, new MediaListener() {
            @Override
            public void onAnswered(MediaSession session, GbSdp answer) {
                String setup = answer.attributes().getOrDefault("setup", "udp");
                media.add(answer.host() + ':' + answer.port() + ' ' + setup);
                sessions.add(session);
            }

            @Override
            public void onEnded(MediaSession session, End how, int status) {
                media.add(how.name() + ' ' + status);
            }
        });
    }

    /** What the device of these tests has. */
    private final class Answers implements DeviceAnswers {
        @Override
        public List<CatalogItem> catalog(Manscdp.Query query) {
            return channels;
        }

        @Override
        public Manscdp.DeviceInfo deviceInfo(Manscdp.Query query) {
            return new Manscdp.DeviceInfo(0, "", "OK", "网关", "Sipwire", "G", "1", channels.size());
        }

        @Override
        public void recordings(Manscdp.Query query, Consumer<List<Manscdp.Recording>> answer) {
            List<Manscdp.Recording> found = new ArrayList<>();
            for (int i = 0; i < 7; i++) {
                String time = "2026-01-01T0" + i + ":00:00";
                found.add(new Manscdp.Recording(query.deviceId(), "r" + i, "f" + i, "", time, time, 0, "time", "", 1));
            }
            new Thread(() -> answer.accept(found), "archive").start();
        }

        @Override
        public Map<String, Map<String, String>> configuration(Manscdp.Query query) {
            Map<String, Map<String, String>> blocks = new java.util.LinkedHashMap<>();
            blocks.put("BasicParam", Map.of("HeartBeatInterval", "60"));
            blocks.put("VideoParamOpt", Map.of("DownloadSpeed", "1/2/4"));
            return blocks;
        }

        @Override
        public List<Manscdp.Preset> presets(Manscdp.Query query) {
            return List.of(new Manscdp.Preset("1", "Gate"));
        }

        @Override
        public List<Manscdp.Position> positions() {
            return List.of(new Manscdp.Position(DEVICE, "2026-01-01T00:00:00", 116.336, 39.942, 0, 0, 0));
        }
    }

    /** Records what happens. */
    private final class Recorder implements DeviceAgentListener {
        @Override
        public void onRegistered(long expiresSeconds, String date) {
            assertThat(date).matches("\\d{4}-\\d{2}-\\d{2}T.*");
            heard.add("registered " + expiresSeconds);
        }

        @Override
        public void onLost(Loss why, int status) {
            heard.add("lost " + why + ' ' + status);
        }

        @Override
        public void onUnregistered() {
            heard.add("unregistered");
        }

        @Override
        public boolean onControl(Manscdp.DeviceControl control) {
            heard.add("control " + control.command() + ' ' + control.value());
            return control.command() == ControlCommand.GUARD;
        }

        @Override
        public boolean onConfigure(Manscdp.DeviceConfig config) {
            heard.add("configure " + config.blocks());
            return true;
        }

        @Override
        public void onInvite(DeviceInvite invite) {
            invites.add(invite);
        }

        @Override
        public void onPlaying(DeviceInvite invite) {
            heard.add("playing " + invite.channel());
        }

        @Override
        public void onMediaControl(DeviceInvite invite, String mansrtsp) {
            heard.add("mansrtsp " + mansrtsp.lines().findFirst().orElse(""));
        }

        @Override
        public void onEnded(DeviceInvite invite) {
            heard.add("ended " + invite.channel());
        }

        @Override
        public void onMessage(Manscdp message) {
            heard.add("message " + message);
        }
    }
}

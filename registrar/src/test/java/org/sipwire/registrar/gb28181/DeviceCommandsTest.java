/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.registrar.gb28181.Answer.Kind;
import org.sipwire.transport.Transport;

/** Queries, commands and their answers, and what catalogues do in the field; by raw sockets. */
@Timeout(60)
class DeviceCommandsTest {
    private static final String DEVICE = "34020000001110000001";
    private static final String CHANNEL = "34020000001310000001";

    private final PlatformServer server = new PlatformServer(Gb28181Config.of(PlatformServer.PLATFORM)
            .withCatalogOnRegister(false)
            .withTiming(new Gb28181Config.Timing(2, 2, 1, 512)));
    private final BlockingQueue<Answer.Outcome> outcomes = new LinkedBlockingQueue<>();
    private final DeviceCommands commands = server.platform.commands();
    private SocketDevice device;

    @BeforeEach
    void register() throws Exception {
        device = new SocketDevice(DEVICE, Transport.UDP, server.port(Transport.UDP));
        device.registers(3600);
        assertThat(server.event()).isEqualTo("online " + DEVICE);
    }

    @AfterEach
    void close() throws Exception {
        device.close();
        server.close();
    }

    @Test
    void deviceInfoIsAnsweredAndKept() throws Exception {
        commands.deviceInfo(DEVICE, DEVICE, outcomes::add);
        answer(
                "DeviceInfo",
                "<Result>OK</Result><DeviceName>IP 摄像机</DeviceName><Manufacturer>Hikvision</Manufacturer>"
                        + "<Model>DS-2CD</Model><Firmware>V5</Firmware><Channel>1</Channel>");
        Answer.Outcome outcome = outcome();
        assertThat(outcome.kind()).isEqualTo(Kind.COMPLETE);
        assertThat(((Manscdp.DeviceInfo) outcome.parts().get(0)).deviceName()).isEqualTo("IP 摄像机");
        assertThat(server.platform.registry().find(DEVICE).info())
                .isEqualTo(outcome.parts().get(0));
    }

    @Test
    void answersAreTakenByCommandAndSerialNumber() throws Exception {
        commands.deviceStatus(DEVICE, DEVICE, outcomes::add);
        String query = take("DeviceStatus");
        device.exchange(device.message(response("DeviceStatus", "9999", "<Online>OFFLINE</Online>")));
        assertThat(server.body()).isInstanceOf(Manscdp.DeviceStatus.class);
        device.exchange(
                device.message(response("DeviceStatus", SocketDevice.element(query, "SN"), "<Online>ONLINE</Online>")));
        assertThat(((Manscdp.DeviceStatus) outcome().parts().get(0)).online()).isEqualTo("ONLINE");
    }

    @Test
    void recordingsComeInPartsAndEndWithTheLastAnnounced() throws Exception {
        commands.recordings(DEVICE, CHANNEL, "2024-05-01T00:00:00", "2024-05-04T15:41:00", "all", outcomes::add);
        String query = take("RecordInfo");
        assertThat(query).contains("<DeviceID>" + CHANNEL + "</DeviceID>").contains("<Type>all</Type>");
        String item = "<Item><DeviceID>" + CHANNEL
                + "</DeviceID><Name>n</Name><StartTime>2024-05-04T14:43:16</StartTime></Item>";
        String list = "<Name>n</Name><SumNum>3</SumNum><RecordList Num=\"1\">";
        for (int items : new int[] {1, 2}) {
            device.exchange(device.message(response(
                    "RecordInfo", SocketDevice.element(query, "SN"), list + item.repeat(items) + "</RecordList>")));
        }
        Answer.Outcome outcome = outcome();
        assertThat(outcome.kind()).isEqualTo(Kind.COMPLETE);
        assertThat(outcome.parts()).hasSize(2);
    }

    @Test
    void configurationComesOneBlockABodyAndTheHeartbeatIsJudgedWithinBounds() throws Exception {
        commands.configuration(DEVICE, DEVICE, "BasicParam/VideoParamOpt", outcomes::add);
        String sn = SocketDevice.element(take("ConfigDownload"), "SN");
        device.exchange(
                device.message(
                        response(
                                "ConfigDownload",
                                sn,
                                "<Result>OK</Result><BasicParam><HeartBeatInterval>1</HeartBeatInterval><HeartBeatCount>3</HeartBeatCount></BasicParam>")));
        device.exchange(device.message(response(
                "ConfigDownload",
                sn,
                "<Result>OK</Result><VideoParamOpt><DownloadSpeed>1/2</DownloadSpeed></VideoParamOpt>")));
        assertThat(outcome().parts()).hasSize(2);
        assertThat(server.platform.registry().find(DEVICE).keepaliveTimeoutSeconds())
                .isEqualTo(Gb28181Config.MIN_TIMEOUT_SECONDS);
    }

    @Test
    void q61_heartbeatOfNothingOrAbsurdityIsClamped() {
        assertThat(Gb28181Config.clampTimeout(0, 0)).isEqualTo(180);
        assertThat(Gb28181Config.clampTimeout(99_999, 99)).isEqualTo(Gb28181Config.MAX_TIMEOUT_SECONDS);
        assertThat(Gb28181Config.clampTimeout(30, 3)).isEqualTo(90);
    }

    @Test
    void ptzEndsWithThe200AndGuardWithItsResponse() throws Exception {
        commands.ptz(DEVICE, CHANNEL, PtzCommand.move(0, 100, 0, PtzCommand.Move.UP), outcomes::add);
        assertThat(take("DeviceControl")).contains("<PTZCmd>A50F000800640020</PTZCmd>");
        assertThat(outcome().kind()).isEqualTo(Kind.COMPLETE);
        commands.guard(DEVICE, DEVICE, true, outcomes::add);
        answer("DeviceControl", "<Result>ERROR</Result>");
        assertThat(((Manscdp.Result) outcome().parts().get(0)).ok()).isFalse();
        commands.resetAlarm(DEVICE, DEVICE, Map.of("AlarmMethod", "2"), outcomes::add);
        answer("DeviceControl", "<Result>OK</Result>");
        assertThat(outcome().kind()).isEqualTo(Kind.COMPLETE);
    }

    @Test
    void silenceRefusalAndAbsenceAreToldApart() throws Exception {
        commands.presets(DEVICE, CHANNEL, outcomes::add);
        take("PresetQuery");
        assertThat(outcome().kind()).isEqualTo(Kind.TIMEOUT);
        commands.presets(DEVICE, CHANNEL, outcomes::add);
        device.send(SocketDevice.response(device.receive("MESSAGE"), "501 Not Implemented", ""));
        Answer.Outcome refused = outcome();
        assertThat(refused.kind()).isEqualTo(Kind.REFUSED);
        assertThat(refused.status()).isEqualTo(501);
        commands.presets("34020000001110000099", CHANNEL, outcomes::add);
        assertThat(outcome().kind()).isEqualTo(Kind.OFFLINE);
    }

    @Test
    void alarmIsToldAndAnsweredByAMessageOfItsOwn() throws Exception {
        device.send(device.message("<Notify><CmdType>Alarm</CmdType><SN>99</SN><DeviceID>" + CHANNEL
                + "</DeviceID><AlarmPriority>4</AlarmPriority><AlarmMethod>5</AlarmMethod>"
                + "<AlarmDescription>视频动检</AlarmDescription></Notify>"));
        assertThat(device.receive()).startsWith("SIP/2.0 200 ");
        String answer = device.receive("MESSAGE");
        device.send(SocketDevice.ok(answer));
        assertThat(answer)
                .contains("<Response>\r\n<CmdType>Alarm</CmdType>\r\n<SN>99</SN>\r\n<DeviceID>" + CHANNEL)
                .contains("<Result>OK</Result>");
        assertThat(((Manscdp.Alarm) server.body()).description()).isEqualTo("视频动检");
    }

    @Test
    void retransmittedMessageIsAnsweredAlikeAndHandledOnce() throws Exception {
        String position = device.message("<Notify><CmdType>MobilePosition</CmdType><SN>1</SN><DeviceID>" + DEVICE
                + "</DeviceID><Longitude>1</Longitude><Latitude>2</Latitude></Notify>");
        String first = device.exchange(position);
        assertThat(device.exchange(position)).isEqualTo(first);
        assertThat(server.body()).isInstanceOf(Manscdp.MobilePosition.class);
        device.exchange(device.message(SocketDevice.keepalive(DEVICE, 1)));
        assertThat(server.bodies).isEmpty();
    }

    @Test
    void q27_catalogueOfFewerThanAnnouncedEndsBySilenceAndTakesNothingAway() throws Exception {
        catalog("4", "1", "a", "2", "b", "2", "b again");
        assertThat(server.event()).isEqualTo("catalog " + DEVICE + " PARTIAL 2");
        assertThat(outcome().kind()).isEqualTo(Kind.PARTIAL);
        catalog("1", "3", "c");
        assertThat(server.event()).isEqualTo("catalog " + DEVICE + " COMPLETE 1");
    }

    @Test
    void q29_partsOutOfOrderAndTwiceMakeOneCatalogue() throws Exception {
        commands.catalog(DEVICE, outcomes::add);
        String sn = SocketDevice.element(take("Catalog"), "SN");
        for (String part : new String[] {"4", "2", "2", "3", "1"}) {
            assertThat(device.exchange(device.message(device.catalogPart(sn, 4, part, "c" + part))))
                    .startsWith("SIP/2.0 200 ");
        }
        assertThat(server.event()).isEqualTo("catalog " + DEVICE + " COMPLETE 4");
        assertThat(server.platform.registry().catalog(DEVICE))
                .extracting(CatalogItem::deviceId)
                .containsExactly("4", "2", "3", "1");
    }

    @Test
    void q30_unaskedResponseChangesAndAddsAndTakesNothingAway() throws Exception {
        catalog("2", "1", "a", "2", "b");
        assertThat(server.event()).isEqualTo("catalog " + DEVICE + " COMPLETE 2");
        device.exchange(device.message(device.catalogPart("777", 1, "2", "changed")));
        assertThat(server.event()).isEqualTo("catalog " + DEVICE + " COMPLETE 2");
        assertThat(server.platform.registry().catalog(DEVICE))
                .extracting(CatalogItem::name)
                .containsExactly("a", "changed");
    }

    @Test
    void q35_numAndSumNumThatContradictTheItemsAreHints() throws Exception {
        commands.catalog(DEVICE, outcomes::add);
        String sn = SocketDevice.element(take("Catalog"), "SN");
        String part = device.catalogPart(sn, 2, "1", "a", "2", "b", "3", "c").replace("Num=\"3\"", "Num=\" 1 \"");
        device.exchange(device.message(part));
        assertThat(server.event()).isEqualTo("catalog " + DEVICE + " COMPLETE 3");
    }

    @Test
    void notificationsAddChangeAndRemoveChannels() throws Exception {
        catalog("2", "1", "a", "2", "b");
        server.event();
        notifies(
                "<Item><DeviceID>1</DeviceID><Event>OFF</Event></Item><Item><DeviceID>2</DeviceID><Event>DEL</Event></Item>"
                        + "<Item><DeviceID>3</DeviceID><Event>ADD</Event><Name>c</Name></Item>");
        assertThat(server.event()).isEqualTo("catalog " + DEVICE + " COMPLETE 2");
        assertThat(server.platform.registry().catalog(DEVICE))
                .extracting(item -> item.deviceId() + item.isOn())
                .containsExactly("1false", "3true");
        notifies("<Item><DeviceID>1</DeviceID><Event>ON</Event></Item>");
        server.event();
        assertThat(server.platform.registry().catalog(DEVICE).get(0).isOn()).isTrue();
    }

    private void notifies(String items) throws Exception {
        String body = "<Notify><CmdType>Catalog</CmdType><SN>5</SN><DeviceID>" + DEVICE
                + "</DeviceID><SumNum>1</SumNum><DeviceList Num=\"1\">" + items + "</DeviceList></Notify>";
        String extra = "Event: Catalog\r\nSubscription-State: active;expires=3600\r\n";
        assertThat(device.exchange(device.request("NOTIFY", "n" + device.nextBranch(), body, extra)))
                .startsWith("SIP/2.0 200 ");
    }

    private void catalog(String sum, String... channels) throws Exception {
        commands.catalog(DEVICE, outcomes::add);
        String sn = SocketDevice.element(take("Catalog"), "SN");
        device.exchange(device.message(device.catalogPart(sn, Integer.parseInt(sum), channels)));
    }

    private void answer(String command, String fields) throws Exception {
        String query = take(command);
        device.exchange(device.message(response(command, SocketDevice.element(query, "SN"), fields)));
    }

    /** Takes the query or command and answers 200. */
    private String take(String command) throws Exception {
        String request = device.receive("MESSAGE");
        assertThat(request).contains("<CmdType>" + command + "</CmdType>");
        device.send(SocketDevice.ok(request));
        return request;
    }

    private static String response(String command, String sn, String fields) {
        return "<?xml version=\"1.0\" encoding=\"GB2312\"?>\n<Response>\n<CmdType>" + command + "</CmdType>\n<SN>" + sn
                + "</SN>\n<DeviceID>" + DEVICE + "</DeviceID>\n" + fields + "\n</Response>\n";
    }

    private Answer.Outcome outcome() throws InterruptedException {
        Answer.Outcome outcome = outcomes.poll(10, TimeUnit.SECONDS);
        assertThat(outcome).isNotNull();
        return outcome;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.codec.manscdp.ManscdpCharset;
import org.sipwire.registrar.RegistrarConfig;
import org.sipwire.registrar.location.InMemoryLocationService;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transport.Transport;

/**
 * What deployed equipment does to headers and addresses, by the numbers of the project's notes on GB/T 28181: each is sent by a raw socket,
 * must register, keep alive, and be reached where it is.
 */
@Timeout(60)
class AddressingQuirksTest {
    private static final String DEVICE = "34020000001320000003";
    private static final String CHANNEL = "34020000001310000001";

    private final PlatformServer server =
            new PlatformServer(Gb28181Config.of(PlatformServer.PLATFORM).withCatalogOnRegister(false));
    private SocketDevice device;

    @BeforeEach
    void connect() throws Exception {
        device = new SocketDevice(DEVICE, Transport.UDP, server.port(Transport.UDP));
    }

    @AfterEach
    void close() throws Exception {
        device.close();
        server.close();
    }

    /** Registers, keeps alive, and is asked something, all with what the firmware makes of its messages. */
    private void lives(UnaryOperator<String> firmware) throws Exception {
        device.edit = firmware;
        assertThat(device.registers(3600)).startsWith("SIP/2.0 200 ");
        assertThat(device.exchange(device.message(SocketDevice.keepalive(DEVICE, 1))))
                .startsWith("SIP/2.0 200 ");
        DeviceSnapshot snapshot = server.platform.registry().find(DEVICE);
        assertThat(snapshot.online()).isTrue();
        assertThat(snapshot.address().host()).isEqualTo("127.0.0.1");
        assertThat(snapshot.address().port()).isEqualTo(device.port());
        server.platform.commands().deviceInfo(DEVICE, DEVICE, outcome -> {});
        String query = device.receive("MESSAGE");
        device.edit = message -> message;
        device.send(SocketDevice.ok(query));
        assertThat(query).contains("<CmdType>DeviceInfo</CmdType>");
    }

    @ParameterizedTest
    @ValueSource(strings = {"3402000000", "340200000", "34020000", "4401000000", "34020000.spvmn.cn", "0.0.0.0"})
    void q36_hostOfDigitsIsNeverResolved(String domain) throws Exception {
        lives(message -> message.replace("@340200000>", "@" + domain + ">")
                .replace("@3402000000", "@" + domain)
                .replace("@192.168.35.165:5080", "@" + domain));
    }

    @Test
    void q37_deviceIsOneWhateverHostItNamesItselfBy() throws Exception {
        lives(message -> message);
        device.callId = "by-address";
        device.edit = message -> message.replace(
                        "From: <sip:" + DEVICE + "@340200000>", "From: <sip:" + DEVICE + "@192.168.35.165:5080>")
                .replace("To: <sip:" + DEVICE + "@340200000>", "To: <sip:" + DEVICE + "@192.168.35.165>");
        assertThat(device.registers(3600)).startsWith("SIP/2.0 200 ");
        assertThat(server.platform.registry().size()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sip:192.168.35.1:5060",
                "sip:192.168.35.1",
                "sip:127.0.0.1@3402000000",
                "sip:other@10.0.0.1:7100"
            })
    void q38_requestUriDoesNotDecideWhoIsMeant(String uri) throws Exception {
        lives(message -> message.replaceFirst("^(REGISTER|MESSAGE) \\S+", "$1 " + uri));
    }

    @Test
    void q39_routeThatPointsAtThisServerIsIgnored() throws Exception {
        String route = "Route: <sip:" + DEVICE + "@127.0.0.1:" + server.port(Transport.UDP) + ";lr>\r\n";
        lives(message -> message.replace("From:", route + "From:"));
    }

    @Test
    void q40_sourceIsAnsweredWithoutRport() throws Exception {
        lives(message -> message.replace(";rport;", ";"));
        String answer = device.exchange(
                device.message(SocketDevice.keepalive(DEVICE, 2)).replace(";rport;", ";"));
        assertThat(SocketDevice.header(answer, "Via"))
                .contains("received=127.0.0.1")
                .doesNotContain("rport");
    }

    @ParameterizedTest
    @ValueSource(strings = {";rport=5061;received=192.168.10.117;", ";RPort=rport;", ";received=1.2.3.4;rport=1;"})
    void q41_parametersThatTheClientFilledAreOverwritten(String parameters) throws Exception {
        lives(message -> message.replace(";rport;", parameters));
        device.edit = message -> message.replace(";rport;", parameters);
        String via = SocketDevice.header(device.exchange(device.message(SocketDevice.keepalive(DEVICE, 2))), "Via");
        assertThat(via).contains("received=127.0.0.1").doesNotContain("1.2.3.4").doesNotContain("192.168.10.117");
        assertThat(via.toLowerCase(java.util.Locale.ROOT)).contains("rport=" + device.port());
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.77.37.137:5060", "192.100.100.125", "127.0.0.1:1", "0.0.0.0:5060", "[fe80::1]:5060"})
    void q42_addressesADeviceGivesForItselfAreNotUsed(String address) throws Exception {
        lives(message -> message.replace("192.168.35.165:5080", address));
    }

    @Test
    void q42_requestsShowTheAddressTheDeviceDialled() throws Exception {
        device.registers(3600);
        server.platform.commands().subscribeCatalog(DEVICE, 600, outcome -> {});
        String subscribe = device.receive("SUBSCRIBE");
        device.send(SocketDevice.ok(subscribe));
        String here = "127.0.0.1:" + server.port(Transport.UDP);
        assertThat(SocketDevice.header(subscribe, "Via")).startsWith("SIP/2.0/UDP " + here);
        assertThat(SocketDevice.header(subscribe, "Contact")).isEqualTo("<sip:34020000002000000001@" + here + ">");
    }

    @ParameterizedTest
    @ValueSource(strings = {"z3hG9bKb7c9f520b8104e", "lunaProxy1234", "ab33-7"})
    void q43_branchWithoutTheCookieIsEchoedAndStillKnownAgain(String branch) throws Exception {
        lives(message -> message.replace("branch=z9hG4bK", "branch=" + branch));
        String alarm = device.message("<Notify><CmdType>Alarm</CmdType><SN>9</SN><DeviceID>" + DEVICE
                        + "</DeviceID><AlarmPriority>1</AlarmPriority><AlarmMethod>5</AlarmMethod></Notify>")
                .replace("branch=z9hG4bK", "branch=" + branch);
        String answer = device.exchange(alarm);
        assertThat(SocketDevice.header(answer, "Via")).contains("branch=" + branch);
        assertThat(device.receive("MESSAGE")).contains("<CmdType>Alarm</CmdType>");
        device.send(alarm);
        assertThat(device.receive("SIP/2.0 ")).isEqualTo(answer);
        assertThat(server.platform.count(GbCounter.ALARMS)).isEqualTo(1);
    }

    @Test
    void q44_fromWithoutBracketsOrTagIsTaken() throws Exception {
        lives(message -> message.replaceAll("From: <([^>]*)>;tag=\\S+", "From: $1"));
        lives(message -> message.replaceAll("From: <([^>]*)>;tag=\\S+", "From: <$1>"));
        lives(message -> message.replaceAll("(From|To): <([^>]*)>", "$1: $2"));
    }

    @Test
    void q44_answersHaveAToTagAlways() throws Exception {
        assertThat(SocketDevice.header(device.exchange(device.message(SocketDevice.keepalive(DEVICE, 1))), "To"))
                .contains(";tag=");
        assertThat(SocketDevice.header(device.registers(3600), "To")).contains(";tag=");
        assertThat(SocketDevice.header(device.exchange(device.message("nothing")), "To"))
                .contains(";tag=");
    }

    @Test
    void q45_toTagOfOurMessagesIsSwitchedByDevice() throws Exception {
        device.registers(3600);
        server.platform.commands().presets(DEVICE, CHANNEL, outcome -> {});
        String untagged = device.receive("MESSAGE");
        device.send(SocketDevice.ok(untagged));
        assertThat(SocketDevice.header(untagged, "To")).doesNotContain("tag=");
        server.platform.settings(DEVICE, new DeviceSettings(ManscdpCharset.AUTO, /* toTag= */ true));
        server.platform.commands().presets(DEVICE, CHANNEL, outcome -> {});
        String tagged = device.receive("MESSAGE");
        device.send(SocketDevice.response(tagged, "200 OK", ""));
        assertThat(SocketDevice.header(tagged, "To")).contains(";tag=");
    }

    @ParameterizedTest
    @CsvSource({
        "<sip:%s@192.168.35.165:5080>;ob, 3600",
        "<sip:%s@192.168.35.165:5080;ob>;expires=1800, 1800",
        "<sip:%s@192.168.35.165:5080;line=030bf7a750f46d9>;expires=200, 200",
        "sip:%s@192.168.35.165:5080;expires=1200, 1200",
        "<sip:%s@192.168.35.165:5080>, 3600"
    })
    void q47_q48_contactParametersCountAndTheHeaderMayBeMissing(String contact, int granted) throws Exception {
        device.edit = message -> message.replaceAll("Contact: .*", "Contact: " + contact.formatted(DEVICE))
                .replaceAll("Expires: .*\r\n", "");
        String answer = device.registers(3600);
        assertThat(answer).startsWith("SIP/2.0 200 ");
        assertThat(SocketDevice.header(answer, "Expires")).isEqualTo(Integer.toString(granted));
    }

    @Test
    void q49_sequenceNumbersAreComparedWithinOneCallIdAlone() throws Exception {
        device.cseq = 29_389_936;
        assertThat(device.registers(3600)).startsWith("SIP/2.0 200 ");
        assertThat(device.registers(3600)).startsWith("SIP/2.0 200 ");
        device.callId = "a-new-one";
        device.cseq = 0;
        assertThat(device.registers(3600)).startsWith("SIP/2.0 200 ");
        for (int i = 0; i < 3; i++) {
            assertThat(device.exchange(device.message(SocketDevice.keepalive(DEVICE, i))))
                    .startsWith("SIP/2.0 200 ")
                    .contains("CSeq: 20 MESSAGE");
        }
        assertThat(device.registers(3600)).startsWith("SIP/2.0 200 ");
        device.cseq = 0;
        assertThat(device.registers(3600)).startsWith("SIP/2.0 500 ");
    }

    @Test
    void q50_headersOfVendorsPass() throws Exception {
        lives(
                message -> message.replace(
                        "Max-Forwards",
                        "OutUserInfo: x;y=z\r\nRegMode: PLAT;Describe=\"a, b\"\r\nUser-Agent: second\r\nX-GB-Ver: 2.0\r\nMax-Forwards"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"2021-03-24T15:25:03.259", "2013-09-10T15:25:03", "Wed, 24 Mar 2021 07:25:03 GMT", "now"})
    void q52_dateOfAnyFormIsNotLookedAt(String date) throws Exception {
        lives(message -> message.replace("Max-Forwards", "Date: " + date + "\r\nMax-Forwards"));
    }

    @Test
    void q53_headerNamesAreKnownInAnyCaseAndInShort() throws Exception {
        lives(message -> message.replace("From:", "FROM:")
                .replace("Call-ID:", "call-iD :")
                .replace("Authorization:", "AUTHORIZATION:")
                .replace("Expires:", "eXPIRES:"));
        lives(message -> message.replace("From:", "f:")
                .replace("\r\nTo:", "\r\nt:")
                .replace("Via:", "v:")
                .replace("Call-ID:", "i:")
                .replace("Contact:", "m:")
                .replace("Content-Type:", "c:")
                .replace("Content-Length:", "l:"));
    }

    @Test
    void q66_deviceOverIpv6IsReachedByItsBracketedAddress() throws Exception {
        InetAddress six = InetAddress.getByName("::1");
        Gb28181Config config = Gb28181Config.of(PlatformServer.PLATFORM).withCatalogOnRegister(false);
        try (PlatformServer other = new PlatformServer(
                        config,
                        RegistrarConfig.gb28181(config.domain()).build(),
                        new InMemoryLocationService(),
                        SipStackConfig.builder().listen("udp://[::1]:0"));
                SocketDevice camera = new SocketDevice(DEVICE, Transport.UDP, other.port(Transport.UDP), six)) {
            camera.edit = message -> message.replace("192.168.35.165:5080", "[2001:db8::9]:5080");
            assertThat(camera.registers(3600)).startsWith("SIP/2.0 200 ");
            assertThat(camera.exchange(camera.message(SocketDevice.keepalive(DEVICE, 1))))
                    .startsWith("SIP/2.0 200 ");
            other.platform.commands().subscribeCatalog(DEVICE, 600, outcome -> {});
            String subscribe = camera.receive("SUBSCRIBE");
            assertThat(subscribe).startsWith("SUBSCRIBE sip:" + DEVICE + "@[2001:db8::9]:5080 SIP/2.0");
            assertThat(SocketDevice.header(subscribe, "Via")).contains("[::1]:" + other.port(Transport.UDP));
            assertThat(SocketDevice.header(subscribe, "Contact")).contains("@[::1]:");
            camera.edit = message -> message;
            camera.send(SocketDevice.ok(subscribe));
        }
    }

    @Test
    void q68_eachAddressListenedOnAnswersForItself() throws Exception {
        Gb28181Config config = Gb28181Config.of(PlatformServer.PLATFORM).withCatalogOnRegister(false);
        try (PlatformServer other = new PlatformServer(
                config,
                RegistrarConfig.gb28181(config.domain()).build(),
                new InMemoryLocationService(),
                SipStackConfig.builder().listen("udp://127.0.0.1:0").listen("udp://127.0.0.2:0"))) {
            int port = other.points().get(1).port();
            try (java.net.DatagramSocket socket = new java.net.DatagramSocket(0, InetAddress.getLoopbackAddress())) {
                // A connected socket hears nobody but the address it dialled.
                socket.connect(InetAddress.getByName("127.0.0.2"), port);
                socket.setSoTimeout(10_000);
                byte[] register = device.register(3600).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
                socket.send(new java.net.DatagramPacket(register, register.length));
                java.net.DatagramPacket answer = new java.net.DatagramPacket(new byte[2_000], 2_000);
                socket.receive(answer);
                assertThat(answer.getAddress().getHostAddress()).isEqualTo("127.0.0.2");
            }
        }
    }

    @Test
    void q65_portsThatNetworksDropAreNamedWhereCamerasAreSetUp() throws Exception {
        assertThat(Files.readString(Path.of("..", "README.md")))
                .contains("6081")
                .contains("6784");
    }

    @Test
    void q32_statusIsReadInEverySpellingAndMissingMeansOn() throws Exception {
        device.registers(3600);
        List<String> on = List.of("ON", "On", "ONLINE", "OK", "", " ON ");
        List<String> off = List.of("OFF", "Off", "OFFLINE", "VLOST", "DEFECT");
        StringBuilder items = new StringBuilder("<Item><DeviceID>0</DeviceID><Name>n</Name></Item>");
        int n = 0;
        for (String status : on) {
            items.append(item("on" + ++n, status));
        }
        for (String status : off) {
            items.append(item("off" + ++n, status));
        }
        device.exchange(device.message("<?xml version=\"1.0\"?><Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>"
                + DEVICE + "</DeviceID><SumNum>" + (n + 1) + "</SumNum><DeviceList Num=\" 1 \">" + items
                + "</DeviceList></Response>"));
        assertThat(server.event()).startsWith("online");
        assertThat(server.event()).startsWith("catalog");
        assertThat(server.platform.registry().catalog(DEVICE)).hasSize(n + 1).allSatisfy(item -> assertThat(item.isOn())
                .as(item.deviceId())
                .isEqualTo(!item.deviceId().startsWith("off")));
    }

    private static String item(String id, String status) {
        return "<Item><DeviceID>" + id + "</DeviceID><Name>n</Name><Status>" + status + "</Status></Item>";
    }

    /** Two letters whose UTF-8 is valid GBK too: the octets cannot tell, the operator can. */
    @Test
    void q03_charsetOfOneDeviceIsSetWhereItsOctetsCannotTell() throws Exception {
        device.registers(3600);
        assertThat(server.event()).startsWith("online");
        String body = "<Response><CmdType>DeviceInfo</CmdType><SN>1</SN><DeviceID>" + DEVICE
                + "</DeviceID><Result>OK</Result><Model>Zoé</Model></Response>";
        byte[] octets = body.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        for (var charset : ManscdpCharset.values()) {
            server.platform.settings(DEVICE, new DeviceSettings(charset, /* toTag= */ false));
            byte[] head = device.message("")
                    .replace("Content-Length: 0", "Content-Length: " + octets.length)
                    .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            byte[] message = java.util.Arrays.copyOf(head, head.length + octets.length);
            System.arraycopy(octets, 0, message, head.length, octets.length);
            device.sendOctets(message);
            assertThat(device.receive()).startsWith("SIP/2.0 200 ");
            String model = ((Manscdp.DeviceInfo) server.body()).model();
            assertThat(model.equals("Zoé")).isEqualTo(charset == ManscdpCharset.UTF_8);
        }
    }

    @Test
    void q31_changeToldDuringAFullAnswerHoldsAfterIt() throws Exception {
        device.registers(3600);
        assertThat(server.event()).startsWith("online");
        server.platform.commands().catalog(DEVICE, outcome -> {});
        String query = device.receive("MESSAGE");
        device.send(SocketDevice.ok(query));
        String sn = SocketDevice.element(query, "SN");
        device.exchange(device.message(device.catalogPart(sn, 2, "A", "a")));
        device.exchange(device.message("<Notify><CmdType>Catalog</CmdType><SN>77</SN><DeviceID>" + DEVICE
                + "</DeviceID><SumNum>2</SumNum><DeviceList Num=\"2\"><Item><DeviceID>A</DeviceID><Event>OFF</Event></Item>"
                + "<Item><DeviceID>C</DeviceID><Event>ADD</Event><Name>c</Name></Item></DeviceList></Notify>"));
        assertThat(server.event()).startsWith("catalog");
        device.exchange(device.message(device.catalogPart(sn, 2, "B", "b")));
        assertThat(server.event()).isEqualTo("catalog " + DEVICE + " COMPLETE 3");
        assertThat(server.platform.registry().catalog(DEVICE))
                .extracting(i -> i.deviceId() + i.isOn())
                .containsExactlyInAnyOrder("Afalse", "Btrue", "Ctrue");
    }

    @Test
    void q51_anyProvisionalResponseIsTakenAndA200MayHaveABody() throws Exception {
        device.registers(3600);
        server.platform
                .commands()
                .deviceInfo(
                        DEVICE,
                        DEVICE,
                        outcome -> server.bodies.add(outcome.parts().get(0)));
        String query = device.receive("MESSAGE");
        device.send(SocketDevice.response(query, "101 Dialog Establishement", ""));
        device.send(SocketDevice.response(
                query, "200 OK", "Content-Type: Application/RTSP\r\nContent-Length: 4\r\n\r\nabcd"));
        device.exchange(device.message("<Response><CmdType>DeviceInfo</CmdType><SN>" + SocketDevice.element(query, "SN")
                + "</SN><DeviceID>" + DEVICE + "</DeviceID><Result>OK</Result></Response>"));
        assertThat(server.body()).isInstanceOf(Manscdp.DeviceInfo.class);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.registrar.RegistrarConfig;
import org.sipwire.transport.Transport;

/** Who may change a device, and how registration treats what deployed equipment sends; by raw sockets against the whole platform. */
@Timeout(60)
class GbSecurityTest {
    private static final String DEVICE = "34020000001320000003";

    private final PlatformServer server =
            new PlatformServer(Gb28181Config.of(PlatformServer.PLATFORM).withCatalogOnRegister(false));
    private SocketDevice device;
    private SocketDevice stranger;

    @BeforeEach
    void connect() throws Exception {
        device = new SocketDevice(DEVICE, Transport.UDP, server.port(Transport.UDP));
        stranger = new SocketDevice(DEVICE, Transport.UDP, server.port(Transport.UDP));
        stranger.callId = "not-the-device's";
    }

    @AfterEach
    void close() throws Exception {
        device.close();
        stranger.close();
        server.close();
    }

    @Test
    void q54_keepaliveOfADeviceThatIsNotRegisteredIsRefusedAtOnce() throws Exception {
        assertThat(device.exchange(device.message(SocketDevice.keepalive(DEVICE, 1))))
                .startsWith("SIP/2.0 404 ");
        assertThat(server.platform.registry().size()).isZero();
    }

    @Test
    void strangerNeitherKeepsADeviceAliveNorMovesItNorAddsChannels() throws Exception {
        device.registers(3600);
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        DeviceSnapshot before = server.platform.registry().find(DEVICE);
        assertThat(stranger.exchange(stranger.message(SocketDevice.keepalive(DEVICE, 1))))
                .startsWith("SIP/2.0 404 ");
        assertThat(stranger.exchange(stranger.message(stranger.catalogPart("1", 1, "1", "intruder"))))
                .startsWith("SIP/2.0 404 ");
        assertThat(server.platform.registry().find(DEVICE)).isEqualTo(before);
        assertThat(server.platform.registry().catalog(DEVICE)).isEmpty();
        assertThat(server.platform.count(GbCounter.STRANGERS)).isEqualTo(2);
    }

    @Test
    void q56_moveIsFollowedWhenTheCallIdIsThatOfTheRegistration() throws Exception {
        device.registers(3600);
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        String moved = stranger.request("MESSAGE", device.callId, SocketDevice.keepalive(DEVICE, 2), "");
        assertThat(stranger.exchange(moved)).startsWith("SIP/2.0 200 ");
        movesTo(stranger.port());
        // What it sends next from there is taken, and the platform speaks to it there.
        stranger.exchange(stranger.message(SocketDevice.keepalive(DEVICE, 3)));
        server.platform.commands().deviceInfo(DEVICE, DEVICE, outcome -> {});
        assertThat(stranger.receive("MESSAGE")).contains("<CmdType>DeviceInfo</CmdType>");
        assertThat(server.platform.registry().find(DEVICE).address().port()).isEqualTo(stranger.port());
        assertThat(server.platform.count(GbCounter.MOVES)).isEqualTo(1);
    }

    /** A move is answered on the loop that saw it and made on the device's own. */
    private void movesTo(int port) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (server.platform.registry().find(DEVICE).address().port() != port) {
            assertThat(System.nanoTime()).as("the move to port " + port).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void q56_deviceThatComesBackToItsFormerFlowIsNoStranger() throws Exception {
        device.registers(3600);
        String moved = stranger.request("MESSAGE", device.callId, SocketDevice.keepalive(DEVICE, 2), "");
        assertThat(stranger.exchange(moved)).startsWith("SIP/2.0 200 ");
        movesTo(stranger.port());
        assertThat(stranger.exchange(stranger.message(SocketDevice.keepalive(DEVICE, 3))))
                .startsWith("SIP/2.0 200 ");
        assertThat(device.exchange(device.message(SocketDevice.keepalive(DEVICE, 4))))
                .startsWith("SIP/2.0 200 ");
    }

    @Test
    void storedCallIdWithoutCredentialsNeitherRefreshesNorUnregisters() throws Exception {
        device.registers(3600);
        stranger.callId = device.callId;
        stranger.cseq = device.cseq;
        stranger.authorization = "";
        assertThat(stranger.exchange(stranger.register(3600))).startsWith("SIP/2.0 401 ");
        assertThat(stranger.exchange(stranger.register(0))).startsWith("SIP/2.0 401 ");
        assertThat(server.platform.registry().find(DEVICE).registered()).isTrue();
        assertThat(server.platform.registry().find(DEVICE).address().port()).isEqualTo(device.port());
    }

    @Test
    void inventedNonceIsChallengedAgain() throws Exception {
        device.answer(
                "SIP/2.0 401 x\r\nWWW-Authenticate: Digest realm=\"34020000\",nonce=\"1616570703\"\r\n",
                PlatformServer.PASSWORD);
        assertThat(device.exchange(device.register(3600))).startsWith("SIP/2.0 401 ");
        assertThat(server.platform.registry().size()).isZero();
    }

    @Test
    void wrongPasswordRegistersNobody() throws Exception {
        String challenge = device.exchange(device.register(3600));
        device.answer(challenge, "87654321");
        assertThat(device.exchange(device.register(3600))).startsWith("SIP/2.0 401 ");
        assertThat(server.platform.registry().size()).isZero();
    }

    /** Whoever saw one REGISTER has a right answer; it must be worth nothing elsewhere, with whatever Call-ID and CSeq. */
    @Test
    void answerThatWasOverheardMovesAndRemovesNobody() throws Exception {
        device.registers(3600);
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        DeviceSnapshot before = server.platform.registry().find(DEVICE);
        try (SocketDevice thief = new SocketDevice(
                DEVICE, Transport.UDP, server.port(Transport.UDP), java.net.InetAddress.getByName("127.0.0.2"))) {
            thief.authorization = device.authorization;
            for (String callId : new String[] {device.callId, "another"}) {
                thief.callId = callId;
                for (int expires : new int[] {3600, 0}) {
                    thief.cseq = device.cseq + 10;
                    assertThat(thief.exchange(thief.register(expires))).startsWith("SIP/2.0 401 ");
                }
            }
        }
        // Nor from the next port of the device's own address, where it counts as used.
        stranger.authorization = device.authorization;
        stranger.cseq = device.cseq + 10;
        assertThat(stranger.exchange(stranger.register(0))).startsWith("SIP/2.0 401 ");
        assertThat(server.platform.registry().find(DEVICE)).isEqualTo(before);
    }

    /** Whatever an unauthenticated source sends: nothing of a device changes. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "<Notify><CmdType>Keepalive</CmdType><SN>1</SN><DeviceID>%s</DeviceID><Status>OK</Status></Notify>",
                "<Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>%s</DeviceID><SumNum>0</SumNum></Response>",
                "<Response><CmdType>DeviceInfo</CmdType><SN>1</SN><DeviceID>%s</DeviceID><Model>x</Model></Response>",
                "<Response><CmdType>ConfigDownload</CmdType><SN>1</SN><DeviceID>%s</DeviceID><BasicParam>"
                        + "<HeartBeatInterval>9999</HeartBeatInterval></BasicParam></Response>",
                "<Notify><CmdType>Alarm</CmdType><SN>1</SN><DeviceID>%s</DeviceID></Notify>",
                "<Notify><CmdType>MediaStatus</CmdType><SN>1</SN><DeviceID>%s</DeviceID><NotifyType>121</NotifyType></Notify>"
            })
    void bodyOfAnUnauthenticatedSourceChangesNothing(String body) throws Exception {
        device.registers(3600);
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        DeviceSnapshot before = server.platform.registry().find(DEVICE);
        try (SocketDevice tcp = new SocketDevice(DEVICE, Transport.TCP, server.port(Transport.TCP))) {
            for (SocketDevice other : new SocketDevice[] {stranger, tcp}) {
                assertThat(other.exchange(other.message(body.formatted(DEVICE))))
                        .startsWith("SIP/2.0 404 ");
                assertThat(other.exchange(other.request(
                                "NOTIFY",
                                "n",
                                body.formatted(DEVICE),
                                "Event: Catalog\r\nSubscription-State: terminated\r\n")))
                        .startsWith("SIP/2.0 404 ");
                assertThat(other.exchange(other.request("BYE", "b", "", ""))).startsWith("SIP/2.0 403 ");
            }
        }
        // A device that is registered itself cannot speak for another.
        try (SocketDevice neighbour =
                new SocketDevice("34020000001320000004", Transport.UDP, server.port(Transport.UDP))) {
            neighbour.registers(3600);
            neighbour.exchange(neighbour.message(body.formatted(DEVICE)));
        }
        assertThat(server.platform.registry().find(DEVICE)).isEqualTo(before);
        assertThat(server.platform.registry().catalog(DEVICE)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Capability algorithm=\"H:MD5\"",
                "Capability, algorithm=\"H:MD5\"",
                "Capability algorithm=\"A:RSA/ECB/PKCS1;H:SHA1,MD5,SHA256;S:DES/ECB/PKCS5,SCB2\"",
                "Capability algorithm=\"A:SM2;H:SM3;S:SM4/OFB/PKCS5;SI:SM3-SM2\", keyversion=\"2020-01-01T00:00:00\"",
                "Unidirection random1=\"YQ==\",random2=\"Yg==\",serverid=\"1\",sign1=\"Yw==\",algorithm=\"A:SM2;H:SM3\"",
                "Bidirection random1=\"YQ==\",random2=\"Yg==\",serverid=\"1\",deviceid=\"2\",sign1=\"Yw==\",algorithm=\"A:SM2\"",
                "Asymmetric nonce=\"YQ==\",response=\"Yg==\",algorithm=SHA1"
            })
    void schemesThatAreNoCredentialsGetAPlainDigestChallenge(String authorization) throws Exception {
        device.authorization = authorization;
        String challenge = device.exchange(device.register(3600));
        assertThat(challenge).startsWith("SIP/2.0 401 ");
        assertThat(SocketDevice.header(challenge, "WWW-Authenticate"))
                .startsWith("Digest realm=\"34020000\"")
                .doesNotContain("qop");
    }

    @Test
    void unregisterIsChallengedAndMakesOfflineAtOnce() throws Exception {
        device.registers(3600);
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        assertThat(device.registers(0)).startsWith("SIP/2.0 200 ");
        assertThat(server.event()).isEqualTo("offline " + DEVICE + " UNREGISTERED");
        assertThat(device.exchange(device.message(SocketDevice.keepalive(DEVICE, 1))))
                .startsWith("SIP/2.0 404 ");
        assertThat(server.platform.registry().onlineCount()).isZero();
    }

    @Test
    void unregisterMakesOfflineThoughAContactFromBeforeIsLeft() throws Exception {
        stranger.callId = "before-the-reboot";
        stranger.edit = message -> message.replace("192.168.35.165:5080", "192.168.35.99:5080");
        stranger.registers(3600);
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        device.registers(3600);
        device.registers(0);
        assertThat(server.event()).isEqualTo("offline " + DEVICE + " UNREGISTERED");
        assertThat(server.platform.registry().find(DEVICE).registered()).isFalse();
    }

    /** The loop that has the device may be late; which loop a socket comes to is the kernel's choice. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 0, 1, 0, 1})
    void unregisterMakesOfflineThoughAContactIsLeftAndTheHomeIsLate(int busy) throws Exception {
        stranger.callId = "before-the-reboot";
        stranger.edit = message -> message.replace("192.168.35.165:5080", "192.168.35.99:5080");
        stranger.registers(3600);
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        server.stack.execute(busy, () -> LockSupport.parkNanos(300_000_000L));
        device.registers(3600);
        device.registers(0);
        assertThat(server.event()).isEqualTo("offline " + DEVICE + " UNREGISTERED");
    }

    @Test
    void q57_lostConnectionIsOfflineAtOnceAndTheNextRegistrationWins() throws Exception {
        try (SocketDevice tcp = new SocketDevice(DEVICE, Transport.TCP, server.port(Transport.TCP))) {
            tcp.registers(3600);
            assertThat(server.event()).isEqualTo("online " + DEVICE);
        }
        assertThat(server.event()).isEqualTo("offline " + DEVICE + " FLOW_LOST");
        assertThat(server.platform.registry().find(DEVICE).registered()).isTrue();
        device.callId = "after-the-loss";
        device.registers(3600);
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        assertThat(server.platform.registry().find(DEVICE).address().transport())
                .isEqualTo(Transport.UDP);
    }

    @Test
    void q58_lastAuthenticatedFlowWins() throws Exception {
        device.registers(3600);
        try (SocketDevice tcp = new SocketDevice(DEVICE, Transport.TCP, server.port(Transport.TCP))) {
            tcp.callId = "by-tcp";
            tcp.registers(3600);
            assertThat(tcp.exchange(tcp.message(SocketDevice.keepalive(DEVICE, 1))))
                    .startsWith("SIP/2.0 200 ");
            assertThat(server.platform.registry().find(DEVICE).address().transport())
                    .isEqualTo(Transport.TCP);
        }
    }

    @Test
    void q46_mediaStatusIsTheDevicesWhoseFlowItComesBy() throws Exception {
        device.registers(3600);
        String status = device.message(
                "<Notify><CmdType>MediaStatus</CmdType><SN>8</SN><DeviceID>34020000001310000001</DeviceID>"
                        + "<NotifyType>121</NotifyType></Notify>");
        assertThat(device.exchange(status.replace("From: <sip:" + DEVICE, "From: <sip:34020000001310000009")))
                .startsWith("SIP/2.0 200 ");
        assertThat(server.body()).hasToString("MediaStatus[sn=8, deviceId=34020000001310000001, notifyType=121]");
    }

    @Test
    void q64_deviceThatDeniesItsRegistrationHasToRegisterAgain() throws Exception {
        device.registers(3600);
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        server.platform
                .commands()
                .deviceInfo(DEVICE, DEVICE, outcome -> server.events.add(outcome.kind() + " " + outcome.status()));
        String query = device.receive("MESSAGE");
        device.send(SocketDevice.response(
                query, "403 Forbidden", "Warning: 399 devnull \"<102>[Component]Not registered\"\r\n"));
        assertThat(server.event()).isEqualTo("REFUSED 403");
        assertThat(server.event()).isEqualTo("offline " + DEVICE + " LOST_REGISTRATION");
        assertThat(device.exchange(device.message(SocketDevice.keepalive(DEVICE, 1))))
                .startsWith("SIP/2.0 404 ");
    }

    @Test
    void q17_bodyThatIsNoXmlIs400() throws Exception {
        device.registers(3600);
        assertThat(device.exchange(device.message("Catalog 88884 34020000001320000003 \r\n")))
                .startsWith("SIP/2.0 400 ");
        assertThat(device.exchange(device.message(""))).startsWith("SIP/2.0 400 ");
        assertThat(server.platform.count(GbCounter.UNREADABLE)).isEqualTo(2);
    }

    @Test
    void q20_bodyUnderContentLengthZeroIsReadOverUdp() throws Exception {
        device.registers(3600);
        String keepalive = device.message(SocketDevice.keepalive(DEVICE, 1))
                .replaceAll("Content-Length: \\d+", "Content-Length: 0");
        assertThat(device.exchange(keepalive)).startsWith("SIP/2.0 200 ");
        assertThat(server.platform.count(GbCounter.KEEPALIVES)).isEqualTo(1);
    }

    @Test
    void q34_everyKeepaliveMayHaveTheSameSerialNumber() throws Exception {
        device.registers(3600);
        for (int i = 0; i < 3; i++) {
            assertThat(device.exchange(device.message(SocketDevice.keepalive(DEVICE, 43))))
                    .startsWith("SIP/2.0 200 ");
        }
        assertThat(server.platform.count(GbCounter.KEEPALIVES)).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"130909115229300920", "33010593992847588113", "3402000000132000000399", "cam-7"})
    void q67_idsOfAnyShapeRegister(String id) throws Exception {
        try (SocketDevice other = new SocketDevice(id, Transport.UDP, server.port(Transport.UDP))) {
            assertThat(other.registers(3600)).startsWith("SIP/2.0 200 ");
            assertThat(other.exchange(other.message(SocketDevice.keepalive(id, 1))))
                    .startsWith("SIP/2.0 200 ");
            assertThat(server.platform.registry().find(id).online()).isTrue();
        }
    }

    @Test
    void gbVersionIsReadAndAnswered() throws Exception {
        device.registerExtra = "X-GB-Ver: 3.0\r\n";
        String challenge = device.exchange(device.register(3600));
        assertThat(SocketDevice.header(challenge, "X-GB-Ver")).isEqualTo("2.0");
        device.answer(challenge, PlatformServer.PASSWORD);
        assertThat(SocketDevice.header(device.exchange(device.register(3600)), "X-GB-Ver"))
                .isEqualTo("2.0");
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        device.exchange(device.message(SocketDevice.keepalive(DEVICE, 1)));
        assertThat(server.platform.registry().find(DEVICE).gbVersion()).isEqualTo("3.0");
    }

    @Test
    void redirectingPlatformSendsTheAuthenticatedAwayAndNobodyElse() throws Exception {
        RegistrarConfig redirecting = RegistrarConfig.gb28181("3402000000")
                .redirect("sip:34020000002000000001@192.168.0.110:15066")
                .build();
        try (PlatformServer other = new PlatformServer(Gb28181Config.of(PlatformServer.PLATFORM), redirecting);
                SocketDevice client = new SocketDevice(DEVICE, Transport.UDP, other.port(Transport.UDP))) {
            String answer = client.registers(3600);
            assertThat(answer).startsWith("SIP/2.0 302 ");
            assertThat(SocketDevice.header(answer, "Contact"))
                    .isEqualTo("<sip:34020000002000000001@192.168.0.110:15066>");
            assertThat(SocketDevice.header(answer, "Expires")).isEqualTo("3600");
            assertThat(other.platform.registry().size()).isZero();
        }
    }
}

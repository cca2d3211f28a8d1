/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.transport.Transport;

/** What deployed equipment does to framing, transports, registrations and time, by the numbers of the project's notes. */
@Timeout(60)
class TransportQuirksTest {
    private static final String DEVICE = "34020000001320000003";

    private final PlatformServer server = new PlatformServer(Gb28181Config.of(PlatformServer.PLATFORM)
            .withCatalogOnRegister(false)
            .withTiming(new Gb28181Config.Timing(1, 5, 1, 512)));
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

    private void keepsAlive(String message) throws Exception {
        long before = server.platform.count(GbCounter.KEEPALIVES);
        assertThat(device.exchange(message)).startsWith("SIP/2.0 200 ");
        assertThat(server.platform.count(GbCounter.KEEPALIVES)).isEqualTo(before + 1);
    }

    private String keepalive() {
        return device.message(SocketDevice.keepalive(DEVICE, 43));
    }

    @ParameterizedTest
    @ValueSource(ints = {-2, -1, 1, 20})
    void q19_contentLengthThatIsALittleWrongLosesNoKeepalive(int error) throws Exception {
        device.registers(3600);
        String message = keepalive();
        int length = Integer.parseInt(SocketDevice.header(message, "Content-Length"));
        keepsAlive(message.replace("Content-Length: " + length, "Content-Length: " + (length + error)));
    }

    @Test
    void q21_paddedContentLengthNeedNotBeTheLastHeader() throws Exception {
        device.registers(3600);
        keepsAlive(keepalive().replace("Content-Length: ", "Content-Length:    "));
        keepsAlive(keepalive().replaceAll("(?s)(Content-Length: \\d+\r\n)\r\n", "$1X-Last: 1\r\n\r\n"));
    }

    @Test
    void q22_headersStandInAnyOrder() throws Exception {
        device.edit = TransportQuirksTest::viaLast;
        assertThat(device.registers(3600)).startsWith("SIP/2.0 200 ");
        keepsAlive(keepalive());
    }

    /** Sorted by name as one recorder sends them: Call-ID first, Via last. */
    private static String viaLast(String message) {
        int end = message.indexOf("\r\n\r\n");
        List<String> lines = new ArrayList<>(List.of(message.substring(0, end).split("\r\n")));
        String start = lines.remove(0);
        lines.sort(null);
        return start + "\r\n" + String.join("\r\n", lines) + message.substring(end);
    }

    @Test
    void q23_pingOfFourOctetsIsDroppedSilently() throws Exception {
        device.registers(3600);
        device.sendOctets(new byte[] {0x6a, 0x61, 0x4b, 0});
        keepsAlive(keepalive());
    }

    @Test
    void q24_q25_streamOfPingsAndSplitAndStickyMessagesIsTakenApart() throws Exception {
        try (SocketDevice tcp = new SocketDevice(DEVICE, Transport.TCP, server.port(Transport.TCP))) {
            tcp.registers(3600);
            String two = "\r\n\r\n" + tcp.message(SocketDevice.keepalive(DEVICE, 1))
                    + tcp.message(SocketDevice.keepalive(DEVICE, 2)) + "\r\n";
            String third = tcp.message(SocketDevice.keepalive(DEVICE, 3));
            tcp.send(two + third.substring(0, 300));
            String pong = tcp.receive();
            assertThat(pong).startsWith("\r\nSIP/2.0 200 ");
            assertThat(tcp.receive()).startsWith("SIP/2.0 200 ");
            tcp.send(third.substring(300));
            assertThat(tcp.receive()).startsWith("SIP/2.0 200 ");
            assertThat(server.platform.count(GbCounter.KEEPALIVES)).isEqualTo(3);
        }
    }

    @Test
    void q25_messageOfATooLargeBodyEndsTheConnectionAndNothingElse() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port(Transport.TCP))) {
            socket.setSoTimeout(10_000);
            String huge = keepalive().replaceAll("Content-Length: \\d+", "Content-Length: 99999999");
            socket.getOutputStream().write(huge.getBytes(StandardCharsets.US_ASCII));
            ByteArrayOutputStream heard = new ByteArrayOutputStream();
            InputStream in = socket.getInputStream();
            for (int octet = in.read(); octet >= 0; octet = in.read()) {
                heard.write(octet);
            }
            assertThat(heard.toString(StandardCharsets.US_ASCII)).doesNotContain("SIP/2.0 200");
        }
        device.registers(3600);
        keepsAlive(keepalive());
    }

    @Test
    void q26_datagramsBeyondTheMtuAreTakenAndNoneIsSent() throws Exception {
        device.registers(3600);
        assertThat(server.event()).startsWith("online");
        String[] channels = new String[160];
        for (int i = 0; i < channels.length; i += 2) {
            channels[i] = "3402000000131000%04d".formatted(i);
            channels[i + 1] = "大门口" + i;
        }
        String part = device.message(device.catalogPart("1", 80, channels));
        assertThat(part.length()).isGreaterThan(9_000);
        assertThat(device.exchange(part)).startsWith("SIP/2.0 200 ");
        assertThat(server.event()).endsWith(" 80");

        GbSdp.Wish wish = new GbSdp.Wish(GbSdp.Kind.DOWNLOAD, 1_714_804_996, 1_714_806_986, 4);
        server.platform
                .commands()
                .play(
                        DEVICE,
                        "34020000001310000001",
                        wish,
                        new GbSdp.Receiver("192.168.100.200", 30000, "passive"),
                        HEARD);
        String invite = device.receive("INVITE");
        device.send(SocketDevice.response(invite, "486 Busy Here", ""));
        assertThat(invite.length()).isLessThan(1_300);
    }

    private static final MediaListener HEARD = new MediaListener() {
        @Override
        public void onAnswered(MediaSession session, GbSdp answer) {}

        @Override
        public void onEnded(MediaSession session, End how, int status) {}
    };

    @Test
    void q28_firstPartMayTakeLongerThanAnyOtherAnswer() throws Exception {
        assertThat(Gb28181Config.Timing.DEFAULT.firstPartSeconds()).isGreaterThanOrEqualTo(120);
        device.registers(3600);
        BlockingQueue<Answer.Outcome> outcomes = new LinkedBlockingQueue<>();
        server.platform.commands().catalog(DEVICE, outcomes::add);
        String query = device.receive("MESSAGE");
        device.send(SocketDevice.ok(query));
        // Longer than an answer of one part may take, and than silence between parts.
        assertThat(outcomes.poll(2_500, TimeUnit.MILLISECONDS)).isNull();
        device.exchange(device.message(device.catalogPart(SocketDevice.element(query, "SN"), 1, "A", "a")));
        assertThat(outcomes.poll(10, TimeUnit.SECONDS).kind()).isEqualTo(Answer.Kind.COMPLETE);
    }

    @Test
    void q48_registrationThatNamesNoTimeGetsTheDefault() throws Exception {
        device.edit = message -> message.replaceAll("Expires: .*\r\n", "");
        assertThat(SocketDevice.header(device.registers(3600), "Expires")).isEqualTo("3600");
    }

    @Test
    void q59_wrongPasswordInALoopIsForbiddenAndNobodyElseIs() throws Exception {
        try (SocketDevice neighbour = new SocketDevice(
                "34020000001320000004",
                Transport.UDP,
                server.port(Transport.UDP),
                InetAddress.getByName("127.0.0.2"))) {
            String answer = device.exchange(device.register(3600));
            int tries = 0;
            while (answer.startsWith("SIP/2.0 401 ")) {
                assertThat(++tries).isLessThan(20);
                device.answer(answer, "87654321");
                answer = device.exchange(device.register(3600));
            }
            assertThat(answer).matches("(?s)SIP/2.0 (403|503) .*");
            assertThat(neighbour.registers(3600)).startsWith("SIP/2.0 200 ");
            assertThat(server.platform.registry().size()).isEqualTo(1);
        }
    }

    @Test
    void q60_answerLeavesBeforeAnythingThatFollowsFromTheMessage() throws Exception {
        device.registers(3600);
        device.send(device.message("<Notify><CmdType>Alarm</CmdType><SN>9</SN><DeviceID>" + DEVICE
                + "</DeviceID><AlarmPriority>1</AlarmPriority><AlarmMethod>5</AlarmMethod></Notify>"));
        assertThat(device.receive()).startsWith("SIP/2.0 200 ");
        String confirmed = device.receive();
        device.send(SocketDevice.ok(confirmed));
        assertThat(confirmed).startsWith("MESSAGE ").contains("<Response>").contains("<SN>9</SN>");
        assertThat(((Manscdp.Alarm) server.body()).priority()).isEqualTo(1);
    }

    @Test
    void q62_unregisterAtStartUpHarmsNothing() throws Exception {
        assertThat(device.registers(0)).startsWith("SIP/2.0 200 ");
        assertThat(server.platform.registry().size()).isZero();
        assertThat(device.registers(3600)).startsWith("SIP/2.0 200 ");
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        keepsAlive(keepalive());
    }

    @Test
    void q62_unregisterAndRegisterInOneBurstEndRegistered() throws Exception {
        device.registers(3600);
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        // Each with an answer to a challenge of its own, as an answer counts once.
        device.authorization = "";
        device.answer(device.exchange(device.register(0)), PlatformServer.PASSWORD);
        String unregister = device.register(0);
        device.authorization = "";
        device.answer(device.exchange(device.register(3600)), PlatformServer.PASSWORD);
        device.cseq += 2;
        String register = device.register(3600);
        unregister = unregister.replaceAll("CSeq: \\d+", "CSeq: " + (device.cseq - 1));
        device.send(unregister);
        device.send(register);
        assertThat(device.receive()).startsWith("SIP/2.0 200 ").contains(" REGISTER");
        assertThat(device.receive()).startsWith("SIP/2.0 200 ");
        assertThat(server.event()).isEqualTo("offline " + DEVICE + " UNREGISTERED");
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        assertThat(server.platform.registry().find(DEVICE).online()).isTrue();
    }

    @Test
    void q62_oldNonceIsChallengedAnewAndNotForbidden() throws Exception {
        device.answer(
                "SIP/2.0 401 x\r\nWWW-Authenticate: Digest realm=\"34020000\",nonce=\"0540eb8f630c60f0\"\r\n",
                PlatformServer.PASSWORD);
        String challenge = device.exchange(device.register(0));
        assertThat(challenge).startsWith("SIP/2.0 401 ");
        device.answer(challenge, PlatformServer.PASSWORD);
        assertThat(device.exchange(device.register(3600))).startsWith("SIP/2.0 200 ");
    }

    @Test
    void q63_blanksAroundTheUserNameAreNoOtherUser() throws Exception {
        String challenge = device.exchange(device.register(3600));
        device.answer(challenge, PlatformServer.PASSWORD);
        device.edit = message -> message.replace("username=\"" + DEVICE + "\"", "username=\" " + DEVICE + " \"");
        assertThat(device.exchange(device.register(3600))).startsWith("SIP/2.0 200 ");
    }

    @Test
    void devicesOfOneConnectionAllGoOfflineWithIt() throws Exception {
        String other = "34020000001320000004";
        try (SocketDevice recorder = new SocketDevice(DEVICE, Transport.TCP, server.port(Transport.TCP))) {
            recorder.registers(3600);
            assertThat(server.event()).isEqualTo("online " + DEVICE);
            recorder.callId = "second";
            recorder.edit = message -> message.replace(DEVICE, other);
            String challenge = recorder.exchange(recorder.register(3600));
            String nonce = challenge.replaceAll("(?s).*nonce=\"([^\"]+)\".*", "$1");
            String realm = PlatformServer.REALM;
            String uri = "sip:x@y";
            String response = SocketDevice.md5(SocketDevice.md5(other + ":" + realm + ":" + PlatformServer.PASSWORD)
                    + ":" + nonce + ":" + SocketDevice.md5("REGISTER:" + uri));
            recorder.authorization = "Digest username=\"" + other + "\", realm=\"" + realm + "\", nonce=\"" + nonce
                    + "\", uri=\"" + uri + "\", response=\"" + response + "\"";
            assertThat(recorder.exchange(recorder.register(3600))).startsWith("SIP/2.0 200 ");
            assertThat(server.event()).isEqualTo("online " + other);
        }
        assertThat(List.of(server.event(), server.event()))
                .containsExactlyInAnyOrder("offline " + DEVICE + " FLOW_LOST", "offline " + other + " FLOW_LOST");
        assertThat(server.platform.registry().onlineCount()).isZero();
    }
}

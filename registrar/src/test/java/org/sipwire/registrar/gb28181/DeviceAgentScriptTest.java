/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transport.ListeningPoint;

/** A DeviceAgent against a platform that is a raw socket and does what each test says. */
@Timeout(60)
class DeviceAgentScriptTest {
    private static final String DEVICE = "34020000001320000001";
    private static final String PLATFORM = "34020000002000000001";
    private static final String OK = "Expires: 600\r\nDate: 2026-01-01T08:00:00.000\r\n";

    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private DatagramSocket platform;
    private SocketAddress device;
    private SipStack stack;

    @BeforeEach
    void open() throws Exception {
        platform = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"));
        platform.setSoTimeout(10_000);
    }

    @AfterEach
    void close() {
        if (stack != null) {
            stack.close();
        }
        platform.close();
    }

    private void start(DeviceAgentConfig.Timing timing) {
        DeviceAgentConfig config = DeviceAgentConfig.builder(
                        DEVICE, PLATFORM, "udp://127.0.0.1:" + platform.getLocalPort())
                .timing(timing)
                .gbVersion("3.0")
                .build();
        DeviceAgent agent = new DeviceAgent(
                config,
                query -> List.of(CatalogItem.channel("34020000001310000001", "One", DEVICE)),
                new DeviceAgentListener() {
                    @Override
                    public void onRegistered(long expiresSeconds, String date) {
                        heard.add("registered " + expiresSeconds);
                    }

                    @Override
                    public void onLost(Loss why, int status) {
                        heard.add("lost " + why + ' ' + status);
                    }

                    @Override
                    public void onInvite(DeviceInvite invite) {
                        invite.accept("127.0.0.1", 9000);
                    }

                    @Override
                    public void onEnded(DeviceInvite invite) {
                        heard.add("ended");
                    }
                });
        stack = SipStack.create(SipStackConfig.builder()
                .listen("udp://127.0.0.1:0")
                .drainMillis(0)
                .build());
        stack.start(agent);
    }

    private static DeviceAgentConfig.Timing timing(long keepaliveMillis) {
        return new DeviceAgentConfig.Timing(3600, keepaliveMillis, 2, 100);
    }

    private String receive(String start) throws Exception {
        while (true) {
            DatagramPacket packet = new DatagramPacket(new byte[65_535], 65_535);
            platform.receive(packet);
            device = packet.getSocketAddress();
            String message = new String(packet.getData(), 0, packet.getLength(), StandardCharsets.ISO_8859_1);
            if (message.startsWith(start)) {
                return message;
            }
        }
    }

    private void send(String message) throws Exception {
        byte[] octets = message.getBytes(StandardCharsets.ISO_8859_1);
        platform.send(new DatagramPacket(octets, octets.length, device));
    }

    private void answer(String request, String status, String extra) throws Exception {
        send(SocketDevice.response(request, status, extra));
    }

    /** Registers without a challenge. */
    private String register() throws Exception {
        String request = receive("REGISTER");
        answer(request, "200 OK", OK);
        assertThat(heard()).isEqualTo("registered 600");
        return request;
    }

    private String heard() throws InterruptedException {
        String event = heard.poll(10, TimeUnit.SECONDS);
        assertThat(event).as("an event within 10 s").isNotNull();
        return event;
    }

    private String request(String method, String callId, int cseq, String extra, String body) {
        return method + " sip:34020000001310000001@127.0.0.1 SIP/2.0\r\n"
                + "Via: SIP/2.0/UDP 127.0.0.1:" + platform.getLocalPort() + ";rport;branch=z9hG4bK" + callId + method
                + cseq + "\r\nFrom: <sip:" + PLATFORM
                + "@3402000000>;tag=7\r\nTo: <sip:34020000001310000001@3402000000>"
                + "\r\nCall-ID: " + callId + "\r\nCSeq: " + cseq + ' ' + method + "\r\nContact: <sip:" + PLATFORM
                + "@127.0.0.1:" + platform.getLocalPort() + ">\r\nMax-Forwards: 70\r\n" + extra + "Content-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    // -------------------------------------------------------------------------------------------------- registration

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Digest realm=\"34020000\",algorithm=MD5,nonce=\"1616570703\"|MD5",
                "Digest realm=\"r\", nonce=\"n\", qop=\"auth,auth-int\", opaque=\"o\"|",
                "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"|SHA-256",
            })
    void challengesOfEachKindAreAnswered(String challenge, String algorithm) throws Exception {
        start(timing(60_000));
        String first = receive("REGISTER sip:" + PLATFORM + "@3402000000 SIP/2.0");
        assertThat(first).doesNotContain("Authorization").contains("X-GB-Ver: 3.0\r\n");
        answer(first, "401 Unauthorized", "WWW-Authenticate: " + challenge + "\r\n");
        String second = receive("REGISTER");
        String credentials = SocketDevice.header(second, "Authorization");
        assertThat(SocketDevice.header(second, "Call-ID")).isEqualTo(SocketDevice.header(first, "Call-ID"));
        assertThat(SocketDevice.header(second, "CSeq")).isEqualTo("2 REGISTER");
        assertThat(credentials).contains("username=\"" + DEVICE + "\"", "uri=\"sip:" + PLATFORM + "@3402000000\"");
        if (algorithm == null) {
            assertThat(credentials)
                    .contains("qop=auth, nc=00000001", "opaque=\"o\"")
                    .doesNotContain("algorithm");
        } else {
            assertThat(credentials).contains("algorithm=" + algorithm);
        }
        if ("MD5".equals(algorithm)) {
            String ha1 = SocketDevice.md5(DEVICE + ":34020000:12345678");
            String ha2 = SocketDevice.md5("REGISTER:sip:" + PLATFORM + "@3402000000");
            assertThat(credentials).contains(SocketDevice.md5(ha1 + ":1616570703:" + ha2));
        }
        answer(second, "200 OK", OK);
        assertThat(heard()).isEqualTo("registered 600");
    }

    @Test
    void refreshAnswersTheLastChallengeInAdvanceAndAStaleOneOnceMore() throws Exception {
        start(timing(60_000));
        answer(receive("REGISTER"), "401 Unauthorized", "WWW-Authenticate: Digest realm=\"r\",nonce=\"one\"\r\n");
        answer(receive("REGISTER"), "200 OK", "Expires: 1\r\n");
        String refresh = receive("REGISTER");
        assertThat(SocketDevice.header(refresh, "Authorization")).contains("nonce=\"one\"");
        answer(refresh, "401 Unauthorized", "WWW-Authenticate: Digest realm=\"r\",nonce=\"two\",stale=true\r\n");
        String again = receive("REGISTER");
        assertThat(SocketDevice.header(again, "Authorization")).contains("nonce=\"two\"");
        assertThat(SocketDevice.header(again, "CSeq")).isEqualTo("4 REGISTER");
    }

    @Test
    void tooBriefAnIntervalIsMadeLonger() throws Exception {
        start(timing(60_000));
        answer(receive("REGISTER"), "423 Interval Too Brief", "Min-Expires: 7200\r\n");
        assertThat(SocketDevice.header(receive("REGISTER"), "Expires")).isEqualTo("7200");
    }

    @Test
    void redirectedAgentRegistersWhereItIsToldAndComesBackWhenThatFails() throws Exception {
        start(timing(60_000));
        try (DatagramSocket redirector = platform) {
            DatagramSocket target = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"));
            target.setSoTimeout(10_000);
            answer(
                    receive("REGISTER"),
                    "302 Moved Temporarily",
                    "Contact: <sip:" + PLATFORM + "@127.0.0.1:" + target.getLocalPort() + ">\r\n");
            platform = target;
            answer(receive("REGISTER"), "403 Forbidden", "");
            assertThat(heard()).isEqualTo("lost REFUSED 403");
            platform = redirector;
            assertThat(SocketDevice.header(receive("REGISTER"), "CSeq")).isEqualTo("3 REGISTER");
            target.close();
        }
    }

    @Test
    void redirectToANameIsNotResolved() {
        assertThat(AgentRegistration.address("sip:34020000002000000002@10.1.2.3:5061"))
                .isEqualTo(new InetSocketAddress("10.1.2.3", 5061));
        assertThat(AgentRegistration.address("sip:34020000002000000002@10.1.2.3;transport=tcp"))
                .isEqualTo(new InetSocketAddress("10.1.2.3", 5060));
        assertThat(AgentRegistration.address("sip:34020000002000000002@3402000000"))
                .isNull();
        assertThat(AgentRegistration.address("sip:platform.example:5060")).isNull();
        assertThat(AgentRegistration.address("sip:1@999.1.2.3")).isNull();
        assertThat(AgentRegistration.address("sip:1@1.2.3.4:70000")).isNull();
    }

    /** A registrar that does not know the device is one it was wrongly set up for: its owner is told, and it tries again with patience. */
    @Test
    void q69_registrarThatDoesNotKnowTheDeviceIsToldOf() throws Exception {
        start(timing(60_000));
        answer(receive("REGISTER"), "404 Not here", "Server: Bytedance AIoT\r\n");
        assertThat(heard()).isEqualTo("lost REFUSED 404");
        assertThat(heard.poll(300, TimeUnit.MILLISECONDS)).isNull();
    }

    @Test
    void retryAfterOfARefusalIsKept() throws Exception {
        start(timing(60_000));
        answer(receive("REGISTER"), "503 Service Unavailable", "Retry-After: 1\r\n");
        long refused = System.nanoTime();
        assertThat(heard()).isEqualTo("lost REFUSED 503");
        receive("REGISTER");
        assertThat(System.nanoTime() - refused).isGreaterThan(900_000_000L);
    }

    // ---------------------------------------------------------------------------------------------------- keep-alives

    @Test
    void keepalivesWithoutAnAnswerEndInANewRegistration() throws Exception {
        start(timing(50));
        String first = register();
        String keepalive = receive("MESSAGE");
        assertThat(SocketDevice.element(keepalive, "CmdType")).isEqualTo("Keepalive");
        assertThat(heard()).isEqualTo("lost KEEPALIVES_LOST 0");
        String second = receive("REGISTER");
        assertThat(SocketDevice.header(second, "Call-ID")).isEqualTo(SocketDevice.header(first, "Call-ID"));
    }

    @ParameterizedTest
    @CsvSource({"403 Forbidden", "404 Not Found", "401 Unauthorized"})
    void refusedKeepaliveMeansThatTheDeviceIsNotRegistered(String status) throws Exception {
        start(timing(1000));
        register();
        answer(receive("MESSAGE"), status, "");
        assertThat(heard()).isEqualTo("lost KEEPALIVES_LOST " + status.substring(0, 3));
        receive("REGISTER");
    }

    @Test
    void keepalivesShareACallIdAndCountUp() throws Exception {
        start(timing(500));
        register();
        String callId = null;
        for (int i = 1; i <= 3; i++) {
            String keepalive = receive("MESSAGE");
            answer(keepalive, "200 OK", "");
            assertThat(SocketDevice.header(keepalive, "CSeq")).isEqualTo(i + " MESSAGE");
            assertThat(SocketDevice.element(keepalive, "SN")).isEqualTo(Integer.toString(i));
            callId = callId == null ? SocketDevice.header(keepalive, "Call-ID") : callId;
            assertThat(SocketDevice.header(keepalive, "Call-ID")).isEqualTo(callId);
        }
        assertThat(heard).isEmpty();
    }

    // --------------------------------------------------------------------------------------------- what is let in

    @Test
    void requestFromAnotherHostIsRefused() throws Exception {
        start(timing(60_000));
        register();
        ListeningPoint agent = stack.boundPoints().get(0);
        try (DatagramSocket stranger = new DatagramSocket(0, InetAddress.getByName("127.0.0.2"))) {
            stranger.setSoTimeout(10_000);
            byte[] octets = request("MESSAGE", "s", 1, "", "<Control><CmdType>DeviceControl</CmdType></Control>")
                    .getBytes(StandardCharsets.ISO_8859_1);
            stranger.send(new DatagramPacket(octets, octets.length, InetAddress.getByName("127.0.0.1"), agent.port()));
            DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
            stranger.receive(packet);
            assertThat(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.ISO_8859_1))
                    .startsWith("SIP/2.0 403 ");
        }
    }

    @Test
    void whatCannotBeServedIsRefusedByItsStatus() throws Exception {
        start(timing(60_000));
        register();
        send(request("MESSAGE", "a", 1, "", "no XML"));
        assertThat(receive("SIP/2.0")).startsWith("SIP/2.0 400 ");
        send(request("SUBSCRIBE", "b", 1, "Event: dialog\r\n", "<Query><CmdType>DeviceInfo</CmdType></Query>"));
        assertThat(receive("SIP/2.0")).startsWith("SIP/2.0 489 ").contains("Allow-Events:");
        send(request("SUBSCRIBE", "c", 2, "Event: Catalog\r\n", "")
                .replace("@3402000000>\r\nCall", "@3402000000>;tag=9\r\nCall"));
        assertThat(receive("SIP/2.0")).startsWith("SIP/2.0 481 ");
        send(request("BYE", "d", 2, "", ""));
        assertThat(receive("SIP/2.0")).startsWith("SIP/2.0 481 ");
        send(request("PUBLISH", "e", 2, "", ""));
        assertThat(receive("SIP/2.0")).startsWith("SIP/2.0 405 ").contains("Allow: MESSAGE");
    }

    // --------------------------------------------------------------------------------------------------------- media

    @Test
    void acceptedInviteIsAnsweredAgainUntilTheAck() throws Exception {
        start(timing(60_000));
        register();
        String sdp = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=Play\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                + "m=video 6000 RTP/AVP 96\r\ny=0100000001\r\n";
        String invite = request("INVITE", "live", 1, "Content-Type: application/sdp\r\n", sdp);
        send(invite);
        assertThat(receive("SIP/2.0 100")).doesNotContain(";tag=16");
        String first = receive("SIP/2.0 200");
        assertThat(first).contains("y=0100000001\r\n", "m=video 9000 RTP/AVP 96\r\n", "s=Play\r\n");
        assertThat(receive("SIP/2.0 200")).as("sent again by T1").isEqualTo(first);
        String to = SocketDevice.header(first, "To");
        send(request("ACK", "live", 1, "", "").replace("To: <sip:34020000001310000001@3402000000>", "To: " + to));
        send(request("BYE", "live", 2, "", "").replace("To: <sip:34020000001310000001@3402000000>", "To: " + to));
        assertThat(receive("SIP/2.0 200")).contains("CSeq: 2 BYE");
        assertThat(heard()).isEqualTo("ended");
    }
}

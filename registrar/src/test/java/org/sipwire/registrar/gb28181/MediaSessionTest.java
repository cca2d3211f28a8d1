/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.sipwire.transport.Transport;

/** INVITE, ACK, INFO, BYE and MediaStatus by raw sockets. */
@Timeout(60)
class MediaSessionTest {
    private static final String DEVICE = "34020000001110000001";
    private static final String CHANNEL = "34020000001310000001";

    private final PlatformServer server =
            new PlatformServer(Gb28181Config.of(PlatformServer.PLATFORM).withCatalogOnRegister(false));
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private volatile MediaSession session;
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
    void livePictureIsInvitedAnsweredAndEndedByThisSide() throws Exception {
        String invite = play(GbSdp.Wish.live());
        assertThat(invite).startsWith("INVITE sip:" + CHANNEL + "@192.168.35.165:5080 SIP/2.0");
        assertThat(invite)
                .contains("s=Play\r\n")
                .contains("c=IN IP4 192.168.1.9\r\n")
                .contains("m=video 30000 RTP/AVP 96 97 98\r\n")
                .contains("y=0200000001\r\n");
        assertThat(SocketDevice.header(invite, "Subject")).isEqualTo(CHANNEL + ":0200000001,34020000002000000001:0");
        device.send(SocketDevice.response(invite, "101 Dialog Establishement", ""));
        device.send(answer(invite));
        String ack = device.receive("ACK");
        assertThat(ack).startsWith("ACK sip:" + CHANNEL + "@192.168.6.71:5060 SIP/2.0");
        assertThat(SocketDevice.header(ack, "CSeq")).isEqualTo("1 ACK");
        assertThat(SocketDevice.header(ack, "To")).contains("tag=1051246918");
        assertThat(heard()).isEqualTo("192.168.6.71:9712 y=0200000001");

        session.close();
        String bye = device.receive("BYE");
        device.send(SocketDevice.ok(bye));
        assertThat(SocketDevice.header(bye, "CSeq")).isEqualTo("2 BYE");
        assertThat(SocketDevice.header(bye, "Call-ID")).isEqualTo(SocketDevice.header(invite, "Call-ID"));
        assertThat(heard()).isEqualTo("CLOSED 0");
    }

    @Test
    void repeated2xxIsAcknowledgedAgain() throws Exception {
        String invite = play(GbSdp.Wish.live());
        device.send(answer(invite));
        device.receive("ACK");
        device.send(answer(invite));
        assertThat(device.receive("ACK")).contains("CSeq: 1 ACK");
        assertThat(heard()).startsWith("192.168.6.71");
    }

    @Test
    void playbackIsControlledByMansrtspAndEndsWithTheFile() throws Exception {
        String invite = play(new GbSdp.Wish(GbSdp.Kind.PLAYBACK, 1_714_804_996, 1_714_806_986, 0));
        assertThat(invite)
                .contains("s=Playback\r\nu=" + CHANNEL + ":0\r\n")
                .contains("t=1714804996 1714806986\r\n")
                .contains("y=1200000001\r\n");
        device.send(answer(invite));
        device.receive("ACK");
        heard();
        session.control("PAUSE", "PauseTime: now\r\n");
        String info = device.receive("INFO");
        device.send(SocketDevice.ok(info));
        assertThat(SocketDevice.header(info, "Content-Type")).isEqualTo("Application/MANSRTSP");
        assertThat(info).endsWith("PAUSE MANSRTSP/1.0\r\nCSeq: 1\r\nPauseTime: now\r\n");
        device.send(device.message("<Notify><CmdType>MediaStatus</CmdType><SN>8</SN><DeviceID>" + CHANNEL
                + "</DeviceID><NotifyType>121</NotifyType></Notify>"));
        device.send(SocketDevice.ok(device.receive("BYE")));
        assertThat(heard()).isEqualTo("FILE_SENT 0");
    }

    @Test
    void deviceEndsTheSessionItself() throws Exception {
        String invite = play(GbSdp.Wish.live());
        device.send(answer(invite));
        device.receive("ACK");
        heard();
        String bye = device.request("BYE", SocketDevice.header(invite, "Call-ID"), "", "")
                .replace("Content-Type: Application/MANSCDP+xml\r\n", "");
        device.send(bye);
        assertThat(device.receive("SIP/2.0 200")).contains("BYE");
        assertThat(heard()).isEqualTo("BYE 0");
    }

    @Test
    void refusalIsTold() throws Exception {
        String invite = play(GbSdp.Wish.live());
        device.send(SocketDevice.response(invite, "488 Not Acceptable Here", ""));
        assertThat(heard()).isEqualTo("REFUSED 488");
        assertThat(device.receive("ACK")).startsWith("ACK ");
    }

    @Test
    void credentialsInADescriptionAreLeftOut() {
        GbSdp sdp =
                GbSdp.parse(("v=0\r\ns=Embedded IPC\r\nc=IN IP4 1.2.3.4\r\nm=video 56147 RTP/AVP 96\r\na=sendonly\r\n"
                                + "a=username:3401\r\na=password:12345678\r\na=filesize:77\r\ny=0000000000\r\nf=\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        assertThat(sdp.attributes()).containsOnlyKeys("sendonly", "filesize");
        assertThat(sdp.port()).isEqualTo(56147);
        assertThat(GbSdp.parse(new byte[0])).isNull();
    }

    private String play(GbSdp.Wish wish) throws Exception {
        server.platform
                .commands()
                .play(DEVICE, CHANNEL, wish, new GbSdp.Receiver("192.168.1.9", 30000, null), new MediaListener() {
                    @Override
                    public void onAnswered(MediaSession answered, GbSdp sdp) {
                        session = answered;
                        heard.add(sdp.host() + ':' + sdp.port() + " y=" + sdp.ssrc());
                    }

                    @Override
                    public void onEnded(MediaSession ended, End how, int status) {
                        heard.add(how + " " + status);
                    }
                });
        return device.receive("INVITE");
    }

    private String heard() throws InterruptedException {
        String event = heard.poll(10, TimeUnit.SECONDS);
        assertThat(event).isNotNull();
        return event;
    }

    private static String answer(String invite) {
        String ssrc = invite.replaceAll("(?s).*\r\ny=(\\d+)\r\n.*", "$1");
        String sdp = "v=0\r\no=" + CHANNEL + " 0 0 IN IP4 192.168.6.71\r\ns=Play\r\nc=IN IP4 192.168.6.71\r\nt=0 0\r\n"
                + "m=video 9712 RTP/AVP 96\r\na=sendonly\r\na=rtpmap:96 PS/90000\r\ny=" + ssrc + "\r\nf=v/0/0/0\r\n";
        return SocketDevice.response(
                invite,
                "200 OK",
                "Contact: <sip:" + CHANNEL + "@192.168.6.71:5060>\r\nContent-Type: application/sdp\r\nContent-Length: "
                        + sdp.length() + "\r\n\r\n" + sdp);
    }
}

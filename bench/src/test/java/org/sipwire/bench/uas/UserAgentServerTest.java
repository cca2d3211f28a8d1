/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.uas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;

/** What SIPp asks of the callee in CI, by a plain socket. */
class UserAgentServerTest {

    private final UserAgentServer uas = new UserAgentServer();
    private SipStack stack;
    private DatagramSocket caller;

    @BeforeEach
    void start() throws IOException {
        stack = SipStack.create(
                SipStackConfig.builder().listen("udp://127.0.0.1:0").threads(1).build());
        stack.start(uas);
        caller = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        caller.setSoTimeout(5000);
        caller.connect(
                InetAddress.getLoopbackAddress(), stack.boundPoints().get(0).port());
    }

    @AfterEach
    void stop() {
        caller.close();
        stack.close();
    }

    private void send(String method, String user, String branch, String toTag) throws IOException {
        String text = method + " sip:" + user + "@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:"
                + caller.getLocalPort()
                + ";branch=z9hG4bK" + branch + ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:" + user
                + "@127.0.0.1>" + toTag + "\r\nCall-ID: c-" + user + "\r\nCSeq: 1 " + method
                + "\r\nContact: <sip:a@127.0.0.1>\r\nContent-Length: 0\r\n\r\n";
        byte[] octets = text.getBytes(StandardCharsets.US_ASCII);
        caller.send(new DatagramPacket(octets, octets.length));
    }

    private String receive() throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
        caller.receive(packet);
        return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.US_ASCII);
    }

    private static String toTag(String response) {
        int to = response.indexOf(";tag=", response.indexOf("\r\nTo:"));
        return response.substring(to, response.indexOf("\r\n", to));
    }

    @Test
    void okToInviteIsSentAgainUntilTheAck() throws IOException {
        send("INVITE", "answer", "1", "");
        assertThat(receive()).startsWith("SIP/2.0 180 ");
        String ok = receive();
        assertThat(ok).startsWith("SIP/2.0 200 ");
        assertThat(receive()).isEqualTo(ok);
        assertThat(uas.unacknowledgedCalls()).isOne();
        send("ACK", "answer", "2", toTag(ok));
        send("BYE", "answer", "3", toTag(ok));
        String bye = receive();
        while (bye.equals(ok)) {
            bye = receive();
        }
        assertThat(bye).startsWith("SIP/2.0 200 ").contains("CSeq: 1 BYE");
        assertThat(uas.unacknowledgedCalls()).isZero();
    }

    @Test
    void busyIsSentAgainUntilTheAck() throws IOException {
        send("INVITE", "busy", "4", "");
        assertThat(receive()).startsWith("SIP/2.0 180 ");
        String busy = receive();
        assertThat(busy).startsWith("SIP/2.0 486 ");
        assertThat(receive()).isEqualTo(busy);
        send("ACK", "busy", "4", toTag(busy));
        assertThat(uas.unacknowledgedCalls()).isZero();
    }

    @Test
    void ringingCallIsCancelled() throws IOException {
        send("INVITE", "ring", "5", "");
        String ringing = receive();
        assertThat(ringing).startsWith("SIP/2.0 180 ");
        send("CANCEL", "ring", "5", "");
        String one = receive();
        String two = receive();
        assertThat(one + two).contains("SIP/2.0 487 ", "SIP/2.0 200 ", "CSeq: 1 CANCEL");
        send("ACK", "ring", "5", toTag(ringing));
    }
}

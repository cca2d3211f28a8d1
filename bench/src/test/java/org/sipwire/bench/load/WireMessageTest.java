/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WireMessageTest {
    private static final String CHALLENGE = "SIP/2.0 401 Unauthorized\r\n"
            + "Via: SIP/2.0/UDP 127.0.0.1:5080;rport=5080;branch=z9hG4bK0000;received=127.0.0.1\r\n"
            + "From: <sip:u1@example.org>;tag=1\r\nTo: <sip:u1@example.org>;tag=2\r\nCall-ID: a@b\r\nCSeq: 7 REGISTER\r\n"
            + "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\nContent-Length: 0\r\n\r\n";

    private final WireMessage message = new WireMessage();

    private boolean parse(String text) {
        byte[] bytes = Scratch.ascii("xx" + text);
        return message.parse(bytes, 2, bytes.length - 2);
    }

    private String text(int offset, int length) {
        return new String(message.array(), offset, length, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    @Test
    void responseIsReadWithItsIdentity() {
        assertThat(parse(CHALLENGE)).isTrue();
        assertThat(message.status()).isEqualTo(401);
        assertThat(message.cseq()).isEqualTo(7);
        assertThat(text(message.branchOffset(), message.branchLength())).isEqualTo("z9hG4bK0000");
        assertThat(text(message.callIdOffset(), message.callIdLength())).isEqualTo("a@b");
        assertThat(message.challengeCount()).isEqualTo(1);
        assertThat(message.proxyChallenge()).isFalse();
    }

    @Test
    void compactNamesAnyCaseAndSpaceBeforeTheColonAreRead() {
        assertThat(
                        parse(
                                "SIP/2.0 200 OK\r\nv: SIP/2.0/UDP h;branch=z9hG4bKx\r\nf: <sip:a>\r\nt : <sip:a>\r\nI: c\r\ncSeQ: 1 REGISTER\r\nm: <sip:u@h:1>\r\nl: 0\r\n\r\n"))
                .isTrue();
        assertThat(message.contactHolds(Scratch.ascii("u@h:1"), 5)).isTrue();
        assertThat(message.contactHolds(Scratch.ascii("u@h:2"), 5)).isFalse();
    }

    @Test
    void onlyTheTopViaCounts() {
        assertThat(parse(CHALLENGE.replace("From:", "Via: SIP/2.0/UDP other;branch=z9hG4bK9999\r\nFrom:")))
                .isTrue();
        assertThat(text(message.branchOffset(), message.branchLength())).isEqualTo("z9hG4bK0000");
    }

    @Test
    void whatIsNoMessageIsRefused() {
        assertThat(parse("")).isFalse();
        assertThat(parse("HTTP/1.1 200 OK\r\n\r\n")).isFalse();
        assertThat(parse("SIP/2.0 20\r\n\r\n")).isFalse();
        assertThat(parse(CHALLENGE.replace("Call-ID: a@b\r\n", ""))).isFalse();
        assertThat(parse(CHALLENGE.replace("branch=", "brunch="))).isFalse();
        assertThat(parse(CHALLENGE.replace("Content-Length: 0", "Content-Length: 5")))
                .isFalse();
        for (int cut = 0; cut < CHALLENGE.length(); cut++) {
            assertThat(parse(CHALLENGE.substring(0, cut))).as("cut at %d", cut).isFalse();
        }
    }

    @Test
    void aRequestIsAnsweredWithItsOwnLines() {
        String request =
                "MESSAGE sip:u0007@1.2.3.4:5080 SIP/2.0\r\nVia: SIP/2.0/UDP p;branch=z9hG4bKq\r\nVia: SIP/2.0/UDP q;branch=z9hG4bKr\r\n"
                        + "From: <sip:p@d>;tag=9\r\nTo: <sip:u0007@d>\r\nCall-ID: x\r\nCSeq: 20 MESSAGE\r\nMax-Forwards: 70\r\nContent-Length: 18\r\n\r\n"
                        + "<CmdType>Catalog</";
        assertThat(parse(request)).isTrue();
        assertThat(message.status()).isZero();
        assertThat(message.requestIs("MESSAGE")).isTrue();
        assertThat(message.requestIs("MESSAG")).isFalse();
        assertThat(message.requestUser(new UserNames("u", 4))).isEqualTo(7);
        assertThat(message.bodyHolds("<CmdType>Catalog<")).isTrue();
        Scratch out = new Scratch(1024);
        message.writeEchoed(out, Scratch.ascii(";tag=me"));
        assertThat(new String(out.array(), 0, out.length(), java.nio.charset.StandardCharsets.ISO_8859_1))
                .isEqualTo(
                        "Via: SIP/2.0/UDP p;branch=z9hG4bKq\r\nVia: SIP/2.0/UDP q;branch=z9hG4bKr\r\nFrom: <sip:p@d>;tag=9\r\n"
                                + "To: <sip:u0007@d>;tag=me\r\nCall-ID: x\r\nCSeq: 20 MESSAGE\r\n");
    }
}

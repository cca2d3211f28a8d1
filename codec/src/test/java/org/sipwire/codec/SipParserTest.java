/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SipParserTest {

    private final SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);

    @Test
    void registerGivesAllThatARegistrarNeeds() {
        byte[] bytes = Messages.bytes(Messages.REGISTER);
        assertThat(parser.parseDatagram(bytes, 0, bytes.length)).isEqualTo(bytes.length);
        SipRequest request = parser.request();
        assertThat(request.method()).isEqualTo(SipMethod.REGISTER);
        assertThat(request.uri().host()).hasToString("192.0.2.165");
        assertThat(request.topVia().branch()).hasToString("z9hG4bK2907048769");
        assertThat(request.topVia().host()).hasToString("192.0.2.80");
        assertThat(request.topVia().port()).isEqualTo(5080);
        assertThat(request.topVia().hasRport()).isTrue();
        assertThat(request.topVia().rport()).isEqualTo(-1);
        assertThat(request.from().tag()).hasToString("1492484359");
        assertThat(request.to().uri().user()).hasToString("34020000001320000003");
        assertThat(request.to().uri().host()).hasToString("340200000");
        assertThat(request.callId()).hasToString("445511141");
        assertThat(request.cseq().number()).isEqualTo(2);
        assertThat(request.expires()).isEqualTo(3600);
        assertThat(request.maxForwards()).isEqualTo(70);
        HeaderValues contacts = request.values(SipHeader.CONTACT);
        assertThat(contacts.next()).isTrue();
        Contact contact = new Contact().wrap(contacts.array(), contacts.offset(), contacts.length());
        assertThat(contact.error()).isZero();
        assertThat(contact.uri().parameter("line")).hasToString("030bf7a750f46d9");
        assertThat(contacts.next()).isFalse();
        int i = request.first(SipHeader.AUTHORIZATION);
        Authorization a = new Authorization().wrap(request.array(), request.valueOffset(i), request.valueLength(i));
        assertThat(a.error()).isZero();
        assertThat(a.isDigest()).isTrue();
        assertThat(a.username()).hasToString("34020000001320000003");
        assertThat(a.response()).hasToString("9c75261f524d20d385f1371c7a077505");
        assertThat(a.algorithm()).hasToString("MD5");
        assertThat(a.qop().isPresent()).isFalse();
    }

    @Test
    void responseCarriesTheRequestsLinesAndATag() {
        byte[] bytes = Messages.bytes(Messages.REGISTER);
        parser.parseDatagram(bytes, 0, bytes.length);
        ResponseWriter writer = new ResponseWriter();
        writer.begin(parser.request(), 401)
                .via(Messages.bytes("203.0.113.7"), 11, 40000)
                .toTag(0x1234)
                .header(SipHeader.WWW_AUTHENTICATE, "Digest realm=\"x\",nonce=\"y\"")
                .header(SipHeader.EXPIRES, 60);
        int length = writer.end();
        assertThat(new String(writer.array(), 0, length, StandardCharsets.ISO_8859_1))
                .isEqualTo("""
                SIP/2.0 401 Unauthorized
                Via: SIP/2.0/UDP 192.0.2.80:5080;rport=40000;branch=z9hG4bK2907048769;received=203.0.113.7
                From: <sip:34020000001320000003@340200000>;tag=1492484359
                To: <sip:34020000001320000003@340200000>;tag=0000000000001234
                Call-ID: 445511141
                CSeq: 2 REGISTER
                WWW-Authenticate: Digest realm="x",nonce="y"
                Expires: 60
                Content-Length: 0

                """.replace("\n", "\r\n"));
    }

    @Test
    void streamIsFramedAtEverySplit() {
        String text = "\r\n\r\n" + Messages.REGISTER + Messages.REGISTER;
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        int whole = Messages.REGISTER.length();
        for (int split = 0; split <= bytes.length; split++) {
            SipFramer framer = new SipFramer();
            int at = 0;
            int found = 0;
            for (int limit : new int[] {split, bytes.length}) {
                at += framer.skip(bytes, at, limit - at);
                int n;
                while ((n = framer.frame(bytes, at, limit - at)) > 0) {
                    assertThat(n).isEqualTo(whole);
                    found++;
                    at += n;
                    at += framer.skip(bytes, at, limit - at);
                }
                assertThat(n).isZero();
            }
            assertThat(found).isEqualTo(2);
            assertThat(framer.takePings()).isEqualTo(1);
        }
    }
}

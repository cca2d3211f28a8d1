/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SipUriTest {

    private static SipUri uri(String text) {
        byte[] bytes = Messages.bytes(text);
        return new SipUri().wrap(bytes, 0, bytes.length);
    }

    private static String addressOfRecord(String text) {
        byte[] out = new byte[text.length() + 8];
        int end = uri(text).writeAddressOfRecord(out, 3);
        return new String(out, 3, end - 3, StandardCharsets.ISO_8859_1);
    }

    @Test
    void partsAreRead() {
        SipUri u = uri("sips:alice:pass@Atlanta.com:5061;transport=tcp;lr?subject=x&priority=urgent");
        assertThat(u.error()).isZero();
        assertThat(u.scheme()).isEqualTo(SipUri.Scheme.SIPS);
        assertThat(u.user()).hasToString("alice");
        assertThat(u.password()).hasToString("pass");
        assertThat(u.host()).hasToString("Atlanta.com");
        assertThat(u.port()).isEqualTo(5061);
        assertThat(u.parameter("Transport")).hasToString("tcp");
        assertThat(u.hasParameter("lr")).isTrue();
        assertThat(u.parameter("lr").isPresent()).isTrue();
        assertThat(u.hasParameter("maddr")).isFalse();
        assertThat(u.headers()).hasToString("subject=x&priority=urgent");
    }

    @Test
    void userPartMayHoldSemicolonsQuestionMarksAndSlashes() {
        SipUri u = uri("sip:a;b=c?d/e@example.net;x");
        assertThat(u.error()).isZero();
        assertThat(u.user()).hasToString("a;b=c?d/e");
        assertThat(u.hasParameter("b")).isFalse();
        assertThat(u.hasParameter("x")).isTrue();
    }

    @Test
    void ipv6ReferenceKeepsItsBrackets() {
        SipUri u = uri("sip:[2001:db8::10:5070]");
        assertThat(u.host()).hasToString("[2001:db8::10:5070]");
        assertThat(u.port()).isEqualTo(-1);
        assertThat(u.hostPort().isIpv6Reference()).isTrue();
        assertThat(uri("sip:[2001:db8::10]:5070").port()).isEqualTo(5070);
    }

    @Test
    void digitsOnlyHostIsAHost() {
        SipUri u = uri("sip:34020000001320000003@3402000000");
        assertThat(u.error()).isZero();
        assertThat(u.hostPort().isDigits()).isTrue();
        assertThat(uri("sip:a@192.0.2.1").hostPort().isDigits()).isFalse();
    }

    @Test
    void otherSchemesAreOpaque() {
        SipUri u = uri("soap.beep://192.0.2.103:3002");
        assertThat(u.error()).isZero();
        assertThat(u.scheme()).isEqualTo(SipUri.Scheme.OTHER);
        assertThat(u.schemeName()).hasToString("soap.beep");
        assertThat(u.host().isPresent()).isFalse();
        assertThat(u.port()).isEqualTo(-1);
        SipUri tel = uri("tel:+1-201-555-0123;phone-context=example.com");
        assertThat(tel.user()).hasToString("+1-201-555-0123");
        assertThat(tel.parameter("phone-context")).hasToString("example.com");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "sip:",
                "sip",
                ":a@b",
                "1sip:a@b",
                "sip:@b",
                "sip:a@",
                "sip:a@b:",
                "sip:a@b:x",
                "sip:a@b:65536",
                "sip:a@b c",
                "sip:[::1",
                "sip:[]",
                "sip:a@b/c",
                "tel:",
                "isbn:"
            })
    void malformedUriHasAnError(String text) {
        assertThat(uri(text).error()).isNegative();
    }

    @ParameterizedTest
    @CsvSource({
        // The examples of RFC 3261 section 19.1.4.
        "sip:%61lice@atlanta.com;transport=TCP, sip:alice@AtlanTa.CoM;Transport=tcp",
        "sip:carol@chicago.com, sip:carol@chicago.com;newparam=5",
        "sip:carol@chicago.com, sip:carol@chicago.com;security=on",
        "sip:carol@chicago.com;newparam=5, sip:carol@chicago.com;security=on",
        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com, "
                + "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        "sip:alice@atlanta.com?subject=project%20x&priority=urgent, sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        "sip:a%2fb@x, sip:a%2Fb@X",
        "tel:+1-201-555-0123, tel:+12015550123",
        "ISBN:2983792873, isbn:2983792873",
    })
    void equalUrisAreEqualBothWaysAndHashAlike(String one, String other) {
        assertThat(uri(one).equalsUri(uri(other))).isTrue();
        assertThat(uri(other).equalsUri(uri(one))).isTrue();
        assertThat(uri(one).canonicalHash()).isEqualTo(uri(other).canonicalHash());
    }

    @ParameterizedTest
    @CsvSource({
        "SIP:ALICE@AtLanTa.CoM;Transport=udp, sip:alice@AtLanTa.CoM;Transport=UDP",
        "sip:bob@biloxi.com, sip:bob@biloxi.com:5060",
        "sip:bob@biloxi.com, sip:bob@biloxi.com;transport=udp",
        "sip:bob@biloxi.com, sip:bob@biloxi.com:6000;transport=tcp",
        "sip:carol@chicago.com, sip:carol@chicago.com?Subject=next%20meeting",
        "sip:bob@phone21.boxesbybob.com, sip:bob@192.0.2.4",
        "sip:carol@chicago.com;security=off, sip:carol@chicago.com;security=on",
        "sip:a@b, sips:a@b",
        "sip:a@b, sip:b",
        "sip:a:x@b, sip:a@b",
        "sip:a%2fb@x, sip:a/b@x",
        "tel:+1, tel:1",
        "isbn:1, isbn:2",
    })
    void differentUrisAreDifferentBothWays(String one, String other) {
        assertThat(uri(one).equalsUri(uri(other))).isFalse();
        assertThat(uri(other).equalsUri(uri(one))).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "sip:%61lice@AtLanTa.CoM:5060;transport=tcp?x=y, alice@atlanta.com",
        "sip:alice:secret@example.com, alice@example.com",
        "sip:a%2fb@x, a%2Fb@x",
        "sip:34020000001320000003@3402000000, 34020000001320000003@3402000000",
        "sip:Example.COM, example.com",
        "tel:+1-(201)-555.0123, +12015550123",
    })
    void addressOfRecordIsCanonical(String text, String expected) {
        assertThat(addressOfRecord(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tel:+1;a=b;a=c", "sip:a@b;a=b;a=c", "sips:a@b?a=b&a=c", "x:;"})
    void uriThatNamesAParameterTwiceEqualsItself(String text) {
        assertThat(uri(text).equalsUri(uri(text))).isTrue();
    }

    @Test
    void uriEqualsItselfWhateverItsHeaders() {
        for (String headers : new String[] {"", "&", "a=b&", "&&a=b", "a=b&".repeat(200)}) {
            SipUri one = uri("sip:a@b?" + headers);
            assertThat(one.equalsUri(one)).isTrue();
            assertThat(one.equalsUri(uri("sip:a@b?" + headers))).isTrue();
        }
        assertThat(uri("sip:a@b?a=b&").equalsUri(uri("sip:a@b?a=b&c=d"))).isFalse();
    }

    @Test
    void thousandsOfParametersAreComparedInBoundedTime() {
        StringBuilder many = new StringBuilder("sip:a@b");
        for (int i = 0; i < 8000; i++) {
            many.append(";p").append(i).append("=1");
        }
        String wide = "sip:a@b?" + "x".repeat(1000) + "=%61";
        String pairs = wide.repeat(64).replace("=%61sip:a@b?", "=%61&");
        for (String text : List.of(many.toString(), wide, pairs)) {
            SipUri one = uri(text);
            assertThat(one.equalsUri(uri(text))).isTrue();
            SipUri other = uri(text.replaceAll("[1a]$", "2"));
            long begun = System.nanoTime();
            assertThat(one.equalsUri(other)).isFalse();
            assertThat(System.nanoTime() - begun).isLessThan(100_000_000L);
        }
    }
}

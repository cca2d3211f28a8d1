/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The typed views: what they read, in the frequent shape and in the odd one, and what they refuse. */
class ViewsTest {

    private static Via via(String text) {
        byte[] b = Messages.bytes(text);
        return new Via().wrap(b, 0, b.length);
    }

    private static NameAddr address(String text) {
        byte[] b = Messages.bytes(text);
        return new NameAddr().wrap(b, 0, b.length);
    }

    private static Contact contact(String text) {
        byte[] b = Messages.bytes(text);
        return new Contact().wrap(b, 0, b.length);
    }

    private static Authorization authorization(String text) {
        byte[] b = Messages.bytes(text);
        return new Authorization().wrap(b, 0, b.length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SIP/2.0/UDP 192.0.2.1:5080;rport=6000;branch=z9hG4bK77",
                "SIP / 2.0 / UDP  192.0.2.1 : 5080 ; rport = 6000 ; branch = z9hG4bK77",
                "sip/2.0/UDP 192.0.2.1:5080;BRANCH=z9hG4bK77;RPORT=6000",
                "SIP/2.0/UDP\t192.0.2.1:5080;x=\"a;b\";branch=z9hG4bK77;rport=6000",
            })
    void viaIsReadAlikeInEveryShape(String text) {
        Via v = via(text);
        assertThat(v.error()).isZero();
        assertThat(v.transport()).hasToString("UDP");
        assertThat(v.host()).hasToString("192.0.2.1");
        assertThat(v.port()).isEqualTo(5080);
        assertThat(v.branch()).hasToString("z9hG4bK77");
        assertThat(v.hasRport()).isTrue();
        assertThat(v.rport()).isEqualTo(6000);
        assertThat(v.hasMagicCookie()).isTrue();
        assertThat(v.parameter("rport")).hasToString("6000");
        assertThat(v.received().isPresent()).isFalse();
    }

    @Test
    void viaWithoutParametersHasNone() {
        Via v = via("SIP/2.0/TLS a.example.org");
        assertThat(v.error()).isZero();
        assertThat(v.branch().isPresent()).isFalse();
        assertThat(v.hasRport()).isFalse();
        assertThat(v.port()).isEqualTo(-1);
        assertThat(v.ttl()).isEqualTo(-1);
        // The same view again: nothing stays of a value before.
        byte[] b = Messages.bytes("SIP/2.0/UDP x;ttl=16;maddr=224.2.0.1;received=192.0.2.9;branch=z9hG4bKa");
        v.wrap(b, 0, b.length);
        assertThat(v.ttl()).isEqualTo(16);
        assertThat(v.maddr()).hasToString("224.2.0.1");
        assertThat(v.received()).hasToString("192.0.2.9");
        byte[] c = Messages.bytes("SIP/2.0/UDP x;rport");
        v.wrap(c, 0, c.length);
        assertThat(v.ttl()).isEqualTo(-1);
        assertThat(v.maddr().isPresent()).isFalse();
        assertThat(v.received().isPresent()).isFalse();
        assertThat(v.branch().isPresent()).isFalse();
        assertThat(v.hasRport()).isTrue();
        assertThat(v.rport()).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "SIP",
                "SIP/2.0",
                "SIP/2.0/UDP",
                "SIP/2.0/UDP ",
                "SIP/2.0/ x",
                "SIP/2.0/UDP x:",
                "SIP/2.0/UDP x:70000",
                "SIP/2.0/UDP x;",
                "SIP/2.0/UDP x;=a",
                "SIP/2.0/UDP x;a=",
                "SIP/2.0/UDP x;a=\"b",
                "SIP/2.0/UDP x y",
                "SIP/2.0/UDP [::1"
            })
    void malformedViaHasAnError(String text) {
        assertThat(via(text).error()).isNegative();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<sip:bob@192.0.2.4:5060;line=a>;tag=77",
                "Bob <sip:bob@192.0.2.4:5060;line=a> ; tag = 77",
                "\"Bob, \\\"B\\\"\" <sip:bob@192.0.2.4:5060;line=a>;x;TAG=77",
                "<sip:bob@192.0.2.4:5060;line=a>;tag=77;y=\"<>\"",
            })
    void addressIsReadAlikeInEveryShape(String text) {
        NameAddr a = address(text);
        assertThat(a.error()).isZero();
        assertThat(a.tag()).hasToString("77");
        assertThat(a.uri().error()).isZero();
        assertThat(a.uri().user()).hasToString("bob");
        assertThat(a.uri().host()).hasToString("192.0.2.4");
        assertThat(a.uri().port()).isEqualTo(5060);
        assertThat(a.uri().parameter("line")).hasToString("a");
        assertThat(a.parameter("tag")).hasToString("77");
        assertThat(a.isBracketed()).isTrue();
    }

    @Test
    void parametersWithoutBracketsAreTheHeaders() {
        NameAddr a = address("sip:bob@example.com;tag=1;user=phone");
        assertThat(a.tag()).hasToString("1");
        assertThat(a.isBracketed()).isFalse();
        assertThat(a.uri()).hasToString("sip:bob@example.com");
        assertThat(a.displayName().isPresent()).isFalse();
        assertThat(address("\"A B\" <sip:x>").displayName()).hasToString("A B");
        assertThat(address("A  B<sip:x>").displayName()).hasToString("A  B");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "<>",
                "<sip:a@b",
                "\"x <sip:a@b>",
                "\"x\" sip:a@b",
                "a,b <sip:a@b>",
                "<sip:a@b> x",
                "<sip:a@b>;",
                "bob",
                "<sip:a@b>;t=\"x",
                "<sip:a@b>,<sip:c@d>"
            })
    void malformedAddressHasAnError(String text) {
        assertThat(address(text).error()).isNegative();
    }

    @Test
    void contactGivesWhatARegistrarStores() {
        Contact c =
                contact("\"d\" <sip:d@192.0.2.2;ob>;q=0.35;expires=7200;reg-id=2;+sip.instance=\"<urn:uuid:1>\";audio");
        assertThat(c.error()).isZero();
        assertThat(c.q()).isEqualTo(350);
        assertThat(c.expires()).isEqualTo(7200);
        assertThat(c.regId()).isEqualTo(2);
        assertThat(c.instance()).hasToString("<urn:uuid:1>");
        assertThat(c.hasParameter("audio")).isTrue();
        assertThat(c.isWildcard()).isFalse();
        assertThat(contact("*").isWildcard()).isTrue();
        assertThat(contact("*").error()).isZero();
        assertThat(contact("<sip:a@b>;expires=never").expires()).isEqualTo(-2);
        assertThat(contact("<sip:a@b>;expires=99999999999").expires()).isEqualTo(4294967295L);
        assertThat(contact("<sip:a@b>").expires()).isEqualTo(-1);
        for (String q : new String[] {"1.001", "2", "0.1234", "x", ".5", "1.5"}) {
            assertThat(contact("<sip:a@b>;q=" + q).error()).isNegative();
        }
        assertThat(contact("<sip:a@b>;q=1.000").q()).isEqualTo(1000);
        assertThat(contact("<sip:a@b>;q=0").q()).isZero();
    }

    @Test
    void credentialsAreGivenWithoutQuotesAndAsSent() {
        Authorization a = authorization(
                "digest USERNAME=\"a\\\"b\" , realm = \"r, s\",nonce=\"n\",uri=\"sip:x;y=z\",response=\"0f\","
                        + "Algorithm=MD5-sess, cnonce=\"\",qop=auth,nc=0000000A,opaque=\"o\",userhash=true,new=1");
        assertThat(a.error()).isZero();
        assertThat(a.isDigest()).isTrue();
        assertThat(a.username()).hasToString("a\\\"b");
        assertThat(a.realm()).hasToString("r, s");
        assertThat(a.uri()).hasToString("sip:x;y=z");
        assertThat(a.algorithm()).hasToString("MD5-sess");
        assertThat(a.cnonce().isPresent()).isTrue();
        assertThat(a.cnonce().length()).isZero();
        assertThat(a.nc()).hasToString("0000000A");
        assertThat(a.userhash()).hasToString("true");
        assertThat(a.parameter("NEW")).hasToString("1");
        assertThat(a.parameter("none").isPresent()).isFalse();
        Authorization bare = authorization("Capability, algorithm=\"H:MD5\"");
        assertThat(bare.error()).isZero();
        assertThat(bare.isDigest()).isFalse();
        assertThat(bare.hasCommaAfterScheme()).isTrue();
        assertThat(authorization("Capability algorithm=\"H:MD5\"").hasCommaAfterScheme())
                .isFalse();
        assertThat(authorization("Digestn username=\"a\"").isDigest()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Digest",
                "Digest ",
                "Digest ,",
                "Digest username",
                "Digest username=",
                "Digest username=\"a",
                "Digest =x",
                "Digest username=\"a\",",
                "Digest username=\"a\" realm=\"b\"",
                "Digest username=\"a\",username=\"b\"",
                "Digest response=\"a\\",
                "\"Digest\" a=b"
            })
    void incompleteCredentialsHaveAnError(String text) {
        assertThat(authorization(text).error()).isNegative();
    }

    @Test
    void challengesAndInfosAreRead() {
        byte[] b = Messages.bytes(
                "Digest realm=\"34020000\",algorithm=MD5,nonce=\"1616570703\", stale=TRUE, qop=\"auth,auth-int\"");
        WwwAuthenticate w = new WwwAuthenticate().wrap(b, 0, b.length);
        assertThat(w.error()).isZero();
        assertThat(w.realm()).hasToString("34020000");
        assertThat(w.isStale()).isTrue();
        assertThat(w.qop()).hasToString("auth,auth-int");
        byte[] i = Messages.bytes("nextnonce=\"47364c23\", qop=auth, rspauth=\"\", nc=00000001");
        AuthenticationInfo info = new AuthenticationInfo().wrap(i, 0, i.length);
        assertThat(info.error()).isZero();
        assertThat(info.nextnonce()).hasToString("47364c23");
        assertThat(info.nc()).hasToString("00000001");
    }

    @Test
    void valuesOfAllLinesComeInOrderAndCommasInQuotesOrAnglesDoNotSplit() {
        byte[] b = Messages.crlf(Messages.REGISTER
                .replace("\r", "")
                .replaceFirst("Contact: .*", "Contact: \"a,b\" <sip:a,b@x;c>;q=0.1 , <sip:c@x>\nX-Own: y\nm: sip:d@x"));
        SipParser parser = new SipParser(SipCompliance.RFC3261, SipLimits.DEFAULT);
        assertThat(parser.parseDatagram(b, 0, b.length)).isEqualTo(b.length);
        HeaderValues values = parser.message().values(SipHeader.CONTACT);
        List<String> seen = new ArrayList<>();
        AsciiView view = new AsciiView();
        while (values.next()) {
            seen.add(values.value(view).toString());
        }
        assertThat(seen).containsExactly("\"a,b\" <sip:a,b@x;c>;q=0.1", "<sip:c@x>", "sip:d@x");
        assertThat(values.error()).isZero();
        assertThat(parser.message().first(Messages.bytes("x-own"))).isPositive();
        assertThat(parser.message().first(Messages.bytes("absent"))).isEqualTo(-1);
    }

    @Test
    void thousandsOfValuesEndInAnError() {
        byte[] b = Messages.crlf(Messages.REGISTER
                .replace("\r", "")
                .replaceFirst("Contact: .*", "Contact: " + "<sip:a@b>,".repeat(3000) + "<sip:a@b>"));
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
        assertThat(parser.parseDatagram(b, 0, b.length)).isPositive();
        HeaderValues values = parser.message().values(SipHeader.CONTACT);
        int n = 0;
        while (values.next()) {
            n++;
        }
        assertThat(n).isEqualTo(SipLimits.DEFAULT_VALUES);
        assertThat(values.error()).isEqualTo(ParseError.TOO_MANY_VALUES.code());
        SipParser strict = new SipParser(SipCompliance.RFC3261, SipLimits.DEFAULT);
        assertThat(strict.parseDatagram(b, 0, b.length)).isEqualTo(ParseError.TOO_MANY_VALUES.code());
    }

    @Test
    void smallViewsAreRead() {
        byte[] e = Messages.bytes("Catalog;id=55");
        Event event = new Event().wrap(e, 0, e.length);
        assertThat(event.type()).hasToString("Catalog");
        assertThat(event.id()).hasToString("55");
        byte[] s = Messages.bytes("terminated;reason=timeout;retry-after=60;expires=x");
        SubscriptionState state = new SubscriptionState().wrap(s, 0, s.length);
        assertThat(state.state()).hasToString("terminated");
        assertThat(state.reason()).hasToString("timeout");
        assertThat(state.retryAfter()).isEqualTo(60);
        assertThat(state.expires()).isEqualTo(-2);
        byte[] r = Messages.bytes("18000 (in a (long) meeting);duration=3600");
        RetryAfter retry = new RetryAfter().wrap(r, 0, r.length);
        assertThat(retry.error()).isZero();
        assertThat(retry.seconds()).isEqualTo(18000);
        assertThat(retry.duration()).isEqualTo(3600);
        byte[] open = Messages.bytes("5 (x");
        assertThat(new RetryAfter().wrap(open, 0, open.length).error()).isNegative();
        byte[] m = Messages.bytes("Application/MANSCDP+xml ; charset=\"GB2312\"");
        MediaType media = new MediaType().wrap(m, 0, m.length);
        assertThat(media.error()).isZero();
        assertThat(media.is("application", "manscdp+xml")).isTrue();
        assertThat(media.parameter("charset")).hasToString("GB2312");
        byte[] c = Messages.bytes("00042 INVITE");
        CSeq cseq = new CSeq().wrap(c, 0, c.length);
        assertThat(cseq.number()).isEqualTo(42);
        assertThat(cseq.method()).isEqualTo(SipMethod.INVITE);
    }

    @Test
    void datesOfBothFormsAreReadAndWritten() {
        byte[] out = new byte[64];
        for (long second = -3_000_000_000L; second < 8_000_000_000L; second += 7_654_321) {
            long millis = second * 1000 + 259;
            int end = SipDate.write(out, 1, millis);
            String expected = DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
                    .format(LocalDateTime.ofInstant(Instant.ofEpochMilli(millis), ZoneOffset.UTC));
            assertThat(new String(out, 1, end - 1, StandardCharsets.US_ASCII)).isEqualTo(expected);
            SipDate date = new SipDate().wrap(out, 1, end - 1);
            assertThat(date.error()).isZero();
            assertThat(date.epochMillis(480)).isEqualTo(second * 1000);
            end = SipDate.writeLocal(out, 1, millis, 480);
            date.wrap(out, 1, end - 1);
            assertThat(date.error()).isZero();
            assertThat(date.isLocal()).isTrue();
            assertThat(date.epochMillis(480)).isEqualTo(millis);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Fri, 01 Jan 2010 16:00:00 EST",
                "Fri, 32 Jan 2010 16:00:00 GMT",
                "Fri, 29 Feb 2011 16:00:00 GMT",
                "2021-13-24T15:25:03",
                "2021-03-24 15:25:03",
                "2021-03-24T25:25:03",
                "2021-03-24T15:25:03.",
                "2021-03-24T15:25:03Z"
            })
    void malformedDateHasAnError(String text) {
        byte[] b = Messages.bytes(text);
        assertThat(new SipDate().wrap(b, 0, b.length).error()).isEqualTo(ParseError.DATE.code());
    }

    @Test
    void absentViewIsAnEmptySequenceThatEqualsNothing() {
        AsciiView v = new AsciiView();
        assertThat(v.isPresent()).isFalse();
        assertThat(v.isEmpty()).isTrue();
        assertThat(v.toString()).isEmpty();
        assertThat(v.contentEquals("")).isFalse();
        assertThat(v.equalsIgnoreCase("")).isFalse();
        assertThat(v.copyTo(new byte[1], 1)).isEqualTo(1);
        assertThat(v.parseUnsigned()).isEqualTo(-1);
        byte[] b = Messages.bytes("xAbCx");
        v.wrap(b, 1, 3);
        assertThat(v.equalsIgnoreCase("aBc")).isTrue();
        assertThat(v.equalsIgnoreCase(Messages.bytes("ABC"))).isTrue();
        assertThat(v.contentEquals("AbC")).isTrue();
        assertThat(v.subSequence(1, 2)).hasToString("b");
        assertThat(v).isEqualTo(new AsciiView().wrap(Messages.bytes("AbC"), 0, 3));
        assertThatThrownBy(() -> v.charAt(3)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}

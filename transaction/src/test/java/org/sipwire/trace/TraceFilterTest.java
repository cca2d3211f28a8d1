/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.transport.Transport;

class TraceFilterTest {
    private static final TestFlow FLOW = new TestFlow(Transport.UDP, "127.0.0.1", 5060, "192.0.2.7", 5080);

    private static boolean matches(TraceFilter filter, String message) {
        // In the middle of an array whose other octets must not count.
        byte[] octets = ("alice@example.org" + message + "alice@example.org").getBytes(StandardCharsets.ISO_8859_1);
        return filter.matches(octets, 17, message.length(), FLOW, new byte[16]);
    }

    @ParameterizedTest
    @CsvSource({
        "To: <sip:alice@example.org>, true",
        "To: <sip:ALICE@Example.ORG:5060;transport=tcp>, true",
        "To: sip:alice@example.org;tag=1, true",
        "sip:alice@example.org, true",
        "To: <sip:malice@example.org>, false",
        "To: <sip:alice@example.organic>, false",
        "To: <sip:alice@example.org.uk>, false",
        "To: <sip:bob@example.org>, false",
        "'', false"
    })
    void addressOfRecordIsFoundAsAWholeInEitherCase(String line, boolean found) {
        assertThat(matches(TraceFilter.aor("sip:alice@example.org"), line)).isEqualTo(found);
    }

    @Test
    void deviceIsFoundInHeadersAndBodies() {
        TraceFilter filter = TraceFilter.device("34020000001320000003");
        assertThat(matches(filter, "From: <sip:34020000001320000003@3402000000>"))
                .isTrue();
        assertThat(matches(filter, "<DeviceID>34020000001320000003</DeviceID>")).isTrue();
        assertThat(matches(filter, "<DeviceID>340200000013200000031</DeviceID>"))
                .isFalse();
        assertThat(matches(filter, "<DeviceID>34020000001320000004</DeviceID>")).isFalse();
    }

    @Test
    void searchFindsWhatAPlainSearchFinds() {
        Random random = new Random(8);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(40); n >= 0; n--) {
                text.append("01 ".charAt(random.nextInt(3)));
            }
            String id = Integer.toBinaryString(1 + random.nextInt(30));
            boolean there = (" " + text + " ").contains(" " + id + " ");
            assertThat(TraceFilter.device(id)
                            .matches(
                                    text.toString().getBytes(StandardCharsets.US_ASCII),
                                    0,
                                    text.length(),
                                    FLOW,
                                    new byte[16]))
                    .as("%s in '%s'", id, text)
                    .isEqualTo(there);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "From: <sip:alice@example.org>;tag=1|To: <sip:bob@example.org>, true",
        "f: <sip:bob@example.org>;tag=1|t: <sip:alice@example.org>, true",
        "FROM : <sip:bob@example.org>;tag=1|TO\t: <sip:Alice@Example.org>, true",
        "From:|  <sip:bob@example.org>;tag=1|To:|\t<sip:alice@example.org>, true",
        "To: <sip:bob@example.org>|Timestamp: 1|Foo: 1|From: <sip:alice@example.org>, true",
        "From: <sip:bob@example.org>|To: <sip:carol@example.org>|Call-ID: alice@example.org, false",
        "From: <sip:bob@example.org>|Reply-To: <sip:alice@example.org>, true",
        "Fro: <sip:bob@example.org>|T o: <sip:bob@example.org>|X: alice@example.org, true",
        "From, false",
        "t, false"
    })
    void messageWithoutBodyIsLookedAtWhereItSaysWhoseItIs(String lines, boolean found) {
        TraceFilter filter = TraceFilter.aor("alice@example.org");
        for (String start : new String[] {"REGISTER sip:example.org SIP/2.0", "SIP/2.0 200 OK", ""}) {
            String message = start + "|Via: SIP/2.0/UDP 192.0.2.7|" + lines + "||";
            assertThat(matches(filter, message.replace("|", "\r\n")))
                    .as(message)
                    .isEqualTo(found);
            assertThat(matches(filter, message.replace("|", "\n"))).as(message).isEqualTo(found);
        }
    }

    @Test
    void requestUriSaysWhoseItIs() {
        String message = "OPTIONS sip:alice@example.org SIP/2.0\r\nFrom: <sip:a@b>\r\nTo: <sip:a@c>\r\n\r\n";
        assertThat(matches(TraceFilter.aor("alice@example.org"), message)).isTrue();
    }

    @Test
    void anyOctetsCanBeLookedAt() {
        Random random = new Random(9);
        TraceFilter filter = TraceFilter.device("t-f");
        for (int i = 0; i < 50_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(24); n > 0; n--) {
                text.append("fto:r\r\n /t".charAt(random.nextInt(10)));
            }
            assertThat(matches(filter, text + "\r\n\r\n")).isFalse();
            assertThat(matches(filter, text + "\n")).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.7, true",
        "192.0.2.7:5080, true",
        "192.0.2.7:5081, false",
        "192.0.2.8, false",
        "2001:db8::1, false"
    })
    void sourceIsAnAddressWithOrWithoutItsPort(String source, boolean found) {
        assertThat(matches(TraceFilter.source(source), "anything")).isEqualTo(found);
    }

    @Test
    void sourceMayBeIpv6() {
        TestFlow flow = new TestFlow(Transport.UDP, "::1", 5060, "2001:db8::7", 5080);
        byte[] scratch = new byte[16];
        assertThat(TraceFilter.source("2001:db8:0::7").matches(scratch, 0, 0, flow, scratch))
                .isTrue();
        assertThat(TraceFilter.source("[2001:db8::7]:5080").matches(scratch, 0, 0, flow, scratch))
                .isTrue();
        assertThat(TraceFilter.source("[2001:db8::7]:1").matches(scratch, 0, 0, flow, scratch))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "alice", "alice@", "@host", "a b@host", "a\"@host"})
    void addressWithoutUserOrHostIsRefused(String aor) {
        assertThatThrownBy(() -> TraceFilter.aor(aor)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "host.example.org",
                "1.2.3",
                "1.2.3.4.5",
                "256.1.1.1",
                "1.2.3.4:70000",
                "1.2.3.4:",
                "[::1",
                "[::1]x"
            })
    void sourceThatIsNoAddressIsRefused(String source) {
        assertThatThrownBy(() -> TraceFilter.source(source)).isInstanceOf(IllegalArgumentException.class);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sipwire.codec.SipUri;

class ContactMatchTest {
    private final ContactMatch match = new ContactMatch();

    private static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private boolean same(String one, String other) {
        byte[] a = octets("  " + one);
        byte[] b = octets(other + " ");
        return match.same(a, 2, a.length - 2, b, 0, b.length - 1);
    }

    private static boolean differByNumber(String one, String other) {
        byte[] a = octets(one);
        byte[] b = octets(other);
        return ContactMatch.differByNumber(a, 0, a.length, b, 0, b.length, Arrays.mismatch(a, b));
    }

    @ParameterizedTest
    @CsvSource({
        "sip:bob@192.0.2.1:5060, sip:bob@192.0.2.1:40112",
        "sip:bob@192.0.2.1:5060;line=1, sip:bob@192.0.2.1:5061;line=1",
        "sip:bob@192.0.2.1, sip:bob@192.0.2.15",
        "sip:34020000001320000001@h, sip:34020000001320000002@h",
        "sip:bob1@h, sip:bob12@h",
    })
    void numbersTellContactsApartWithoutRules(String one, String other) {
        assertThat(differByNumber(one, other)).isTrue();
        assertThat(same(one, other)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "sip:bob@h:5060, sip:bob@h:05060, true",
        "sip:bob@h;lr=1;a=2, sip:bob@h;a=2;lr=1, true",
        "sip:bob@h;a=1, sip:bob@h;b=1, true",
        "sip:bob@h, SIP:bob@H, true",
        "sip:%62%6Fb@h, sip:bob@h, true",
        "sip:b%31@h, sip:b1@h, true",
        "sip:bob@h, sip:bob@h:5060, false",
        "tel:+1-23, tel:+123, true",
    })
    void whatIsInDoubtIsLeftToTheRules(String one, String other, boolean equal) {
        assertThat(differByNumber(one, other)).isFalse();
        assertThat(same(one, other)).isEqualTo(equal);
    }

    @Test
    void whatTheNumbersTellApartNoRuleMakesEqual() {
        List<String> pieces = List.of(
                "sip:",
                "sips:",
                "tel:",
                "bob",
                "0",
                "1",
                "5060",
                "05",
                "%30",
                "%3",
                "@",
                ":",
                ".",
                ";",
                "=",
                "?",
                "&",
                "h",
                "lr",
                "user",
                "[::1]",
                "-",
                "10.0.0.1",
                "x");
        Random random = new Random(19);
        SipUri one = new SipUri();
        SipUri other = new SipUri();
        int apart = 0;
        for (int i = 0; i < 400_000; i++) {
            StringBuilder a = new StringBuilder(random.nextInt(8) == 0 ? "tel:" : "sip:");
            for (int n = random.nextInt(8); n >= 0; n--) {
                a.append(pieces.get(random.nextInt(pieces.size())));
            }
            StringBuilder b = new StringBuilder(a);
            int at = random.nextInt(b.length() + 1);
            b.replace(
                    at,
                    Math.min(b.length(), at + random.nextInt(3)),
                    random.nextBoolean() ? pieces.get(random.nextInt(pieces.size())) : "" + random.nextInt(100));
            if (!a.toString().contentEquals(b) && differByNumber(a.toString(), b.toString())) {
                apart++;
                byte[] x = octets(a.toString());
                byte[] y = octets(b.toString());
                assertThat(one.wrap(x, 0, x.length).equalsUri(other.wrap(y, 0, y.length)))
                        .as("%s equals %s", a, b)
                        .isFalse();
            }
        }
        assertThat(apart).isGreaterThan(10_000);
    }
}

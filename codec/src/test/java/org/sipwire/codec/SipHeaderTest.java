/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;

class SipHeaderTest {

    private static SipHeader lookup(String name) {
        byte[] exact = Messages.bytes(name);
        byte[] within = Messages.bytes("xx" + name + " : and more octets behind");
        SipHeader header = SipHeader.of(exact, 0, exact.length);
        assertThat(SipHeader.of(within, 2, name.length())).isEqualTo(header);
        return header;
    }

    @Test
    void everyNameIsFoundInAnyCaseAndCompactForm() {
        for (SipHeader h : SipHeader.values()) {
            if (h == SipHeader.UNKNOWN) {
                continue;
            }
            assertThat(lookup(h.canonicalName())).isEqualTo(h);
            assertThat(lookup(h.canonicalName().toUpperCase(Locale.ROOT))).isEqualTo(h);
            assertThat(lookup(h.canonicalName().toLowerCase(Locale.ROOT))).isEqualTo(h);
            if (!h.compactForm().isEmpty()) {
                assertThat(lookup(h.compactForm())).isEqualTo(h);
                assertThat(lookup(h.compactForm().toUpperCase(Locale.ROOT))).isEqualTo(h);
            }
        }
    }

    @Test
    void namesAlikeAreUnknown() {
        for (SipHeader h : SipHeader.values()) {
            if (h == SipHeader.UNKNOWN) {
                continue;
            }
            String name = h.canonicalName();
            assertThat(lookup(name + "x")).isEqualTo(SipHeader.UNKNOWN);
            assertThat(lookup(name + "\0")).isEqualTo(SipHeader.UNKNOWN);
            for (int i = 0; i < name.length(); i++) {
                String other = name.substring(0, i) + "_" + name.substring(i + 1);
                assertThat(lookup(other)).isEqualTo(SipHeader.UNKNOWN);
            }
        }
        assertThat(lookup("")).isEqualTo(SipHeader.UNKNOWN);
        assertThat(lookup("x".repeat(300))).isEqualTo(SipHeader.UNKNOWN);
    }

    @Test
    void probeKnowsWhatLookupKnows() {
        for (SipHeader h : SipHeader.values()) {
            byte[] line = Messages.bytes(h.canonicalName() + ": value of some length");
            int expected = h == SipHeader.UNKNOWN || h.canonicalName().length() > 15
                    ? 0
                    : h.id() << 8 | h.canonicalName().length();
            assertThat(SipHeader.probe(line, 0)).isEqualTo(expected);
            byte[] blank = Messages.bytes(h.canonicalName() + " : value of some length");
            assertThat(SipHeader.probe(blank, 0)).isZero();
        }
    }

    @Test
    void methodsAreFoundByTheirExactToken() {
        for (SipMethod m : SipMethod.values()) {
            byte[] token = Messages.bytes("x" + m.name());
            assertThat(SipMethod.of(token, 1, m.name().length())).isEqualTo(m);
            byte[] small = Messages.bytes(m.name().toLowerCase(Locale.ROOT));
            assertThat(SipMethod.of(small, 0, small.length)).isEqualTo(SipMethod.UNKNOWN);
            byte[] longer = Messages.bytes(m.name() + "X");
            assertThat(SipMethod.of(longer, 0, longer.length)).isEqualTo(SipMethod.UNKNOWN);
        }
    }
}

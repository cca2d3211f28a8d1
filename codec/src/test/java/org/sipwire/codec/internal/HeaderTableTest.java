/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.SipHeader;

class HeaderTableTest {

    private static HeaderTable table(String... names) {
        int[] ids = new int[names.length];
        Arrays.setAll(ids, i -> i + 1);
        return new HeaderTable(names, ids);
    }

    private static int lookup(HeaderTable table, String name) {
        byte[] octets = (name + " ".repeat(16)).getBytes(StandardCharsets.US_ASCII);
        return table.lookup(octets, 0, name.length());
    }

    @Test
    void theNamesOfSipNeedNoSearchForAMultiplier() {
        List<String> names = new ArrayList<>();
        for (SipHeader header : SipHeader.values()) {
            if (header != SipHeader.UNKNOWN) {
                names.add(header.canonicalName());
                if (!header.compactForm().isEmpty()) {
                    names.add(header.compactForm());
                }
            }
        }
        HeaderTable table = table(names.toArray(String[]::new));
        assertThat(table.attempts())
                .as("tried at the start of every server: put the multiplier found into HeaderTable.FIRST")
                .isEqualTo(1);
        for (int i = 0; i < names.size(); i++) {
            assertThat(lookup(table, names.get(i))).isEqualTo(i + 1);
        }
    }

    @Test
    void namesAreFoundInAnyCaseAndOthersAreNot() {
        HeaderTable table = table("Via", "Max-Forwards", "Proxy-Authentication-Info");
        assertThat(lookup(table, "vIA")).isEqualTo(1);
        assertThat(lookup(table, "max-forwards")).isEqualTo(2);
        assertThat(lookup(table, "PROXY-AUTHENTICATION-INFO")).isEqualTo(3);
        assertThat(lookup(table, "Vib")).isZero();
        assertThat(lookup(table, "Proxy-Authentifation-Info")).isZero();
    }

    @Test
    void aNameThatIsThereTwiceIsAnError() {
        assertThatThrownBy(() -> table("Via", "To", "via")).isInstanceOf(IllegalStateException.class);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SourceTest {

    private static long hash(String host) {
        byte[] text = Arrays.copyOf(host.getBytes(StandardCharsets.US_ASCII), 64);
        return Source.hash(1, 2, text, host.length());
    }

    @Test
    void everyIpv4AddressIsASourceOfItsOwn() {
        assertThat(hash("192.0.2.1")).isEqualTo(hash("192.0.2.1")).isNotEqualTo(hash("192.0.2.2"));
    }

    @Test
    void ipv4AddressOfADualStackSocketIsTheIpv4Address() {
        assertThat(hash("::ffff:192.0.2.1")).isEqualTo(hash("192.0.2.1"));
    }

    @Test
    void addressesOfOneIpv6NetworkAreOneSource() {
        assertThat(hash("2001:db8:1:2::1")).isEqualTo(hash("2001:db8:1:2:ffff:0:1:2"));
        assertThat(hash("2001:db8:1:2::1")).isNotEqualTo(hash("2001:db8:1:3::1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2001:db8:1:2:3:4:5:6",
                "2001:db8::1",
                "::1",
                "::",
                "fe80::",
                "1::2:3:4:5:6",
                "1::2:3:4:5:6:7",
                "::2:3:4:5:6:7:8",
                "1:2:3:4:5:6:7::",
                "1:2::8",
                "abcd:ef01:2345:6789::",
                "0:0:0:0:0:0:0:1",
                "1:2:3:4::5"
            })
    void networkIsTheUpperHalfOfTheAddress(String host) throws Exception {
        byte[] text = host.getBytes(StandardCharsets.US_ASCII);
        assertThat(Source.network(text, text.length))
                .isEqualTo(ByteBuffer.wrap(InetAddress.getByName(host).getAddress())
                        .getLong());
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sipwire.transport.Flow;

class PeerAddressTest {
    private final byte[] text = new byte[Flow.MAX_HOST_TEXT + 1];

    private String host(PeerAddress address) {
        int end = address.writeHost(text, 1);
        return new String(text, 1, end - 1, StandardCharsets.US_ASCII);
    }

    private static PeerAddress of(String address) throws Exception {
        return new PeerAddress().set(new InetSocketAddress(InetAddress.getByName(address), 5060));
    }

    /** RFC 5952 §4: no leading zeros, the longest run of zeros once, the first of equals, lower case. */
    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, 0.0.0.0",
        "255.255.255.255, 255.255.255.255",
        "10.20.30.4, 10.20.30.4",
        "192.0.2.101, 192.0.2.101",
        "::, ::",
        "::1, ::1",
        "1::, 1::",
        "2001:DB8::1, 2001:db8::1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "0:0:1:0:0:0:0:0, 0:0:1::",
        "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1, 2001:db8:aaaa:bbbb:cccc:dddd:eeee:1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
    })
    void hostIsTheRecommendedText(String address, String expected) throws Exception {
        assertThat(host(of(address))).isEqualTo(expected);
    }

    @Test
    void textReadsBackAsTheSameAddress() throws Exception {
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 20_000; i++) {
            byte[] octets = new byte[i % 2 == 0 ? 4 : 16];
            for (int j = 0; j < octets.length; j++) {
                octets[j] = random.nextInt(3) == 0 ? 0 : (byte) random.nextInt();
            }
            PeerAddress address = new PeerAddress().set(octets, octets.length, 0, i & 0xFFFF);
            assertThat(InetAddress.getByName(host(address)).getAddress()).isEqualTo(octets);
            assertThat(address.toSocketAddress().getPort()).isEqualTo(i & 0xFFFF);
        }
    }

    @Test
    void aMappedAddressIsItsIpv4AddressToEverybodyButTheSocket() {
        byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, (byte) 192, 0, 2, 1};
        PeerAddress address = new PeerAddress().set(mapped, 16, 0, 5060);
        PeerAddress plain = new PeerAddress().set(new byte[] {(byte) 192, 0, 2, 1}, 4, 0, 5060);
        assertThat(host(address)).isEqualTo("192.0.2.1");
        assertThat(address.isIpv4()).isTrue();
        assertThat(address.ipv4()).isEqualTo(plain.ipv4());
        assertThat(address.toSocketAddress()).isEqualTo(plain.toSocketAddress());
        assertThat(address.length()).as("what the socket sends to").isEqualTo(16);
    }
}

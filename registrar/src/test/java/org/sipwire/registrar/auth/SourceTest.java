/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.sipwire.transport.DetachedFlow;
import org.sipwire.transport.Transport;

class SourceTest {

    private static long hash(String host) {
        byte[] address = new byte[Source.MAX_OCTETS];
        return Source.hash(1, 2, address, new DetachedFlow(Transport.UDP, host, 5060).writeRemoteIp(address, 0));
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
        assertThat(hash("::1")).isNotEqualTo(hash("0.0.0.0"));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.sipwire.codec.internal.IpText;

/**
 * One side of a captured message.
 *
 * <p>Shared: immutable.
 *
 * @param host an IP address as text, IPv6 as RFC 5952 §4 has it and without brackets
 * @param port 0..65535
 */
public record Endpoint(String host, int port) {

    /** Checks the parts. */
    public Endpoint {
        Objects.requireNonNull(host, "host");
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port " + port + " is not within 0..65535");
        }
    }

    /**
     * An endpoint by the octets of its address; an IPv4-mapped one is that of IPv4.
     *
     * @param length 4 or 16
     */
    public static Endpoint of(byte[] ip, int offset, int length, int port) {
        boolean mapped = length == 16 && ip[offset + 10] == -1 && ip[offset + 11] == -1;
        for (int i = 0; mapped && i < 10; i++) {
            mapped = ip[offset + i] == 0;
        }
        byte[] text = new byte[IpText.MAX_LENGTH];
        int end = mapped ? IpText.write(ip, offset + 12, 4, text, 0) : IpText.write(ip, offset, length, text, 0);
        return new Endpoint(new String(text, 0, end, StandardCharsets.US_ASCII), port);
    }

    /**
     * The octets of the address, 4 or 16.
     *
     * @throws IllegalArgumentException when the host is a name
     */
    public byte[] ip() {
        if (host.isEmpty() || host.indexOf(':') < 0 && !Character.isDigit(host.charAt(host.length() - 1))) {
            throw new IllegalArgumentException("'" + host + "' is no IP address");
        }
        try {
            return InetAddress.getByName(host).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("'" + host + "' is no IP address", e);
        }
    }

    /** True when the address is one of IPv6. */
    public boolean isIpv6() {
        return host.indexOf(':') >= 0;
    }

    /** {@code 192.0.2.1:5060}, {@code [2001:db8::1]:5060}. */
    @Override
    public String toString() {
        return (isIpv6() ? "[" + host + "]" : host) + ":" + port;
    }
}

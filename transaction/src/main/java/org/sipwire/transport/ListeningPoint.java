/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport;

import java.util.Objects;

/**
 * Where a stack listens: a transport, a host to bind and a port.
 *
 * <p>The text form is {@code udp://0.0.0.0:5060}; an IPv6 address stands in brackets, {@code tcp://[::1]:5060}; the port may
 * be left out and is then the transport's default. Port 0 asks the system for a free one.
 *
 * <p>Shared: immutable.
 *
 * @param transport what is spoken here
 * @param host an address or a name of this machine, an IPv6 address without its brackets
 * @param port 0..65535
 */
public record ListeningPoint(Transport transport, String host, int port) {

    /** Checks the parts. */
    public ListeningPoint {
        Objects.requireNonNull(transport, "transport");
        Objects.requireNonNull(host, "host");
        if (host.isEmpty()) {
            throw new IllegalArgumentException(
                    "a listening point needs a host to bind, 0.0.0.0 for every IPv4 address");
        }
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port " + port + " is not within 0..65535");
        }
    }

    /**
     * Reads {@code scheme://host[:port]}.
     *
     * @throws IllegalArgumentException with one line that quotes the text and says what is wrong with it
     */
    public static ListeningPoint parse(String text) {
        int colon = text.indexOf("://");
        if (colon < 0) {
            throw bad(text, "it must look like udp://0.0.0.0:5060");
        }
        Transport transport;
        try {
            transport = Transport.parse(text.substring(0, colon));
        } catch (IllegalArgumentException e) {
            throw bad(text, e.getMessage());
        }
        String rest = text.substring(colon + 3);
        if (rest.endsWith("/") && transport.isWebSocket()) {
            rest = rest.substring(0, rest.length() - 1);
        }
        for (int i = 0; i < rest.length(); i++) {
            char c = rest.charAt(i);
            if (c == '/' || c == '?' || c == '#' || c == '@' || c == ';' || c <= ' ' || c > '~') {
                throw bad(text, "nothing but a host and a port may follow " + transport.scheme() + "://");
            }
        }
        int end = hostEnd(text, rest);
        String host = rest.startsWith("[") ? rest.substring(1, end - 1) : rest.substring(0, end);
        if (host.isEmpty()) {
            throw bad(text, "the host is missing, 0.0.0.0 means every IPv4 address");
        }
        return new ListeningPoint(transport, host, port(text, rest.substring(end), transport));
    }

    private static int hostEnd(String text, String rest) {
        if (rest.startsWith("[")) {
            int close = rest.indexOf(']');
            if (close < 0) {
                throw bad(text, "the bracket of the IPv6 address is not closed");
            }
            if (rest.lastIndexOf(':', close) < 0) {
                throw bad(text, "only an IPv6 address stands in brackets");
            }
            return close + 1;
        }
        int colon = rest.indexOf(':');
        if (colon != rest.lastIndexOf(':')) {
            throw bad(text, "an IPv6 address must stand in brackets, as in udp://[::1]:5060");
        }
        return colon < 0 ? rest.length() : colon;
    }

    private static int port(String text, String portText, Transport transport) {
        if (portText.isEmpty()) {
            return transport.defaultPort();
        }
        int port = 0;
        for (int i = 1; i < portText.length(); i++) {
            int digit = portText.charAt(i) - '0';
            if (digit < 0 || digit > 9 || port > 65535) {
                throw bad(text, "the port must be a number within 0..65535");
            }
            port = port * 10 + digit;
        }
        if (portText.charAt(0) != ':' || portText.length() == 1 || port > 65535) {
            throw bad(text, "the port must be a number within 0..65535");
        }
        return port;
    }

    private static IllegalArgumentException bad(String text, String why) {
        return new IllegalArgumentException("listening point '" + text + "': " + why);
    }

    /** True when the host is an IPv6 address. */
    public boolean isIpv6() {
        return host.indexOf(':') >= 0;
    }

    /** The same point with the port the system gave. */
    public ListeningPoint withPort(int bound) {
        return new ListeningPoint(transport, host, bound);
    }

    /** The text {@link #parse} reads. */
    @Override
    public String toString() {
        return transport.scheme() + "://" + (isIpv6() ? "[" + host + "]" : host) + ":" + port;
    }
}

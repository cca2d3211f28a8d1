/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.SipUri;

/**
 * Where a request is to go, as a URI says it: what RFC 3263 §4 makes addresses from. RFC 3261 §8.1.2: the URI of the topmost Route with
 * {@code lr} when there is one, else the Request-URI; or the URI of an outbound proxy, {@code sip:192.0.2.1:5060;transport=tcp}.
 *
 * <p>Shared: immutable.
 *
 * @param host the target: the {@code maddr} parameter if the URI has one, else its host; a name or an address, IPv6 without brackets
 * @param port the port written, -1 when none is
 * @param transport what the URI asks for, null when it leaves the choice
 * @param secure whether every hop has to be protected by TLS: a sips URI
 */
public record Destination(String host, int port, Transport transport, boolean secure) {

    /** Checks the parts. */
    public Destination {
        Objects.requireNonNull(host, "host");
        if (host.isEmpty() || port < -1 || port == 0 || port > 65535) {
            throw new IllegalArgumentException("no destination: host '" + host + "', port " + port);
        }
        if (secure && transport != null && !transport.isSecure()) {
            throw new IllegalArgumentException("a sips URI cannot be reached over " + transport.viaToken());
        }
    }

    /**
     * What a URI says.
     *
     * @throws IllegalArgumentException with one line: it is no sip or sips URI, or asks for a transport there is not
     */
    public static Destination of(SipUri uri) {
        if (!uri.isSip() || uri.error() != 0) {
            throw new IllegalArgumentException("'" + uri + "' is no sip or sips URI");
        }
        boolean secure = uri.scheme() == SipUri.Scheme.SIPS;
        AsciiView parameter = uri.parameter("transport");
        Transport transport = parameter.isPresent() ? Transport.parse(parameter) : null;
        if (secure && transport != null) {
            // RFC 3261 §26.2.2: "the use of transport=tls is deprecated": in a sips URI tcp means TLS over TCP.
            transport = switch (transport) {
                case TCP -> Transport.TLS;
                case WS -> Transport.WSS;
                default -> transport;
            };
        }
        AsciiView maddr = uri.parameter("maddr");
        // RFC 3263 §4: "If the URI contains an maddr parameter, TARGET is the value of that parameter."
        String host = (maddr.length() > 0 ? maddr : uri.host()).toString().toLowerCase(Locale.ROOT);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        return new Destination(host, uri.port(), transport, secure);
    }

    /**
     * What the text of a URI says.
     *
     * @throws IllegalArgumentException with one line: it is no sip or sips URI, or asks for a transport there is not
     */
    public static Destination parse(String uri) {
        byte[] octets = uri.getBytes(StandardCharsets.UTF_8);
        return of(new SipUri().wrap(octets, 0, octets.length));
    }

    /** The text {@link #parse} reads. */
    @Override
    public String toString() {
        return (secure ? "sips:" : "sip:")
                + (host.indexOf(':') >= 0 ? "[" + host + "]" : host)
                + (port < 0 ? "" : ":" + port)
                + (transport == null || secure && transport == Transport.TLS ? "" : ";transport=" + transport.scheme());
    }
}

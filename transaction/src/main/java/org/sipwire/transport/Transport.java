/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport;

/**
 * The transports SIP runs over (RFC 3261 §18, RFC 7118 for WebSocket).
 *
 * <p>Shared: an immutable constant.
 */
public enum Transport {
    /** Datagrams: one message each, may be lost, repeated and reordered. */
    UDP("UDP", "udp", 5060, false, false),
    /** A byte stream framed by Content-Length (RFC 3261 §18.3). */
    TCP("TCP", "tcp", 5060, true, false),
    /** TLS over TCP, framed as TCP is. */
    TLS("TLS", "tls", 5061, true, true),
    /** WebSocket with the subprotocol {@code sip}: one frame carries one message (RFC 7118 §5). */
    WS("WS", "ws", 80, true, false),
    /** WebSocket over TLS. */
    WSS("WSS", "wss", 443, true, true);

    private static final Transport[] ALL = values();

    private final String viaToken;
    private final String scheme;
    private final int defaultPort;
    private final boolean reliable;
    private final boolean secure;

    Transport(String viaToken, String scheme, int defaultPort, boolean reliable, boolean secure) {
        this.viaToken = viaToken;
        this.scheme = scheme;
        this.defaultPort = defaultPort;
        this.reliable = reliable;
        this.secure = secure;
    }

    /** The transport as the sent-protocol of a Via spells it, {@code UDP} in {@code SIP/2.0/UDP}. */
    public String viaToken() {
        return viaToken;
    }

    /** The scheme of a {@link ListeningPoint}'s text, {@code udp}. */
    public String scheme() {
        return scheme;
    }

    /** The port meant when none is given (RFC 3261 §18.2.1, RFC 7118 §5.3). */
    public int defaultPort() {
        return defaultPort;
    }

    /** True when the transport neither loses nor repeats: transactions then retransmit nothing (RFC 3261 §17). */
    public boolean isReliable() {
        return reliable;
    }

    /** True when TLS protects the hop. */
    public boolean isSecure() {
        return secure;
    }

    /** True for WebSocket, where a message is a frame and not a piece of a stream. */
    public boolean isWebSocket() {
        return this == WS || this == WSS;
    }

    /**
     * The transport a token or a scheme names, in any case.
     *
     * @throws IllegalArgumentException naming the transports there are
     */
    public static Transport parse(CharSequence text) {
        for (Transport transport : ALL) {
            if (transport.scheme.length() == text.length() && matches(transport.scheme, text)) {
                return transport;
            }
        }
        throw new IllegalArgumentException("unknown transport '" + text + "': one of udp, tcp, tls, ws, wss is needed");
    }

    private static boolean matches(String lowerCase, CharSequence text) {
        for (int i = 0; i < lowerCase.length(); i++) {
            char c = text.charAt(i);
            if (lowerCase.charAt(i) != (c >= 'A' && c <= 'Z' ? c + 32 : c)) {
                return false;
            }
        }
        return true;
    }
}

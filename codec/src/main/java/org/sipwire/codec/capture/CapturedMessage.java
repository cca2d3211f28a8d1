/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * One SIP message as it crossed the wire.
 *
 * <p>Shared: nobody changes the octets.
 *
 * @param timeMicros when, in microseconds since 1970 UTC
 * @param transport {@code udp}, {@code tcp}, {@code tls}, {@code ws} or {@code wss}
 * @param source who sent it
 * @param destination to whom
 * @param octets the message with its body
 * @param cut whether the end of the message was not captured
 */
public record CapturedMessage(
        long timeMicros, String transport, Endpoint source, Endpoint destination, byte[] octets, boolean cut) {

    /** Checks that nothing is missing. */
    public CapturedMessage {
        Objects.requireNonNull(transport, "transport");
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(destination, "destination");
        Objects.requireNonNull(octets, "octets");
    }

    /** False for everything that runs over TCP. */
    public boolean isDatagram() {
        return transport.equals("udp");
    }

    /** The first line. */
    public String startLine() {
        int end = 0;
        while (end < octets.length && octets[end] != '\r' && octets[end] != '\n') {
            end++;
        }
        return new String(octets, 0, end, StandardCharsets.UTF_8);
    }

    /** The same with secrets masked, as {@link SecretMask} does. */
    public CapturedMessage masked() {
        byte[] copy = octets.clone();
        SecretMask.mask(copy, 0, copy.length);
        return new CapturedMessage(timeMicros, transport, source, destination, copy, cut);
    }
}

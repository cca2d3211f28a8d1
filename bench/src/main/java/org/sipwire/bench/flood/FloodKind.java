/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.flood;

import java.util.Locale;

/** What is sent. The command names a kind in small letters with hyphens. */
enum FloodKind {
    /** REGISTER without credentials, each of another user. */
    REGISTER,
    /** REGISTER with a wrong response to a nonce of the server's. */
    WRONG_PASSWORD,
    /** One branch for requests of different dialogs. */
    SAME_BRANCH,
    /** One Call-ID for the registrations of many users. */
    SAME_CALL_ID,
    /** CANCEL of nothing. */
    CANCEL,
    /** Requests with branches of RFC 2543, without the cookie. */
    RFC2543,
    /** OPTIONS. */
    OPTIONS,
    /** Calls to a registrar. */
    INVITE,
    /** Datagrams of 64 KB that are one header field. */
    LARGE,
    /** REGISTER with as many Contacts as a datagram holds. */
    CONTACTS,
    /** Octets at random. */
    NOISE,
    /** Connections that send a header line now and then, and never a whole message. */
    SLOW_TCP,
    /** Connections that are opened and closed. */
    CONNECT,
    /** Connections to a TLS port that speak something else, or break the handshake off. */
    TLS_HANDSHAKE,
    /** WebSocket frames whose length is a lie. */
    WEBSOCKET_LIE,
    /** HTTP requests that are never finished. */
    SLOWLORIS;

    String option() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static FloodKind of(String text) {
        for (FloodKind kind : values()) {
            if (kind.option().equals(text)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("unknown kind '" + text + "'");
    }

    /** Whether it needs a connection. */
    boolean isStream() {
        return ordinal() >= SLOW_TCP.ordinal();
    }
}

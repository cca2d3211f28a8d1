/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipLimits;
import org.sipwire.transport.StreamLimits;

/**
 * The part of a stack's configuration that transports read; times in milliseconds, 0 switches a limit off.
 *
 * <p>Shared: immutable.
 *
 * @param limits bounds of a message
 * @param compliance how lenient the parser is
 * @param advertisedHost the host this side names itself by, null: the local address
 * @param socketBufferBytes SO_RCVBUF and SO_SNDBUF of UDP sockets to ask for
 * @param stream bounds of connections
 * @param tls certificates of TLS and WSS listeners, null without such
 * @param steering whether a datagram's request goes to the loop of its Call-ID, and not to that of its source
 */
public record TransportOptions(
        SipLimits limits,
        SipCompliance compliance,
        String advertisedHost,
        int socketBufferBytes,
        StreamLimits stream,
        TlsContexts tls,
        boolean steering) {}

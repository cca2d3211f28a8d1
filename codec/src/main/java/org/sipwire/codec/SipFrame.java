/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.net.InetSocketAddress;
import java.util.Arrays;

/**
 * A message that {@link SipDatagramDecoder} or {@link SipStreamDecoder} hands to a pipeline: its own octets and its own parser, so it
 * may be kept and passed to another thread. Confined to one thread at a time. Owned by the receiver; there is nothing to release.
 */
public final class SipFrame {

    private final SipParser parser;
    private final InetSocketAddress sender;
    private final int code;

    SipFrame(byte[] octets, int length, boolean framed, SipParser parser, InetSocketAddress sender) {
        this.parser = parser;
        this.sender = sender;
        byte[] own = Arrays.copyOf(octets, length);
        code = framed ? parser.parseFramed(own, 0, length) : parser.parseDatagram(own, 0, length);
    }

    /** Whether the message is well formed. */
    public boolean isValid() {
        return code > 0;
    }

    /** What is wrong with the message; null when nothing is. */
    public ParseError error() {
        return code > 0 ? null : ParseError.of(code);
    }

    /** Whether a malformed request can be answered, as {@link SipParser#answerable()}. */
    public boolean isAnswerable() {
        return parser.answerable();
    }

    /** The tolerated and other violations, as {@link SipParser#violations()}. */
    public long violations() {
        return parser.violations();
    }

    /** Whether the message is a request. */
    public boolean isRequest() {
        return parser.isRequest();
    }

    /** The message as a request. */
    public SipRequest request() {
        return parser.request();
    }

    /** The message as a response. */
    public SipResponse response() {
        return parser.response();
    }

    /** The message. */
    public SipMessage message() {
        return parser.message();
    }

    /** Where a datagram came from; null on a stream, whose channel tells. */
    public InetSocketAddress sender() {
        return sender;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

/**
 * Bounds of what is read before it is refused. Immutable: any thread. Shared.
 *
 * @param maxMessageBytes  octets of a message with its body, default {@value #DEFAULT_MESSAGE_BYTES}
 * @param maxHeaderBytes   octets from the start line to the empty line, default {@value #DEFAULT_HEADER_BYTES}, at most 65535
 * @param maxHeaders       header lines, default {@value #DEFAULT_HEADERS}
 * @param maxValues        values of one header field over all its lines, default {@value #DEFAULT_VALUES}
 */
public record SipLimits(int maxMessageBytes, int maxHeaderBytes, int maxHeaders, int maxValues) {

    /** Octets of a message: four datagrams, since catalogues over TCP outgrow one. */
    public static final int DEFAULT_MESSAGE_BYTES = 262_144;

    /** Octets of a header section. */
    public static final int DEFAULT_HEADER_BYTES = 65_535;

    /** Header lines of a message. */
    public static final int DEFAULT_HEADERS = 256;

    /** Values of one header field. */
    public static final int DEFAULT_VALUES = 256;

    /** The default bounds. */
    public static final SipLimits DEFAULT =
            new SipLimits(DEFAULT_MESSAGE_BYTES, DEFAULT_HEADER_BYTES, DEFAULT_HEADERS, DEFAULT_VALUES);

    /** Checks the bounds. */
    public SipLimits {
        if (maxHeaderBytes < 1 || maxHeaderBytes > 65_535) {
            throw new IllegalArgumentException("maxHeaderBytes must be 1..65535, is " + maxHeaderBytes);
        }
        if (maxMessageBytes < 1 || maxHeaders < 1 || maxValues < 1) {
            throw new IllegalArgumentException("bounds must be above 0");
        }
    }

    /** These bounds with another number of octets a message. */
    public SipLimits withMaxMessageBytes(int bytes) {
        return new SipLimits(bytes, maxHeaderBytes, maxHeaders, maxValues);
    }

    /** These bounds with another number of octets a header section. */
    public SipLimits withMaxHeaderBytes(int bytes) {
        return new SipLimits(maxMessageBytes, bytes, maxHeaders, maxValues);
    }

    /** These bounds with another number of header lines. */
    public SipLimits withMaxHeaders(int headers) {
        return new SipLimits(maxMessageBytes, maxHeaderBytes, headers, maxValues);
    }

    /** These bounds with another number of values a header field. */
    public SipLimits withMaxValues(int values) {
        return new SipLimits(maxMessageBytes, maxHeaderBytes, maxHeaders, values);
    }
}

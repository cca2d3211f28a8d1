/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * Cuts a byte stream into messages (RFC 3261 §18.3): head to the empty line, then Content-Length octets; CRLF between messages is
 * keep-alive (RFC 5626 §3.5.1) and skipped. One for each connection.
 *
 * <p>The connection's event loop. Owned by the connection.
 */
final class StreamFrames {
    /** Takes one whole message; the bytes are borrowed for the call. */
    interface Sink {
        void message(byte[] bytes, int offset, int length);
    }

    /** A message longer than this is no SIP answer to a registration: {@value}. */
    static final int MAX_MESSAGE = 1 << 20;

    private byte[] held = new byte[16 * 1024];
    private int length;

    /** False when the stream has lost its framing. */
    boolean read(ByteBuf in, Sink sink) {
        int count = in.readableBytes();
        if (length + count > held.length) {
            held = Arrays.copyOf(held, Math.max(held.length * 2, length + count));
        }
        in.readBytes(held, length, count);
        length += count;
        int at = 0;
        while (true) {
            while (at < length && (held[at] == '\r' || held[at] == '\n')) {
                at++;
            }
            int message = frame(at);
            if (message < 0) {
                return false;
            }
            if (message == 0) {
                break;
            }
            sink.message(held, at, message);
            at += message;
        }
        System.arraycopy(held, at, held, 0, length - at);
        length -= at;
        return length <= MAX_MESSAGE;
    }

    private int frame(int from) {
        int body = -1;
        int contentLength = 0;
        for (int i = from; i + 1 < length; i++) {
            if (held[i] != '\r' || held[i + 1] != '\n') {
                continue;
            }
            if (i + 3 < length && held[i + 2] == '\r' && held[i + 3] == '\n') {
                body = i + 4;
                break;
            }
            int declared = contentLength(i + 2);
            if (declared == -2) {
                return -1;
            }
            contentLength = declared >= 0 ? declared : contentLength;
        }
        if (body < 0) {
            return 0;
        }
        return body + contentLength <= length ? body + contentLength - from : 0;
    }

    /** The value when the line at {@code at} is Content-Length, -1 when it is another or not whole yet, -2 when it is nonsense. */
    private int contentLength(int at) {
        String name = "content-length";
        int i = at;
        if (at < length && (held[at] | 0x20) == 'l') {
            i++;
        } else {
            for (int n = 0; n < name.length(); n++, i++) {
                if (i >= length || (held[i] == '-' ? '-' : held[i] | 0x20) != name.charAt(n)) {
                    return -1;
                }
            }
        }
        while (i < length && (held[i] == ' ' || held[i] == '\t')) {
            i++;
        }
        if (i >= length || held[i] != ':') {
            return -1;
        }
        i++;
        while (i < length && (held[i] == ' ' || held[i] == '\t')) {
            i++;
        }
        int value = 0;
        int first = i;
        while (i < length && held[i] >= '0' && held[i] <= '9') {
            value = value * 10 + held[i++] - '0';
            if (value > MAX_MESSAGE) {
                return -2;
            }
        }
        return i == length ? -1 : i == first ? -2 : value;
    }
}

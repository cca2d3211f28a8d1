/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * One direction of a WebSocket connection (RFC 6455 §5), from its HTTP head on: each message that is one of SIP (RFC 7118 §5).
 *
 * <p>The head is believed: it names WebSocket as what is wanted, or as what is switched to. A frame that cannot be ends the reading, as
 * where the next one begins is unknown then. Compression (RFC 7692), which no SIP device is known to ask for, is not undone. One thread.
 */
final class WebSocketFrames {
    private static final byte[] REQUEST = "GET ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] RESPONSE = "HTTP/1.1 101".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] HEAD_END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_HEAD = 65_536;
    private static final int MAX_MESSAGE = 1 << 20;
    private static final int FINAL = 0x80;
    private static final int MASKED = 0x80;
    private static final int CONTROL = 0x8;

    private final Consumer<byte[]> receiver;
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private boolean headRead;
    private boolean lost;

    WebSocketFrames(Consumer<byte[]> receiver) {
        this.receiver = receiver;
    }

    /** Whether octets may be the beginning of such a direction, as far as they go. */
    static boolean mayBegin(byte[] a, int from, int end) {
        return begins(a, from, end, REQUEST) || begins(a, from, end, RESPONSE);
    }

    private static boolean begins(byte[] a, int from, int end, byte[] word) {
        int length = Math.min(word.length, end - from);
        return Arrays.equals(a, from, from + length, word, 0, length);
    }

    /** Whether nothing more will come of it. */
    boolean isLost() {
        return lost;
    }

    /**
     * Reads what is whole.
     *
     * @return where the octets begin that are not read yet
     */
    int read(byte[] a, int from, int end) {
        int at = from;
        if (!headRead) {
            at = endOfHead(a, from, end);
            lost |= at < 0 && end - from > MAX_HEAD;
            if (at < 0) {
                return from;
            }
            String head = new String(a, from, at - from, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
            lost = !head.contains("\r\nupgrade: websocket\r\n");
            headRead = true;
        }
        while (!lost) {
            int next = frame(a, at, end);
            if (next == at) {
                break;
            }
            at = next;
        }
        return at;
    }

    private static int endOfHead(byte[] a, int from, int end) {
        for (int i = from; i + HEAD_END.length <= end; i++) {
            if (Arrays.equals(a, i, i + HEAD_END.length, HEAD_END, 0, HEAD_END.length)) {
                return i + HEAD_END.length;
            }
        }
        return -1;
    }

    /** Takes one frame; returns where the next begins, or {@code at} when this one is not whole or none. */
    private int frame(byte[] a, int at, int end) {
        if (end - at < 2) {
            return at;
        }
        int shortLength = a[at + 1] & 0x7F;
        boolean masked = (a[at + 1] & MASKED) != 0;
        int lengthOctets = shortLength == 126 ? 2 : shortLength == 127 ? 8 : 0;
        int begin = at + 2 + lengthOctets + (masked ? 4 : 0);
        if (end < begin) {
            return at;
        }
        long length = lengthOctets == 0 ? shortLength : 0;
        for (int i = 0; i < lengthOctets; i++) {
            length = length << 8 | a[at + 2 + i] & 0xFF;
        }
        if (length < 0 || length > MAX_MESSAGE || (a[at] & 0x70) != 0) {
            lost = true;
            return at;
        }
        if (end - begin < length) {
            return at;
        }
        if ((a[at] & CONTROL) == 0) {
            take(a, begin, (int) length, masked, (a[at] & FINAL) != 0);
        }
        return begin + (int) length;
    }

    private void take(byte[] a, int begin, int length, boolean masked, boolean last) {
        for (int i = 0; i < length; i++) {
            message.write(a[begin + i] ^ (masked ? a[begin - 4 + (i & 3)] : 0));
        }
        lost |= message.size() > MAX_MESSAGE;
        if (last) {
            byte[] octets = message.toByteArray();
            message.reset();
            if (SipStart.look(octets, 0, octets.length) == SipStart.YES) {
                receiver.accept(octets);
            }
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.sipwire.codec.SipFramer;
import org.sipwire.codec.SipLimits;

/**
 * One direction of a TCP connection: puts segments in order, leaves out what came before, and finds the SIP messages in it.
 *
 * <pre>
 *   segments --> in order of their sequence numbers --> SipFramer, or WebSocketFrames --> messages
 *                    |  hole that nothing fills: what follows begins anew at the next segment that begins a message
 * </pre>
 *
 * <p>A connection whose beginning was not captured is joined at the first segment that begins with a SIP message. One thread.
 */
final class StreamDirection {
    private static final int FIN = 0x01;
    private static final int SYN = 0x02;
    private static final int RESET = 0x04;
    private static final int MAX_WAITING = 1 << 20;
    private static final int MAX_START_LINE = 4096;
    private static final SipLimits LIMITS = SipLimits.DEFAULT;

    /** Takes the messages. */
    interface Receiver {
        /** One message, over {@code tcp} or {@code ws}; its time is that of the segment that completed it. */
        void onMessage(String transport, byte[] octets, boolean cut);
    }

    private final Receiver receiver;
    private final TreeMap<Integer, byte[]> waiting = new TreeMap<>();
    private SipFramer framer = new SipFramer(LIMITS);
    private byte[] pending = new byte[2048];
    private int length;
    private int waitingOctets;
    private boolean started;
    private boolean inMessages;
    /** What reads the direction when it is one of a WebSocket, else null. */
    private WebSocketFrames webSocket;

    private int next;
    private long holes;

    StreamDirection(Receiver receiver) {
        this.receiver = receiver;
    }

    /** Holes that nothing filled. */
    long holes() {
        return holes;
    }

    void onSegment(long sequence, int flags, byte[] octets) {
        int from = (int) sequence;
        if ((flags & SYN) != 0) {
            // The same ports may serve another connection.
            flush();
            waiting.clear();
            waitingOctets = 0;
            started = true;
            next = ++from;
        }
        if (octets.length > 0) {
            if (!started) {
                started = true;
                next = from;
            }
            take(from, octets);
        }
        if ((flags & (FIN | RESET)) != 0 && waiting.isEmpty()) {
            flush();
        }
    }

    private void take(int from, byte[] octets) {
        int ahead = from - next;
        if (ahead > 0) {
            // By distance from what is expected next, as numbers wrap.
            byte[] before = waiting.get(from);
            if (before == null || before.length < octets.length) {
                waiting.put(from, octets);
                waitingOctets += octets.length - (before == null ? 0 : before.length);
            }
            if (waitingOctets > MAX_WAITING) {
                jump();
            }
            return;
        }
        accept(ahead, octets);
        drain();
    }

    /** Takes what is new of octets that begin {@code -ahead} octets before what is expected. */
    private void accept(int ahead, byte[] octets) {
        if (-ahead >= octets.length) {
            return;
        }
        int skip = -ahead;
        next += octets.length - skip;
        append(octets, skip, octets.length - skip);
        extract();
    }

    private void drain() {
        while (!waiting.isEmpty()) {
            Map.Entry<Integer, byte[]> first = nearest();
            if (first.getKey() - next > 0) {
                return;
            }
            remove(first);
            accept(first.getKey() - next, first.getValue());
        }
    }

    private Map.Entry<Integer, byte[]> nearest() {
        Map.Entry<Integer, byte[]> best = null;
        for (Map.Entry<Integer, byte[]> entry : waiting.entrySet()) {
            if (best == null || entry.getKey() - next < best.getKey() - next) {
                best = entry;
            }
        }
        return best;
    }

    private void remove(Map.Entry<Integer, byte[]> entry) {
        waiting.remove(entry.getKey());
        waitingOctets -= entry.getValue().length;
    }

    /** Gives the hole up. */
    private void jump() {
        holes++;
        flush();
        next = nearest().getKey();
        drain();
    }

    /** Nothing more will come: gives up all holes. */
    void end() {
        while (!waiting.isEmpty()) {
            jump();
        }
        flush();
    }

    /** Delivers what there is of a message, and begins anew. */
    private void flush() {
        if (inMessages && length > 0) {
            receiver.onMessage("tcp", Arrays.copyOf(pending, length), true);
        }
        restart();
    }

    private void restart() {
        framer = new SipFramer(LIMITS);
        inMessages = false;
        webSocket = null;
        length = 0;
    }

    private void append(byte[] octets, int from, int count) {
        if (length + count > pending.length) {
            pending = Arrays.copyOf(pending, Math.max(2 * pending.length, length + count));
        }
        System.arraycopy(octets, from, pending, length, count);
        length += count;
    }

    private void extract() {
        if (!inMessages && webSocket == null && WebSocketFrames.mayBegin(pending, 0, length)) {
            webSocket = new WebSocketFrames(octets -> receiver.onMessage("ws", octets, false));
        }
        if (webSocket != null) {
            remove(webSocket.read(pending, 0, length));
            if (webSocket.isLost()) {
                restart();
            }
            return;
        }
        int at = 0;
        while (at < length) {
            at += framer.skip(pending, at, length - at);
            if (at == length) {
                break;
            }
            if (!inMessages) {
                int verdict = SipStart.look(pending, at, length);
                if (verdict == SipStart.NO || verdict == SipStart.MAYBE && length - at > MAX_START_LINE) {
                    restart();
                    return;
                }
                if (verdict == SipStart.MAYBE) {
                    break;
                }
                inMessages = true;
            }
            int n = framer.frame(pending, at, length - at);
            if (n == 0) {
                break;
            }
            if (n < 0) {
                receiver.onMessage("tcp", Arrays.copyOfRange(pending, at, length), true);
                restart();
                return;
            }
            receiver.onMessage("tcp", Arrays.copyOfRange(pending, at, at + n), false);
            at += n;
        }
        remove(at);
    }

    /** Forgets the first octets of those that wait. */
    private void remove(int count) {
        length -= count;
        System.arraycopy(pending, count, pending, 0, length);
    }
}

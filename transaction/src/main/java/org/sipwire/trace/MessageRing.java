/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.trace;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import org.sipwire.codec.capture.CapturedMessage;
import org.sipwire.codec.capture.Endpoint;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/**
 * The newest messages of one event loop in a fixed number of octets; the oldest make room. Confined to its loop: who wants to read asks
 * the loop to {@link #copy} and reads the copy, so nothing is shared.
 *
 * <pre>
 *   a record, anywhere in the ring, perhaps around its end
 *   0        4       12     13          14        15         16       18        20         36          52
 *   | length | micros | sent | transport | local n | remote n | l port | r port | local IP | remote IP | octets ...
 *                                                                                                      message
 * </pre>
 *
 * <p>Positions count octets ever written and never wrap; where they lie is the position modulo the size. Owned by its loop.
 */
final class MessageRing {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final Transport[] TRANSPORTS = Transport.values();

    static final int HEADER = 52;
    private static final int MICROS = 4;
    private static final int SENT = 12;
    private static final int TRANSPORT = 13;
    private static final int LOCAL_LENGTH = 14;
    private static final int REMOTE_LENGTH = 15;
    private static final int LOCAL_PORT = 16;
    private static final int REMOTE_PORT = 18;
    private static final int LOCAL_IP = 20;
    private static final int REMOTE_IP = 36;
    /** Set in the length of a message that was too long for the ring and lost its end. */
    private static final int CUT = 1 << 31;

    private final byte[] ring;
    private final byte[] header = new byte[HEADER];
    private long begin;
    private long end;
    private long messages;
    private long overwritten;

    MessageRing(int octets) {
        ring = new byte[octets];
    }

    /** Takes a message in, for which the oldest ones leave. */
    void add(long timeMicros, boolean sent, byte[] bytes, int offset, int length, Flow flow) {
        int kept = Math.min(length, ring.length / 2 - HEADER);
        INT.set(header, 0, kept < length ? kept | CUT : kept);
        LONG.set(header, MICROS, timeMicros);
        header[SENT] = (byte) (sent ? 1 : 0);
        header[TRANSPORT] = (byte) flow.transport().ordinal();
        header[LOCAL_LENGTH] = (byte) (flow.writeLocalIp(header, LOCAL_IP) - LOCAL_IP);
        header[REMOTE_LENGTH] = (byte) (flow.writeRemoteIp(header, REMOTE_IP) - REMOTE_IP);
        // The address of a connection is kept by its channel; that of a datagram's socket would be made anew.
        int port = flow.transport() == Transport.UDP
                ? flow.localPort()
                : flow.localAddress().getPort();
        SHORT.set(header, LOCAL_PORT, (short) port);
        SHORT.set(header, REMOTE_PORT, (short) flow.remotePort());
        while (end + HEADER + kept - begin > ring.length) {
            begin += HEADER + lengthAt(begin);
            overwritten++;
        }
        put(header, 0, HEADER);
        put(bytes, offset, kept);
        messages++;
    }

    private void put(byte[] bytes, int offset, int length) {
        int at = (int) (end % ring.length);
        int first = Math.min(length, ring.length - at);
        System.arraycopy(bytes, offset, ring, at, first);
        System.arraycopy(bytes, offset + first, ring, 0, length - first);
        end += length;
    }

    private int lengthAt(long position) {
        int length = 0;
        for (int i = 0; i < 4; i++) {
            length = length << 8 | ring[(int) ((position + i) % ring.length)] & 0xFF;
        }
        return length & ~CUT;
    }

    /** Messages ever taken in. */
    long messages() {
        return messages;
    }

    /** Messages that made room for others. */
    long overwritten() {
        return overwritten;
    }

    /** The position behind the newest message. */
    long end() {
        return end;
    }

    /** The position of the oldest message. */
    long begin() {
        return begin;
    }

    int capacity() {
        return ring.length;
    }

    /**
     * Copies the records from a position on, one after the other.
     *
     * @param from the position of a record, {@link #begin} at least
     * @param dst {@link #capacity} octets at least
     * @return octets copied
     */
    int copy(long from, byte[] dst) {
        int length = (int) (end - from);
        int at = (int) (from % ring.length);
        int first = Math.min(length, ring.length - at);
        System.arraycopy(ring, at, dst, 0, first);
        System.arraycopy(ring, 0, dst, first, length - first);
        return length;
    }

    /** Reads what {@link #copy} copied. Any thread. */
    static void read(byte[] records, int length, List<TracedMessage> into) {
        int at = 0;
        while (at < length) {
            int head = (int) INT.get(records, at);
            int n = head & ~CUT;
            boolean sent = records[at + SENT] == 1;
            Endpoint local = endpoint(records, at, LOCAL_IP, LOCAL_LENGTH, LOCAL_PORT);
            Endpoint remote = endpoint(records, at, REMOTE_IP, REMOTE_LENGTH, REMOTE_PORT);
            byte[] octets = new byte[n];
            System.arraycopy(records, at + HEADER, octets, 0, n);
            into.add(new TracedMessage(
                    sent,
                    new CapturedMessage(
                            (long) LONG.get(records, at + MICROS),
                            TRANSPORTS[records[at + TRANSPORT]].scheme(),
                            sent ? local : remote,
                            sent ? remote : local,
                            octets,
                            head < 0)));
            at += HEADER + n;
        }
    }

    private static Endpoint endpoint(byte[] records, int at, int ip, int length, int port) {
        return Endpoint.of(records, at + ip, records[at + length], (short) SHORT.get(records, at + port) & 0xFFFF);
    }
}

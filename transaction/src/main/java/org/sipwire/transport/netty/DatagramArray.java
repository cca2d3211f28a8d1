/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.channel.unix.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The datagrams of one recvmmsg(2) or sendmmsg(2) call, in memory that is allocated once. Confined to one event loop.
 *
 * <p>Netty's own datagram path makes an address, a socket address, a packet and a promise for each datagram: some 200 octets of garbage and
 * half a microsecond. The arrays of its native library, which {@link NativeDatagrams} reaches, can be kept.
 *
 * <pre>
 *   packets[i] (Netty's object) --memoryAddress--> iovec i {base, length} --base--> slot i of the buffer
 *
 *   buffer:  | slot 0 ......... | slot 1 ......... | ...     A slot has room for maxLength octets and a skew, lest equal
 *            0                stride             2 stride    offsets of all slots meet in the same sets of the cache.
 * </pre>
 *
 * <p>An array for sending has no slots: datagrams lie behind each other, so that it stays small.
 */
final class DatagramArray {
    private static final int SKEW = 576;
    private static final int CACHE_LINE = 64;
    private static final int SIZEOF_IOVEC = 16;

    private final Object[] packets;
    private final byte[][] addresses;
    private final ByteBuffer buffer;
    private final ByteBuffer iovecs;
    private final long base;
    private final int stride;
    private final int maxLength;

    /** Datagrams that wait to be sent are those of [head, tail). */
    private int head;

    private int tail;

    /** Sending: the octets of the buffer in use. */
    private int used;

    private DatagramArray(int capacity, int maxLength, boolean sending) {
        this.maxLength = maxLength;
        stride = sending ? 0 : (maxLength + SKEW + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE | CACHE_LINE;
        packets = NativeDatagrams.newPackets(capacity);
        addresses = new byte[packets.length][];
        buffer = ByteBuffer.allocateDirect(sending ? maxLength : packets.length * stride);
        iovecs = ByteBuffer.allocateDirect(packets.length * SIZEOF_IOVEC).order(ByteOrder.nativeOrder());
        base = Buffer.memoryAddress(buffer);
        long iovec = Buffer.memoryAddress(iovecs);
        for (int i = 0; i < packets.length; i++) {
            iovecs.putLong(i * SIZEOF_IOVEC, base + (long) i * stride);
            iovecs.putLong(i * SIZEOF_IOVEC + Long.BYTES, maxLength);
            NativeDatagrams.MEMORY_ADDRESS.set(packets[i], iovec + (long) i * SIZEOF_IOVEC);
            NativeDatagrams.COUNT.set(packets[i], 1);
            addresses[i] = (byte[])
                    (sending ? NativeDatagrams.RECIPIENT_ADDRESS : NativeDatagrams.SENDER_ADDRESS).get(packets[i]);
        }
    }

    /** An array for {@link #receive}. */
    static DatagramArray forReceiving(int capacity, int maxLength) {
        return new DatagramArray(capacity, maxLength, /* sending= */ false);
    }

    /** An array for {@link #add} and {@link #send} with room for {@code totalLength} octets. */
    static DatagramArray forSending(int capacity, int totalLength) {
        return new DatagramArray(capacity, totalLength, /* sending= */ true);
    }

    int capacity() {
        return packets.length;
    }

    // ---------------------------------------------------------------------------------------------------- receiving

    /** Receives what is there, without waiting. @return how many datagrams came, or a negative errno */
    int receive(int fd, boolean ipv6) {
        // The call reads how many iovecs a datagram has from the field in which it leaves the datagram's length.
        for (int i = 0; i < tail; i++) {
            NativeDatagrams.COUNT.set(packets[i], 1);
        }
        int n = NativeDatagrams.receive(fd, ipv6, packets, 0, packets.length);
        tail = Math.max(n, 0);
        return n;
    }

    int length(int i) {
        return (int) NativeDatagrams.COUNT.get(packets[i]);
    }

    void copyTo(int i, byte[] destination, int length) {
        buffer.get(i * stride, destination, 0, length);
    }

    /** The sender's address: its first {@link #senderAddressLength} octets. Borrowed until the next {@link #receive}. */
    byte[] senderAddress(int i) {
        return addresses[i];
    }

    /** 4 for IPv4, 16 for IPv6, which includes IPv4-mapped addresses. */
    int senderAddressLength(int i) {
        return (int) NativeDatagrams.SENDER_ADDRESS_LENGTH.get(packets[i]);
    }

    int senderScope(int i) {
        return (int) NativeDatagrams.SENDER_SCOPE.get(packets[i]);
    }

    int senderPort(int i) {
        return (int) NativeDatagrams.SENDER_PORT.get(packets[i]);
    }

    // ------------------------------------------------------------------------------------------------------ sending

    boolean isEmpty() {
        return head == tail;
    }

    /**
     * Copies a datagram to the end of the array.
     *
     * @param peer whom it goes to
     * @param ipv6 whether the socket is one of IPv6
     * @return false when there is no room
     */
    boolean add(byte[] bytes, int offset, int length, PeerAddress peer, boolean ipv6) {
        if (tail == packets.length || used + length > maxLength) {
            return false;
        }
        Object packet = packets[tail];
        buffer.put(used, bytes, offset, length);
        iovecs.putLong(tail * SIZEOF_IOVEC, base + used);
        iovecs.putLong(tail * SIZEOF_IOVEC + Long.BYTES, length);
        used += length;
        byte[] address = addresses[tail];
        int addressLength = peer.length();
        if (ipv6 && addressLength == 4) {
            // A socket of both families knows an IPv4 peer by its mapped address, ::ffff:192.0.2.1.
            Arrays.fill(address, 0, 10, (byte) 0);
            address[10] = -1;
            address[11] = -1;
            System.arraycopy(peer.octets(), 0, address, 12, 4);
            addressLength = 16;
        } else {
            System.arraycopy(peer.octets(), 0, address, 0, addressLength);
        }
        NativeDatagrams.RECIPIENT_ADDRESS_LENGTH.set(packet, addressLength);
        NativeDatagrams.RECIPIENT_SCOPE.set(packet, peer.scope());
        NativeDatagrams.RECIPIENT_PORT.set(packet, peer.port());
        tail++;
        return true;
    }

    /** Sends what waits. @return how many datagrams went, or a negative errno, which is that of the first one waiting */
    int send(int fd, boolean ipv6) {
        int n = NativeDatagrams.send(fd, ipv6, packets, head, tail - head);
        if (n > 0) {
            drop(n);
        }
        return n;
    }

    /** Forgets the first {@code n} datagrams that wait. */
    void drop(int n) {
        head += n;
        if (head == tail) {
            head = 0;
            tail = 0;
            used = 0;
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.channel.unix.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The datagrams of one recvmmsg(2) call, in memory that is allocated once. Confined to one event loop.
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
 * <p>Owned by the socket. {@link DatagramFlight} is its like for sending.
 */
final class DatagramArray {
    private static final int SKEW = 576;
    private static final int CACHE_LINE = 64;
    private static final int SIZEOF_IOVEC = 16;

    private final Object[] packets;
    private final byte[][] addresses;
    private final ByteBuffer buffer;
    private final ByteBuffer iovecs;
    private final int stride;
    private int received;

    DatagramArray(int capacity, int maxLength) {
        stride = (maxLength + SKEW + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE | CACHE_LINE;
        packets = NativeDatagrams.newPackets(capacity);
        addresses = new byte[packets.length][];
        buffer = ByteBuffer.allocateDirect(packets.length * stride);
        iovecs = ByteBuffer.allocateDirect(packets.length * SIZEOF_IOVEC).order(ByteOrder.nativeOrder());
        long base = Buffer.memoryAddress(buffer);
        long iovec = Buffer.memoryAddress(iovecs);
        for (int i = 0; i < packets.length; i++) {
            iovecs.putLong(i * SIZEOF_IOVEC, base + (long) i * stride);
            iovecs.putLong(i * SIZEOF_IOVEC + Long.BYTES, maxLength);
            NativeDatagrams.MEMORY_ADDRESS.set(packets[i], iovec + (long) i * SIZEOF_IOVEC);
            NativeDatagrams.COUNT.set(packets[i], 1);
            addresses[i] = (byte[]) NativeDatagrams.SENDER_ADDRESS.get(packets[i]);
        }
    }

    int capacity() {
        return packets.length;
    }

    /**
     * Receives what is there, without waiting.
     *
     * @param most how many datagrams to ask for: the call costs a little for each, whether it comes or not
     * @return how many datagrams came, or a negative errno
     */
    int receive(int fd, boolean ipv6, int most) {
        // The call reads how many iovecs a datagram has from the field in which it leaves the datagram's length.
        for (int i = 0; i < received; i++) {
            NativeDatagrams.COUNT.set(packets[i], 1);
        }
        int n = NativeDatagrams.receive(fd, ipv6, packets, 0, most);
        received = Math.max(n, 0);
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
}

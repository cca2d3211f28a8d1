/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.channel.unix.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The datagrams that leave by one sendmmsg(2) call, in memory that is allocated once. Confined to one event loop.
 *
 * <p>Datagrams of one size that go to one peer one after the other are one packet to the kernel, which walks its stack once for all of them
 * and cuts them apart at the end (UDP_SEGMENT, "generic segmentation offload"). The last may be shorter. Behind a proxy or a NAT, where one
 * address sends most of what comes, that is a third of the cost of answering; a peer that sends one request gets one plain datagram.
 *
 * <pre>
 *   added:    A 420 | A 420 | A 420 | A 390 | A 420 | B 420        a letter is a peer, a number a datagram's octets
 *   buffer:   |------ 420 -- 420 -- 420 -- 390|--420--|--420--|    datagrams lie behind each other
 *   packets:  A, segments of 420, 1650 octets | A 420 | B 420      order is kept
 *
 *   refused:  head packet: | 420 | 420 | 420 | 390 |               the same octets, {base, length} of one datagram at a time
 *                          ^ base, length 420 --->
 * </pre>
 *
 * <p>A datagram longer than {@link #segmentLimit} goes alone: the kernel fragments it, but refuses to fragment segments (EINVAL). A packet
 * that is refused all the same (a path with a smaller MTU, a device without checksums, IPsec) is sent datagram by datagram:
 * {@link #splitHead}. No datagram is lost by that.
 *
 * <p>Owned by the socket.
 */
final class DatagramFlight {
    /** What an Ethernet frame of 1,500 octets carries over IPv6, whose header is the longer one. */
    static final int ETHERNET_SEGMENT = 1_500 - 40 - 8;

    /** What every path of IPv6 carries, and nearly every one of IPv4. */
    static final int SAFE_SEGMENT = 1_280 - 40 - 8;

    /** Linux takes no more (UDP_MAX_SEGMENTS until 6.8). */
    static final int MAX_SEGMENTS = 64;

    /** Of the 65,535 octets of an IP packet. */
    static final int MAX_SEGMENTED_LENGTH = 60_000;

    private static final int SIZEOF_IOVEC = 16;

    private final Object[] packets;
    private final byte[][] addresses;
    private final ByteBuffer buffer;
    private final ByteBuffer iovecs;
    private final long base;
    private final boolean ipv6;
    private int segmentLimit;

    /** Packets that wait to be sent are those of [head, tail). */
    private int head;

    private int tail;

    /** The octets of the buffer in use. */
    private int used;

    /** The last packet's peer, the length of its first datagram or 0 when it takes no further one, its datagrams and octets. */
    private final PeerAddress lastPeer = new PeerAddress();

    private int lastSegment;
    private int lastCount;
    private int lastLength;

    /** While the head is sent datagram by datagram: the length of each but the last, and the octets left; else 0. */
    private int splitSegment;

    private int splitLeft;

    /**
     * @param capacity packets
     * @param totalLength octets of all datagrams that wait
     * @param ipv6 whether the socket is one of IPv6
     * @param segmentLimit see {@link #segmentLimit}
     */
    DatagramFlight(int capacity, int totalLength, boolean ipv6, int segmentLimit) {
        this.ipv6 = ipv6;
        this.segmentLimit = segmentLimit;
        packets = NativeDatagrams.newPackets(capacity);
        addresses = new byte[packets.length][];
        buffer = ByteBuffer.allocateDirect(totalLength);
        iovecs = ByteBuffer.allocateDirect(packets.length * SIZEOF_IOVEC).order(ByteOrder.nativeOrder());
        base = Buffer.memoryAddress(buffer);
        long iovec = Buffer.memoryAddress(iovecs);
        for (int i = 0; i < packets.length; i++) {
            NativeDatagrams.MEMORY_ADDRESS.set(packets[i], iovec + (long) i * SIZEOF_IOVEC);
            NativeDatagrams.COUNT.set(packets[i], 1);
            addresses[i] = (byte[]) NativeDatagrams.RECIPIENT_ADDRESS.get(packets[i]);
        }
    }

    /** The longest datagram that leaves as a segment of a packet; 0: every datagram is a packet of its own. */
    int segmentLimit() {
        return segmentLimit;
    }

    void segmentLimit(int octets) {
        segmentLimit = octets;
        lastSegment = 0;
    }

    boolean isEmpty() {
        return head == tail;
    }

    /** The packets that wait, each of one datagram or several. */
    int packets() {
        return tail - head;
    }

    /** Copies a datagram behind those that wait. @return false when there is no room */
    boolean add(byte[] bytes, int offset, int length, PeerAddress peer) {
        if (used + length > buffer.capacity()) {
            return false;
        }
        if (isSegment(length, peer)) {
            buffer.put(used, bytes, offset, length);
            used += length;
            addSegment(length);
            return true;
        }
        if (tail == packets.length) {
            return false;
        }
        buffer.put(used, bytes, offset, length);
        addPacket(length, peer);
        used += length;
        return true;
    }

    private boolean isSegment(int length, PeerAddress peer) {
        return length <= lastSegment
                && length > 0
                && lastCount < MAX_SEGMENTS
                && lastLength + length <= MAX_SEGMENTED_LENGTH
                && peer.isSame(lastPeer);
    }

    private void addSegment(int length) {
        int last = tail - 1;
        NativeDatagrams.SEGMENT_SIZE.set(packets[last], lastSegment);
        lastCount++;
        lastLength += length;
        iovecs.putLong(last * SIZEOF_IOVEC + Long.BYTES, lastLength);
        if (length < lastSegment) {
            lastSegment = 0;
        }
    }

    private void addPacket(int length, PeerAddress peer) {
        Object packet = packets[tail];
        iovecs.putLong(tail * SIZEOF_IOVEC, base + used);
        iovecs.putLong(tail * SIZEOF_IOVEC + Long.BYTES, length);
        byte[] address = addresses[tail];
        int addressLength = peer.length();
        if (addressLength == 4) {
            // The native side takes an IPv4 address from the last four of the sixteen octets, for a socket of IPv4 too:
            // it is the
            // mapped address, ::ffff:192.0.2.1, whatever the socket. In the first four it would be read as 0.0.0.0, the
            // own host.
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
        NativeDatagrams.SEGMENT_SIZE.set(packet, 0);
        tail++;
        lastSegment = length <= segmentLimit ? length : 0;
        lastCount = 1;
        lastLength = length;
        lastPeer.set(peer.octets(), peer.length(), peer.scope(), peer.port());
    }

    /** Sends what waits. @return a positive number when something went, or a negative errno, which is that of the head */
    int send(int fd) {
        int n = NativeDatagrams.send(fd, ipv6, packets, head, splitLeft > 0 ? 1 : tail - head);
        if (n > 0) {
            drop(n);
        }
        return n;
    }

    /**
     * The head was refused: if it is a packet of several datagrams, they go one by one from now on.
     *
     * @return false when the head is a single datagram
     */
    boolean splitHead() {
        int segment = (int) NativeDatagrams.SEGMENT_SIZE.get(packets[head]);
        if (segment == 0) {
            return false;
        }
        NativeDatagrams.SEGMENT_SIZE.set(packets[head], 0);
        if (head == tail - 1) {
            lastSegment = 0;
        }
        splitSegment = segment;
        splitLeft = (int) iovecs.getLong(head * SIZEOF_IOVEC + Long.BYTES);
        iovecs.putLong(head * SIZEOF_IOVEC + Long.BYTES, segment);
        return true;
    }

    /** Forgets the datagram that waits first: no packet can be sent before it. */
    void dropHead() {
        drop(1);
    }

    private void drop(int n) {
        if (splitLeft > splitSegment) {
            splitLeft -= splitSegment;
            int at = head * SIZEOF_IOVEC;
            iovecs.putLong(at, iovecs.getLong(at) + splitSegment);
            iovecs.putLong(at + Long.BYTES, Math.min(splitLeft, splitSegment));
            return;
        }
        splitLeft = 0;
        splitSegment = 0;
        head += n;
        if (head == tail) {
            head = 0;
            tail = 0;
            used = 0;
            lastSegment = 0;
        }
    }
}

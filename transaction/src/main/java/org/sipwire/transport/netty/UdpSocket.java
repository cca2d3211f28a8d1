/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import java.io.IOException;
import java.net.InetSocketAddress;
import org.sipwire.transport.Flow;

/**
 * A bound UDP socket of one event loop: {@link EpollUdpSocket}, which allocates nothing, or {@link NettyUdpSocket} where there is no epoll.
 * Confined to its loop, but for what says otherwise.
 *
 * <p>Owned: {@link #close} ends it.
 */
interface UdpSocket {

    /** Who gets the datagrams. Called on the socket's loop; octets and address are Borrowed until the method returns. */
    interface Receiver {
        /** Whether a datagram of a sender is to be dropped unread. */
        default boolean sheds(PeerAddress peer) {
            return false;
        }

        /** One datagram, in the loop's scratch from 0. */
        void onDatagram(byte[] bytes, int length, PeerAddress peer);

        /** All datagrams of one system call were delivered; what was sent meanwhile leaves after this. */
        void onBatchComplete();

        /** The socket was left for other flows: empty, or with more to read. */
        default void onTurn(boolean drained) {}

        /** A system call failed with this (positive) errno, 0: unknown; the datagram at hand, if one was being sent, is lost. */
        void onSocketError(int errno);

        /** The kernel refused to cut one buffer into several datagrams, with this (positive) errno; they went one by one. */
        void onSegmentsRefused(int errno);
    }

    /** Starts receiving. Called once, not on the loop. */
    void register() throws InterruptedException;

    /** Where the socket is bound. On any thread. */
    InetSocketAddress localAddress();

    /** SO_RCVBUF as the kernel tells it: twice what was granted. Called before {@link #register}, or on the loop. */
    int receiveBufferSize() throws IOException;

    /**
     * Queues a datagram; it leaves at the end of the batch, or of this turn of the loop.
     *
     * @return {@link Flow#SENT}, {@link Flow#BACK_PRESSURED} when the kernel takes no more for now, {@link Flow#CLOSED}
     */
    int send(byte[] bytes, int offset, int length, PeerAddress to);

    /** Sends what waits and closes the socket. */
    void close();
}

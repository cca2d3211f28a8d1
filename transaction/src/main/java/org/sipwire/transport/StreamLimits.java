/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport;

/**
 * Bounds of connections, against peers that hold what they do not use. Times are in milliseconds; 0 switches a bound off.
 *
 * <p>Shared: immutable.
 *
 * @param maxConnections connections of the stack, accepted and opened
 * @param maxConnectionsPerSource accepted connections of one IPv4 address or one IPv6 /64
 * @param idleMillis nothing was received for so long
 * @param firstMessageMillis the first message, and the handshake before it, took so long
 * @param messageMillis a message that had begun took so long to be complete
 * @param stallMillis the peer left what was written to it unread for so long
 * @param halfCloseMillis a peer that sends no more but may still read waits so long for answers
 * @param connectMillis a connection this side opens is up within so long
 * @param writeBufferBytes octets waiting for one peer above which it counts as slow
 */
public record StreamLimits(
        int maxConnections,
        int maxConnectionsPerSource,
        long idleMillis,
        long firstMessageMillis,
        long messageMillis,
        long stallMillis,
        long halfCloseMillis,
        int connectMillis,
        int writeBufferBytes) {

    /**
     * The default bounds. Idle is above an hour: a device which keeps a connection open for the default hour of a registration, and sends
     * nothing meanwhile, stays reachable.
     */
    public static final StreamLimits DEFAULT =
            new StreamLimits(200_000, 10_000, 3_900_000, 30_000, 10_000, 30_000, 32_000, 5_000, 262_144);

    /** Checks the bounds. */
    public StreamLimits {
        if (maxConnections < 0 || maxConnectionsPerSource < 0 || connectMillis < 0) {
            throw new IllegalArgumentException("bounds of connections must be 0 (off) or more");
        }
        if (idleMillis < 0 || firstMessageMillis < 0 || messageMillis < 0 || stallMillis < 0 || halfCloseMillis < 0) {
            throw new IllegalArgumentException("timeouts of connections must be 0 (off) or more");
        }
        if (writeBufferBytes < 1024) {
            throw new IllegalArgumentException("writeBufferBytes must be 1024 or more, is " + writeBufferBytes);
        }
    }

    /** These bounds with other numbers of connections. */
    public StreamLimits withMaxConnections(int total, int perSource) {
        return new StreamLimits(
                total,
                perSource,
                idleMillis,
                firstMessageMillis,
                messageMillis,
                stallMillis,
                halfCloseMillis,
                connectMillis,
                writeBufferBytes);
    }

    /** These bounds with other timeouts of what a peer sends. */
    public StreamLimits withReadTimeouts(long idle, long firstMessage, long message) {
        return new StreamLimits(
                maxConnections,
                maxConnectionsPerSource,
                idle,
                firstMessage,
                message,
                stallMillis,
                halfCloseMillis,
                connectMillis,
                writeBufferBytes);
    }

    /** These bounds with other bounds of what a peer does not read. */
    public StreamLimits withWriteBounds(long stall, int bufferBytes) {
        return new StreamLimits(
                maxConnections,
                maxConnectionsPerSource,
                idleMillis,
                firstMessageMillis,
                messageMillis,
                stall,
                halfCloseMillis,
                connectMillis,
                bufferBytes);
    }
}

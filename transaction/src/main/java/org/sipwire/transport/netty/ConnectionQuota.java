/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.sipwire.transport.StreamLimits;

/**
 * How many connections a stack has, in all and of one source. Any thread: loops accept at the same time. Touched when a connection comes
 * and goes, never for a message.
 *
 * <p>A source is an IPv4 address or an IPv6 /64, which is what one subscriber usually has.
 *
 * <p>Shared by the loops of a stack.
 */
public final class ConnectionQuota {

    /** What {@link #tryAcquire} decides. */
    enum Decision {
        ADMITTED,
        SOURCE_HAS_TOO_MANY,
        STACK_HAS_TOO_MANY
    }

    private final int maxTotal;
    private final int maxPerSource;
    private final AtomicInteger total = new AtomicInteger();
    private final ConcurrentHashMap<Long, Integer> bySource = new ConcurrentHashMap<>();

    /** A quota with the bounds of a stack. */
    public ConnectionQuota(StreamLimits limits) {
        maxTotal = limits.maxConnections() == 0 ? Integer.MAX_VALUE : limits.maxConnections();
        maxPerSource = limits.maxConnectionsPerSource() == 0 ? Integer.MAX_VALUE : limits.maxConnectionsPerSource();
    }

    /** Counts a connection, or says why it must not be. */
    Decision tryAcquire(PeerAddress peer) {
        if (total.incrementAndGet() > maxTotal) {
            total.decrementAndGet();
            return Decision.STACK_HAS_TOO_MANY;
        }
        int ofSource = bySource.merge(source(peer), 1, Integer::sum);
        if (ofSource > maxPerSource) {
            release(peer);
            return Decision.SOURCE_HAS_TOO_MANY;
        }
        return Decision.ADMITTED;
    }

    /** Uncounts a connection that was admitted. */
    void release(PeerAddress peer) {
        total.decrementAndGet();
        bySource.computeIfPresent(source(peer), (source, count) -> count == 1 ? null : count - 1);
    }

    int sources() {
        return bySource.size();
    }

    int total() {
        return total.get();
    }

    private static long source(PeerAddress peer) {
        return peer.isIpv4() ? peer.ipv4() & 0xFFFFFFFFL : peer.high() | 1L << 63;
    }
}

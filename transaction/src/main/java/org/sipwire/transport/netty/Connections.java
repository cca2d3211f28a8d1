/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.util.collection.LongObjectHashMap;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sipwire.transport.Transport;
import org.sipwire.transport.TransportCounter;

/**
 * The open connections of one event loop. Confined to it.
 *
 * <p>Once a second {@link #sweep} asks each connection whether it has been idle, slow or stalled for too long: a visit costs a few loads,
 * where a timer a connection would cost an object and a heap operation a message.
 *
 * <p>Owned by its loop.
 */
final class Connections {
    private static final long ID_CONNECTION = 3L << 62;
    /** A sweep so long after the last one is this side's fault. */
    private static final long AWAY_NANOS = 3_000_000_000L;

    private final LoopContext loop;
    private final ConnectionQuota quota;
    private final ArrayList<StreamConnection> open = new ArrayList<>();
    private final Map<Target, StreamConnection> byTarget = new HashMap<>();
    private final LongObjectHashMap<StreamConnection> byId = new LongObjectHashMap<>();
    private Runnable onEmpty;
    private long sweptNanos;
    private boolean wasAway;
    /** Begins with the time, so that a number kept somewhere from an earlier run is no connection of this one. */
    private long serial = System.currentTimeMillis() / 1000 << 16;

    /**
     * Where a connection of this side goes: RFC 3261 §18 asks to reuse it. Over TLS by the name too that the peer has proved to have (RFC
     * 5923 §8): another domain at the same address has not been authenticated.
     */
    record Target(Transport transport, InetSocketAddress address, String name) {
        static Target of(Transport transport, InetSocketAddress address) {
            return new Target(transport, address, transport.isSecure() ? address.getHostString() : "");
        }
    }

    Connections(LoopContext loop, ConnectionQuota quota) {
        this.loop = loop;
        this.quota = quota;
        sweptNanos = loop.clock().nanos();
    }

    /** A number no other connection of the stack has or had, in earlier runs either: 3 in the top bits, the loop's index, a serial. */
    long nextId() {
        return ID_CONNECTION | (long) loop.index() << 48 | ++serial & 0xFFFF_FFFF_FFFFL;
    }

    /** The loop that has or had the connection of a number, or -1 when it is of no connection. */
    static int loopOf(long id) {
        return (id & ID_CONNECTION) == ID_CONNECTION ? (int) (id >>> 48) & 0x3FFF : -1;
    }

    /** The open connection of a number, or null. */
    StreamConnection find(long id) {
        return byId.get(id);
    }

    ConnectionQuota.Decision tryAcquire(PeerAddress peer) {
        ConnectionQuota.Decision decision = quota.tryAcquire(peer);
        switch (decision) {
            case SOURCE_HAS_TOO_MANY -> loop.counters().increment(TransportCounter.CONNECTIONS_REFUSED_SOURCE);
            case STACK_HAS_TOO_MANY -> loop.counters().increment(TransportCounter.CONNECTIONS_REFUSED_TOTAL);
            default -> {}
        }
        return decision;
    }

    void add(StreamConnection connection) {
        connection.position = open.size();
        open.add(connection);
        byId.put(connection.id(), connection);
        loop.counters().set(TransportCounter.CONNECTIONS.ordinal(), open.size());
        if (connection.isOutbound()) {
            byTarget.put(connection.target(), connection);
        }
    }

    void remove(StreamConnection connection) {
        int last = open.size() - 1;
        StreamConnection moved = open.remove(last);
        if (moved != connection) {
            open.set(connection.position, moved);
            moved.position = connection.position;
        }
        loop.counters().set(TransportCounter.CONNECTIONS.ordinal(), open.size());
        byId.remove(connection.id());
        quota.release(connection.peer());
        if (connection.isOutbound()) {
            byTarget.remove(connection.target(), connection);
        }
        tellWhenEmpty();
    }

    /** The connection this side opened to an address and that is still open, or null. */
    StreamConnection to(Target target) {
        return byTarget.get(target);
    }

    int size() {
        return open.size();
    }

    /**
     * Closes what has overstayed. After a time in which this loop did not run, as when the process was stopped, nobody is judged: what peers
     * have sent meanwhile is read before the next sweep.
     */
    void sweep() {
        long now = loop.clock().nanos();
        wasAway = now - sweptNanos > AWAY_NANOS && !wasAway;
        sweptNanos = now;
        if (wasAway) {
            return;
        }
        // Backwards: closing moves the last one, which was visited, into the gap.
        for (int i = open.size() - 1; i >= 0; i--) {
            if (i < open.size()) {
                open.get(i).checkDeadlines(now);
            }
        }
    }

    /** Closes all, after what they have to send is written, then runs the task: once the last one is gone. */
    void closeAll(Runnable whenEmpty) {
        onEmpty = whenEmpty;
        for (StreamConnection connection : List.copyOf(open)) {
            connection.closeForGood();
        }
        tellWhenEmpty();
    }

    private void tellWhenEmpty() {
        if (onEmpty != null && open.isEmpty()) {
            Runnable told = onEmpty;
            onEmpty = null;
            told.run();
        }
    }
}

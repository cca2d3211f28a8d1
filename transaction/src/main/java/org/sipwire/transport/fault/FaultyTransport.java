/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.fault;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/**
 * One direction of a bad network: takes datagrams and delivers some of them, late, twice, in another order or with other octets, as
 * {@link Faults} say. Confined to one thread, on which the timer must run its tasks too.
 *
 * <p>A stack whose configuration has faults puts one of these into each direction of its UDP sockets; {@link #decorate} puts one into a
 * flow. It ships with the stack since those who build on it must show that they survive a bad network as well.
 *
 * <p>Owned by whoever made it.
 */
public final class FaultyTransport {

    /** How long a datagram waits at most for the one that is to overtake it. */
    private static final long REORDER_MILLIS = 20;
    /** How many octets of a corrupt datagram are changed at most: {@value}. */
    public static final int MAX_CORRUPT_OCTETS = 8;

    /** Where datagrams go. */
    @FunctionalInterface
    public interface Sink {
        /** A datagram arrives; the octets are Borrowed. */
        void deliver(byte[] bytes, int offset, int length);
    }

    /** Runs tasks later, on the thread this is confined to. */
    @FunctionalInterface
    public interface Timer {
        /** Runs a task after some milliseconds. */
        void schedule(Runnable task, long delayMillis);
    }

    private final Faults faults;
    private final Timer timer;
    private final SplittableRandom random;
    private Runnable held;
    private long passed;
    private long lost;
    private long duplicated;
    private long reordered;
    private long corrupted;

    /**
     * A direction of a network.
     *
     * @param stream tells directions with the same faults apart: each has its own pseudo-random sequence
     */
    public FaultyTransport(Faults faults, int stream, Timer timer) {
        this.faults = Objects.requireNonNull(faults, "faults");
        this.timer = Objects.requireNonNull(timer, "timer");
        random = new SplittableRandom(faults.seed() ^ 0x9E3779B97F4A7C15L * (stream + 1));
    }

    /** Takes a datagram; the octets are copied when they are needed later. */
    public void pass(byte[] bytes, int offset, int length, Sink sink) {
        // All are drawn for each datagram, so that its fate does not depend on what befell those before it.
        boolean isLost = random.nextDouble() < faults.loss();
        boolean isTwice = random.nextDouble() < faults.duplication();
        boolean isHeld = random.nextDouble() < faults.reordering();
        int delay = random.nextInt(faults.minDelayMillis(), faults.maxDelayMillis() + 1);
        boolean isCorrupt = random.nextDouble() < faults.corruption();
        long damage = random.nextLong();
        byte[] octets = bytes;
        int at = offset;
        if (isCorrupt && !isLost && length > 0) {
            // What the sender has stays as it is.
            octets = Arrays.copyOfRange(bytes, offset, offset + length);
            at = 0;
            corrupt(octets, damage);
        }
        if (isLost) {
            lost++;
        } else if (isHeld && held == null) {
            hold(Arrays.copyOfRange(octets, at, at + length), delay, sink);
        } else {
            deliver(octets, at, length, delay, sink);
        }
        if (!isLost && isTwice) {
            duplicated++;
            deliver(octets, at, length, delay, sink);
        }
        if (held != null && !isHeld) {
            releaseHeld();
        }
    }

    /** Half of the octets that change differ by one bit, as text often does that still is text; the others become anything. */
    private void corrupt(byte[] octets, long damage) {
        corrupted++;
        SplittableRandom where = new SplittableRandom(damage);
        for (int n = where.nextInt(1, MAX_CORRUPT_OCTETS + 1); n > 0; n--) {
            int i = where.nextInt(octets.length);
            octets[i] ^= (byte) (where.nextBoolean() ? 1 << where.nextInt(8) : where.nextInt(1, 256));
        }
    }

    private void hold(byte[] copy, int delay, Sink sink) {
        reordered++;
        Runnable task = () -> deliver(copy, 0, copy.length, delay, sink);
        held = task;
        timer.schedule(
                () -> {
                    if (held == task) {
                        releaseHeld();
                    }
                },
                REORDER_MILLIS);
    }

    private void releaseHeld() {
        Runnable task = held;
        held = null;
        task.run();
    }

    private void deliver(byte[] bytes, int offset, int length, int delay, Sink sink) {
        passed++;
        if (delay == 0) {
            sink.deliver(bytes, offset, length);
        } else {
            byte[] copy = Arrays.copyOfRange(bytes, offset, offset + length);
            timer.schedule(() -> sink.deliver(copy, 0, copy.length), delay);
        }
    }

    /** Datagrams delivered, or on their way. */
    public long passed() {
        return passed;
    }

    /** Datagrams lost. */
    public long lost() {
        return lost;
    }

    /** Datagrams that came twice. */
    public long duplicated() {
        return duplicated;
    }

    /** Datagrams held back. */
    public long reordered() {
        return reordered;
    }

    /** Datagrams of which octets were changed. */
    public long corrupted() {
        return corrupted;
    }

    /** A flow whose messages to the peer go through this network; it is used on the flow's loop alone. */
    public Flow decorate(Flow flow) {
        return new FaultyFlow(flow.toShared());
    }

    /** Sends through the network; all else is the flow's. */
    private final class FaultyFlow extends Flow {
        private final Flow flow;

        FaultyFlow(Flow flow) {
            this.flow = flow;
        }

        @Override
        public int send(byte[] bytes, int offset, int length) {
            if (!flow.isOpen()) {
                return CLOSED;
            }
            pass(bytes, offset, length, flow::send);
            return SENT;
        }

        @Override
        public Transport transport() {
            return flow.transport();
        }

        @Override
        public int loopIndex() {
            return flow.loopIndex();
        }

        @Override
        public boolean isOpen() {
            return flow.isOpen();
        }

        @Override
        public long id() {
            return flow.id();
        }

        @Override
        public int writeRemoteHost(byte[] dst, int at) {
            return flow.writeRemoteHost(dst, at);
        }

        @Override
        public int writeRemoteIp(byte[] dst, int at) {
            return flow.writeRemoteIp(dst, at);
        }

        @Override
        public int remotePort() {
            return flow.remotePort();
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return flow.remoteAddress();
        }

        @Override
        public int writeLocalHost(byte[] dst, int at) {
            return flow.writeLocalHost(dst, at);
        }

        @Override
        public int localPort() {
            return flow.localPort();
        }

        @Override
        public InetSocketAddress localAddress() {
            return flow.localAddress();
        }

        @Override
        public Flow toShared() {
            return this;
        }

        @Override
        public void execute(Runnable task) {
            flow.execute(task);
        }
    }
}

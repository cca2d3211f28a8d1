/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.trace;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.sipwire.transaction.SipStack;

/**
 * The recent messages of a stack that match a filter, in a bounded part of memory: what somebody looks at who asks why a device fails.
 *
 * <pre>
 *   start(filter, seconds, octets) --> tracing --- seconds are over --> kept --- stop(), or start() again --> forgotten
 *                                          +------------ stop() ------------------------------------------------^
 * </pre>
 *
 * <p>Off at first, and then it costs the loops a null check a message. On, a message costs the search of the filter and, if it matches, a
 * copy; nothing is allocated. Each loop has a ring of its own; reading asks each loop to copy its ring, which takes it some 100 us for a
 * megabyte.
 *
 * <p>It is the stack's only {@link org.sipwire.transport.MessageListener} from its creation on. Secrets are not masked here: see
 * {@link org.sipwire.codec.capture.CapturedMessage#masked}.
 *
 * <p>Started and stopped by one thread at a time; read by any.
 */
public final class MessageTrace {
    /** Octets a trace may have at least, of all loops together. */
    public static final long MIN_OCTETS = 64 * 1024;
    /** Octets a trace may have at most, of all loops together. */
    public static final long MAX_OCTETS = 256L * 1024 * 1024;
    /** A trace ends after a day at the latest. */
    public static final int MAX_SECONDS = 86_400;

    private final SipStack stack;
    private final LoopTap[] taps;
    /** Written by whoever starts and stops, read by all: publishes an immutable record. */
    private volatile State state;

    private final AtomicLong generations = new AtomicLong();
    /**
     * What is traced.
     *
     * @param generation tells one trace from the next
     * @param filter which messages
     * @param startedMillis since when, in milliseconds since 1970
     * @param endMillis until when
     * @param octets memory of all loops together
     */
    public record State(long generation, TraceFilter filter, long startedMillis, long endMillis, long octets) {
        /** Whether it still takes messages in. */
        public boolean isTracing(long nowMillis) {
            return nowMillis < endMillis;
        }
    }

    /**
     * What was traced.
     *
     * @param messages the oldest first
     * @param overwritten messages that are gone since there was no more room
     */
    public record Content(List<TracedMessage> messages, long overwritten) {}

    /** A trace that is off. */
    public MessageTrace(SipStack stack) {
        this.stack = stack;
        taps = new LoopTap[stack.loopCount()];
        for (int i = 0; i < taps.length; i++) {
            taps[i] = new LoopTap();
        }
    }

    /** The trace that was started last, perhaps over by now; null when there is none. */
    public State state() {
        return state;
    }

    /**
     * Traces from now on and forgets what was traced before.
     *
     * @param seconds 1..{@value #MAX_SECONDS}
     * @param octets memory of all loops together, {@link #MIN_OCTETS} to {@link #MAX_OCTETS}
     * @throws IllegalArgumentException with one line when a number is out of its bounds
     */
    public State start(TraceFilter filter, int seconds, long octets) {
        if (seconds < 1 || seconds > MAX_SECONDS) {
            throw new IllegalArgumentException("seconds must be a number within 1.." + MAX_SECONDS);
        }
        if (octets < MIN_OCTETS || octets > MAX_OCTETS) {
            throw new IllegalArgumentException("octets must be a number within " + MIN_OCTETS + ".." + MAX_OCTETS);
        }
        long nowMillis = System.currentTimeMillis();
        State begun = new State(
                generations.incrementAndGet(),
                filter,
                nowMillis,
                nowMillis + TimeUnit.SECONDS.toMillis(seconds),
                octets);
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        int ringOctets = (int) Math.max(MIN_OCTETS / 4, octets / taps.length);
        state = begun;
        for (int i = 0; i < taps.length; i++) {
            LoopTap tap = taps[i];
            // Made here and not on the loop: clearing megabytes takes a while.
            MessageRing ring = new MessageRing(ringOctets);
            stack.execute(i, () -> tap.trace(ring, filter, endNanos, begun.generation));
        }
        show();
        stack.schedule(0, () -> over(begun.generation), TimeUnit.SECONDS.toMillis(seconds));
        return begun;
    }

    private void over(long generation) {
        for (int i = 0; i < taps.length; i++) {
            LoopTap tap = taps[i];
            stack.execute(i, () -> tap.stopTracing(generation));
        }
        show();
    }

    /** Decided on each loop, after what was asked of its tap before: whether there is anything to look at messages for. */
    private void show() {
        stack.showMessages(i -> taps[i].isIdle() ? null : taps[i]);
    }

    /** Ends the trace and forgets it. */
    public void stop() {
        state = null;
        for (int i = 0; i < taps.length; i++) {
            LoopTap tap = taps[i];
            stack.execute(i, () -> tap.trace(null, null, 0, 0));
        }
        show();
    }

    /**
     * Reads what was traced.
     *
     * @param where what the copies are read and the answer is given on
     */
    public void read(Executor where, Consumer<Content> whenRead) {
        byte[][] copies = new byte[taps.length][];
        long[] overwritten = new long[taps.length];
        // Counted down by each loop after it wrote its cells; the last one publishes all to the executor's thread.
        AtomicInteger open = new AtomicInteger(taps.length);
        for (int i = 0; i < taps.length; i++) {
            int index = i;
            stack.execute(i, () -> {
                MessageRing ring = taps[index].ring();
                if (ring != null) {
                    copies[index] = new byte[(int) (ring.end() - ring.begin())];
                    ring.copy(ring.begin(), copies[index]);
                    overwritten[index] = ring.overwritten();
                }
                if (open.decrementAndGet() == 0) {
                    where.execute(() -> whenRead.accept(content(copies, overwritten)));
                }
            });
        }
    }

    private static Content content(byte[][] copies, long[] overwritten) {
        List<TracedMessage> messages = new ArrayList<>();
        long gone = 0;
        for (int i = 0; i < copies.length; i++) {
            if (copies[i] != null) {
                MessageRing.read(copies[i], copies[i].length, messages);
            }
            gone += overwritten[i];
        }
        // The sort is stable: what one loop did at one instant stays in its order.
        messages.sort(Comparator.comparingLong(traced -> traced.message().timeMicros()));
        return new Content(messages, gone);
    }

    /** Shows the messages of a filter to a collector too, from now on; rings of null: no more. */
    void feed(MessageRing[] rings, TraceFilter filter) {
        for (int i = 0; i < taps.length; i++) {
            LoopTap tap = taps[i];
            MessageRing ring = rings[i];
            stack.execute(i, () -> tap.feed(ring, filter));
        }
        show();
    }

    SipStack stack() {
        return stack;
    }
}

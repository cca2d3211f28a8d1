/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.trace;

import org.sipwire.transport.Flow;
import org.sipwire.transport.MessageListener;

/**
 * What looks at the messages of one event loop, for a trace, a collector or both. Confined to its loop.
 *
 * <p>Owned by its {@link MessageTrace}.
 */
final class LoopTap implements MessageListener {
    private final TraceClock clock = new TraceClock(System.nanoTime());
    private final byte[] scratch = new byte[16];
    private MessageRing ring;
    private TraceFilter filter;
    private long endNanos;
    private long generation;
    private MessageRing feed;
    private TraceFilter feedFilter;

    /** Traces into a new ring, and forgets the old one. */
    void trace(MessageRing into, TraceFilter which, long untilNanos, long number) {
        generation = number;
        ring = into;
        filter = which;
        endNanos = untilNanos;
    }

    /** Stops unless another trace has begun since; what was traced can still be read. */
    void stopTracing(long number) {
        if (generation == number) {
            filter = null;
        }
    }

    /** Whether there is nothing to look for. */
    boolean isIdle() {
        return filter == null && feed == null;
    }

    /** Shows the messages of a filter to a collector's ring too; a ring of null: no more. */
    void feed(MessageRing into, TraceFilter which) {
        feed = into;
        feedFilter = which;
    }

    /** What was traced, or null when nothing was. */
    MessageRing ring() {
        return ring;
    }

    @Override
    public void onReceived(byte[] bytes, int offset, int length, Flow flow) {
        take(false, bytes, offset, length, flow);
    }

    @Override
    public void onSent(byte[] bytes, int offset, int length, Flow flow) {
        take(true, bytes, offset, length, flow);
    }

    private void take(boolean sent, byte[] bytes, int offset, int length, Flow flow) {
        // The clock is read for what is kept alone: it costs as much as a short search.
        boolean wanted = filter != null && filter.matches(bytes, offset, length, flow, scratch);
        boolean fed = feed != null && feedFilter.matches(bytes, offset, length, flow, scratch);
        if (!wanted && !fed) {
            return;
        }
        long now = System.nanoTime();
        if (wanted && now - endNanos < 0) {
            ring.add(clock.micros(now), sent, bytes, offset, length, flow);
        }
        if (fed) {
            feed.add(clock.micros(now), sent, bytes, offset, length, flow);
        }
    }
}

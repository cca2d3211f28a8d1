/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.trace;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.sipwire.codec.capture.CapturedMessage;
import org.sipwire.codec.capture.HepWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the messages of a stack that match a filter to a Homer collector as HEP packets over UDP, by a thread of its own.
 *
 * <pre>
 *   loop: copies a message into its ring --- every 20 ms, asked to: copies what is new ---> exporter: masks, packs, sends
 * </pre>
 *
 * <p>A loop never waits for it: where the collector's thread is too slow, the oldest messages of the ring are overwritten and counted as
 * dropped.
 *
 * <p>Thread: made and closed by one thread; the counters may be read by any. Owned: close it, before the stack.
 */
public final class HepExporter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HepExporter.class);
    private static final int RING_OCTETS = 4 * 1024 * 1024;
    private static final long ROUND_NANOS = 20_000_000L;
    private static final long CLOSE_MILLIS = 1_000;
    private static final long ERROR_LOG_NANOS = 60_000_000_000L;

    private final MessageTrace trace;
    private final DatagramChannel channel;
    private final HepWriter writer;
    private final boolean mask;
    private final Drain[] drains;
    private final Thread thread = new Thread(this::run, "sipwire-hep");
    private final List<TracedMessage> batch = new ArrayList<>();
    private long nextErrorLogNanos = System.nanoTime();

    /** Set by who closes, read by the exporter's thread. */
    private volatile boolean closing;

    /** Written by the exporter's thread alone, read by any. */
    private volatile long sent;

    private volatile long dropped;
    private volatile long failed;

    /** What one loop and the exporter hand to each other. */
    private static final class Drain implements Runnable {
        private final MessageRing ring = new MessageRing(RING_OCTETS);
        private final byte[] copy = new byte[RING_OCTETS];
        private long position;
        private long seen;
        private int length;
        private long missed;
        /** The exporter's alone: it asked and has not read the answer. */
        private boolean open;

        /** True while the loop has the fields above; its writer hands them over: the exporter sets it, the loop clears it. */
        private volatile boolean asked;

        /** On the loop. */
        @Override
        public void run() {
            long overwrittenUnseen = 0;
            if (ring.begin() > position) {
                overwrittenUnseen = ring.overwritten() - seen;
                position = ring.begin();
            }
            length = ring.copy(position, copy);
            position = ring.end();
            seen = ring.messages();
            missed = overwrittenUnseen;
            asked = false;
        }
    }

    /**
     * Exports from now on.
     *
     * @param collector where to, resolved
     * @param filter which messages
     * @param agent the number by which Homer shows this agent
     * @param mask whether secrets are masked
     * @throws IOException when there is no way to the collector
     */
    public HepExporter(MessageTrace trace, InetSocketAddress collector, TraceFilter filter, int agent, boolean mask)
            throws IOException {
        this.trace = trace;
        this.mask = mask;
        writer = new HepWriter(agent);
        channel = DatagramChannel.open();
        try {
            channel.connect(collector);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw new IOException("cannot send to " + collector + ": " + e.getMessage(), e);
        }
        drains = new Drain[trace.stack().loopCount()];
        MessageRing[] rings = new MessageRing[drains.length];
        for (int i = 0; i < drains.length; i++) {
            drains[i] = new Drain();
            rings[i] = drains[i].ring;
        }
        trace.feed(rings, filter);
        thread.setDaemon(true);
        thread.start();
    }

    /** Messages sent to the collector. */
    public long sent() {
        return sent;
    }

    /** Messages that were overwritten before they could be sent, or are too long for a packet. */
    public long dropped() {
        return dropped;
    }

    /** Messages the system refused to send; nobody may be listening. */
    public long failed() {
        return failed;
    }

    private void run() {
        try {
            boolean last;
            do {
                last = closing;
                round();
            } while (!last);
        } catch (RejectedExecutionException e) {
            LOG.debug("the stack is closed", e);
        }
    }

    private void round() {
        for (int i = 0; i < drains.length; i++) {
            if (!drains[i].open) {
                drains[i].open = true;
                drains[i].asked = true;
                trace.stack().execute(i, drains[i]);
            }
        }
        LockSupport.parkNanos(ROUND_NANOS);
        for (Drain drain : drains) {
            if (drain.open && !drain.asked) {
                drain.open = false;
                batch.clear();
                MessageRing.read(drain.copy, drain.length, batch);
                dropped += drain.missed;
                for (TracedMessage traced : batch) {
                    send(traced.message());
                }
            }
        }
    }

    private void send(CapturedMessage message) {
        ByteBuffer packet = writer.write(mask ? message.masked() : message);
        if (packet == null) {
            dropped++;
            return;
        }
        try {
            channel.write(packet);
            sent++;
        } catch (IOException e) {
            // A port nobody listens on is told by ICMP at the next write: a collector may come back at any time.
            failed++;
            if (System.nanoTime() - nextErrorLogNanos >= 0) {
                nextErrorLogNanos = System.nanoTime() + ERROR_LOG_NANOS;
                LOG.warn(
                        "HEP packets cannot be sent: {}; further ones are counted and logged once a minute",
                        e.getMessage());
            }
        }
    }

    /** Sends what waits and ends. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        try {
            thread.join(CLOSE_MILLIS);
            trace.feed(new MessageRing[drains.length], null);
            channel.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.debug("closing the way to the collector failed", e);
        }
    }
}

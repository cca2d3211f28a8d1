/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

/**
 * The time of one event loop: read once a batch, so that a message costs no call into the system and all that is done
 * for it happens at one instant. Confined to its loop.
 *
 * <p>The loop calls {@link #read()} before it hands a batch to the layer and before {@link TransactionLayer#tick()};
 * a test calls {@link #set} instead and owns the time.
 *
 * <p>Owned by its loop.
 */
public final class LoopClock {

    private long nanos;
    private long wallMillis;

    /** A clock that shows the present. */
    public LoopClock() {
        read();
    }

    /** Reads the system's clocks. */
    public void read() {
        long now = System.nanoTime();
        set(now, SteadyClock.systemMillis(now, System.currentTimeMillis()));
    }

    /** Shows the given instant: what the system's clocks said, or what a test wants. */
    public void set(long nanoTime, long millis) {
        nanos = nanoTime;
        wallMillis = millis;
    }

    /** {@link System#nanoTime} at the last reading: for durations. */
    public long nanos() {
        return nanos;
    }

    /** Milliseconds since 1970 by {@link SteadyClock} at the last reading: what has an end is dated by it. */
    public long wallMillis() {
        return wallMillis;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Which uses of a loop's nonces have been seen (RFC 7616 §3.4.5, {@code nc}), in an array that never grows. May be called from any thread:
 * a device's second request can come in on another loop than its challenge went out.
 *
 * <p>A nonce bears the running number of its loop. The slot of number n is {@code n mod slots}; it is written only when a <em>right</em>
 * answer arrives, so whoever has no password cannot move anything here. A slot which a later nonce has taken over cannot tell any more
 * whether an earlier one was used: the answer is then {@link #FORGOTTEN}, never "unused", and the device is asked again with a fresh nonce
 * ({@code stale=true}). So a replay is never accepted, and the price of a small array is a round trip now and then. A nonce is forgotten
 * early only if it is answered after its loop handed out {@code slots} more: at 50,000 challenges a second and the default of
 * {@value NonceFactory#DEFAULT_SLOTS} slots that is five seconds.
 *
 * <pre>
 *   slot  63            40 39          24 23                0
 *        +----------------+--------------+-------------------+    lap     n / slots: which nonce the slot is about
 *        |      lap       |  highest nc  |  seen, bit i =    |    highest the largest nc seen
 *        |                |              |  highest nc - i   |    seen    those just below it, so that reordered requests pass once
 *        +----------------+--------------+-------------------+
 * </pre>
 *
 * Shared: the loop that issues the nonces owns the numbers, every loop may claim.
 */
final class NonceCount {

    /** The use is new and is now on record. */
    static final int FRESH = 0;
    /** This use was on record already. */
    static final int REPLAYED = 1;
    /** The record is gone: it cannot be told whether this use is new. */
    static final int FORGOTTEN = 2;

    /** The count for "used without nc": nothing is above it and all below it is seen. */
    private static final int WHOLE_NONCE = 0xFFFF;

    private static final int LAP_BITS = 24;
    private static final int SEEN_BITS = 24;
    private static final int ALL_SEEN = (1 << SEEN_BITS) - 1;

    /**
     * Who writes: the loop that got a right answer. Who reads: the same, and any loop that gets an answer to the same nonce. What it
     * publishes: nothing but itself; the compare-and-set makes one of two concurrent claims of a use the only one.
     */
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] slots;
    private final int indexBits;
    private final int lapShift;

    /**
     * A record of this many nonces.
     *
     * @param slots a power of two; with 2^16 or more the lap fits whole
     */
    NonceCount(int slots) {
        this.slots = new long[slots];
        this.indexBits = Integer.numberOfTrailingZeros(slots);
        this.lapShift = Integer.SIZE - Math.min(LAP_BITS, Nonce.NUMBER_BITS - indexBits);
    }

    /** Puts the use {@code nc} of nonce {@code number} on record, if it is new. A count above 65,534 asks for a fresh nonce. */
    int claim(long number, long nc) {
        return nc >= WHOLE_NONCE ? FORGOTTEN : claim(number, (int) nc, 1);
    }

    /** Puts the only use of a nonce on record: for an answer without {@code nc}. */
    int claimOnce(long number) {
        return claim(number, WHOLE_NONCE, ALL_SEEN);
    }

    private int claim(long number, int nc, int seenWhenNew) {
        int index = (int) number & slots.length - 1;
        int lap = (int) (number >>> indexBits);
        for (; ; ) {
            long slot = (long) SLOT.getOpaque(slots, index);
            // Serial number arithmetic (RFC 1982): numbers begin anew after 2^40, and the lap of a slot is near that of
            // any nonce alive.
            int ahead = ((int) (slot >>> 40) - lap << lapShift) >> lapShift;
            if (ahead > 0) {
                return FORGOTTEN;
            }
            int highest = ahead < 0 ? 0 : (int) (slot >>> SEEN_BITS) & 0xFFFF;
            int seen = ahead < 0 ? 0 : (int) slot & ALL_SEEN;
            int behind = highest - nc;
            if (behind >= 0) {
                // Below the window it cannot be told; refusing is the safe side (RFC 7616 §3.4.5: "replay detected").
                if (behind >= SEEN_BITS || (seen >>> behind & 1) != 0) {
                    return REPLAYED;
                }
                seen |= 1 << behind;
            } else {
                if (nc == WHOLE_NONCE && highest != 0) {
                    return REPLAYED;
                }
                seen = (-behind >= SEEN_BITS ? 0 : seen << -behind) & ALL_SEEN | seenWhenNew;
                highest = nc;
            }
            long next = (long) lap << 40 | (long) highest << SEEN_BITS | seen;
            if (SLOT.compareAndSet(slots, index, slot, next)) {
                return FRESH;
            }
        }
    }
}

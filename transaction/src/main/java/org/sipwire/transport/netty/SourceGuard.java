/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import java.security.SecureRandom;
import java.util.Arrays;

/**
 * Who goes first when more datagrams come than can be worked on: sources that were {@linkplain #vouch vouched for}, in the registrar those
 * that registered. Of the others a share is dropped unread, as large as it must be for the socket to run empty; else the kernel would
 * drop of all alike, and a flood, which sends most, would leave the devices nothing. Confined to its loop.
 *
 * <pre>
 *   share of strangers dropped
 *     |        ____
 *     |     __/    \____                  + {@value #STEP}/256 a turn of the loop that left datagrams in the socket, from the second on
 *     |  __/            \_____            - 1/256 a millisecond since
 *     +-------------------------> time
 * </pre>
 *
 * <p>A source is an address and port. Known are the last million or so, in two generations of one bit for each hash: some strangers pass
 * for known, and no known source for a stranger while its generation lasts. Where nobody was ever vouched for nothing is dropped here.
 */
final class SourceGuard {

    /** A stranger in 256 at least gets through, times this: a device that comes for the first time is to have its chance. */
    private static final int MOST = 248;

    private static final int STEP = 32;
    private static final int PATIENCE = 2;
    private static final int HASH_BITS = 22;

    /** Sources of a generation, {@value}: a quarter of the bits. */
    static final int GENERATION = 1 << HASH_BITS - 2;

    private static final long MILLI = 1_000_000;

    private final long key = new SecureRandom().nextLong() | 1;
    private long[] known;
    private long[] earlier;
    private int count;
    private int share;
    private int behind;
    private long easedAt;
    private int random = (int) (key >>> 32) | 1;

    /** Notes a source by the number of its flow. */
    void vouch(long id) {
        long bit = id * key >>> -HASH_BITS;
        if (known == null) {
            known = new long[1 << HASH_BITS - 6];
            earlier = new long[1 << HASH_BITS - 6];
        }
        int word = (int) (bit >>> 6);
        long mask = 1L << bit;
        if ((known[word] & mask) != 0) {
            return;
        }
        known[word] |= mask;
        if (++count == GENERATION) {
            count = 0;
            long[] forgotten = earlier;
            earlier = known;
            Arrays.fill(forgotten, 0);
            known = forgotten;
        }
    }

    private boolean isKnown(long id) {
        long bit = id * key >>> -HASH_BITS;
        int word = (int) (bit >>> 6);
        return ((known[word] | earlier[word]) & 1L << bit) != 0;
    }

    /** True while strangers are to be asked for. */
    boolean isShedding() {
        return share > 0;
    }

    /** Whether the datagram of a source is to be worked on. Called while {@link #isShedding}. */
    boolean admits(long id) {
        if (isKnown(id)) {
            return true;
        }
        random ^= random << 13;
        random ^= random >>> 17;
        random ^= random << 5;
        return (random & 0xFF) >= share;
    }

    /**
     * Ends a turn of the loop.
     *
     * @param drained whether the socket was left empty
     */
    void turn(boolean drained, long nanoTime) {
        if (!drained) {
            if (++behind >= PATIENCE && known != null) {
                share = Math.min(MOST, share + STEP);
                easedAt = nanoTime;
            }
            return;
        }
        behind = 0;
        if (share > 0) {
            long eased = Math.min((nanoTime - easedAt) / MILLI, share);
            share -= (int) eased;
            easedAt += eased * MILLI;
        }
    }

    /** How many strangers in 256 are dropped. */
    int share() {
        return share;
    }
}

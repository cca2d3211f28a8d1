/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.fault;

/**
 * What a network does to datagrams. The same seed and the same datagrams give the same faults.
 *
 * <p>Shared: immutable.
 *
 * @param seed of the pseudo-random sequence
 * @param loss share of datagrams that are lost, 0..1
 * @param duplication share of datagrams that come twice, 0..1
 * @param reordering share of datagrams that come after the next one, 0..1
 * @param corruption share of datagrams of which some octets come changed, 0..1
 * @param minDelayMillis every datagram comes later by this at least
 * @param maxDelayMillis every datagram comes later by this at most
 */
public record Faults(
        long seed,
        double loss,
        double duplication,
        double reordering,
        double corruption,
        int minDelayMillis,
        int maxDelayMillis) {

    /** Checks the shares and delays. */
    public Faults {
        if (!isShare(loss) || !isShare(duplication) || !isShare(reordering) || !isShare(corruption)) {
            throw new IllegalArgumentException(
                    "loss, duplication, reordering and corruption are shares within 0..1, are " + loss + ", "
                            + duplication + ", " + reordering + ", " + corruption);
        }
        if (minDelayMillis < 0 || maxDelayMillis < minDelayMillis) {
            throw new IllegalArgumentException(
                    "a delay of " + minDelayMillis + ".." + maxDelayMillis + " ms is no range of times");
        }
    }

    private static boolean isShare(double value) {
        return value >= 0 && value <= 1;
    }

    /** No fault yet. */
    public static Faults seed(long seed) {
        return new Faults(seed, 0, 0, 0, 0, 0, 0);
    }

    /** These, and so many are lost. */
    public Faults withLoss(double share) {
        return new Faults(seed, share, duplication, reordering, corruption, minDelayMillis, maxDelayMillis);
    }

    /** These, and so many come twice. */
    public Faults withDuplication(double share) {
        return new Faults(seed, loss, share, reordering, corruption, minDelayMillis, maxDelayMillis);
    }

    /** These, and so many come after the next one. */
    public Faults withReordering(double share) {
        return new Faults(seed, loss, duplication, share, corruption, minDelayMillis, maxDelayMillis);
    }

    /** These, and of so many some octets come changed. */
    public Faults withCorruption(double share) {
        return new Faults(seed, loss, duplication, reordering, share, minDelayMillis, maxDelayMillis);
    }

    /** These, and all come later. */
    public Faults withDelay(int minMillis, int maxMillis) {
        return new Faults(seed, loss, duplication, reordering, corruption, minMillis, maxMillis);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.store;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Devices that register, refresh and come again when refused, each on its own, second by second: what the formulae of
 * {@link FleetModel} leave out is in here. The same seed gives the same run.
 *
 * <p>Confined to one thread.
 */
final class FleetSimulation {
    private final SplittableRandom random;

    FleetSimulation(long seed) {
        random = new SplittableRandom(seed);
    }

    /** What one run counted: arrivals in each second, and when the last device had its first 200. */
    record Run(int[] arrivals, double lastGranted) {
        double meanRate(int from, int to) {
            return Arrays.stream(arrivals, from, to).average().orElse(0);
        }

        /** The highest rate over some seconds in a row within a range: single seconds are noise. */
        double peak(int from, int to, int over) {
            double highest = 0;
            for (int i = from; i + over <= Math.min(to, arrivals.length); i++) {
                highest = Math.max(highest, meanRate(i, i + over));
            }
            return highest;
        }
    }

    /**
     * Devices of a fleet.
     *
     * @param within the time in which all come first, evenly
     * @param capacity registrations a second the fleet grants; more are answered 503
     * @param retryAfter the least Retry-After of a 503
     * @param retrySpread by how much it is longer at most, at random
     */
    record Herd(
            int devices,
            double within,
            double expires,
            double refreshAt,
            double jitter,
            double capacity,
            double retryAfter,
            double retrySpread) {}

    /** Runs for some seconds. */
    Run run(Herd herd, int seconds) {
        int[] arrivals = new int[seconds];
        // Devices by the second in which they come next: a list in arrays, as a million of them need no objects.
        int[] first = new int[seconds];
        int[] next = new int[herd.devices()];
        boolean[] granted = new boolean[herd.devices()];
        Arrays.fill(first, -1);
        for (int device = 0; device < herd.devices(); device++) {
            enter(first, next, device, random.nextDouble() * herd.within());
        }
        int left = herd.devices();
        double last = 0;
        for (int second = 0; second < seconds; second++) {
            int room = (int) Math.min(Integer.MAX_VALUE, herd.capacity());
            for (int device = first[second]; device >= 0; ) {
                int following = next[device];
                arrivals[second]++;
                double now = second + random.nextDouble();
                if (room-- > 0) {
                    if (!granted[device]) {
                        granted[device] = true;
                        left--;
                        last = left == 0 ? second + 1 : last;
                    }
                    double time = herd.expires() * (1 - herd.jitter() * random.nextDouble());
                    enter(first, next, device, now + herd.refreshAt() * time);
                } else {
                    enter(first, next, device, now + herd.retryAfter() + random.nextDouble() * herd.retrySpread());
                }
                device = following;
            }
        }
        return new Run(arrivals, left == 0 ? last : Double.NaN);
    }

    private static void enter(int[] first, int[] next, int device, double at) {
        int second = (int) at;
        if (second < first.length) {
            next[device] = first[second];
            first[second] = device;
        }
    }

    /** How much fuller than the mean the fullest shard is, of keys that a hash spreads. */
    double fullestShard(int keys, int shards) {
        int[] load = new int[shards];
        for (int i = 0; i < keys; i++) {
            load[random.nextInt(shards)]++;
        }
        return Arrays.stream(load).max().orElse(0) * (double) shards / keys;
    }

    /** The share of keys that another node gets when the last of some leaves, the node with the greatest hash having each. */
    double movedByRendezvous(int keys, int nodes) {
        int moved = 0;
        for (int i = 0; i < keys; i++) {
            long key = random.nextLong();
            moved += highest(key, nodes) != highest(key, nodes - 1) ? 1 : 0;
        }
        return (double) moved / keys;
    }

    private static int highest(long key, int nodes) {
        int best = 0;
        long bestHash = Long.MIN_VALUE;
        for (int node = 0; node < nodes; node++) {
            long hash = mix(key ^ mix(node + 1L));
            if (hash > bestHash) {
                bestHash = hash;
                best = node;
            }
        }
        return best;
    }

    private static long mix(long z) {
        long a = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ a >>> 27) * 0x94D049BB133111EBL;
        return b ^ b >>> 31;
    }

    /** The same with the hash taken modulo the number of nodes. */
    double movedByModulo(int keys, int nodes) {
        int moved = 0;
        for (int i = 0; i < keys; i++) {
            long key = random.nextLong() >>> 1;
            moved += key % nodes != key % (nodes - 1) ? 1 : 0;
        }
        return (double) moved / keys;
    }
}

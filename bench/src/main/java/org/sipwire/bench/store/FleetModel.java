/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.store;

/**
 * The formulae by which a fleet is sized, as the page in {@code org.sipwire.registrar.location} explains them. Times in seconds, rates a
 * second. {@link FleetSimulation} checks them. Static.
 */
final class FleetModel {

    /** What a node or shard of the fleet can do, as measured on one core of a small machine; see README. */
    static final double REGISTER_CORE_SECONDS = 14e-6;

    static final double KEEPALIVE_CORE_SECONDS = 8e-6;
    /** A binding in a registrar's own table, and in Redis with its key and its place in a list. */
    static final double NODE_BYTES = 245;

    static final double REDIS_BYTES = 490;
    /** A completed transaction, kept for Timer J. */
    static final double TRANSACTION_BYTES = 501;

    static final double TIMER_J_SECONDS = 32;
    /** Reading and replacing a record. */
    static final double REDIS_CALLS = 2;

    private FleetModel() {}

    /**
     * Refreshes a second of devices that refresh when a share of the granted time has passed.
     *
     * @param jitter the share by which the granted time is shortened at most ({@code --expires-jitter})
     */
    static double refreshRate(double devices, double expires, double refreshAt, double jitter) {
        return devices / (refreshAt * expires * (1 - jitter / 2));
    }

    /**
     * The highest rate of the k-th wave of refreshes after all devices registered within a time at an even rate. Every wave adds an even
     * spread of its own, so that a late one is a bell: its standard deviation is the root of the sum of all variances.
     */
    static double wavePeak(double devices, double within, double expires, double refreshAt, double jitter, int wave) {
        double spread = jitter * refreshAt * expires;
        if (wave == 1) {
            // Two even spreads make a trapezoid, as high as the wider one alone.
            return devices / Math.max(within, spread);
        }
        double variance = (within * within + wave * spread * spread) / 12;
        double peak = devices / Math.sqrt(2 * Math.PI * variance);
        return Math.max(peak, refreshRate(devices, expires, refreshAt, jitter));
    }

    /** How long a fleet works off devices that all want to register, beside the refreshes of the others. */
    static double drainSeconds(double waiting, double capacity, double refreshRate) {
        return waiting / (capacity - refreshRate);
    }

    /** How much fuller than the mean the fullest of some shards is that a hash spreads keys over. */
    static double fullestShard(double keys, int shards) {
        return 1 + Math.sqrt(2 * Math.log(shards) * shards / keys);
    }

    /** The share of devices that get to another node when one of some leaves: rendezvous hashing moves its own alone. */
    static double movedByRendezvous(int nodes) {
        return 1.0 / nodes;
    }

    /** The same when the hash is taken modulo the number of nodes. */
    static double movedByModulo(int nodes) {
        return 1 - 1.0 / nodes;
    }

    /** Cores for a rate of work, each busy to a share of its time. */
    static double cores(double rate, double coreSeconds, double busy) {
        return rate * coreSeconds / busy;
    }
}

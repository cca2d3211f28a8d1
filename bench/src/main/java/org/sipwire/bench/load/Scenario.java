/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

/** Which operations arrive. */
enum Scenario {
    /** Every arrival registers the next user. */
    REGISTER,
    /** Every arrival refreshes the next user's registration. */
    REFRESH,
    /** Every arrival takes the next user's registrations away. */
    UNREGISTER,
    /** Devices of GB/T 28181: each registers, then keeps alive and answers Catalog queries; every 60th keep-alive is a refresh. */
    GB28181,
    /** A fleet of such devices through its day: power on, steady state, power cut, storm. Not by option: {@code bench/run fleet}. */
    FLEET,
    /** 70 % refresh, 20 % register, 10 % unregister. */
    MIXED,
    /** The same by users at random, so that some expire before they come again; and one arrival in a hundred is {@link #disturbs}. */
    CHURN;

    private static final int KEEPALIVES_PER_REFRESH = 60;

    /**
     * What arrival {@code index} does for a user.
     *
     * @param round how often this user has had an arrival before
     * @param registered whether the user's registration was accepted
     */
    Op op(long index, long round, boolean registered) {
        return switch (this) {
            case REGISTER -> Op.REGISTER;
            case REFRESH -> Op.REFRESH;
            case UNREGISTER -> Op.UNREGISTER;
            case GB28181, FLEET ->
                registered ? round % KEEPALIVES_PER_REFRESH == 0 ? Op.REFRESH : Op.KEEPALIVE : Op.REFRESH;
            case MIXED, CHURN -> {
                long share = share(index);
                yield share < 70 ? Op.REFRESH : share < 90 ? Op.REGISTER : Op.UNREGISTER;
            }
        };
    }

    /** Whether this arrival is no cycle but a broken request, or the end of a connection. */
    boolean disturbs(long index) {
        return this == CHURN && share(index) == 99;
    }

    /** 0..99, by a Weyl sequence: evenly mixed, the same in every run. */
    private static long share(long index) {
        return (index * 0x9E3779B97F4A7C15L >>> 32) * 100 >>> 32;
    }

    /** Whether devices of GB/T 28181 come. */
    boolean isGb() {
        return this == GB28181 || this == FLEET;
    }

    boolean remembersUsers() {
        return this == REFRESH || isGb() || this == MIXED || this == CHURN;
    }
}

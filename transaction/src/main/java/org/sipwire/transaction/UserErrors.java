/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the transaction user throws: all of it counted, one a second logged, so that a failing user under load does not
 * fail by its log. Confined to one event loop.
 */
final class UserErrors {

    private static final Logger LOG = LoggerFactory.getLogger(TransactionUser.class);
    private static final long INTERVAL_NANOS = 1_000_000_000L;

    private final LoopCounters counters;
    private final LoopClock clock;
    private long loggedAtNanos;

    UserErrors(LoopCounters counters, LoopClock clock) {
        this.counters = counters;
        this.clock = clock;
        loggedAtNanos = clock.nanos() - INTERVAL_NANOS;
    }

    /** A callback threw this; the loop goes on. */
    void caught(RuntimeException e) {
        counters.increment(TransactionCounter.USER_ERRORS);
        if (clock.nanos() - loggedAtNanos >= INTERVAL_NANOS) {
            loggedAtNanos = clock.nanos();
            LOG.warn("the transaction user failed", e);
        }
    }
}

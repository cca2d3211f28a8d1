/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.sipwire.bench.load.Acknowledgements;

/**
 * The last registration of each address-of-record that was granted, and what is missing of them in a store. Shared: loads write, each
 * its own users.
 */
final class Granted implements Acknowledgements {

    /**
     * One granted registration.
     *
     * @param earliestEnd the first second of the wall clock at which its binding may end
     * @param grantedNanos when its 200 came
     */
    record Registration(String callId, long earliestEnd, int expiresSeconds, long grantedNanos) {}

    /** A registration that was granted and is not as it was granted. */
    record Loss(String aor, Registration registration, String what) {}

    private final Map<String, Registration> last = new ConcurrentHashMap<>();
    private final LongAdder total = new LongAdder();

    @Override
    public void acknowledged(String aor, int expiresSeconds, String callId, long sentNanos, long acknowledgedNanos) {
        long sentMillis = System.currentTimeMillis() - (System.nanoTime() - sentNanos) / 1_000_000;
        // A millisecond for the rounding of two clocks.
        long earliest = Math.floorDiv(sentMillis - 1, 1000L) + expiresSeconds;
        total.increment();
        last.put(aor, new Registration(callId, earliest, expiresSeconds, acknowledgedNanos));
    }

    /** All grants, of the same address-of-record too. */
    long total() {
        return total.sum();
    }

    int size() {
        return last.size();
    }

    /**
     * Compares with what a store has.
     *
     * @param untilSeconds the wall clock second at which the last request can have been granted
     */
    List<Loss> lost(Map<String, StoredBindings.Stored> stored, long untilSeconds) {
        List<Loss> losses = new ArrayList<>();
        last.forEach((aor, granted) -> {
            StoredBindings.Stored found = stored.get(aor);
            if (found == null) {
                losses.add(new Loss(aor, granted, "is not there"));
            } else if (found.callId().compareTo(granted.callId()) < 0) {
                // A later request may have been stored without its 200 having been received, an earlier one not.
                losses.add(new Loss(aor, granted, "is that of an earlier request"));
            } else if (found.latestEnd() < granted.earliestEnd()
                    || found.earliestEnd() > untilSeconds + granted.expiresSeconds()) {
                losses.add(new Loss(
                        aor,
                        granted,
                        "ends at " + found.latestEnd() + ", not within " + granted.earliestEnd() + ".."
                                + (untilSeconds + granted.expiresSeconds())));
            }
        });
        return losses;
    }

    /** Forgets what was lost, so that it is counted once. */
    void forget(List<Loss> losses) {
        losses.forEach(loss -> last.remove(loss.aor()));
    }
}

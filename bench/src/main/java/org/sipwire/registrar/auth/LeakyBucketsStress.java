/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** Two loops see an attempt of one source fail at the same time: both count. */
@JCStressTest
@State
@Outcome(id = "1, 2, 2", expect = ACCEPTABLE, desc = "The first loop was first.")
@Outcome(id = "2, 1, 2", expect = ACCEPTABLE, desc = "The second loop was first.")
@Outcome(expect = FORBIDDEN, desc = "A failure was not counted.")
public class LeakyBucketsStress {

    private static final long KEY = 0x123456789ABCDEF0L;

    private final LeakyBuckets buckets = new LeakyBuckets(16, 60, 100);

    @Actor
    public void one(III_Result result) {
        result.r1 = buckets.add(KEY, 1000);
    }

    @Actor
    public void other(III_Result result) {
        result.r2 = buckets.add(KEY, 1000);
    }

    @Arbiter
    public void look(III_Result result) {
        result.r3 = buckets.level(KEY, 1000);
    }
}

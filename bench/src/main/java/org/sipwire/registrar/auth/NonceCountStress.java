/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * The exactly-once edges of authentication: two loops get an answer to one nonce, or count a failure of one source, at the same time.
 * Results are codes of {@link NonceCount}: 0 fresh, 1 replayed, 2 forgotten. Any hardware can show a lost update.
 */
public final class NonceCountStress {

    private static final int SLOTS = 16;

    private NonceCountStress() {}

    /** One count, claimed twice. */
    @JCStressTest
    @State
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "the first loop accepted it")
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the second loop accepted it")
    @Outcome(expect = FORBIDDEN, desc = "an answer was accepted twice, or never")
    public static class SameCount {
        private final NonceCount count = new NonceCount(SLOTS);

        /** One loop. */
        @Actor
        public void one(II_Result r) {
            r.r1 = count.claim(3, 1);
        }

        /** Another loop. */
        @Actor
        public void other(II_Result r) {
            r.r2 = count.claim(3, 1);
        }
    }

    /** Two counts of one nonce: neither may get lost. */
    @JCStressTest
    @State
    @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "both were accepted")
    @Outcome(expect = FORBIDDEN, desc = "a right answer was refused")
    public static class TwoCounts {
        private final NonceCount count = new NonceCount(SLOTS);

        /** One loop. */
        @Actor
        public void one(II_Result r) {
            r.r1 = count.claim(3, 1);
        }

        /** Another loop. */
        @Actor
        public void other(II_Result r) {
            r.r2 = count.claim(3, 2);
        }
    }

    /** A nonce used with and without a count. */
    @JCStressTest
    @State
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "the one with a count was accepted")
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the one without was accepted")
    @Outcome(expect = FORBIDDEN, desc = "a nonce that is good once was used twice, or never")
    public static class WithAndWithoutCount {
        private final NonceCount count = new NonceCount(SLOTS);

        /** One loop. */
        @Actor
        public void one(II_Result r) {
            r.r1 = count.claim(3, 5);
        }

        /** Another loop. */
        @Actor
        public void other(II_Result r) {
            r.r2 = count.claimOnce(3);
        }
    }

    /** A nonce and its successor in the slot. */
    @JCStressTest
    @State
    @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "the earlier came first")
    @Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "the later took the slot first")
    @Outcome(expect = FORBIDDEN, desc = "the later nonce lost its slot to the earlier")
    public static class Successor {
        private final NonceCount count = new NonceCount(SLOTS);

        /** One loop. */
        @Actor
        public void one(II_Result r) {
            r.r1 = count.claim(3, 1);
        }

        /** Another loop. */
        @Actor
        public void other(II_Result r) {
            r.r2 = count.claim(3 + SLOTS, 1);
        }
    }

    /** Two failures of one source. */
    @JCStressTest
    @State
    @Outcome(id = "2", expect = ACCEPTABLE, desc = "both are counted")
    @Outcome(expect = FORBIDDEN, desc = "a failure got lost")
    public static class Failures {
        private final LeakyBuckets buckets = new LeakyBuckets(SLOTS, 60, 10);

        /** One loop. */
        @Actor
        public void one() {
            buckets.add(0x1234_5678_9ABC_DEF0L, 100);
        }

        /** Another loop. */
        @Actor
        public void other() {
            buckets.add(0x1234_5678_9ABC_DEF0L, 100);
        }

        /** Afterwards. */
        @Arbiter
        public void count(I_Result r) {
            r.r1 = buckets.level(0x1234_5678_9ABC_DEF0L, 100);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** A loop counts past 2^32 while a scrape reads twice: each value is whole, and none is older than the one before it. */
@JCStressTest
@State
@Outcome(id = "4294967295, 4294967295", expect = Expect.ACCEPTABLE, desc = "Both before.")
@Outcome(id = "4294967295, 4294967296", expect = Expect.ACCEPTABLE, desc = "In between.")
@Outcome(id = "4294967295, 4294967297", expect = Expect.ACCEPTABLE, desc = "One before, one after.")
@Outcome(id = "4294967296, 4294967296", expect = Expect.ACCEPTABLE, desc = "Both in between.")
@Outcome(id = "4294967296, 4294967297", expect = Expect.ACCEPTABLE, desc = "In between.")
@Outcome(id = "4294967297, 4294967297", expect = Expect.ACCEPTABLE, desc = "Both after.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A torn value, or a counter that went back.")
public class LoopCountersStress {

    private final LoopCounters counters = new LoopCounters(1);

    public LoopCountersStress() {
        counters.set(0, 0xFFFF_FFFFL);
    }

    @Actor
    public void loop() {
        counters.increment(0);
        counters.increment(0);
    }

    @Actor
    public void scrape(JJ_Result result) {
        result.r1 = counters.get(0);
        result.r2 = counters.get(0);
    }
}

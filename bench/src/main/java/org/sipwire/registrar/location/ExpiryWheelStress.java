/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Two loops enter what expires in a second that the sweep is about to take: each entry comes out, now or by the next sweep. */
@JCStressTest
@State
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Each came out once.")
@Outcome(id = "1, 2", expect = Expect.ACCEPTABLE, desc = "Entered again behind the sweep: looked at twice.")
@Outcome(id = "2, 1", expect = Expect.ACCEPTABLE, desc = "Entered again behind the sweep: looked at twice.")
@Outcome(id = "2, 2", expect = Expect.ACCEPTABLE, desc = "Entered again behind the sweep: looked at twice.")
@Outcome(expect = Expect.FORBIDDEN, desc = "An entry was lost: its binding would stay for ever.")
public class ExpiryWheelStress {

    private final ExpiryWheel wheel = new ExpiryWheel(100);
    private int ones;
    private int others;

    private void due(long hash) {
        if (hash == 7) {
            ones++;
        } else {
            others++;
        }
    }

    @Actor
    public void one() {
        wheel.add(7, 101);
    }

    @Actor
    public void other() {
        wheel.add(9, 101);
    }

    @Actor
    public void sweep() {
        wheel.sweep(101, 100, (hash, second) -> due(hash));
    }

    @Arbiter
    public void look(II_Result result) {
        wheel.sweep(110, 100, (hash, second) -> due(hash));
        result.r1 = ones;
        result.r2 = others;
    }
}

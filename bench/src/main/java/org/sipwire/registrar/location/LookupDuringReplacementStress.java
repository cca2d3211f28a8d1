/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.nio.charset.StandardCharsets;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The publication of a record: one loop adds a binding, which replaces the record, while another looks it up. What is found is whole: one
 * binding or two, each with its own CSeq, 1 and 2 in sum.
 */
@JCStressTest
@State
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Before.")
@Outcome(id = "2, 3", expect = Expect.ACCEPTABLE, desc = "After.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Nothing, or half a record.")
public class LookupDuringReplacementStress {

    private static final byte[] AOR = "alice@example.com".getBytes(StandardCharsets.US_ASCII);

    private final InMemoryLocationService locations = new InMemoryLocationService(() -> 0);

    public LookupDuringReplacementStress() {
        Registrations.register(locations, AOR, "sip:a@h1", "call-1", 1);
    }

    @Actor
    public void add() {
        Registrations.register(locations, AOR, "sip:a@h2", "call-2", 2);
    }

    @Actor
    public void look(II_Result result) {
        locations.lookup(AOR, 0, AOR.length, new Bindings(), Runnable::run, (outcome, bindings) -> {
            result.r1 = bindings.count();
            while (bindings.next()) {
                result.r2 += (int) bindings.cseq();
            }
        });
    }
}

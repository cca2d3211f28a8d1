/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.nio.charset.StandardCharsets;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * One loop refreshes a binding, which writes one word of the record, while another adds a second binding, which replaces the record. The
 * refresh must be in the new record. The race needs two cores; a lost refresh would show on x86 too.
 */
@JCStressTest
@State
@Outcome(id = "2, 2", expect = Expect.ACCEPTABLE, desc = "Both are there, the first as refreshed.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A refresh or a binding was lost.")
public class RefreshDuringReplacementStress {

    private static final byte[] AOR = "alice@example.com".getBytes(StandardCharsets.US_ASCII);

    private final InMemoryLocationService locations = new InMemoryLocationService(() -> 0);

    public RefreshDuringReplacementStress() {
        Registrations.register(locations, AOR, "sip:a@h1", "call-1", 1);
    }

    @Actor
    public void refresh() {
        Registrations.register(locations, AOR, "sip:a@h1", "call-1", 2);
    }

    @Actor
    public void add() {
        Registrations.register(locations, AOR, "sip:a@h2", "call-2", 1);
    }

    @Arbiter
    public void look(II_Result result) {
        locations.lookup(AOR, 0, AOR.length, new Bindings(), Runnable::run, (outcome, bindings) -> {
            result.r1 = bindings.count();
            while (bindings.next()) {
                result.r2 = Math.max(result.r2, (int) bindings.cseq());
            }
        });
    }
}

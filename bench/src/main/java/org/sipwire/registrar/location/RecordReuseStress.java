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
 * The edge of {@link RecordReaders}: one loop refreshes a binding, which writes one word of its record, while another replaces the record
 * and writes its array anew for a second address-of-record, with a stamp that looks like the first's. The refresh must not get there.
 * The race needs two cores; without the fence x86 would show it too.
 */
@JCStressTest
@State
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "The refresh came first, and the replacement after it.")
@Outcome(
        id = "5, 1",
        expect = Expect.ACCEPTABLE,
        desc = "The refresh came second and added its contact, as the Call-ID was another.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A refresh reached another address-of-record.")
public class RecordReuseStress {

    private static final byte[] ALICE = "alice@example.com".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CAROL = "carol@example.com".getBytes(StandardCharsets.US_ASCII);

    private final InMemoryLocationService locations = new InMemoryLocationService(() -> 0, 1);
    private final BindingUpdate refreshing = new BindingUpdate();
    private final BindingUpdate replacing = new BindingUpdate();

    public RecordReuseStress() {
        Registrations.register(locations, replacing, ALICE, "sip:a@h1", "call-1", 1);
    }

    @Actor
    public void refresh() {
        Registrations.register(locations, refreshing, ALICE, "sip:a@h1", "call-1", 5);
    }

    @Actor
    public void replace() {
        Registrations.register(locations, replacing, ALICE, "sip:a@h1", "call-2", 1);
        Registrations.register(locations, replacing, CAROL, "sip:a@h1", "call-1", 1);
    }

    @Arbiter
    public void look(II_Result result) {
        result.r1 = cseq(ALICE);
        result.r2 = cseq(CAROL);
    }

    private int cseq(byte[] aor) {
        int[] cseq = {0};
        locations.lookup(aor, 0, aor.length, new Bindings(), Runnable::run, (outcome, bindings) -> {
            while (bindings.next()) {
                cseq[0] += (int) bindings.cseq();
            }
        });
        return cseq[0];
    }
}

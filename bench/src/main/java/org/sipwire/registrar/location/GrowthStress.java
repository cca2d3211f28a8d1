/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.nio.charset.StandardCharsets;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** Two loops add addresses until the table has to grow, and refresh one meanwhile: nothing is lost on the way to the new slots. */
@JCStressTest
@State
@Outcome(id = "24, 24, 2", expect = Expect.ACCEPTABLE, desc = "All are there, and the refresh.")
@Outcome(expect = Expect.FORBIDDEN, desc = "An address or a refresh was lost.")
public class GrowthStress {

    private static final int EACH = 24;
    private static final byte[][] ONE = names('a');
    private static final byte[][] OTHER = names('b');
    private static final byte[] SHARED = "shared@example.com".getBytes(StandardCharsets.US_ASCII);

    private final InMemoryLocationService locations = new InMemoryLocationService(() -> 0);

    public GrowthStress() {
        Registrations.register(locations, SHARED, "sip:s@h", "call", 1);
    }

    private static byte[][] names(char prefix) {
        byte[][] names = new byte[EACH][];
        for (int i = 0; i < EACH; i++) {
            names[i] = (prefix + Integer.toString(i) + "@example.com").getBytes(StandardCharsets.US_ASCII);
        }
        return names;
    }

    @Actor
    public void one() {
        for (byte[] name : ONE) {
            Registrations.register(locations, name, "sip:a@h", "call", 1);
        }
    }

    @Actor
    public void other() {
        for (int i = 0; i < EACH; i++) {
            Registrations.register(locations, OTHER[i], "sip:b@h", "call", 1);
            if (i == EACH / 2) {
                Registrations.register(locations, SHARED, "sip:s@h", "call", 2);
            }
        }
    }

    @Arbiter
    public void look(III_Result result) {
        for (int i = 0; i < EACH; i++) {
            result.r1 += cseq(ONE[i]) > 0 ? 1 : 0;
            result.r2 += cseq(OTHER[i]) > 0 ? 1 : 0;
        }
        result.r3 = cseq(SHARED);
    }

    private int cseq(byte[] aor) {
        int[] found = new int[1];
        locations.lookup(aor, 0, aor.length, new Bindings(), Runnable::run, (outcome, bindings) -> {
            while (bindings.next()) {
                found[0] = (int) bindings.cseq();
            }
        });
        return found[0];
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sipwire.transaction.LayerHarness.request;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.SipMethod;

/** The time leaps for a layer whose process was stopped and goes on: timers that came due meanwhile fire once, all at one tick. */
class StoppedProcessTest {
    private static final int EACH = 50;

    private final LayerHarness harness = new LayerHarness();
    private final FakeFlow udp = FakeFlow.udp();

    /** Transactions of all four kinds in the midst of their lives. */
    private void begin() {
        harness.onRequest = (request, context) -> {
            ServerTransaction transaction = context.accept();
            transaction.response(request.method() == SipMethod.INVITE ? 486 : 200);
            transaction.respond();
        };
        for (int i = 1; i <= EACH; i++) {
            harness.receive(request("REGISTER", "z9hG4bK-register" + i, "", i + " REGISTER"), udp);
            harness.receive(request("INVITE", "z9hG4bK-invite" + i, "", i + " INVITE"), udp);
            harness.send(SipMethod.MESSAGE, udp, "message" + i);
            harness.send(SipMethod.INVITE, udp, "invite" + i);
        }
        harness.pass(100);
        assertThat(harness.layer.liveTransactions()).isEqualTo(4 * EACH);
        udp.taken();
        harness.heard();
    }

    /** Longer than 64*T1, which timers B, F, H and J have. */
    @Test
    void stopLongerThanAllTimersEndsEveryTransactionOnceAndSendsNoMessageTwice() {
        begin();
        harness.leap(35_000);
        List<String> ends = new ArrayList<>(harness.heard());
        assertThat(harness.layer.liveTransactions()).isZero();
        // A, E and G, where they are looked at before B, F and H.
        assertThat(udp.taken()).hasSizeLessThanOrEqualTo(3 * EACH).doesNotHaveDuplicates();
        assertThat(ends).hasSize(3 * EACH);
        assertThat(ends.removeIf("timeout of INVITE"::equals)).isTrue();
        assertThat(ends).hasSize(2 * EACH).doesNotHaveDuplicates().allMatch(e -> e.startsWith("timeout of "));
        assertThat(harness.count(TransactionCounter.CLIENT_TIMEOUTS)).isEqualTo(2 * EACH);
        assertThat(harness.count(TransactionCounter.ACK_TIMEOUTS)).isEqualTo(EACH);
        harness.pass(1_000);
        assertThat(udp.taken()).isEmpty();
        assertThat(harness.heard()).isEmpty();

        // What the peers sent again meanwhile is new to this side, and answered.
        harness.receive(request("REGISTER", "z9hG4bK-register1", "", "1 REGISTER"), udp);
        assertThat(harness.heard()).containsExactly("request REGISTER");
        assertThat(udp.only()).startsWith("SIP/2.0 200 ");
    }

    /** Timers A, E and G would have fired three to five times. */
    @Test
    void shorterStopHasEachMessageSentAgainOnce() {
        begin();
        harness.leap(20_000);
        assertThat(harness.heard()).isEmpty();
        List<String> sent = udp.taken();
        assertThat(sent).hasSize(3 * EACH).doesNotHaveDuplicates();
        assertThat(harness.layer.liveTransactions()).isEqualTo(4 * EACH);
        harness.pass(400);
        assertThat(udp.taken()).as("no sooner than the next interval").isEmpty();
        harness.pass(600);
        assertThat(udp.taken()).hasSize(3 * EACH);
    }
}

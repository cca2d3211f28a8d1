/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sipwire.transaction.NonInviteClientTransaction.State.COMPLETED;
import static org.sipwire.transaction.NonInviteClientTransaction.State.PROCEEDING;
import static org.sipwire.transaction.NonInviteClientTransaction.State.TERMINATED;
import static org.sipwire.transaction.NonInviteClientTransaction.State.TRYING;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.sipwire.transaction.NonInviteClientTransaction.State;

/** RFC 3261 Figure 6, an arrow a test. */
class NonInviteClientTransactionTest {

    private final RecordingEffects effects = new RecordingEffects();
    private final NonInviteClientTransaction machine =
            new NonInviteClientTransaction(TransactionTimers.DEFAULT, effects);

    private void overUdp(State state) {
        machine.at(state, false);
    }

    private void overTcp(State state) {
        machine.at(state, true);
    }

    private void then(State state, String... caused) {
        assertThat(effects.taken()).containsExactly(caused);
        assertThat(machine.state()).isEqualTo(state);
    }

    @Test
    void requestFromUserIsSent() {
        overUdp(TERMINATED);
        machine.start();
        then(TRYING, "F=32000", "E=500", "send");
    }

    @Test
    void requestIsNotRepeatedOverReliableTransport() {
        overTcp(TERMINATED);
        machine.start();
        then(TRYING, "F=32000", "send");
    }

    @Nested
    class Trying {
        @Test
        void timerEResendsAndDoublesUpToT2() {
            overUdp(TRYING);
            machine.onTimerE(500);
            then(TRYING, "E=1000", "send");
            machine.onTimerE(2000);
            then(TRYING, "E=4000", "send");
            machine.onTimerE(4000);
            then(TRYING, "E=4000", "send");
        }

        @Test
        void provisionalGoesToUserAndProceeds() {
            overUdp(TRYING);
            machine.onResponse(100);
            then(PROCEEDING, "tell RESPONSE");
        }

        @Test
        void finalGoesToUserAndCompletes() {
            machine.at(TERMINATED, false).start();
            effects.taken();
            machine.onResponse(200);
            then(COMPLETED, "tell RESPONSE", "stop E", "K=5000");
        }

        @Test
        void finalTerminatesAtOnceOverReliableTransport() {
            overTcp(TRYING);
            machine.onResponse(404);
            then(TERMINATED, "tell RESPONSE", "terminated");
        }

        @Test
        void timerFInformsUserAndTerminates() {
            overUdp(TRYING);
            machine.onTimerF();
            then(TERMINATED, "tell TIMEOUT", "terminated");
        }

        @Test
        void transportErrorInformsUserAndTerminates() {
            overUdp(TRYING);
            machine.onTransportError();
            then(TERMINATED, "tell TRANSPORT_ERROR", "terminated");
        }
    }

    @Nested
    class Proceeding {
        @Test
        void timerEResendsEveryT2() {
            overUdp(PROCEEDING);
            machine.onTimerE(500);
            then(PROCEEDING, "E=4000", "send");
        }

        @Test
        void provisionalGoesToUser() {
            overUdp(PROCEEDING);
            machine.onResponse(100);
            then(PROCEEDING, "tell RESPONSE");
        }

        @Test
        void finalGoesToUserAndCompletes() {
            overUdp(PROCEEDING);
            machine.onResponse(699);
            then(COMPLETED, "tell RESPONSE", "K=5000");
        }

        @Test
        void timerFInformsUserAndTerminates() {
            overUdp(PROCEEDING);
            machine.onTimerF();
            then(TERMINATED, "tell TIMEOUT", "terminated");
        }

        @Test
        void transportErrorInformsUserAndTerminates() {
            overUdp(PROCEEDING);
            machine.onTransportError();
            then(TERMINATED, "tell TRANSPORT_ERROR", "terminated");
        }
    }

    @Nested
    class Completed {
        @Test
        void retransmittedResponseIsAbsorbed() {
            overUdp(COMPLETED);
            machine.onResponse(200);
            then(COMPLETED);
        }

        @Test
        void timerKTerminates() {
            overUdp(COMPLETED);
            machine.onTimerK();
            then(TERMINATED, "terminated");
        }

        @Test
        void nothingElseHappens() {
            overUdp(COMPLETED);
            machine.onTimerE(500);
            machine.onTimerF();
            machine.onTransportError();
            then(COMPLETED);
        }
    }

    @Nested
    class Terminated {
        @Test
        void nothingHappens() {
            overUdp(TERMINATED);
            machine.onResponse(200);
            machine.onTimerE(500);
            machine.onTimerF();
            machine.onTimerK();
            machine.onTransportError();
            then(TERMINATED);
        }
    }
}

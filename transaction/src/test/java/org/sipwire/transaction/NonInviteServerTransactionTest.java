/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sipwire.transaction.NonInviteServerTransaction.State.COMPLETED;
import static org.sipwire.transaction.NonInviteServerTransaction.State.PROCEEDING;
import static org.sipwire.transaction.NonInviteServerTransaction.State.TERMINATED;
import static org.sipwire.transaction.NonInviteServerTransaction.State.TRYING;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.sipwire.transaction.NonInviteServerTransaction.State;

/** RFC 3261 Figure 8, an arrow a test. */
class NonInviteServerTransactionTest {

    private final RecordingEffects effects = new RecordingEffects();
    private final NonInviteServerTransaction machine =
            new NonInviteServerTransaction(TransactionTimers.DEFAULT, effects);

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

    @Nested
    class Trying {
        @Test
        void retransmittedRequestIsDiscarded() {
            overUdp(TRYING);
            machine.onRequest();
            then(TRYING);
        }

        @Test
        void provisionalFromUserIsSentAndProceeds() {
            overTcp(TRYING);
            machine.onResponse(100);
            then(PROCEEDING, "send");
        }

        @Test
        void finalFromUserIsSentAndCompletesForTimerJ() {
            overUdp(TRYING);
            machine.onResponse(200);
            then(COMPLETED, "send", "J=32000");
        }

        @Test
        void finalFromUserEndsAtOnceOverReliableTransport() {
            overTcp(TRYING);
            machine.onResponse(699);
            then(TERMINATED, "send", "terminated");
        }

        @Test
        void lateHundredIsSentAndProceeds() {
            overUdp(TRYING);
            machine.onTimerTrying();
            then(PROCEEDING, "send");
        }

        @Test
        void transportErrorInformsUserAndTerminates() {
            overTcp(TRYING);
            machine.onTransportError();
            then(TERMINATED, "tell TRANSPORT_ERROR", "terminated");
        }

        @Test
        void userThatNeverAnswersIsTimedOut() {
            overUdp(TRYING);
            machine.onUserTimeout();
            then(TERMINATED, "tell TIMEOUT", "terminated");
        }

        @Test
        void forbidden408EndsWithoutSending() {
            overUdp(TRYING);
            machine.onAbandoned();
            then(TERMINATED, "terminated");
        }
    }

    @Nested
    class Proceeding {
        @Test
        void retransmittedRequestResendsProvisional() {
            overUdp(PROCEEDING);
            machine.onRequest();
            then(PROCEEDING, "send");
        }

        @Test
        void provisionalFromUserIsSent() {
            overTcp(PROCEEDING);
            machine.onResponse(100);
            then(PROCEEDING, "send");
        }

        @Test
        void finalFromUserIsSentAndCompletes() {
            overUdp(PROCEEDING);
            machine.onResponse(401);
            then(COMPLETED, "send", "J=32000");
        }

        @Test
        void transportErrorInformsUserAndTerminates() {
            overUdp(PROCEEDING);
            machine.onTransportError();
            then(TERMINATED, "tell TRANSPORT_ERROR", "terminated");
        }

        @Test
        void userThatNeverAnswersIsTimedOut() {
            overUdp(PROCEEDING);
            machine.onUserTimeout();
            then(TERMINATED, "tell TIMEOUT", "terminated");
        }

        @Test
        void hundredIsNotSentTwiceByTimer() {
            overUdp(PROCEEDING);
            machine.onTimerTrying();
            then(PROCEEDING);
        }
    }

    @Nested
    class Completed {
        @Test
        void retransmittedRequestResendsFinalResponse() {
            overUdp(COMPLETED);
            machine.onRequest();
            then(COMPLETED, "send");
        }

        @Test
        void furtherFinalFromUserIsDiscarded() {
            overUdp(COMPLETED);
            machine.onResponse(500);
            then(COMPLETED);
            assertThat(machine.takesResponse()).isFalse();
        }

        @Test
        void timerJTerminates() {
            overUdp(COMPLETED);
            machine.onTimerJ();
            then(TERMINATED, "terminated");
        }

        @Test
        void transportErrorInformsUserAndTerminates() {
            overUdp(COMPLETED);
            machine.onTransportError();
            then(TERMINATED, "tell TRANSPORT_ERROR", "terminated");
        }

        @Test
        void userTimeoutIsOver() {
            overUdp(COMPLETED);
            machine.onUserTimeout();
            machine.onAbandoned();
            machine.onTimerTrying();
            then(COMPLETED);
        }
    }

    @Nested
    class Terminated {
        @Test
        void nothingHappens() {
            overUdp(TERMINATED);
            machine.onRequest();
            machine.onResponse(200);
            machine.onTimerJ();
            machine.onTransportError();
            machine.onUserTimeout();
            then(TERMINATED);
        }
    }
}

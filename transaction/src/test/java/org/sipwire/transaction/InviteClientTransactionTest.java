/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sipwire.transaction.InviteClientTransaction.State.ACCEPTED;
import static org.sipwire.transaction.InviteClientTransaction.State.CALLING;
import static org.sipwire.transaction.InviteClientTransaction.State.COMPLETED;
import static org.sipwire.transaction.InviteClientTransaction.State.PROCEEDING;
import static org.sipwire.transaction.InviteClientTransaction.State.TERMINATED;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.sipwire.transaction.InviteClientTransaction.State;

/** RFC 3261 Figure 5 as replaced by RFC 6026, an arrow a test. */
class InviteClientTransactionTest {

    private final RecordingEffects effects = new RecordingEffects();
    private final InviteClientTransaction machine = new InviteClientTransaction(TransactionTimers.DEFAULT, effects);

    private void overUdp(State state) {
        machine.at(state, false);
    }

    private void overTcp(State state) {
        machine.at(state, true);
    }

    private void calling() {
        machine.at(TERMINATED, false).start();
        effects.taken();
    }

    private void proceeding() {
        calling();
        machine.onResponse(180);
        effects.taken();
    }

    private void then(State state, String... caused) {
        assertThat(effects.taken()).containsExactly(caused);
        assertThat(machine.state()).isEqualTo(state);
    }

    @Test
    void inviteFromUserIsSent() {
        overUdp(TERMINATED);
        machine.start();
        then(CALLING, "A=500", "B=32000", "send");
    }

    @Test
    void inviteIsNotRepeatedOverReliableTransport() {
        overTcp(TERMINATED);
        machine.start();
        then(CALLING, "B=32000", "send");
    }

    @Nested
    class Calling {
        @Test
        void timerAResendsAndDoublesWithoutLimit() {
            calling();
            machine.onTimerA(500);
            then(CALLING, "A=1000", "send");
            machine.onTimerA(8000);
            then(CALLING, "A=16000", "send");
        }

        @Test
        void provisionalGoesToUserAndProceeds() {
            calling();
            machine.onResponse(100);
            then(PROCEEDING, "stop A", "C=190000", "tell RESPONSE");
        }

        @Test
        void successGoesToUserAndIsAccepted() {
            calling();
            machine.onResponse(200);
            then(ACCEPTED, "stop A", "M=32000", "tell RESPONSE");
        }

        @Test
        void failureIsAcknowledgedAndGoesToUser() {
            calling();
            machine.onResponse(300);
            then(COMPLETED, "stop A", "ACK", "tell RESPONSE", "D=32000");
        }

        @Test
        void failureTerminatesAtOnceOverReliableTransport() {
            overTcp(CALLING);
            machine.onResponse(699);
            then(TERMINATED, "ACK", "tell RESPONSE", "terminated");
        }

        @Test
        void timerBInformsUserAndTerminates() {
            calling();
            machine.onTimerB();
            then(TERMINATED, "tell TIMEOUT", "terminated");
        }

        @Test
        void transportErrorInformsUserAndTerminates() {
            calling();
            machine.onTransportError();
            then(TERMINATED, "tell TRANSPORT_ERROR", "terminated");
        }

        @Test
        void cancelWaitsForProvisional() {
            calling();
            machine.onCancel();
            then(CALLING);
        }
    }

    @Nested
    class Proceeding {
        @Test
        void furtherProvisionalGoesToUserAndRestartsTimerC() {
            proceeding();
            machine.onResponse(183);
            then(PROCEEDING, "tell RESPONSE", "stop C", "C=190000");
        }

        @Test
        void successGoesToUserAndIsAccepted() {
            proceeding();
            machine.onResponse(200);
            then(ACCEPTED, "M=32000", "tell RESPONSE");
        }

        @Test
        void failureIsAcknowledgedAndGoesToUser() {
            proceeding();
            machine.onResponse(486);
            then(COMPLETED, "ACK", "tell RESPONSE", "D=32000");
        }

        @Test
        void inviteIsNotResent() {
            proceeding();
            machine.onTimerA(500);
            then(PROCEEDING);
        }

        @Test
        void cancelledWithoutFinalResponseTimesOut() {
            proceeding();
            machine.onCancel();
            then(PROCEEDING, "B=32000");
            machine.onResponse(180);
            then(PROCEEDING, "tell RESPONSE");
            machine.onTimerB();
            then(TERMINATED, "tell TIMEOUT", "terminated");
        }

        @Test
        void lostConnectionInformsUserAndTerminates() {
            proceeding();
            machine.onTransportError();
            then(TERMINATED, "tell TRANSPORT_ERROR", "terminated");
        }
    }

    @Nested
    class Completed {
        @Test
        void retransmittedFailureResendsAck() {
            overUdp(COMPLETED);
            machine.onResponse(486);
            then(COMPLETED, "ACK");
        }

        @Test
        void timerDTerminates() {
            overUdp(COMPLETED);
            machine.onTimerD();
            then(TERMINATED, "terminated");
        }

        @Test
        void transportErrorInformsUserAndTerminates() {
            overUdp(COMPLETED);
            machine.onTransportError();
            then(TERMINATED, "tell TRANSPORT_ERROR", "terminated");
        }

        @Test
        void provisionalAndSuccessAreAbsorbed() {
            overUdp(COMPLETED);
            machine.onResponse(180);
            machine.onResponse(200);
            machine.onTimerB();
            machine.onTimerM();
            machine.onCancel();
            then(COMPLETED);
        }
    }

    @Nested
    class Accepted {
        @Test
        void furtherSuccessGoesToUser() {
            overUdp(ACCEPTED);
            machine.onResponse(200);
            then(ACCEPTED, "tell RESPONSE");
        }

        @Test
        void timerMTerminates() {
            overUdp(ACCEPTED);
            machine.onTimerM();
            then(TERMINATED, "terminated");
        }

        @Test
        void nothingElseHappens() {
            overUdp(ACCEPTED);
            machine.onResponse(180);
            machine.onResponse(486);
            machine.onTimerA(500);
            machine.onTimerB();
            machine.onTimerD();
            machine.onTransportError();
            then(ACCEPTED);
        }
    }

    @Nested
    class Terminated {
        @Test
        void nothingHappens() {
            overUdp(TERMINATED);
            machine.onResponse(180);
            machine.onResponse(200);
            machine.onResponse(486);
            machine.onTimerA(500);
            machine.onTimerB();
            machine.onTimerD();
            machine.onTimerM();
            machine.onCancel();
            machine.onTransportError();
            then(TERMINATED);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sipwire.transaction.InviteServerTransaction.State.ACCEPTED;
import static org.sipwire.transaction.InviteServerTransaction.State.COMPLETED;
import static org.sipwire.transaction.InviteServerTransaction.State.CONFIRMED;
import static org.sipwire.transaction.InviteServerTransaction.State.PROCEEDING;
import static org.sipwire.transaction.InviteServerTransaction.State.TERMINATED;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.sipwire.transaction.InviteServerTransaction.State;

/** RFC 3261 Figure 7 as replaced by RFC 6026, an arrow a test. */
class InviteServerTransactionTest {

    private final RecordingEffects effects = new RecordingEffects();
    private final InviteServerTransaction machine = new InviteServerTransaction(TransactionTimers.DEFAULT, effects);

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
    void inviteStartsTheClockOfTheHundred() {
        overUdp(TERMINATED);
        machine.start();
        then(PROCEEDING, "TRYING=200", "USER=190000");
    }

    @Nested
    class Proceeding {
        @Test
        void hundredIsSentWhenUserIsSilentFor200ms() {
            overUdp(PROCEEDING);
            machine.onTimerTrying();
            then(PROCEEDING, "send");
        }

        @Test
        void retransmittedInviteResendsProvisional() {
            overUdp(PROCEEDING);
            machine.onInvite();
            then(PROCEEDING, "send");
        }

        @Test
        void provisionalFromUserIsSentAndStopsTheHundred() {
            machine.at(TERMINATED, false).start();
            effects.taken();
            machine.onResponse(180);
            then(PROCEEDING, "stop TRYING", "send", "USER=190000");
        }

        @Test
        void successFromUserIsSentAndAccepted() {
            overUdp(PROCEEDING);
            machine.onResponse(200);
            then(ACCEPTED, "send", "L=32000");
        }

        @Test
        void successIsAcceptedOverReliableTransportForTheSameTime() {
            overTcp(PROCEEDING);
            machine.onResponse(299);
            then(ACCEPTED, "send", "L=32000");
        }

        @Test
        void failureFromUserIsSentAndCompletes() {
            overUdp(PROCEEDING);
            machine.onResponse(300);
            then(COMPLETED, "send", "G=500", "H=32000");
        }

        @Test
        void failureIsNotRepeatedOverReliableTransport() {
            overTcp(PROCEEDING);
            machine.onResponse(699);
            then(COMPLETED, "send", "H=32000");
        }

        @Test
        void transportErrorInformsUser() {
            overUdp(PROCEEDING);
            machine.onTransportError();
            then(PROCEEDING, "tell TRANSPORT_ERROR");
        }

        @Test
        void ackIsIgnored() {
            overUdp(PROCEEDING);
            machine.onAck();
            then(PROCEEDING);
        }
    }

    @Nested
    class Completed {
        @Test
        void retransmittedInviteResendsFinalResponse() {
            overUdp(COMPLETED);
            machine.onInvite();
            then(COMPLETED, "send");
        }

        @Test
        void timerGResendsAndDoublesUpToT2() {
            overUdp(COMPLETED);
            machine.onTimerG(500);
            then(COMPLETED, "send", "G=1000");
            machine.onTimerG(2000);
            then(COMPLETED, "send", "G=4000");
            machine.onTimerG(4000);
            then(COMPLETED, "send", "G=4000");
        }

        @Test
        void timerHInformsUserAndTerminates() {
            overUdp(COMPLETED);
            machine.onTimerH();
            then(TERMINATED, "tell TIMEOUT", "terminated");
        }

        @Test
        void ackConfirmsAndStopsTimerG() {
            overUdp(PROCEEDING);
            machine.onResponse(404);
            effects.taken();
            machine.onAck();
            then(CONFIRMED, "stop G", "I=5000");
        }

        @Test
        void ackTerminatesAtOnceOverReliableTransport() {
            overTcp(COMPLETED);
            machine.onAck();
            then(TERMINATED, "terminated");
        }

        @Test
        void furtherResponseFromUserIsDiscarded() {
            overUdp(COMPLETED);
            machine.onResponse(200);
            then(COMPLETED);
            assertThat(machine.takesResponse(200)).isFalse();
        }

        @Test
        void transportErrorInformsUser() {
            overUdp(COMPLETED);
            machine.onTransportError();
            then(COMPLETED, "tell TRANSPORT_ERROR");
        }

        @Test
        void hundredIsNotSentAnyMore() {
            overUdp(COMPLETED);
            machine.onTimerTrying();
            then(COMPLETED);
        }
    }

    @Nested
    class Confirmed {
        @Test
        void retransmittedAckIsAbsorbed() {
            overUdp(CONFIRMED);
            machine.onAck();
            then(CONFIRMED);
        }

        @Test
        void retransmittedInviteIsAbsorbed() {
            overUdp(CONFIRMED);
            machine.onInvite();
            then(CONFIRMED);
        }

        @Test
        void timerITerminates() {
            overUdp(CONFIRMED);
            machine.onTimerI();
            then(TERMINATED, "terminated");
        }

        @Test
        void nothingElseHappens() {
            overUdp(CONFIRMED);
            machine.onTimerG(500);
            machine.onTimerH();
            machine.onTimerL();
            machine.onTransportError();
            machine.onResponse(200);
            then(CONFIRMED);
        }
    }

    @Nested
    class Accepted {
        @Test
        void retransmittedInviteIsAbsorbed() {
            overUdp(ACCEPTED);
            machine.onInvite();
            then(ACCEPTED);
        }

        @Test
        void ackIsPassedToUser() {
            overUdp(ACCEPTED);
            machine.onAck();
            then(ACCEPTED, "tell ACK");
        }

        @Test
        void furtherSuccessFromUserIsSent() {
            overUdp(ACCEPTED);
            assertThat(machine.takesResponse(200)).isTrue();
            machine.onResponse(200);
            then(ACCEPTED, "send");
        }

        @Test
        void failureFromUserIsDiscarded() {
            overUdp(ACCEPTED);
            assertThat(machine.takesResponse(500)).isFalse();
            machine.onResponse(500);
            then(ACCEPTED);
        }

        @Test
        void timerLTerminates() {
            overUdp(ACCEPTED);
            machine.onTimerL();
            then(TERMINATED, "terminated");
        }

        @Test
        void transportErrorInformsUser() {
            overUdp(ACCEPTED);
            machine.onTransportError();
            then(ACCEPTED, "tell TRANSPORT_ERROR");
        }
    }

    @Nested
    class Terminated {
        @Test
        void nothingHappens() {
            overUdp(TERMINATED);
            machine.onInvite();
            machine.onAck();
            machine.onResponse(200);
            machine.onTimerG(500);
            machine.onTimerH();
            machine.onTimerI();
            machine.onTimerL();
            machine.onTransportError();
            then(TERMINATED);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.sipwire.transaction.LayerHarness.request;
import static org.sipwire.transaction.LayerHarness.status;
import static org.sipwire.transaction.LayerHarness.toTag;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/** INVITE, ACK and CANCEL on the server side: RFC 3261 §17.2.1, §9.2, §8.2.2.2 and RFC 6026, on a virtual clock. */
class TransactionLayerInviteServerTest {

    private static final String BRANCH = "z9hG4bKinvite";

    private final LayerHarness harness = new LayerHarness();
    private final FakeFlow udp = FakeFlow.udp();
    private final FakeFlow tcp = FakeFlow.tcp();
    private long handle;

    TransactionLayerInviteServerTest() {
        harness.onRequest = (request, context) -> {
            if (request.methodName().contentEquals("INVITE")) {
                ServerTransaction transaction = context.accept();
                handle = transaction == null ? 0 : transaction.handle();
            }
        };
    }

    private void respond(int status) {
        ServerTransaction transaction = harness.layer.serverTransaction(handle);
        transaction.response(status);
        transaction.respond();
    }

    private static String ack(String toTag) {
        return request("ACK", BRANCH, toTag, "1 ACK");
    }

    private static String cancel() {
        return request("CANCEL", BRANCH, "", "1 CANCEL");
    }

    @Test
    void hundredIsSentAfter200MillisecondsOfSilence() {
        harness.receive(request("INVITE", BRANCH), udp);
        harness.pass(199);
        assertThat(udp.taken()).isEmpty();
        harness.pass(1);
        assertThat(udp.only()).startsWith("SIP/2.0 100 Trying\r\n").contains("CSeq: 1 INVITE");
        harness.pass(1_000);
        assertThat(udp.taken()).isEmpty();
    }

    @Test
    void ringingInTimeMakesTheHundredNeedless() {
        harness.receive(request("INVITE", BRANCH), udp);
        harness.pass(100);
        respond(180);
        harness.pass(1_000);
        assertThat(status(udp.only())).isEqualTo(180);
        harness.receive(request("INVITE", BRANCH), udp);
        assertThat(status(udp.only())).isEqualTo(180);
        assertThat(harness.heard()).containsExactly("request INVITE");
    }

    @Test
    void retransmissionBeforeAnyProvisionalGetsTheHundred() {
        harness.receive(request("INVITE", BRANCH), udp);
        harness.receive(request("INVITE", BRANCH), udp);
        assertThat(status(udp.only())).isEqualTo(100);
    }

    @Test
    void answerGoesToWhereTheInviteFirstCameFrom() {
        harness.receive(request("INVITE", BRANCH), udp);
        respond(486);
        String first = udp.only();
        FakeFlow other = new FakeFlow(Transport.UDP, "198.51.100.3", 5_062);
        harness.receive(request("INVITE", BRANCH), other);
        assertThat(other.taken()).isEmpty();
        assertThat(udp.only()).isEqualTo(first);
        harness.receive(ack(toTag(first)), other);
        harness.pass(5_000);
        assertThat(udp.taken()).as("an ACK may come from elsewhere").isEmpty();
    }

    @Test
    void failureIsRepeatedByTimerGUntilTimerHInformsTheUser() {
        harness.receive(request("INVITE", BRANCH), udp);
        respond(486);
        harness.pass(499);
        assertThat(udp.taken()).hasSize(1);
        // 500, 1500, 3500, 7500, 11500 .. 31500: T1 doubling to T2.
        int[] gaps = {1, 1_000, 2_000, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000};
        for (int gap : gaps) {
            harness.pass(gap - 1);
            assertThat(udp.taken()).isEmpty();
            harness.pass(1);
            assertThat(status(udp.only())).isEqualTo(486);
        }
        harness.heard();
        harness.pass(499);
        assertThat(harness.heard()).isEmpty();
        harness.pass(1);
        assertThat(harness.heard()).containsExactly("timeout of INVITE");
        assertThat(harness.layer.liveTransactions()).isZero();
        assertThat(harness.count(TransactionCounter.ACK_TIMEOUTS)).isEqualTo(1);
    }

    @Test
    void ackEndsTheRepetitionAndTimerITheTransaction() {
        harness.receive(request("INVITE", BRANCH), udp);
        respond(486);
        String tag = toTag(udp.only());
        harness.receive(ack(tag), udp);
        harness.pass(4_999);
        assertThat(harness.layer.liveTransactions()).isEqualTo(1);
        harness.receive(ack(tag), udp);
        harness.receive(request("INVITE", BRANCH), udp);
        assertThat(udp.taken()).as("absorbed").isEmpty();
        harness.pass(1);
        assertThat(harness.layer.liveTransactions()).isZero();
        assertThat(harness.heard()).containsExactly("request INVITE");
    }

    @Test
    void lateAckToAFailureIsDroppedAndCounted() {
        harness.receive(request("INVITE", BRANCH), udp);
        respond(486);
        String tag = toTag(udp.only());
        harness.receive(ack(tag), udp);
        harness.leap(5_000);
        harness.heard();
        harness.receive(ack(tag), udp);
        assertThat(harness.heard()).isEmpty();
        assertThat(harness.count(TransactionCounter.STRAY_ACKS)).isEqualTo(1);
    }

    @Test
    void ackToAStatelessFailureIsDropped() {
        harness.onRequest = (request, context) -> {
            context.response(401);
            context.respondStateless();
        };
        harness.receive(request("INVITE", BRANCH), udp);
        harness.heard();
        harness.receive(ack(toTag(udp.only())), udp);
        assertThat(harness.heard()).isEmpty();
        assertThat(udp.taken()).isEmpty();
        assertThat(harness.count(TransactionCounter.STRAY_ACKS)).isEqualTo(1);
    }

    @Test
    void ackToASuccessReachesTheUserByItsOwnBranchAndByTheInvites() {
        harness.receive(request("INVITE", BRANCH), udp);
        respond(200);
        String tag = toTag(udp.only());
        harness.heard();
        harness.receive(request("ACK", "z9hG4bKanother", tag, "1 ACK"), udp);
        assertThat(harness.heard()).containsExactly("request ACK");
        harness.receive(ack(tag), udp);
        assertThat(harness.heard()).containsExactly("request ACK");
        harness.onRequest = (request, context) -> {
            context.response(200);
            context.respondStateless();
            assertThatIllegalStateException().isThrownBy(context::accept);
        };
        harness.receive(request("ACK", "z9hG4bKanother", tag, "1 ACK"), udp);
        assertThat(udp.taken()).as("an ACK is never answered").isEmpty();
        assertThat(harness.count(TransactionCounter.USER_ERRORS)).isZero();
    }

    @Test
    void successIsRepeatedByTheUserAndRetransmittedInvitesAreAbsorbedUntilTimerL() {
        harness.receive(request("INVITE", BRANCH), udp);
        respond(200);
        String first = udp.only();
        harness.receive(request("INVITE", BRANCH), udp);
        assertThat(udp.taken()).isEmpty();
        harness.pass(500);
        respond(200);
        assertThat(udp.only()).isEqualTo(first);
        harness.pass(31_499);
        assertThat(harness.layer.liveTransactions()).isEqualTo(1);
        harness.pass(1);
        assertThat(harness.layer.liveTransactions()).isZero();
        assertThat(harness.heard()).containsExactly("request INVITE");
    }

    @Test
    void cancelIsAnsweredAndTheInviteTerminated() {
        harness.receive(request("INVITE", BRANCH), udp);
        respond(180);
        String tag = toTag(udp.only());
        harness.receive(cancel(), udp);
        List<String> sent = udp.taken();
        assertThat(sent).hasSize(2);
        assertThat(sent.get(0)).startsWith("SIP/2.0 200").contains("CSeq: 1 CANCEL");
        assertThat(sent.get(1)).startsWith("SIP/2.0 487").contains("CSeq: 1 INVITE");
        assertThat(toTag(sent.get(0))).isEqualTo(tag);
        assertThat(toTag(sent.get(1))).isEqualTo(tag);
        assertThat(harness.heard()).containsExactly("request INVITE", "cancel");
        harness.receive(cancel(), udp);
        assertThat(udp.only()).as("a repeated CANCEL").isEqualTo(sent.get(0));
        assertThat(harness.heard()).isEmpty();
    }

    @Test
    void userMayAnswerACancelledInviteItself() {
        harness.onCancel = invite -> {
            invite.response(603);
            invite.respond();
        };
        harness.receive(request("INVITE", BRANCH), udp);
        harness.receive(cancel(), udp);
        assertThat(udp.taken()).extracting(LayerHarness::status).containsExactly(200, 603);
    }

    @Test
    void userThatFailsInOnCancelStillGets487Sent() {
        harness.onCancel = invite -> {
            throw new IllegalStateException("meant");
        };
        harness.receive(request("INVITE", BRANCH), udp);
        harness.receive(cancel(), udp);
        assertThat(udp.taken()).extracting(LayerHarness::status).containsExactly(200, 487);
    }

    @Test
    void cancelAfterTheFinalResponseHasNoEffect() {
        harness.receive(request("INVITE", BRANCH), udp);
        respond(200);
        udp.taken();
        harness.receive(cancel(), udp);
        assertThat(status(udp.only())).isEqualTo(200);
        assertThat(harness.heard()).containsExactly("request INVITE");
    }

    @Test
    void cancelOfNothingIsAnswered481() {
        harness.receive(cancel(), udp);
        assertThat(udp.only()).startsWith("SIP/2.0 481").contains("CSeq: 1 CANCEL");
        assertThat(harness.count(TransactionCounter.CANCEL_UNMATCHED)).isEqualTo(1);
        assertThat(harness.heard()).isEmpty();
    }

    @Test
    void cancelAtCapacityStillCancels() {
        LayerHarness small = new LayerHarness(1);
        small.onRequest = (request, context) -> context.accept();
        small.receive(request("INVITE", BRANCH), udp);
        small.receive(cancel(), udp);
        assertThat(udp.taken()).extracting(LayerHarness::status).containsExactly(200, 487);
    }

    @Test
    void inviteThatCameByTwoWaysIsMerged() {
        harness.receive(request("INVITE", BRANCH), udp);
        harness.receive(request("INVITE", BRANCH + "fork"), udp);
        assertThat(status(udp.only())).isEqualTo(482);
        assertThat(harness.heard()).containsExactly("request INVITE");
        assertThat(harness.count(TransactionCounter.MERGED_REQUESTS)).isEqualTo(1);
        harness.receive(request("INVITE", BRANCH), udp);
        assertThat(status(udp.only())).as("a retransmission is not merged").isEqualTo(100);
        harness.receive(request("INVITE", BRANCH + "next", "", "2 INVITE"), udp);
        assertThat(harness.heard()).containsExactly("request INVITE");
        harness.receive(request("INVITE", BRANCH + "reinvite", "dialog", "1 INVITE"), udp);
        assertThat(harness.heard()).as("in a dialog").containsExactly("request INVITE");
    }

    @Test
    void inviteIsNotMergedWithOneThatIsOver() {
        harness.receive(request("INVITE", BRANCH), udp);
        respond(200);
        harness.leap(32_000);
        udp.taken();
        harness.receive(request("INVITE", BRANCH + "again"), udp);
        assertThat(udp.taken()).isEmpty();
        assertThat(harness.heard()).hasSize(2);
    }

    @Test
    void inviteTheUserLetsRingForEverIsAnswered408() {
        harness.receive(request("INVITE", BRANCH), udp);
        respond(180);
        harness.leap(TransactionTimers.DEFAULT_PROCEEDING_MILLIS - 1);
        assertThat(udp.taken()).hasSize(1);
        harness.leap(1);
        assertThat(status(udp.only())).isEqualTo(408);
        assertThat(harness.heard()).containsExactly("request INVITE", "timeout of INVITE");
    }

    @Test
    void failureOverTcpIsNotRepeatedAndEndsWithItsAck() {
        harness.receive(request("INVITE", BRANCH), tcp);
        respond(486);
        String tag = toTag(tcp.only());
        harness.pass(5_000);
        assertThat(tcp.taken()).isEmpty();
        harness.receive(ack(tag), tcp);
        assertThat(harness.layer.liveTransactions()).isZero();
    }

    @Test
    void lostConnectionInformsTheUserAndTimersEndTheTransaction() {
        harness.receive(request("INVITE", BRANCH), tcp);
        harness.layer.onFlowClosed(FakeFlow.tcp());
        assertThat(harness.heard()).containsExactly("request INVITE", "transport error of INVITE", "flow closed");
        tcp.answers(Flow.CLOSED);
        respond(200);
        assertThat(harness.heard()).containsExactly("transport error of INVITE");
        harness.leap(32_000);
        assertThat(harness.layer.liveTransactions()).isZero();
    }

    @Test
    void handleOfAnotherLoopOrOfNothingFindsNothing() {
        harness.receive(request("INVITE", BRANCH), udp);
        assertThat(TransactionLayer.loopOf(handle)).isEqualTo(3);
        assertThat(harness.layer.serverTransaction(handle)).isNotNull();
        assertThat(harness.layer.serverTransaction(handle ^ 1L << 41)).isNull();
        assertThat(harness.layer.serverTransaction(0)).isNull();
        assertThat(harness.layer.serverTransaction(-1)).isNull();
        assertThat(harness.layer.clientTransaction(handle)).isNull();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.sipwire.transaction.LayerHarness.answer;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/** The client side of the layer against RFC 3261 §17.1 and §9.1 and RFC 6026, on a virtual clock. */
class TransactionLayerClientTest {

    private final LayerHarness harness = new LayerHarness();
    private final FakeFlow udp = FakeFlow.udp();
    private final FakeFlow tcp = FakeFlow.tcp();

    private static String line(String message, String name) {
        return message.lines()
                .filter(line -> line.startsWith(name + ":"))
                .findFirst()
                .orElse("");
    }

    @Test
    void requestGetsATopViaWithABranchOfThisLoop() {
        assertThat(harness.send(SipMethod.MESSAGE, udp, "a")).isPositive();
        assertThat(udp.only())
                .startsWith("MESSAGE sip:34020000001320000001@192.0.2.9:5062 SIP/2.0\r\n"
                        + "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-sw03-")
                .contains(";rport\r\n")
                .endsWith("Content-Length: 0\r\n\r\n");
    }

    @Test
    void addressOfVersionSixStandsInBrackets() {
        FakeFlow six = new FakeFlow(Transport.UDP, "2001:db8::9", 5060);
        harness.send(SipMethod.MESSAGE, six, "a");
        assertThat(six.only()).contains("Via: SIP/2.0/UDP [2001:db8::1]:5060;branch=");
    }

    @Test
    void requestIsRepeatedByTimerEUntilTimerFInformsTheUser() {
        harness.send(SipMethod.MESSAGE, udp, "a");
        String first = udp.only();
        int[] gaps = {500, 1_000, 2_000, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000};
        for (int gap : gaps) {
            harness.pass(gap - 1);
            assertThat(udp.taken()).isEmpty();
            harness.pass(1);
            assertThat(udp.only()).isEqualTo(first);
        }
        harness.pass(499);
        assertThat(harness.heard()).isEmpty();
        harness.pass(1);
        assertThat(harness.heard()).containsExactly("timeout of a");
        assertThat(harness.layer.liveTransactions()).isZero();
        assertThat(harness.count(TransactionCounter.REQUEST_RETRANSMISSIONS_SENT))
                .isEqualTo(10);
        assertThat(harness.count(TransactionCounter.CLIENT_TIMEOUTS)).isEqualTo(1);
    }

    @Test
    void finalResponseReachesTheUserOnceAndTimerKEndsTheTransaction() {
        long handle = harness.send(SipMethod.MESSAGE, udp, "a");
        String response = answer(200, udp.only());
        harness.receive(response, udp);
        harness.receive(response, udp);
        assertThat(harness.heard()).containsExactly("response 200 to a");
        harness.pass(4_999);
        assertThat(udp.taken()).isEmpty();
        assertThat(harness.layer.clientTransaction(handle)).isNotNull();
        harness.pass(1);
        assertThat(harness.layer.clientTransaction(handle)).isNull();
        harness.receive(response, udp);
        assertThat(harness.heard()).isEmpty();
        assertThat(harness.count(TransactionCounter.UNMATCHED_RESPONSES)).isEqualTo(1);
    }

    @Test
    void everyProvisionalReachesTheUserAndSlowsTheRepetitionToT2() {
        harness.send(SipMethod.MESSAGE, udp, "a");
        String request = udp.only();
        harness.receive(answer(100, request), udp);
        harness.receive(answer(100, request), udp);
        assertThat(harness.heard()).containsExactly("response 100 to a", "response 100 to a");
        harness.pass(500);
        assertThat(udp.taken()).hasSize(1);
        harness.pass(3_999);
        assertThat(udp.taken()).isEmpty();
        harness.pass(1);
        assertThat(udp.taken()).hasSize(1);
    }

    @Test
    void responseOverTcpEndsTheTransactionAtOnce() {
        harness.send(SipMethod.MESSAGE, tcp, "a");
        String request = tcp.only();
        harness.pass(10_000);
        assertThat(tcp.taken()).isEmpty();
        harness.receive(answer(404, request), tcp);
        assertThat(harness.heard()).containsExactly("response 404 to a");
        assertThat(harness.layer.liveTransactions()).isZero();
    }

    @Test
    void responseOfAnotherMethodBranchOrStackIsUnmatched() {
        harness.send(SipMethod.MESSAGE, udp, "a");
        String response = answer(200, udp.only());
        harness.receive(response.replace("7 MESSAGE", "7 NOTIFY"), udp);
        harness.receive(
                response.replaceFirst("branch=z9hG4bK-sw03-([0-9a-f]{15})[0-9a-f]", "branch=z9hG4bK-sw03-$1f"), udp);
        harness.receive(response.replaceFirst("branch=[^;]+", "branch=z9hG4bKforeign"), udp);
        assertThat(harness.heard()).isEmpty();
        assertThat(harness.count(TransactionCounter.UNMATCHED_RESPONSES)).isEqualTo(3);
    }

    @Test
    void responseOfAnotherLoopIsHandedOver() {
        harness.send(SipMethod.MESSAGE, udp, "a");
        harness.receive(answer(200, udp.only()).replace("-sw03-", "-sw01-"), udp);
        assertThat(harness.handedOver).containsExactly("1 SIP/2.0 200 Answer");
        assertThat(harness.count(TransactionCounter.HANDED_OVER_RESPONSES)).isEqualTo(1);
        assertThat(harness.heard()).isEmpty();
    }

    @Test
    void unknownMethodHasATransactionToo() {
        RequestWriter writer = harness.layer
                .request()
                .begin(new byte[] {'B', 'A', 'R'}, new byte[] {'s', 'i', 'p', ':', 'b'}, 0, 5)
                .header(SipHeader.FROM, "<sip:a@b>;tag=1")
                .header(SipHeader.TO, "<sip:b@b>")
                .header(SipHeader.CALL_ID, "c")
                .header(SipHeader.CSEQ, "1 BAR");
        harness.layer.send(udp, writer, "a");
        String response = answer(200, udp.only());
        harness.receive(response.replace("1 BAR", "1 FOO"), udp);
        assertThat(harness.heard()).isEmpty();
        harness.receive(response, udp);
        assertThat(harness.heard()).containsExactly("response 200 to a");
    }

    @Test
    void requestThatCannotBeSentIsToldInTheNextTick() {
        tcp.answers(Flow.CLOSED);
        assertThat(harness.send(SipMethod.MESSAGE, tcp, "a")).isPositive();
        assertThat(harness.heard()).isEmpty();
        harness.pass(1);
        assertThat(harness.heard()).containsExactly("transport error of a");
        assertThat(harness.layer.liveTransactions()).isZero();
    }

    @Test
    void lostDatagramIsRepeatedAndNoError() {
        udp.answers(Flow.BACK_PRESSURED);
        harness.send(SipMethod.MESSAGE, udp, "a");
        udp.answers(Flow.SENT);
        harness.pass(500);
        assertThat(udp.taken()).hasSize(1);
        assertThat(harness.heard()).isEmpty();
    }

    @Test
    void lostConnectionTellsItsTransactionsAndNoOthers() {
        FakeFlow other = new FakeFlow(Transport.TCP, "192.0.2.10", 40_002);
        harness.send(SipMethod.MESSAGE, tcp, "a");
        harness.send(SipMethod.MESSAGE, other, "b");
        harness.send(SipMethod.INVITE, tcp, "c");
        harness.send(SipMethod.MESSAGE, udp, "d");
        harness.layer.onFlowClosed(tcp);
        assertThat(harness.heard()).containsExactly("transport error of c", "transport error of a", "flow closed");
        assertThat(harness.layer.liveTransactions()).isEqualTo(2);
        harness.layer.onFlowClosed(other);
        assertThat(harness.heard()).containsExactly("transport error of b", "flow closed");
    }

    @Test
    void refusesAtCapacity() {
        LayerHarness small = new LayerHarness(1);
        assertThat(small.send(SipMethod.MESSAGE, udp, "a")).isPositive();
        assertThat(small.send(SipMethod.MESSAGE, udp, "b")).isEqualTo(-1);
        assertThat(udp.taken()).hasSize(1);
        assertThat(small.count(TransactionCounter.CLIENT_REFUSED_AT_CAPACITY)).isEqualTo(1);
    }

    @Test
    void ackToASuccessHasNoTransaction() {
        assertThat(harness.send(SipMethod.ACK, udp, "a")).isZero();
        assertThat(udp.only()).startsWith("ACK ").contains(";branch=z9hG4bK-sw03-");
        assertThat(harness.layer.liveTransactions()).isZero();
    }

    @Test
    void inviteIsRepeatedByTimerAUntilTimerBInformsTheUser() {
        harness.send(SipMethod.INVITE, udp, "a");
        udp.taken();
        for (int gap = 500; gap <= 16_000; gap *= 2) {
            harness.pass(gap - 1);
            assertThat(udp.taken()).isEmpty();
            harness.pass(1);
            assertThat(udp.taken()).hasSize(1);
        }
        harness.pass(499);
        assertThat(harness.heard()).isEmpty();
        harness.pass(1);
        assertThat(harness.heard()).containsExactly("timeout of a");
        assertThat(harness.layer.liveTransactions()).isZero();
    }

    @Test
    void failureToInviteIsAcknowledgedAndAgainWhenItIsRepeated() {
        harness.send(SipMethod.INVITE, udp, "a");
        String invite = udp.only();
        String busy = answer(486, invite);
        harness.receive(busy, udp);
        String ack = udp.only();
        assertThat(ack).startsWith("ACK sip:34020000001320000001@192.0.2.9:5062 SIP/2.0\r\n");
        assertThat(line(ack, "Via")).isEqualTo(line(invite, "Via"));
        assertThat(line(ack, "From")).isEqualTo(line(invite, "From"));
        assertThat(line(ack, "Call-ID")).isEqualTo(line(invite, "Call-ID"));
        assertThat(line(ack, "To")).isEqualTo(line(busy, "To"));
        assertThat(line(ack, "CSeq")).isEqualTo("CSeq: 7 ACK");
        assertThat(line(ack, "Max-Forwards")).isEqualTo("Max-Forwards: 70");
        harness.receive(busy, udp);
        assertThat(udp.only()).isEqualTo(ack);
        assertThat(harness.heard()).containsExactly("response 486 to a");
        harness.pass(31_999);
        assertThat(udp.taken()).isEmpty();
        assertThat(harness.layer.liveTransactions()).isEqualTo(1);
        harness.pass(1);
        assertThat(harness.layer.liveTransactions()).isZero();
    }

    @Test
    void routeOfTheInviteIsInItsAckAndItsCancel() {
        RequestWriter writer = harness.layer
                .request()
                .begin(SipMethod.INVITE, new byte[] {'s', 'i', 'p', ':', 'b'})
                .header(SipHeader.ROUTE, "<sip:p1;lr>, <sip:p2;lr>")
                .header(SipHeader.ROUTE, "<sip:p3;lr>")
                .header(SipHeader.FROM, "<sip:a@b>;tag=1")
                .header(SipHeader.TO, "<sip:b@b>")
                .header(SipHeader.CALL_ID, "c")
                .header(SipHeader.CSEQ, "1 INVITE");
        long handle = harness.layer.send(udp, writer, "a");
        String invite = udp.only();
        harness.receive(answer(180, invite), udp);
        harness.layer.clientTransaction(handle).cancel();
        String cancel = udp.only();
        harness.receive(answer(487, invite), udp);
        assertThat(List.of(udp.only(), cancel)).allSatisfy(message -> assertThat(message)
                .contains("Route: <sip:p1;lr>, <sip:p2;lr>\r\nRoute: <sip:p3;lr>\r\n"));
    }

    @Test
    void everySuccessToInviteReachesTheUserUntilTimerM() {
        harness.send(SipMethod.INVITE, udp, "a");
        String success = answer(200, udp.only());
        harness.receive(success, udp);
        harness.pass(31_999);
        harness.receive(success, udp);
        assertThat(harness.heard()).containsExactly("response 200 to a", "response 200 to a");
        harness.pass(1);
        harness.receive(success, udp);
        assertThat(harness.heard()).isEmpty();
        assertThat(udp.taken()).as("the ACK is the user's").isEmpty();
        assertThat(harness.layer.liveTransactions()).isZero();
    }

    @Test
    void cancelWaitsForAProvisionalResponse() {
        long handle = harness.send(SipMethod.INVITE, udp, "a");
        String invite = udp.only();
        harness.layer.clientTransaction(handle).cancel();
        harness.layer.clientTransaction(handle).cancel();
        assertThat(udp.taken()).isEmpty();
        harness.receive(answer(100, invite), udp);
        String cancel = udp.only();
        assertThat(cancel).startsWith("CANCEL sip:34020000001320000001@192.0.2.9:5062 SIP/2.0\r\n");
        assertThat(line(cancel, "Via")).isEqualTo(line(invite, "Via"));
        assertThat(line(cancel, "To")).isEqualTo(line(invite, "To"));
        assertThat(line(cancel, "CSeq")).isEqualTo("CSeq: 7 CANCEL");
        harness.receive(answer(200, cancel), udp);
        harness.receive(answer(487, invite), udp);
        assertThat(udp.only()).startsWith("ACK ");
        assertThat(harness.heard()).containsExactly("response 100 to a", "response 487 to a");
        harness.leap(32_000);
        assertThat(harness.layer.liveTransactions()).isZero();
    }

    @Test
    void cancelledInviteWithoutAFinalResponseIsGivenUpAfter64T1() {
        long handle = harness.send(SipMethod.INVITE, udp, "a");
        String invite = udp.only();
        harness.receive(answer(180, invite), udp);
        harness.layer.clientTransaction(handle).cancel();
        String cancel = udp.only();
        harness.pass(500);
        assertThat(udp.only()).as("a CANCEL is repeated").isEqualTo(cancel);
        harness.receive(answer(200, cancel), udp);
        harness.leap(31_499);
        assertThat(harness.heard()).containsExactly("response 180 to a");
        harness.leap(1);
        assertThat(harness.heard()).containsExactly("timeout of a");
        assertThat(harness.layer.clientTransaction(handle)).isNull();
    }

    @Test
    void userMayCancelWhileItIsToldOfTheRinging() {
        harness.onResponse = ClientTransaction::cancel;
        harness.send(SipMethod.INVITE, udp, "a");
        harness.receive(answer(180, udp.only()), udp);
        assertThat(udp.only()).startsWith("CANCEL ");
    }

    @Test
    void callThatRingsForEverIsCancelledByTimerC() {
        harness.send(SipMethod.INVITE, udp, "a");
        String invite = udp.only();
        harness.receive(answer(180, invite), udp);
        harness.leap(TransactionTimers.DEFAULT_PROCEEDING_MILLIS - 1);
        harness.receive(answer(180, invite), udp);
        harness.leap(TransactionTimers.DEFAULT_PROCEEDING_MILLIS - 1);
        assertThat(udp.taken()).isEmpty();
        harness.leap(1);
        assertThat(udp.only()).startsWith("CANCEL ");
    }

    @Test
    void cancelOfAnotherMethodDoesNothing() {
        long handle = harness.send(SipMethod.MESSAGE, udp, "a");
        udp.taken();
        harness.layer.clientTransaction(handle).cancel();
        assertThat(udp.taken()).isEmpty();
    }

    @Test
    void flyweightOnATransactionThatIsOverIsRefused() {
        ClientTransaction[] kept = new ClientTransaction[1];
        harness.onResponse = transaction -> kept[0] = transaction;
        harness.send(SipMethod.MESSAGE, tcp, "a");
        harness.receive(answer(200, tcp.only()), tcp);
        assertThatIllegalStateException().isThrownBy(() -> kept[0].handle());
    }

    @Test
    void userMaySendWhileItIsToldOfAResponse() {
        harness.onResponse = transaction -> {
            if (transaction.attachment().equals("a")) {
                harness.send(SipMethod.MESSAGE, transaction.flow(), "b");
            }
        };
        harness.send(SipMethod.MESSAGE, udp, "a");
        harness.receive(answer(401, udp.only()), udp);
        harness.receive(answer(200, udp.only()), udp);
        assertThat(harness.heard()).containsExactly("response 401 to a", "response 200 to b");
    }

    /** RFC 3261 §8.1.3.3: "If more than one Via header field value is present in a response, the UAC SHOULD discard the message." */
    @Test
    void responseWithAViaThatThisSideDidNotSendIsDiscarded() {
        harness.send(SipMethod.MESSAGE, udp, "a");
        String response = answer(200, udp.only());
        String below = "Via: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKother\r\nFrom:";
        harness.receive(response.replace("From:", below), udp);
        assertThat(harness.heard()).isEmpty();
        assertThat(harness.count(TransactionCounter.MISROUTED_RESPONSES)).isEqualTo(1);
        harness.receive(response, udp);
        assertThat(harness.heard()).containsExactly("response 200 to a");
    }

    /** RFC 3261 §16.7: a proxy's user forwards a request below whose top Via there are others, and gets them back. */
    @Test
    void responseToAForwardedRequestKeepsTheViasBelow() {
        String received = "SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKclient;received=192.0.2.78";
        RequestWriter forwarded = harness.layer.request().begin(SipMethod.MESSAGE, "sip:b".getBytes(US_ASCII));
        forwarded
                .header(SipHeader.VIA, received)
                .header(SipHeader.FROM, "<sip:a@b>;tag=1")
                .header(SipHeader.TO, "<sip:b>")
                .header(SipHeader.CALL_ID, "f")
                .header(SipHeader.CSEQ, "1 MESSAGE");
        harness.layer.send(udp, forwarded, "f");
        String sent = udp.only();
        assertThat(sent.lines().filter(line -> line.startsWith("Via:"))).hasSize(2);
        harness.receive(answer(200, sent), udp);
        assertThat(harness.heard()).containsExactly("response 200 to f");
        assertThat(harness.count(TransactionCounter.MISROUTED_RESPONSES)).isZero();
    }

    @Test
    void requestThatNoDatagramCanHoldIsATransportErrorAtOnce() {
        udp.answers(Flow.TOO_LONG);
        harness.send(SipMethod.MESSAGE, udp, "a");
        harness.pass(1);
        assertThat(harness.heard()).containsExactly("transport error of a");
        assertThat(harness.layer.liveTransactions()).isZero();
    }
}

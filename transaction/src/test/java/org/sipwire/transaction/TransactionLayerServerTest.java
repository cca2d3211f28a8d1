/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.sipwire.transaction.LayerHarness.request;
import static org.sipwire.transaction.LayerHarness.status;
import static org.sipwire.transaction.LayerHarness.toTag;

import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.SipHeader;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/** The server side of the layer against RFC 3261 §17.2, §8.2.7, §9.2 and RFC 4320, on a virtual clock. */
class TransactionLayerServerTest {

    private static final String BRANCH = "z9hG4bK776asdhds";

    private final LayerHarness harness = new LayerHarness();
    private final FakeFlow udp = FakeFlow.udp();
    private final FakeFlow tcp = FakeFlow.tcp();

    private void answerWith(int status) {
        harness.onRequest = (request, context) -> {
            ServerTransaction transaction = context.accept();
            if (transaction != null) {
                transaction.response(status).header(SipHeader.EXPIRES, 3600);
                transaction.respond();
            }
        };
    }

    private void answerStateless(int status) {
        harness.onRequest = (request, context) -> {
            context.response(status);
            context.respondStateless();
        };
    }

    private void acceptAndWait(long[] handle) {
        harness.onRequest = (request, context) -> handle[0] = context.accept().handle();
    }

    private void respondLater(long handle, int status) {
        ServerTransaction transaction = harness.layer.serverTransaction(handle);
        transaction.response(status);
        transaction.respond();
    }

    @Nested
    class Register {
        @Test
        void responseCarriesWhatTheRequestHadAndWhereItCameFrom() {
            answerWith(200);
            harness.receive(request("REGISTER", BRANCH), udp);
            String response = udp.only();
            assertThat(response)
                    .startsWith("SIP/2.0 200 OK\r\n")
                    .contains("Via: SIP/2.0/UDP 10.0.0.7:5060")
                    .contains(";received=192.0.2.9")
                    .contains(";rport=5062")
                    .contains(";branch=" + BRANCH)
                    .contains("Call-ID: 2026@10.0.0.7\r\n")
                    .contains("CSeq: 1 REGISTER\r\n")
                    .contains("Expires: 3600\r\n");
            assertThat(toTag(response)).hasSize(16);
        }

        @Test
        void answerGoesToTheSourceWhateverTheClientWroteIntoItsVia() {
            answerWith(200);
            harness.receive(
                    request("REGISTER", BRANCH).replace(";rport;", ";rport=9;received=203.0.113.1;maddr=203.0.113.2;"),
                    udp);
            assertThat(udp.only())
                    .contains(";rport=5062")
                    .contains(";received=192.0.2.9")
                    .contains(";maddr=203.0.113.2")
                    .doesNotContain("203.0.113.1")
                    .doesNotContain("rport=9;");
        }

        @Test
        void retransmittedRequestResendsFinalResponseToTheOctet() {
            answerWith(200);
            harness.receive(request("REGISTER", BRANCH), udp);
            harness.leap(31_999);
            harness.receive(request("REGISTER", BRANCH), udp);
            List<String> sent = udp.taken();
            assertThat(sent).hasSize(2);
            assertThat(sent.get(1)).isEqualTo(sent.get(0));
            assertThat(harness.heard()).containsExactly("request REGISTER");
            assertThat(harness.count(TransactionCounter.REQUEST_RETRANSMISSIONS_RECEIVED))
                    .isEqualTo(1);
            assertThat(harness.count(TransactionCounter.RESPONSE_RETRANSMISSIONS_SENT))
                    .isEqualTo(1);
        }

        @Test
        void keptAnswerGoesToNoOtherAddress() {
            for (String branch : List.of(BRANCH, "")) {
                answerWith(200);
                harness.receive(request("REGISTER", branch), udp);
                String kept = udp.only();
                harness.heard();

                FakeFlow rebound = new FakeFlow(Transport.UDP, "192.0.2.9", 6_000);
                harness.receive(request("REGISTER", branch), rebound);
                assertThat(rebound.only()).as("a NAT's other port").isEqualTo(kept);
                assertThat(harness.heard()).isEmpty();

                answerStateless(401);
                FakeFlow victim = new FakeFlow(Transport.UDP, "198.51.100.3", 5_062);
                harness.receive(request("REGISTER", branch), victim);
                assertThat(status(victim.only())).isEqualTo(401);
                assertThat(harness.heard()).containsExactly("request REGISTER");
            }
        }

        @Test
        void timerJEndsTheTransactionAtItsInstant() {
            answerWith(200);
            harness.receive(request("REGISTER", BRANCH), udp);
            harness.leap(31_999);
            assertThat(harness.layer.liveTransactions()).isEqualTo(1);
            harness.leap(1);
            assertThat(harness.layer.liveTransactions()).isZero();
            harness.receive(request("REGISTER", BRANCH), udp);
            assertThat(harness.heard()).hasSize(2);
        }

        @Test
        void reliableTransportKeepsNothing() {
            answerWith(200);
            harness.receive(request("REGISTER", BRANCH), tcp);
            assertThat(status(tcp.only())).isEqualTo(200);
            assertThat(harness.layer.liveTransactions()).isZero();
            assertThat(harness.count(TransactionCounter.SERVER_TRANSACTIONS)).isZero();
        }

        @Test
        void requestsThatDifferInBranchSentByOrMethodAreTransactionsOfTheirOwn() {
            answerWith(200);
            harness.receive(request("REGISTER", BRANCH), udp);
            harness.receive(request("REGISTER", BRANCH + "x"), udp);
            harness.receive(request("OPTIONS", BRANCH), udp);
            harness.receive(request("FOO", BRANCH), udp);
            harness.receive(request("BAR", BRANCH), udp);
            harness.receive(request("REGISTER", BRANCH).replace("10.0.0.7:5060;rport", "10.0.0.8:5060;rport"), udp);
            harness.receive(request("REGISTER", BRANCH).replace("10.0.0.7:5060;rport", "10.0.0.7:5061;rport"), udp);
            assertThat(harness.heard()).hasSize(7);
            harness.receive(request("BAR", BRANCH), udp);
            assertThat(harness.heard()).isEmpty();
        }

        @Test
        void sentByIsComparedInAnyCase() {
            answerWith(200);
            harness.receive(
                    request("REGISTER", BRANCH).replace("10.0.0.7:5060;rport", "Camera.Example.COM;rport"), udp);
            harness.receive(
                    request("REGISTER", BRANCH).replace("10.0.0.7:5060;rport", "camera.example.com;rport"), udp);
            assertThat(harness.heard()).hasSize(1);
        }

        @Test
        void statelessChallengeLeavesNothingAndIsTheSameForARetransmission() {
            answerStateless(401);
            harness.receive(request("REGISTER", BRANCH), udp);
            harness.receive(request("REGISTER", BRANCH), udp);
            List<String> sent = udp.taken();
            assertThat(sent).hasSize(2);
            assertThat(status(sent.get(0))).isEqualTo(401);
            assertThat(sent.get(1)).isEqualTo(sent.get(0));
            assertThat(toTag(sent.get(0))).hasSize(16);
            assertThat(harness.layer.liveTransactions()).isZero();
            assertThat(harness.count(TransactionCounter.STATELESS_RESPONSES)).isEqualTo(2);
        }

        @Test
        void toTagIsTheSameOnEveryLoopOfAStack() {
            answerStateless(401);
            harness.receive(request("REGISTER", BRANCH), udp);
            LayerHarness other = new LayerHarness();
            other.onRequest = harness.onRequest;
            FakeFlow flow = FakeFlow.udp();
            other.receive(request("REGISTER", BRANCH), flow);
            assertThat(toTag(flow.only())).isEqualTo(toTag(udp.only()));
        }

        @Test
        void contextResponseBeforeAcceptIsTheOneThatIsSent() {
            harness.onRequest = (request, context) -> {
                context.response(200).header(SipHeader.EXPIRES, 60);
                context.accept().respond();
            };
            harness.receive(request("REGISTER", BRANCH), udp);
            assertThat(udp.only()).startsWith("SIP/2.0 200").contains("Expires: 60");
            harness.receive(request("REGISTER", BRANCH), udp);
            assertThat(udp.only()).contains("Expires: 60");
        }

        @Test
        void secondFinalResponseIsDiscarded() {
            harness.onRequest = (request, context) -> {
                ServerTransaction transaction = context.accept();
                transaction.response(200);
                transaction.respond();
                transaction.response(500);
                transaction.respond();
                assertThat(transaction.isPending()).isFalse();
            };
            harness.receive(request("REGISTER", BRANCH), udp);
            assertThat(status(udp.only())).isEqualTo(200);
        }

        @Test
        void respondWithoutAResponseIsRefused() {
            boolean[] ran = {false};
            harness.onRequest = (request, context) -> {
                assertThatIllegalStateException().isThrownBy(context::respondStateless);
                ServerTransaction transaction = context.accept();
                assertThatIllegalStateException().isThrownBy(transaction::respond);
                ran[0] = true;
            };
            harness.receive(request("REGISTER", BRANCH), udp);
            assertThat(ran[0]).isTrue();
        }
    }

    @Nested
    class DeferredAnswer {
        @Test
        void answerAfterOnRequestCarriesTheRequestsFields() {
            long[] handle = new long[1];
            acceptAndWait(handle);
            harness.receive(request("REGISTER", BRANCH), udp);
            assertThat(udp.taken()).isEmpty();
            harness.leap(1_000);
            respondLater(handle[0], 200);
            String late = udp.only();
            LayerHarness other = new LayerHarness();
            other.onRequest = (request, context) -> {
                context.response(200);
                context.respondStateless();
            };
            FakeFlow flow = FakeFlow.udp();
            other.receive(request("REGISTER", BRANCH), flow);
            assertThat(late).isEqualTo(flow.only());
            harness.receive(request("REGISTER", BRANCH), udp);
            assertThat(udp.only()).isEqualTo(late);
            harness.leap(32_000);
            assertThat(harness.layer.liveTransactions()).isZero();
            assertThat(harness.layer.serverTransaction(handle[0])).isNull();
        }

        @Test
        void retransmissionIsDiscardedWhileTheUserThinks() {
            long[] handle = new long[1];
            acceptAndWait(handle);
            harness.receive(request("REGISTER", BRANCH), udp);
            harness.receive(request("REGISTER", BRANCH), udp);
            assertThat(udp.taken()).isEmpty();
            assertThat(harness.heard()).hasSize(1);
        }

        @Test
        void hundredIsSentWhenTimerEOfTheClientReachesT2AndNotBefore() {
            long[] handle = new long[1];
            acceptAndWait(handle);
            harness.receive(request("MESSAGE", BRANCH), udp);
            harness.pass(3_499);
            assertThat(udp.taken()).isEmpty();
            harness.pass(1);
            assertThat(udp.only())
                    .startsWith("SIP/2.0 100 Trying")
                    .contains("CSeq: 1 MESSAGE")
                    .contains(";rport=5062");
            harness.receive(request("MESSAGE", BRANCH), udp);
            assertThat(status(udp.only())).isEqualTo(100);
            respondLater(handle[0], 200);
            assertThat(status(udp.only())).isEqualTo(200);
        }

        @Test
        void userThatNeverAnswersIsTimedOutWithoutA408() {
            long[] handle = new long[1];
            acceptAndWait(handle);
            harness.receive(request("MESSAGE", BRANCH), udp);
            harness.leap(31_999);
            assertThat(udp.only()).startsWith("SIP/2.0 100");
            harness.heard();
            harness.leap(1);
            assertThat(harness.heard()).containsExactly("timeout of MESSAGE");
            assertThat(udp.taken()).isEmpty();
            assertThat(harness.layer.liveTransactions()).isZero();
            assertThat(harness.count(TransactionCounter.USER_TIMEOUTS)).isEqualTo(1);
            assertThat(harness.layer.serverTransaction(handle[0])).isNull();
        }

        @Test
        void lostConnectionTellsTheUserAndEndsTheTransaction() {
            long[] handle = new long[1];
            acceptAndWait(handle);
            harness.receive(request("REGISTER", BRANCH), tcp);
            harness.layer.onFlowClosed(FakeFlow.tcp());
            assertThat(harness.heard())
                    .containsExactly("request REGISTER", "transport error of REGISTER", "flow closed");
            assertThat(harness.layer.serverTransaction(handle[0])).isNull();
            assertThat(harness.layer.liveTransactions()).isZero();
        }

        @Test
        void answerThatCannotBeSentTellsTheUser() {
            long[] handle = new long[1];
            acceptAndWait(handle);
            harness.receive(request("REGISTER", BRANCH), tcp);
            tcp.answers(Flow.BACK_PRESSURED);
            respondLater(handle[0], 200);
            assertThat(harness.heard()).containsExactly("request REGISTER", "transport error of REGISTER");
            assertThat(harness.layer.liveTransactions()).isZero();
            assertThat(harness.count(TransactionCounter.TRANSPORT_ERRORS)).isEqualTo(1);
        }

        @Test
        void deferSaysItAloudAndChangesNothing() {
            long[] handle = new long[1];
            harness.onRequest = (request, context) -> {
                ServerTransaction transaction = context.accept();
                handle[0] = transaction.handle();
                transaction.defer();
                transaction.defer();
                assertThat(transaction.handle()).isEqualTo(handle[0]);
            };
            harness.receive(request("REGISTER", BRANCH), udp);
            respondLater(handle[0], 503);
            assertThat(status(udp.only())).isEqualTo(503);
        }
    }

    @Nested
    class Rfc4320 {
        @Test
        void provisionalToNonInviteIsNotSent() {
            answerWith(183);
            harness.receive(request("MESSAGE", BRANCH), udp);
            assertThat(udp.taken()).isEmpty();
            assertThat(harness.count(TransactionCounter.FORBIDDEN_RESPONSES)).isEqualTo(1);
        }

        @Test
        void earlyHundredIsNotSentOverUdpAndIsOverTcp() {
            answerWith(100);
            harness.receive(request("MESSAGE", BRANCH), udp);
            assertThat(udp.taken()).isEmpty();
            harness.receive(request("MESSAGE", BRANCH + 2), tcp);
            assertThat(status(tcp.only())).isEqualTo(100);
        }

        @Test
        void requestTimeoutIsNotSentToNonInviteAndEndsIt() {
            answerWith(408);
            harness.receive(request("MESSAGE", BRANCH), udp);
            assertThat(udp.taken()).isEmpty();
            assertThat(harness.layer.liveTransactions()).isZero();
            answerStateless(408);
            harness.receive(request("MESSAGE", BRANCH), udp);
            assertThat(udp.taken()).isEmpty();
            assertThat(harness.count(TransactionCounter.FORBIDDEN_RESPONSES)).isEqualTo(2);
        }
    }

    @Nested
    class Capacity {
        @Test
        void atCapacityIsAnswered503WithRetryAfterAndCounted() {
            LayerHarness small = new LayerHarness(2);
            small.onRequest = (request, context) -> {
                ServerTransaction transaction = context.accept();
                if (transaction != null) {
                    transaction.response(200);
                    transaction.respond();
                }
            };
            small.receive(request("REGISTER", BRANCH + 1), udp);
            small.receive(request("REGISTER", BRANCH + 2), udp);
            udp.taken();
            small.receive(request("REGISTER", BRANCH + 3), udp);
            assertThat(udp.only()).startsWith("SIP/2.0 503").contains("Retry-After: ");
            assertThat(small.count(TransactionCounter.SHED_AT_CAPACITY)).isEqualTo(1);
            small.receive(request("REGISTER", BRANCH + 1), udp);
            assertThat(status(udp.only())).as("what is there still answers").isEqualTo(200);
            small.leap(32_000);
            small.receive(request("REGISTER", BRANCH + 3), udp);
            assertThat(status(udp.only())).isEqualTo(200);
        }

        @Test
        void inviteAtCapacityIsShedToo() {
            LayerHarness small = new LayerHarness(1);
            small.onRequest = (request, context) -> context.accept();
            small.receive(request("INVITE", BRANCH + 1), udp);
            small.receive(request("INVITE", BRANCH + 2, "", "2 INVITE"), udp);
            assertThat(status(udp.only())).isEqualTo(503);
        }
    }

    @Nested
    class FailingUser {
        @Test
        void exceptionIsAnswered500() {
            harness.onRequest = (request, context) -> {
                throw new IllegalStateException("meant");
            };
            harness.receive(request("REGISTER", BRANCH), udp);
            assertThat(status(udp.only())).isEqualTo(500);
            harness.onRequest = (request, context) -> {
                context.accept();
                throw new IllegalStateException("meant");
            };
            harness.receive(request("REGISTER", BRANCH + 2), udp);
            assertThat(status(udp.only())).isEqualTo(500);
            harness.receive(request("REGISTER", BRANCH + 2), udp);
            assertThat(status(udp.only())).isEqualTo(500);
            assertThat(harness.count(TransactionCounter.USER_ERRORS)).isEqualTo(2);
        }

        @Test
        void exceptionAfterTheAnswerSendsNoSecondOne() {
            harness.onRequest = (request, context) -> {
                context.accept().response(200);
                context.accept().respond();
                throw new IllegalStateException("meant");
            };
            harness.receive(request("REGISTER", BRANCH), udp);
            harness.receive(request("REGISTER", BRANCH + 2), tcp);
            assertThat(status(udp.only())).isEqualTo(200);
            assertThat(status(tcp.only())).isEqualTo(200);
        }
    }

    @Nested
    class Malformed {
        @Test
        void requestThatCanBeAnsweredIsTold() {
            harness.receive(request("REGISTER", BRANCH).replace("CSeq: 1 REGISTER", "CSeq: 1 INVITE"), udp);
            assertThat(udp.only()).startsWith("SIP/2.0 400").contains("Warning: 399 - \"CSeq Method Does Not Match");
            assertThat(harness.heard()).isEmpty();
            assertThat(harness.count(TransactionCounter.MALFORMED_ANSWERED)).isEqualTo(1);
        }

        @Test
        void noiseIsDroppedAndCounted() {
            harness.receive("hello\r\n\r\n", udp);
            harness.receive("\r\n\r\n", udp);
            harness.receive("SIP/2.0 2000 OK\r\n\r\n", udp);
            assertThat(udp.taken()).isEmpty();
            assertThat(harness.count(TransactionCounter.MALFORMED_DROPPED)).isEqualTo(3);
        }
    }

    @Nested
    class Rfc2543Client {
        @Test
        void retransmissionIsMatchedWithoutABranch() {
            answerWith(200);
            harness.receive(request("REGISTER", ""), udp);
            harness.receive(request("REGISTER", ""), udp);
            assertThat(harness.heard()).hasSize(1);
            List<String> sent = udp.taken();
            assertThat(sent.get(1)).isEqualTo(sent.get(0));
        }

        @Test
        void branchWithoutTheCookieIsNotEnough() {
            answerWith(200);
            harness.receive(request("REGISTER", "1"), udp);
            harness.receive(request("REGISTER", "1", "", "2 REGISTER"), udp);
            harness.receive(request("REGISTER", "1").replace("Call-ID: 2026", "Call-ID: 2027"), udp);
            harness.receive(request("REGISTER", "1").replace("tag=from1", "tag=from2"), udp);
            harness.receive(request("REGISTER", "1").replace("REGISTER sip:34", "REGISTER sip:35"), udp);
            harness.receive(request("REGISTER", "1", "to1", "1 REGISTER"), udp);
            harness.receive(request("REGISTER", "2"), udp);
            assertThat(harness.heard()).hasSize(7);
            harness.receive(request("REGISTER", "1"), udp);
            assertThat(harness.heard()).isEmpty();
        }

        @Test
        void ackIsMatchedByTheToTagOfTheResponse() {
            answerWith(486);
            harness.receive(request("INVITE", ""), udp);
            String tag = toTag(udp.only());
            harness.receive(request("ACK", "", "another", "1 ACK"), udp);
            harness.pass(500);
            assertThat(udp.taken()).as("not acknowledged by a foreign To tag").hasSize(1);
            harness.receive(request("ACK", "", tag, "1 ACK"), udp);
            harness.pass(5_000);
            assertThat(udp.taken()).isEmpty();
            assertThat(harness.layer.liveTransactions()).isZero();
        }

        @Test
        void ackOfAReInviteIsMatchedByTheDialogsToTag() {
            answerWith(486);
            harness.receive(request("INVITE", "", "dialog", "1 INVITE"), udp);
            harness.receive(request("ACK", "", "dialog", "1 ACK"), udp);
            udp.taken();
            harness.pass(5_000);
            assertThat(udp.taken()).isEmpty();
            assertThat(harness.layer.liveTransactions()).isZero();
        }
    }
}

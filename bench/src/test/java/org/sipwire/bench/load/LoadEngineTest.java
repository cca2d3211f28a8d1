/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoadEngineTest {
    private static final long MILLI = 1_000_000L;

    private final Deque<String> sent = new ArrayDeque<>();
    private LoadStats stats;
    private LoadEngine engine;
    private boolean open = true;
    private long now;

    @BeforeEach
    void start() {
        engine("register");
    }

    private void engine(String scenario, String... more) {
        List<String> args = new ArrayList<>(List.of(
                "--target",
                "udp://127.0.0.1:5060",
                "--users",
                "2",
                "--user-prefix",
                "u",
                "--user-digits",
                "2",
                "--rate",
                "10",
                "--duration",
                "1s",
                "--scenario",
                scenario));
        args.addAll(List.of(more));
        LoadOptions options = LoadOptions.parse(args.toArray(String[]::new));
        stats = new LoadStats();
        sent.clear();
        now = 1_000_000_000L;
        engine = new LoadEngine(
                options,
                new Schedule(now, 10, 1_000 * MILLI),
                this::send,
                new String[] {"127.0.0.1:5080"},
                stats,
                () -> now);
    }

    private boolean send(int connection, byte[] bytes, int length) {
        if (open) {
            sent.add(new String(bytes, 0, length, StandardCharsets.ISO_8859_1));
        }
        return open;
    }

    private String arriveOne() {
        engine.arrive(1);
        assertThat(sent).hasSize(1);
        return sent.remove();
    }

    private static String header(String message, String name) {
        Matcher matcher = Pattern.compile("(?m)^" + name + ": (.*)$").matcher(message);
        assertThat(matcher.find()).as("%s in %s", name, message).isTrue();
        return matcher.group(1);
    }

    private static String answer(String request, String status, String... headers) {
        StringBuilder text = new StringBuilder("SIP/2.0 " + status + "\r\n");
        for (String name : List.of("Via", "From", "To", "Call-ID", "CSeq")) {
            text.append(name).append(": ").append(header(request, name)).append("\r\n");
        }
        for (String line : headers) {
            text.append(line).append("\r\n");
        }
        return text.append("Content-Length: 0\r\n\r\n").toString();
    }

    private void receive(String message) {
        byte[] bytes = Scratch.ascii(message);
        engine.received(0, bytes, 0, bytes.length);
    }

    private static String challenge(String request) {
        return answer(request, "401 Unauthorized", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"");
    }

    private static String ok(String request) {
        return answer(request, "200 OK", "Contact: " + header(request, "Contact") + ";expires=3600");
    }

    @Test
    void aCycleIsRegisterChallengeRegisterAndItsLatencyCountsFromTheIntendedMoment() {
        now += 7 * MILLI;
        String first = arriveOne();
        assertThat(first)
                .startsWith("REGISTER sip:example.org SIP/2.0\r\n")
                .doesNotContain("Authorization")
                .endsWith("\r\n\r\n");
        receive(challenge(first));
        String second = sent.remove();
        assertThat(second)
                .contains(
                        "\r\nAuthorization: Digest username=\"u00\", realm=\"r\", nonce=\"n1\", uri=\"sip:example.org\"")
                .contains("CSeq: 2 REGISTER");
        assertThat(header(second, "Call-ID")).isEqualTo(header(first, "Call-ID"));
        assertThat(header(second, "Via")).isNotEqualTo(header(first, "Via"));
        now += 5 * MILLI;
        receive(ok(second));
        assertThat(stats.doneOf(Op.REGISTER)).isEqualTo(1);
        assertThat(stats.totalErrors()).isZero();
        assertThat(stats.latency(Op.REGISTER).getMaxValue() / MILLI).isEqualTo(12);
        assertThat(engine.inFlight()).isZero();
    }

    @Test
    void arrivalsDoNotWaitForAnswers() {
        now += 950 * MILLI;
        engine.arrive(100);
        assertThat(stats.arrivals()).isEqualTo(10);
        // Two users, both busy: the other arrivals find nobody and are no secret.
        assertThat(sent).hasSize(2);
        assertThat(stats.errorsOf(LoadError.OVERFLOW)).isEqualTo(8);
        assertThat(stats.lag().getMaxValue() / MILLI).isBetween(949L, 951L);
    }

    @Test
    void inTheClosedLoopACycleThatEndsMakesRoomForTheNext() {
        engine("register", "--window", "1");
        receive(challenge(arriveOne()));
        engine.arrive(100);
        assertThat(sent).hasSize(1);
        receive(ok(sent.remove()));
        engine.arrive(100);
        assertThat(sent).hasSize(1);
        now += 1_000 * MILLI;
        engine.arrive(100);
        assertThat(engine.everythingArrived()).isTrue();
        assertThat(stats.arrivals()).isEqualTo(2);
    }

    @Test
    void unansweredRequestsAreSentAgainAtT1ThenTwiceAsLongAndTimeOut() {
        String first = arriveOne();
        List<Long> resent = new ArrayList<>();
        long start = now;
        while (engine.inFlight() > 0) {
            now += 10 * MILLI;
            engine.tick(now);
            if (!sent.isEmpty()) {
                assertThat(sent.remove()).isEqualTo(first);
                resent.add((now - start) / MILLI);
            }
        }
        assertThat(resent).containsExactly(500L, 1500L, 3500L, 7500L, 11500L, 15500L, 19500L, 23500L, 27500L, 31500L);
        assertThat(stats.retransmissions()).isEqualTo(10);
        assertThat(stats.errorsOf(LoadError.TIMEOUT)).isEqualTo(1);
        assertThat((now - start) / MILLI).isEqualTo(32_000);
    }

    @Test
    void overStreamsNothingIsSentAgain() {
        engine("register", "--target", "tcp://127.0.0.1:5060");
        String first = arriveOne();
        assertThat(first).contains("SIP/2.0/TCP").contains(";transport=tcp");
        now += 31_000 * MILLI;
        engine.tick(now);
        assertThat(sent).isEmpty();
    }

    @Test
    void answersOfOthersAndLateOnesAreNoErrors() {
        String first = arriveOne();
        String challenged = challenge(first);
        receive(challenged);
        String second = sent.remove();
        receive(challenged);
        receive(ok(second).replaceAll("branch=z9hG4bK........", "branch=z9hG4bKffffffff"));
        receive(ok(second));
        receive(ok(second));
        assertThat(stats.lateAnswers()).isEqualTo(2);
        assertThat(stats.strayAnswers()).isEqualTo(1);
        assertThat(stats.doneOf(Op.REGISTER)).isEqualTo(1);
        assertThat(stats.totalErrors()).isZero();
    }

    @Test
    void anAnswerWithAnotherCallIdOrCseqIsAMismatch() {
        receive(challenge(arriveOne()).replace("CSeq: 1 ", "CSeq: 9 "));
        now += 100 * MILLI;
        receive(challenge(arriveOne()).replace("@load", "@lord"));
        assertThat(stats.errorsOf(LoadError.MISMATCH)).isEqualTo(2);
        assertThat(stats.failedOf(Op.REGISTER)).isEqualTo(2);
    }

    @Test
    void aSuccessWithoutTheBindingIsAMismatch() {
        receive(answer(arriveOne(), "200 OK", "Contact: <sip:u00@127.0.0.1:9999>"));
        assertThat(stats.errorsOf(LoadError.MISMATCH)).isEqualTo(1);
    }

    @Test
    void rejectedCredentialsAndOtherFinalsAreErrorsByStatus() {
        receive(challenge(arriveOne()));
        receive(challenge(sent.remove()));
        now += 100 * MILLI;
        receive(answer(arriveOne(), "503 Service Unavailable"));
        assertThat(stats.errorsOf(LoadError.STATUS)).isEqualTo(2);
        assertThat(stats.statusCount(401)).isEqualTo(1);
        assertThat(stats.statusCount(503)).isEqualTo(1);
    }

    @Test
    void aStaleNonceIsAnsweredOnceMore() {
        receive(challenge(arriveOne()));
        receive(challenge(sent.remove()).replace("nonce=\"n1\"", "nonce=\"n2\", stale=true"));
        String third = sent.remove();
        assertThat(third).contains("nonce=\"n2\"").contains("CSeq: 3 ");
        receive(ok(third));
        assertThat(stats.totalErrors()).isZero();
    }

    @Test
    void garbageIsCountedAndHarmless() {
        receive("garbage that is no message");
        receive("\r\n\r\n");
        assertThat(stats.errorsOf(LoadError.MALFORMED)).isEqualTo(1);
    }

    @Test
    void aClosedConnectionFailsItsCycles() {
        arriveOne();
        engine.closed(0);
        open = false;
        now += 100 * MILLI;
        engine.arrive(1);
        assertThat(stats.errorsOf(LoadError.CLOSED)).isEqualTo(2);
        assertThat(engine.inFlight()).isZero();
    }

    @Test
    void aRefreshKeepsItsCallIdAndAnswersTheLastChallengeInAdvance() {
        engine("refresh", "--users", "1");
        String first = arriveOne();
        receive(challenge(first));
        String second = sent.remove();
        receive(ok(second));
        now += 100 * MILLI;
        String third = arriveOne();
        assertThat(header(third, "Call-ID")).isEqualTo(header(first, "Call-ID"));
        assertThat(third).contains("CSeq: 3 REGISTER").contains("nonce=\"n1\"").contains("nc=00000002");
        receive(ok(third));
        assertThat(stats.doneOf(Op.REFRESH)).isEqualTo(2);
        assertThat(stats.challenges()).isEqualTo(1);
    }

    @Test
    void unregisteringTakesEveryContactAndWantsNoneBack() {
        engine("unregister");
        String request = arriveOne();
        assertThat(request).contains("\r\nContact: *\r\n").contains("\r\nExpires: 0\r\n");
        receive(answer(request, "200 OK"));
        assertThat(stats.doneOf(Op.UNREGISTER)).isEqualTo(1);
    }

    @Test
    void aDeviceRegistersAnswersTheCatalogQueryOnceAndKeepsAlive() {
        engine("gb28181", "--users", "1", "--channels", "3");
        String first = arriveOne();
        assertThat(header(first, "Authorization")).isEqualTo("Capability, algorithm=\"H:MD5\"");
        receive(answer(
                first, "401 Unauthorized", "WWW-Authenticate: Digest realm=\"34020000\",algorithm=MD5,nonce=\"1\""));
        receive(answer(sent.remove(), "200 OK", "Date: 2021-03-24T15:25:03.259"));
        String body =
                "<?xml version=\"1.0\"?>\r\n<Query>\r\n<CmdType>Catalog</CmdType>\r\n<SN>17</SN>\r\n<DeviceID>u00</DeviceID>\r\n</Query>\r\n";
        String query =
                "MESSAGE sip:u00@127.0.0.1:5080 SIP/2.0\r\nVia: SIP/2.0/UDP s;rport;branch=z9hG4bKq\r\nFrom: <sip:p@s>;tag=1\r\nTo: <sip:u00@s>\r\n"
                        + "Call-ID: 5\r\nCSeq: 20 MESSAGE\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
        receive(query);
        assertThat(sent.remove()).startsWith("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP s;rport;branch=z9hG4bKq\r\n");
        String one = sent.remove();
        assertThat(sent).as("the next part waits for the answer to this one").isEmpty();
        receive(query);
        assertThat(sent.remove()).startsWith("SIP/2.0 200 OK");
        assertThat(sent).as("a query that came again asks for nothing new").isEmpty();
        receive(answer(one, "200 OK"));
        String two = sent.remove();
        assertThat(one)
                .contains("<SN>17</SN>")
                .contains("<SumNum>3</SumNum>")
                .contains("<DeviceList Num=\"2\">")
                .contains("Camera 1<")
                .contains("Camera 2<")
                .contains("<DeviceID>34020000001310000000</")
                .contains("<DeviceID>34020000001310000001</");
        assertThat(two).contains("<DeviceList Num=\"1\">").contains("Camera 3<");
        assertThat(header(two, "Content-Length")).isEqualTo(String.valueOf(two.length() - two.indexOf("\r\n\r\n") - 4));
        assertThat(header(one, "Call-ID")).isNotEqualTo(header(two, "Call-ID"));
        receive(answer(two, "200 OK"));
        assertThat(sent).isEmpty();
        now += 100 * MILLI;
        String alive = arriveOne();
        assertThat(alive)
                .startsWith("MESSAGE ")
                .contains("<CmdType>Keepalive</CmdType>")
                .contains("<DeviceID>u00</DeviceID>");
        receive(answer(alive, "200 OK"));
        assertThat(stats.doneOf(Op.CATALOG)).isEqualTo(2);
        assertThat(stats.doneOf(Op.KEEPALIVE)).isEqualTo(1);
        assertThat(stats.totalErrors()).isZero();
    }

    @Test
    void aHundredthOfChurnIsBrokenAndNobodyWaitsForItsAnswer() {
        engine("churn", "--rate", "1000", "--users", "90");
        engine = new LoadEngine(
                LoadOptions.parse(
                        "--target=udp://127.0.0.1:5060",
                        "--users=90",
                        "--rate=1000",
                        "--scenario=churn",
                        "--user-digits=2"),
                new Schedule(now, 1000, 200 * MILLI),
                (connection, bytes, length) -> {
                    String request = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
                    sent.add(request);
                    return true;
                },
                new String[] {"127.0.0.1:5080"},
                stats,
                () -> now);
        now += 1000 * MILLI;
        for (int i = 0; i < 200; i++) {
            engine.arrive(1);
            // What is whole is answered, so that its user is free again.
            for (String request = sent.poll(); request != null; request = sent.poll()) {
                if (engine.inFlight() > 0) {
                    receive(answer(request, "500 No"));
                }
            }
        }
        assertThat(stats.disturbances()).isEqualTo(2);
        assertThat(stats.errorsOf(LoadError.STATUS)).isEqualTo(198);
        assertThat(stats.totalErrors()).isEqualTo(198);
        assertThat(engine.finished()).isTrue();
    }

    @Test
    void aBrokenAnswerIsNoErrorOfAServerThatWasSentBrokenRequests() {
        engine("churn");
        receive("SIP/2.0 400 Bad Request\r\nno header");
        assertThat(stats.totalErrors()).isZero();
        assertThat(stats.strayAnswers()).isOne();
    }

    @Test
    void anAnswerToABrokenRequestWithAnothersBranchIsNotTheOthers() {
        engine("churn");
        String request = arriveOne();
        receive(answer(request, "400 Bad Request").replaceFirst("Call-ID: .", "Call-ID: x"));
        assertThat(stats.totalErrors()).isZero();
        assertThat(stats.strayAnswers()).isOne();
        receive(answer(request, "500 No"));
        assertThat(stats.errorsOf(LoadError.STATUS)).isOne();
    }
}

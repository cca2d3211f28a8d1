/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.codec.ParseError;
import org.sipwire.codec.SipLimits;
import org.sipwire.transport.Flow;
import org.sipwire.transport.StreamLimits;
import org.sipwire.transport.TransportCounter;

/** Octets to messages on one connection, at every split; deadlines and ends by a clock the test owns. */
class StreamConnectionTest {
    private static final String HEAD = " sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.1:5060;branch=z9hG4bK-%1$s\r\n"
            + "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: %1$s\r\nCSeq: 1 ";
    private static final String OK = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";

    private final InetSocketAddress peer = new InetSocketAddress("192.0.2.7", 40_000);
    private LoopHarness harness = new LoopHarness();

    @AfterEach
    void close() {
        harness.close();
    }

    private void use(SipLimits limits, StreamLimits streamLimits) {
        harness.close();
        harness = new LoopHarness(limits, streamLimits);
    }

    private static String request(String method, String branch, String lengthName, String body) {
        return method + HEAD.formatted(branch) + method + "\r\n" + lengthName + ": " + body.length() + "\r\n\r\n"
                + body;
    }

    private static ByteBuf octets(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    }

    private static void feed(StreamConnection connection, String text) {
        ByteBuf buffer = octets(text);
        connection.onOctets(buffer);
        buffer.release();
    }

    private static final String FIRST = request("REGISTER", "1", "Content-Length", "");
    private static final String SECOND = request("MESSAGE", "2", "l", "<?xml version=\"1.0\"?>\r\n\r\n<Notify/>");
    private static final String THIRD =
            request("OPTIONS", "3", "Content-length \t", "x").replace("Call-ID: 3", "Call-ID:\r\n 3");
    private static final String STREAM = FIRST + "\r\n\r\n" + SECOND + "\r\n" + THIRD;

    /** The parser unfolds in place. */
    private static final List<String> MESSAGES =
            List.of(FIRST, SECOND, THIRD.replace("Call-ID:\r\n 3", "Call-ID:   3"));

    @Test
    void messagesAreTheSameAtEverySplit() throws Exception {
        harness.recorder.answer = OK.getBytes(StandardCharsets.US_ASCII);
        harness.onLoop(() -> {
            for (int split = 0; split <= STREAM.length(); split++) {
                LoopHarness.NowhereChannel channel = new LoopHarness.NowhereChannel(peer);
                StreamConnection connection = harness.accept(channel);
                feed(connection, STREAM.substring(0, split));
                harness.loop.endBatch();
                feed(connection, STREAM.substring(split));
                harness.loop.endBatch();
                assertThat(harness.recorder.messages).as("split at " + split).isEqualTo(MESSAGES);
                assertThat(channel.written()).as("split at " + split).isEqualTo(OK + "\r\n" + OK + OK);
                harness.recorder.messages.clear();
                connection.onInputEnd();
                connection.onInactive();
            }
            return null;
        });
        assertThat(harness.count(TransportCounter.PINGS_ANSWERED)).isEqualTo(STREAM.length() + 1);
        assertThat(harness.count(TransportCounter.CONNECTIONS)).isZero();
    }

    @Test
    void messagesAreTheSameAtEveryPairOfSplits() throws Exception {
        harness.onLoop(() -> {
            for (int first = 0; first <= STREAM.length(); first += 7) {
                for (int second = first; second <= STREAM.length(); second += 11) {
                    StreamConnection connection = harness.accept(new LoopHarness.NowhereChannel(peer));
                    feed(connection, STREAM.substring(0, first));
                    feed(connection, STREAM.substring(first, second));
                    feed(connection, STREAM.substring(second));
                    assertThat(harness.recorder.messages)
                            .as("splits at " + first + " and " + second)
                            .isEqualTo(MESSAGES);
                    harness.recorder.messages.clear();
                    connection.onInactive();
                }
            }
            return null;
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 17, 1000})
    void messagesAreTheSameInPiecesOfAnyLength(int length) throws Exception {
        harness.onLoop(() -> {
            StreamConnection connection = harness.accept(new LoopHarness.NowhereChannel(peer));
            for (int i = 0; i < STREAM.length(); i += length) {
                feed(connection, STREAM.substring(i, Math.min(STREAM.length(), i + length)));
            }
            assertThat(harness.recorder.messages).isEqualTo(MESSAGES);
            connection.onInactive();
            return null;
        });
    }

    @Test
    void aMessageLongerThanTheScratchIsWhole() throws Exception {
        String large = request("MESSAGE", "9", "Content-Length", "x".repeat(200_000));
        harness.onLoop(() -> {
            StreamConnection connection = harness.accept(new LoopHarness.NowhereChannel(peer));
            feed(connection, FIRST + large + SECOND);
            assertThat(harness.recorder.messages).containsExactly(FIRST, large, SECOND);
            connection.onInactive();
            return null;
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: -1",
                "Content-Length: 99999999999",
                "Content-Length: 10\r\nl: 11",
                "Content-Length: 4000000",
                "Content-Length: 1x",
                "Subject: no length"
            })
    void aStreamThatCannotBeFramedIsAnsweredAndClosed(String header) throws Exception {
        harness.recorder.answer = "SIP/2.0 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        harness.onLoop(() -> {
            LoopHarness.NowhereChannel channel = new LoopHarness.NowhereChannel(peer);
            StreamConnection connection = harness.accept(channel);
            feed(connection, FIRST.replace("Content-Length: 0", header) + SECOND);
            harness.loop.endBatch();
            assertThat(harness.recorder.messages).isEmpty();
            assertThat(harness.recorder.errors).hasSize(1);
            assertThat(harness.recorder.closed).containsExactly(connection);
            assertThat(channel.written()).startsWith("SIP/2.0 400");
            assertThat(connection.isOpen()).isFalse();
            assertThat(connection.send(new byte[] {1}, 0, 1)).isEqualTo(Flow.CLOSED);
            connection.onInactive();
            assertThat(harness.recorder.closed).as("told once").hasSize(1);
            return null;
        });
        assertThat(harness.count(TransportCounter.CONNECTIONS_UNFRAMEABLE)).isEqualTo(1);
    }

    @Test
    void anEndlessHeaderSectionIsRefusedAtItsLimit() throws Exception {
        use(SipLimits.DEFAULT.withMaxHeaderBytes(2_000), StreamLimits.DEFAULT);
        harness.onLoop(() -> {
            StreamConnection connection = harness.accept(new LoopHarness.NowhereChannel(peer));
            for (int i = 0; i < 100 && connection.isOpen(); i++) {
                feed(connection, i == 0 ? "OPTIONS sip:a@b SIP/2.0\r\n" : "Subject: " + "x".repeat(90) + "\r\n");
            }
            assertThat(connection.isOpen()).isFalse();
            assertThat(harness.recorder.errors).containsExactly(ParseError.HEADERS_TOO_LARGE);
            return null;
        });
    }

    @Test
    void aMalformedMessageThatIsFramedLeavesTheConnectionOpen() throws Exception {
        harness.onLoop(() -> {
            StreamConnection connection = harness.accept(new LoopHarness.NowhereChannel(peer));
            feed(connection, FIRST.replace("CSeq: 1 ", "CSeq: x ") + SECOND);
            assertThat(harness.recorder.errors).hasSize(1);
            assertThat(harness.recorder.messages).containsExactly(SECOND);
            assertThat(connection.isOpen()).isTrue();
            return null;
        });
    }

    @Test
    void aPeerThatDoesNotReadIsBackPressure() throws Exception {
        use(SipLimits.DEFAULT, StreamLimits.DEFAULT.withWriteBounds(30_000, 2048));
        byte[] large = new byte[1500];
        harness.onLoop(() -> {
            StalledChannel channel = new StalledChannel();
            StreamConnection connection = harness.accept(channel.channel);
            assertThat(connection.send(large, 0, large.length)).isEqualTo(Flow.SENT);
            assertThat(connection.send(large, 0, large.length))
                    .as("the second fits the watermark once the first is written")
                    .isEqualTo(Flow.SENT);
            connection.flush();
            channel.stall();
            assertThat(connection.send(large, 0, large.length)).isEqualTo(Flow.BACK_PRESSURED);
            return null;
        });
        assertThat(harness.count(TransportCounter.BACK_PRESSURED)).isEqualTo(1);
    }

    /** A channel whose writability the test sets. */
    private final class StalledChannel {
        final LoopHarness.NowhereChannel channel = new LoopHarness.NowhereChannel(peer);

        void stall() {
            channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        }
    }

    // --------------------------------------------------------------------------------------------------------
    // deadlines

    private void at(long millis) {
        harness.loop.clock().set(millis * 1_000_000, millis);
    }

    private static final StreamLimits SHORT = StreamLimits.DEFAULT.withReadTimeouts(60_000, 5_000, 2_000);

    @Test
    void aSilentConnectionIsClosedAsSlowBeforeItsFirstMessage() throws Exception {
        use(SipLimits.DEFAULT, SHORT);
        harness.onLoop(() -> {
            at(0);
            StreamConnection connection = harness.accept(new LoopHarness.NowhereChannel(peer));
            connection.checkDeadlines(5_000L * 1_000_000);
            assertThat(connection.isOpen()).isTrue();
            connection.checkDeadlines(5_001L * 1_000_000);
            assertThat(connection.isOpen()).isFalse();
            return null;
        });
        assertThat(harness.count(TransportCounter.CONNECTIONS_SLOW)).isEqualTo(1);
    }

    @Test
    void aMessageThatDribblesInIsClosedAsSlow() throws Exception {
        use(SipLimits.DEFAULT, SHORT);
        harness.onLoop(() -> {
            StreamConnection connection = harness.accept(new LoopHarness.NowhereChannel(peer));
            feed(connection, FIRST + SECOND.substring(0, 40));
            long began = harness.loop.clock().nanos();
            connection.checkDeadlines(began + 2_000L * 1_000_000);
            assertThat(connection.isOpen()).isTrue();
            connection.checkDeadlines(began + 2_001L * 1_000_000);
            assertThat(connection.isOpen()).isFalse();
            return null;
        });
        assertThat(harness.count(TransportCounter.CONNECTIONS_SLOW)).isEqualTo(1);
    }

    @Test
    void anIdleConnectionIsClosedAfterItsTime() throws Exception {
        use(SipLimits.DEFAULT, SHORT);
        harness.onLoop(() -> {
            StreamConnection connection = harness.accept(new LoopHarness.NowhereChannel(peer));
            feed(connection, FIRST);
            long last = harness.loop.clock().nanos();
            connection.checkDeadlines(last + 60_000L * 1_000_000);
            assertThat(connection.isOpen()).isTrue();
            connection.checkDeadlines(last + 60_001L * 1_000_000);
            assertThat(connection.isOpen()).isFalse();
            return null;
        });
        assertThat(harness.count(TransportCounter.CONNECTIONS_IDLE)).isEqualTo(1);
    }

    /** RFC 5626 §4.4.1: no pong within 10 s means that the flow has failed; anything else that comes means that it has not. */
    @Test
    void aKeepAliveThatNothingFollowsClosesTheConnectionAfterTenSeconds() throws Exception {
        harness.onLoop(() -> {
            at(0);
            LoopHarness.NowhereChannel channel = new LoopHarness.NowhereChannel(peer);
            StreamConnection connection = harness.accept(channel);
            feed(connection, FIRST);
            long begun = harness.loop.clock().nanos();
            assertThat(connection.keepAlive()).isEqualTo(Flow.SENT);
            harness.loop.endBatch();
            assertThat(channel.written()).isEqualTo("\r\n\r\n");
            feed(connection, "\r\n");
            connection.checkDeadlines(begun + 30_000L * 1_000_000);
            assertThat(connection.isOpen()).as("it was answered").isTrue();
            begun = harness.loop.clock().nanos();
            connection.keepAlive();
            connection.checkDeadlines(begun + 9_999L * 1_000_000);
            assertThat(connection.isOpen()).isTrue();
            connection.checkDeadlines(begun + 10_001L * 1_000_000);
            assertThat(connection.isOpen()).isFalse();
            assertThat(connection.keepAlive()).isEqualTo(Flow.CLOSED);
            harness.loop.endBatch();
            return null;
        });
        assertThat(harness.count(TransportCounter.CONNECTIONS_UNANSWERED)).isEqualTo(1);
        assertThat(harness.count(TransportCounter.PINGS_SENT)).isEqualTo(2);
    }

    /** A process that was stopped has not read what its peers sent: they are judged when it has. */
    @Test
    void aStopOfThisSideClosesWhoWasSilentButNobodyWhoseOctetsWaited() throws Exception {
        use(SipLimits.DEFAULT, SHORT);
        harness.onLoop(() -> {
            StreamConnection whole = harness.accept(new LoopHarness.NowhereChannel(peer));
            StreamConnection gone = harness.accept(new LoopHarness.NowhereChannel(peer));
            feed(whole, FIRST.substring(0, 40));
            feed(gone, FIRST.substring(0, 40));
            long millis = harness.loop.clock().nanos() / 1_000_000;
            // Twice: the first one may come late after the connections were made.
            harness.loop.connections().sweep();
            harness.loop.connections().sweep();
            at(millis + 35_000);
            harness.loop.connections().sweep();
            assertThat(whole.isOpen()).isTrue();
            assertThat(gone.isOpen()).isTrue();
            feed(whole, FIRST.substring(40));
            at(millis + 36_000);
            harness.loop.connections().sweep();
            assertThat(harness.recorder.messages).containsExactly(FIRST);
            assertThat(whole.isOpen()).isTrue();
            assertThat(gone.isOpen()).isFalse();
            // A loop that is always late judges at every other sweep.
            at(millis + 137_000);
            harness.loop.connections().sweep();
            assertThat(whole.isOpen()).isTrue();
            at(millis + 237_000);
            harness.loop.connections().sweep();
            assertThat(whole.isOpen()).isFalse();
            return null;
        });
        assertThat(harness.count(TransportCounter.CONNECTIONS_SLOW)).isEqualTo(1);
        assertThat(harness.count(TransportCounter.CONNECTIONS_IDLE)).isEqualTo(1);
    }

    /** What was missed while the loop did not run is not made up for. */
    @Test
    void ticksThatWereMissedDoNotFollowAtOnce() throws Exception {
        AtomicInteger ticks = new AtomicInteger();
        int millis = 5;
        long begun = System.nanoTime();
        harness.loop.startTicking(millis, ticks::incrementAndGet);
        while (ticks.get() < 3) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        long stopped = harness.onLoop(() -> {
            long from = System.nanoTime();
            TimeUnit.MILLISECONDS.sleep(600);
            return System.nanoTime() - from;
        });
        int before = ticks.get();
        while (ticks.get() < before + 10) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        int all = ticks.get();
        long running = System.nanoTime() - begun - stopped;
        assertThat(all).isLessThanOrEqualTo((int) TimeUnit.NANOSECONDS.toMillis(running) / millis + 2);
    }

    @Test
    void aPeerThatOnlySendsNoMoreStillGetsItsAnswer() throws Exception {
        harness.onLoop(() -> {
            LoopHarness.NowhereChannel channel = new LoopHarness.NowhereChannel(peer);
            StreamConnection connection = harness.accept(channel);
            feed(connection, FIRST);
            connection.onInputEnd();
            assertThat(connection.isOpen()).isTrue();
            byte[] ok = OK.getBytes(StandardCharsets.US_ASCII);
            assertThat(connection.send(ok, 0, ok.length)).isEqualTo(Flow.SENT);
            harness.loop.endBatch();
            assertThat(channel.written()).isEqualTo(OK);
            assertThat(connection.isOpen()).isFalse();
            return null;
        });
    }

    @Test
    void aPeerThatClosedIsLetGoAtOnceWhenItAwaitsNothing() throws Exception {
        harness.recorder.answer = OK.getBytes(StandardCharsets.US_ASCII);
        harness.onLoop(() -> {
            StreamConnection connection = harness.accept(new LoopHarness.NowhereChannel(peer));
            feed(connection, FIRST);
            harness.loop.endBatch();
            connection.onInputEnd();
            assertThat(connection.isOpen()).isFalse();
            return null;
        });
    }
}

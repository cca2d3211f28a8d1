/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.SipRequest;
import org.sipwire.transaction.RequestContext;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transaction.TransactionUser;

/** A stack on the loopback that answers everything with 200, and what a trace of it shows. */
class MessageTraceTest {
    private SipStack stack;
    private MessageTrace trace;

    @BeforeEach
    void start() {
        stack = SipStack.create(SipStackConfig.builder()
                .threads(2)
                .listen("udp://127.0.0.1:0")
                .listen("tcp://127.0.0.1:0")
                .build());
        stack.start(new TransactionUser() {
            @Override
            public void onRequest(SipRequest request, RequestContext context) {
                context.response(200);
                context.respondStateless();
            }
        });
        trace = new MessageTrace(stack);
    }

    @AfterEach
    void stop() {
        stack.close();
    }

    private static String options(String user, String transport) {
        return "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/" + transport + " 127.0.0.1:9;rport;branch=z9hG4bK" + user
                + "\r\nFrom: <sip:" + user + "@example.org>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: " + user
                + "\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
    }

    /** Sends a request over UDP and waits for its answer; returns the port it came from. */
    private int ask(String user) throws Exception {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            socket.setSoTimeout(5_000);
            byte[] octets = options(user, "UDP").getBytes(StandardCharsets.US_ASCII);
            socket.send(new DatagramPacket(
                    octets,
                    octets.length,
                    InetAddress.getByName("127.0.0.1"),
                    stack.boundPoints().get(0).port()));
            socket.receive(new DatagramPacket(new byte[4096], 4096));
            return socket.getLocalPort();
        }
    }

    private void askOverTcp(String user) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", stack.boundPoints().get(1).port())) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write(options(user, "TCP").getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).isEqualTo('S');
        }
    }

    /** Starts a trace and waits until each loop has taken it up. */
    private MessageTrace.State start(TraceFilter filter, int seconds, long octets) throws Exception {
        MessageTrace.State state = trace.start(filter, seconds, octets);
        content();
        return state;
    }

    private MessageTrace.Content content() throws Exception {
        CompletableFuture<MessageTrace.Content> read = new CompletableFuture<>();
        trace.read(Runnable::run, read::complete);
        return read.get(5, TimeUnit.SECONDS);
    }

    @Test
    void nothingIsKeptUntilATraceStarts() throws Exception {
        ask("alice");
        assertThat(content().messages()).isEmpty();
        assertThat(trace.state()).isNull();
    }

    @Test
    void requestAndAnswerOfTheAddressAreKeptAndNoOthers() throws Exception {
        MessageTrace.State state = start(TraceFilter.aor("alice@example.org"), 60, MessageTrace.MIN_OCTETS);
        assertThat(state.isTracing(state.startedMillis())).isTrue();
        int port = ask("alice");
        ask("bob");
        askOverTcp("alice");
        assertThat(content().messages())
                .extracting(traced -> (traced.sent() ? "> " : "< ")
                        + traced.message().transport() + " " + traced.message().startLine())
                .containsExactly(
                        "< udp OPTIONS sip:127.0.0.1 SIP/2.0",
                        "> udp SIP/2.0 200 OK",
                        "< tcp OPTIONS sip:127.0.0.1 SIP/2.0",
                        "> tcp SIP/2.0 200 OK");
        TracedMessage first = content().messages().get(0);
        assertThat(first.message().source()).hasToString("127.0.0.1:" + port);
        assertThat(first.message().destination())
                .hasToString("127.0.0.1:" + stack.boundPoints().get(0).port());
        assertThat(new String(first.message().octets(), StandardCharsets.US_ASCII))
                .isEqualTo(options("alice", "UDP"));
        assertThat(Math.abs(first.message().timeMicros() / 1000 - System.currentTimeMillis()))
                .isLessThan(60_000);
    }

    @Test
    void anotherTraceForgetsTheOneBefore() throws Exception {
        start(TraceFilter.all(), 60, MessageTrace.MIN_OCTETS);
        ask("alice");
        start(TraceFilter.aor("bob@example.org"), 60, MessageTrace.MIN_OCTETS);
        ask("alice");
        ask("bob");
        assertThat(content().messages()).hasSize(2);
        trace.stop();
        ask("bob");
        assertThat(content().messages()).isEmpty();
        assertThat(trace.state()).isNull();
    }

    @Test
    void traceEndsByItselfAndCanStillBeRead() throws Exception {
        MessageTrace.State state = start(TraceFilter.all(), 1, MessageTrace.MIN_OCTETS);
        ask("alice");
        while (state.isTracing(System.currentTimeMillis())) {
            ask("alice");
        }
        long end = System.nanoTime();
        ask("carol");
        // The loops count from the instant of the start, which lies a little after the state's.
        while (System.nanoTime() - end < 100_000_000L) {
            ask("carol");
        }
        int kept = content().messages().size();
        ask("dave");
        assertThat(content().messages()).hasSizeGreaterThanOrEqualTo(2).hasSize(kept);
    }

    @Test
    void boundsAreHeld() {
        assertThatThrownBy(() -> start(TraceFilter.all(), 0, MessageTrace.MIN_OCTETS))
                .hasMessage("seconds must be a number within 1..86400");
        assertThatThrownBy(() -> start(TraceFilter.all(), 1, MessageTrace.MAX_OCTETS + 1))
                .hasMessageStartingWith("octets must be a number within 65536..");
    }

    @Test
    void everyMessageReachesTheCollectorAsHepWithItsSecretsMasked() throws Exception {
        try (DatagramSocket collector = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            collector.setSoTimeout(5_000);
            InetSocketAddress to = new InetSocketAddress("127.0.0.1", collector.getLocalPort());
            try (HepExporter exporter = new HepExporter(trace, to, TraceFilter.all(), 2001, true)) {
                // Each loop has come to it.
                content();
                ask("alice");
                for (String startLine : new String[] {"OPTIONS sip:127.0.0.1 SIP/2.0", "SIP/2.0 200 OK"}) {
                    DatagramPacket packet = new DatagramPacket(new byte[65_535], 65_535);
                    collector.receive(packet);
                    byte[] hep = Arrays.copyOf(packet.getData(), packet.getLength());
                    assertThat(new String(hep, 0, 4, StandardCharsets.US_ASCII)).isEqualTo("HEP3");
                    assertThat(ByteBuffer.wrap(hep).getShort(4)).isEqualTo((short) hep.length);
                    assertThat(new String(hep, StandardCharsets.ISO_8859_1)).contains(startLine);
                }
                assertThat(exporter.dropped()).isZero();
                // A trace beside it, and its end, leave the collector its messages.
                start(TraceFilter.all(), 60, MessageTrace.MIN_OCTETS);
                trace.stop();
                ask("bob");
                collector.receive(new DatagramPacket(new byte[65_535], 65_535));
            }
        }
    }

    @Test
    void collectorGetsWhatItsFilterMatchesAndATraceBesideItSomethingElse() throws Exception {
        try (DatagramSocket collector = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            collector.setSoTimeout(5_000);
            InetSocketAddress to = new InetSocketAddress("127.0.0.1", collector.getLocalPort());
            start(TraceFilter.aor("bob@example.org"), 60, MessageTrace.MIN_OCTETS);
            HepExporter exporter = new HepExporter(trace, to, TraceFilter.aor("alice@example.org"), 2001, true);
            try (exporter) {
                content();
                ask("carol");
                ask("bob");
                ask("alice");
                for (int i = 0; i < 2; i++) {
                    DatagramPacket packet = new DatagramPacket(new byte[65_535], 65_535);
                    collector.receive(packet);
                    assertThat(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.ISO_8859_1))
                            .contains("alice@example.org")
                            .doesNotContain("bob", "carol");
                }
            }
            assertThat(exporter.sent()).isEqualTo(2);
            assertThat(content().messages()).hasSize(2);
        }
    }
}

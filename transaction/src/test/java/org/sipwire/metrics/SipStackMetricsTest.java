/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.SipRequest;
import org.sipwire.transaction.RequestContext;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transaction.TransactionUser;

class SipStackMetricsTest {
    private static final String OPTIONS =
            "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h:5060;branch=z9hG4bK-1;rport\r\n"
                    + "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n";

    private static final class Answering implements TransactionUser {
        @Override
        public void onRequest(SipRequest request, RequestContext context) {
            context.response(200);
            context.respondStateless();
        }
    }

    private static byte[] ask(SipStack stack, byte[] octets) throws Exception {
        try (DatagramSocket peer = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            peer.setSoTimeout(5_000);
            int port = stack.boundPoints().get(0).port();
            peer.send(new DatagramPacket(octets, octets.length, InetAddress.getByName("127.0.0.1"), port));
            DatagramPacket answer = new DatagramPacket(new byte[2000], 2000);
            peer.receive(answer);
            return answer.getData();
        }
    }

    @Test
    void everyMeterIsOneOfTheTableWithItsLabels() throws Exception {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (SipStack stack = SipStack.create(
                SipStackConfig.builder().listen("udp://127.0.0.1:0").build())) {
            stack.start(new Answering());
            new SipStackMetrics(stack).bindTo(registry);
            ask(stack, OPTIONS.getBytes(StandardCharsets.US_ASCII));
            ask(stack, OPTIONS.replace("CSeq: 1", "CSeq: x").getBytes(StandardCharsets.US_ASCII));
            Set<String> names = new TreeSet<>();
            for (Meter meter : registry.getMeters()) {
                names.add(meter.getId().getName());
            }
            for (SipMeter meter : SipMeter.values()) {
                for (Meter found : registry.find(meter.meterName()).meters()) {
                    Set<String> tags = new TreeSet<>();
                    found.getId().getTags().forEach(tag -> tags.add(tag.getKey()));
                    assertThat(tags)
                            .as(meter.meterName())
                            .isEqualTo(new TreeSet<>(
                                    meter.labels().isEmpty()
                                            ? List.of()
                                            : List.of(meter.labels().split(", "))));
                    assertThat(found.getId().getType() == Meter.Type.COUNTER).isEqualTo(meter.isCounter());
                }
                names.remove(meter.meterName());
            }
            assertThat(names).as("meters that are not in the table").isEmpty();
            assertThat(registry.get("sip.udp.receive.buffer.bytes").gauge().value())
                    .isPositive();
        }
    }

    @Test
    void messagesAreCountedByMethodStatusAndReason() throws Exception {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (SipStack stack = SipStack.create(
                SipStackConfig.builder().listen("udp://127.0.0.1:0").build())) {
            stack.start(new Answering());
            ask(stack, OPTIONS.getBytes(StandardCharsets.US_ASCII));
            new SipStackMetrics(stack).bindTo(registry);
            ask(stack, OPTIONS.getBytes(StandardCharsets.US_ASCII));
            ask(stack, OPTIONS.replace("CSeq: 1", "CSeq: x").getBytes(StandardCharsets.US_ASCII));
            assertThat(counter(registry, "sip.requests.received", "method", "OPTIONS"))
                    .isEqualTo(2);
            assertThat(counter(registry, "sip.responses.sent", "status", "200")).isEqualTo(2);
            assertThat(counter(registry, "sip.responses.sent", "status", "400")).isEqualTo(1);
            assertThat(counter(registry, "sip.parse.errors", "reason", "cseq")).isEqualTo(1);
            assertThat(counter(registry, "sip.received.bytes", "transport", "udp"))
                    .isEqualTo(3.0 * OPTIONS.length());
        }
    }

    private static double counter(SimpleMeterRegistry registry, String name, String tag, String value) {
        double sum = 0;
        for (FunctionCounter counter : registry.get(name).tag(tag, value).functionCounters()) {
            sum += counter.count();
        }
        return sum;
    }

    @Test
    void prometheusNamesFollowItsConventions() {
        assertThat(SipMeter.REQUESTS_RECEIVED.prometheusName()).isEqualTo("sip_requests_received_total");
        assertThat(SipMeter.RECEIVED_BYTES.prometheusName()).isEqualTo("sip_received_bytes_total");
        assertThat(SipMeter.LOOP_LAG.prometheusName()).isEqualTo("sip_loop_lag_seconds");
        for (SipMeter meter : SipMeter.values()) {
            assertThat(meter.prometheusName()).matches("[a-z][a-z_]*");
            assertThat(meter.description()).matches("[A-Z].*[^.]");
        }
    }
}

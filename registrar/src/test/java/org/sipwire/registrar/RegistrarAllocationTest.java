/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.NonceFactory;
import org.sipwire.registrar.auth.SharedPasswordStore;

/** Inside the fence of the design's second chapter: from the octets of a REGISTER to the octets of its answer, nothing is allocated. */
class RegistrarAllocationTest {

    private static final int WARM_UP = 20_000;
    private static final int MEASURED = 2_000;
    private static final String WHO = "see jdk.ObjectAllocationSample in a JFR recording of this test";
    private static final String URI = "sip:34020000002000000001@3402000000";
    private static final String DEVICE = "sip:34020000001320000003@3402000000";

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private long allocated;

    private void receive(RegistrarHarness registrar, byte[] octets) {
        long before = threads.getCurrentThreadAllocatedBytes();
        int consumed = registrar.parser.parseDatagram(octets, 0, octets.length);
        assert consumed > 0;
        registrar.layer.onMessage(registrar.parser, registrar.udp);
        registrar.layer.tick();
        allocated += threads.getCurrentThreadAllocatedBytes() - before;
    }

    /** Nine digits of the branch and the sequence number, so that the length never changes. */
    private static byte[] message(RegistrarHarness registrar, long number, String... lines) {
        String text = registrar.request("REGISTER", URI, DEVICE, number, lines);
        return text.replaceFirst("branch=z9hG4bK\\d+", "branch=z9hG4bK" + number)
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void refreshAllocatesNothing() {
        refreshAllocatesNothing("Contact: <sip:34020000001320000003@192.168.35.165:5080>");
    }

    @Test
    void refreshWithGruusAllocatesNothing() {
        refreshAllocatesNothing(
                "Contact: <sip:34020000001320000003@192.168.35.165:5080;line=1>;+sip.instance=\"<urn:uuid:1>\"",
                "Supported: path, gruu");
    }

    private void refreshAllocatesNothing(String... lines) {
        String[] all = Arrays.copyOf(lines, lines.length + 2);
        all[lines.length] = "User-Agent: eXosip/4.1.0";
        all[lines.length + 1] = "Expires: 3600";
        RegistrarHarness registrar =
                new RegistrarHarness(RegistrarConfig.gb28181("3402000000").build());
        registrar.udp.keep = false;
        registrar.recording = false;
        for (int i = 0; i < WARM_UP + MEASURED; i++) {
            if (i == WARM_UP) {
                allocated = 0;
            }
            registrar.passSeconds(1);
            receive(registrar, message(registrar, 100_000_000 + i, all));
        }
        assertThat(registrar.registrar.count(RegistrarCounter.REFRESHED)).isEqualTo(WARM_UP + MEASURED - 1);
        assertThat(registrar.udp.count).isEqualTo(WARM_UP + MEASURED);
        assertThat((double) allocated / MEASURED).as(WHO).isLessThan(0.5);
    }

    @Test
    void challengeAndAuthenticatedRefreshAllocateNothing() {
        AuthConfig auth = AuthConfig.gb28181("34020000").build();
        RegistrarHarness registrar = new RegistrarHarness(
                RegistrarConfig.gb28181("3402000000").build(),
                null,
                b -> b.authentication(auth, new SharedPasswordStore("12345678"), new NonceFactory(auth)));
        registrar.recording = false;
        String contact = "Contact: <sip:34020000001320000003@192.168.35.165:5080>";
        for (int i = 0; i < WARM_UP + MEASURED; i++) {
            if (i == WARM_UP) {
                allocated = 0;
            }
            registrar.passSeconds(1);
            registrar.udp.sent.clear();
            registrar.udp.keep = false;
            byte[] first = message(registrar, 100_000_000 + 2 * i, contact);
            receive(registrar, first);
            // The same once more, to see the answer's text: it is stateless, so nothing changes.
            registrar.udp.keep = true;
            registrar.receive(new String(first, StandardCharsets.UTF_8), registrar.udp);
            registrar.udp.keep = false;
            String challenge = new RegistrarHarness.Answer(registrar.udp.sent.get(0)).header("WWW-Authenticate");
            String proof = DigestClient.answer(challenge, "34020000001320000003", "12345678", URI);
            receive(registrar, message(registrar, 100_000_000 + 2 * i + 1, contact, proof));
        }
        assertThat(registrar.registrar.count(RegistrarCounter.REFRESHED)).isEqualTo(WARM_UP + MEASURED - 1);
        assertThat((double) allocated / MEASURED).as(WHO).isLessThan(0.5);
    }

    @Test
    void octetsOfTheDateAreWrittenInPlace() {
        BeijingDate date = new BeijingDate();
        assertThat(new String(date.at(1_616_570_703_259L), StandardCharsets.US_ASCII))
                .isEqualTo("2021-03-24T15:25:03.259");
        assertThat(date.at(1_616_570_703_300L)).isSameAs(date.at(0));
        assertThat(new String(Arrays.copyOf(date.at(0), 23), StandardCharsets.US_ASCII))
                .isEqualTo("1970-01-01T08:00:00.000");
        for (long day = -200_000; day < 400_000; day += 37) {
            long millis = day * 86_400_000L + 12_345_678L;
            String expected = java.time.Instant.ofEpochMilli(millis)
                    .atOffset(java.time.ZoneOffset.ofHours(8))
                    .format(java.time.format.DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS"));
            assertThat(new String(date.at(millis), StandardCharsets.US_ASCII)).isEqualTo(expected);
        }
    }
}

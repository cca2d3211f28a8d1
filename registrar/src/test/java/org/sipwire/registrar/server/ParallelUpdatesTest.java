/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.Transport;

/**
 * Fifty devices of one address-of-record that update it at the same time, over sockets of both kinds, which several event loops serve. RFC
 * 3261 §10.3: a registrar MUST process REGISTERs about one address-of-record as if they came one after the other.
 */
class ParallelUpdatesTest {
    private static final int DEVICES = 50;
    private static final int ROUNDS = 10;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"memory", "rocksdb"})
    void noneIsLost(String store) throws Exception {
        String[] arguments = {
            "--listen",
            "udp://127.0.0.1:0",
            "--listen",
            "tcp://127.0.0.1:0",
            "--http",
            "127.0.0.1:0",
            "--no-auth",
            "--threads",
            "4",
            "--max-contacts",
            "" + DEVICES,
            "--contact-overflow",
            "reject",
            "--store",
            store.equals("memory") ? store : store + ":" + folder.resolve("store")
        };
        ExecutorService threads = Executors.newFixedThreadPool(DEVICES);
        try (RegistrarServer server = RegistrarServer.start(OptionSources.read(arguments, Map.of()))) {
            CyclicBarrier together = new CyclicBarrier(DEVICES);
            List<Future<Set<String>>> devices = new ArrayList<>();
            for (int i = 0; i < DEVICES; i++) {
                int device = i;
                devices.add(threads.submit(() -> update(server, device, together)));
            }
            Set<String> wanted = new HashSet<>();
            for (Future<Set<String>> device : devices) {
                wanted.addAll(device.get(120, TimeUnit.SECONDS));
            }
            try (WireClient client = connect(server, 0)) {
                assertThat(contacts(client.exchange(register(client, 1000, "fetch", ""))))
                        .containsExactlyInAnyOrderElementsOf(wanted)
                        .hasSize(DEVICES);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** Registers, refreshes, removes and moves one contact; gives what must stand in the end. */
    private static Set<String> update(RegistrarServer server, int device, CyclicBarrier together) throws Exception {
        String last = "";
        try (WireClient client = connect(server, device)) {
            for (int round = 0; round < ROUNDS; round++) {
                together.await(60, TimeUnit.SECONDS);
                String before = last;
                last = "<sip:shared@127.0.0.1:" + (20000 + 100 * device + round % 3) + ">";
                String contact = "Contact: " + last + ";expires=" + (600 + round) + "\n";
                if (!before.isEmpty() && !before.equals(last)) {
                    contact += "Contact: " + before + ";expires=0\n";
                }
                String answer =
                        client.exchange(register(client, 100 * device + 10 * round, "device-" + device, contact));
                assertThat(answer).startsWith("SIP/2.0 200 ").contains(last + ";expires=");
                assertThat(contacts(answer)).doesNotContain(before.equals(last) ? "" : before);
            }
        }
        return Set.of(last);
    }

    private static WireClient connect(RegistrarServer server, int device) throws Exception {
        Transport transport = device % 2 == 0 ? Transport.TCP : Transport.UDP;
        for (ListeningPoint point : server.boundPoints()) {
            if (point.transport() == transport) {
                return WireClient.connect(transport, point.port());
            }
        }
        throw new AssertionError(transport);
    }

    private static String register(WireClient client, int cseq, String callId, String contacts) {
        return "REGISTER sip:example.org SIP/2.0\n"
                + "Via: SIP/2.0/" + client.viaToken() + " 127.0.0.1:" + client.localPort()
                + ";rport;branch=z9hG4bK" + callId + cseq + "\n"
                + "From: <sip:shared@example.org>;tag=1\n"
                + "To: <sip:shared@example.org>\n"
                + "Call-ID: " + callId + "\n"
                + "CSeq: " + (cseq + 1) + " REGISTER\n"
                + contacts
                + "Max-Forwards: 70\n"
                + "Content-Length: 0\n\n";
    }

    private static List<String> contacts(String answer) {
        return Pattern.compile("(?m)^Contact: (<[^>]*>)")
                .matcher(answer)
                .results()
                .map(m -> m.group(1))
                .toList();
    }
}

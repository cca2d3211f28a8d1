/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.Transport;

/** The end of a server under load. */
class DrainTest {
    private static final int CLIENTS = 4;

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private final CountDownLatch underLoad = new CountDownLatch(200);

    private RegistrarServer start() throws Exception {
        return RegistrarServer.start(OptionSources.read(
                new String[] {
                    "--listen=udp://127.0.0.1:0",
                    "--listen=tcp://127.0.0.1:0",
                    "--http=127.0.0.1:0",
                    "--no-auth",
                    "--store=rocksdb:" + folder.resolve("bindings"),
                    "--threads=2"
                },
                Map.of()));
    }

    private int status(RegistrarServer server, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + server.httpAddress().getPort() + path);
        return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding())
                .statusCode();
    }

    /** Registers one user after the other until it is told to go elsewhere; returns that answer. */
    private String registerUntilRefused(ListeningPoint point, int client) throws Exception {
        try (WireClient wire = WireClient.connect(point.transport(), point.port())) {
            for (int n = 0; ; n++) {
                String user = "user" + client + "-" + n;
                String answer = wire.exchange("REGISTER sip:example.org SIP/2.0\nVia: SIP/2.0/" + wire.viaToken()
                        + " 127.0.0.1:" + wire.localPort() + ";rport;branch=z9hG4bK" + user + "\nFrom: <sip:" + user
                        + "@example.org>;tag=1\nTo: <sip:" + user + "@example.org>\nCall-ID: " + user
                        + "\nCSeq: 1 REGISTER\nContact: <sip:" + user
                        + "@127.0.0.1>\nMax-Forwards: 70\nContent-Length: 0\n\n");
                if (!answer.startsWith("SIP/2.0 200 ")) {
                    return answer;
                }
                acknowledged.add(user + "@example.org");
                underLoad.countDown();
            }
        }
    }

    @Test
    void drainingServerSendsNewRequestsElsewhereAndLosesNothingItAcknowledged() throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<String>> ends = new ArrayList<>();
            try (RegistrarServer server = start()) {
                for (int i = 0; i < CLIENTS; i++) {
                    int client = i;
                    ListeningPoint point = server.boundPoints().get(i % 2);
                    Callable<String> work = () -> registerUntilRefused(point, client);
                    ends.add(clients.submit(work));
                }
                assertThat(underLoad.await(30, TimeUnit.SECONDS)).isTrue();
                assertThat(status(server, "/ready")).isEqualTo(200);
                server.drain();
                for (Future<String> end : ends) {
                    String refusal = end.get(30, TimeUnit.SECONDS);
                    assertThat(refusal).startsWith("SIP/2.0 503 ");
                    assertThat(WireClient.header(refusal, "Retry-After")).matches("[1-9][0-9]*");
                }
                assertThat(status(server, "/ready")).isEqualTo(503);
                assertThat(status(server, "/health")).isEqualTo(200);
                ListeningPoint tcp = server.boundPoints().get(1);
                assertThat(tcp.transport()).isEqualTo(Transport.TCP);
                assertThat(canConnect(tcp.port())).as("a new connection").isFalse();
            }
        } finally {
            clients.shutdownNow();
        }
        try (RegistrarServer again = start()) {
            assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(200);
            for (String aor : acknowledged) {
                assertThat(status(again, "/v1/bindings/" + aor)).as(aor).isEqualTo(200);
            }
        }
    }

    private static boolean canConnect(int port) {
        try (WireClient late = WireClient.connect(Transport.TCP, port)) {
            return late.localPort() > 0;
        } catch (java.io.IOException e) {
            return false;
        }
    }
}

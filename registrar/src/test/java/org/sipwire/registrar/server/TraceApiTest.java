/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sipwire.codec.capture.Capture;
import org.sipwire.codec.capture.CaptureReader;
import org.sipwire.transport.Transport;

/** {@code /v1/trace} of a server in this process, which a device with the wrong password asks to register. */
class TraceApiTest {
    private static final String DEVICE = "34020000001320000003";

    private final HttpClient http = HttpClient.newHttpClient();
    private RegistrarServer server;

    private void start(String... more) throws Exception {
        List<String> all = new ArrayList<>(List.of(
                "--listen", "udp://127.0.0.1:0", "--http", "127.0.0.1:0", "--store", "memory", "--threads", "2"));
        all.addAll(List.of("--realm", "34020000", "--password", "12345678"));
        all.addAll(List.of(more));
        server = RegistrarServer.start(OptionSources.read(all.toArray(new String[0]), Map.of()));
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    private <T> HttpResponse<T> ask(String method, String path, String body, HttpResponse.BodyHandler<T> as)
            throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + server.httpAddress().getPort() + path);
        return http.send(
                HttpRequest.newBuilder(uri)
                        .method(method, BodyPublishers.ofString(body))
                        .build(),
                as);
    }

    private HttpResponse<String> ask(String method, String path, String body) throws Exception {
        return ask(method, path, body, BodyHandlers.ofString());
    }

    private static String register(WireClient client, String user, int cseq, String authorization) {
        return "REGISTER sip:127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:" + client.localPort()
                + ";rport;branch=z9hG4bK"
                + user + cseq + "\nFrom: <sip:" + user + "@34020000>;tag=1\nTo: <sip:" + user + "@34020000>\nCall-ID: "
                + user
                + "\nCSeq: " + cseq + " REGISTER\nContact: <sip:" + user + "@127.0.0.1:" + client.localPort() + ">\n"
                + (authorization == null ? "" : "Authorization: " + authorization + "\n")
                + "Max-Forwards: 70\nExpires: 3600\nContent-Length: 0\n\n";
    }

    private void attempt(String user, String password) throws Exception {
        try (WireClient client =
                WireClient.connect(Transport.UDP, server.boundPoints().get(0).port())) {
            String challenge = client.exchange(register(client, user, 1, null));
            client.exchange(
                    register(client, user, 2, WireClient.authorization(challenge, user, password, "sip:127.0.0.1")));
        }
    }

    @Test
    void wrongPasswordOfADeviceIsSeenAndItsResponseMasked() throws Exception {
        start();
        HttpResponse<String> started = ask("POST", "/v1/trace", "{\"device\":\"" + DEVICE + "\",\"seconds\":60}");
        assertThat(started.statusCode()).isEqualTo(201);
        assertThat(started.body()).contains("\"on\":true", "\"filter\":\"device\"", "\"text\":\"" + DEVICE + "\"");
        attempt(DEVICE, "wrong");
        attempt("34020000001320000004", "12345678");

        HttpResponse<String> shown = ask("GET", "/v1/trace", "");
        assertThat(shown.statusCode()).isEqualTo(200);
        assertThat(shown.body())
                .contains("\"total\":4", "\"startLine\":\"SIP/2.0 401 Unauthorized\"")
                .contains("\"title\":\"Device " + DEVICE + "\"")
                .contains("Registration failed: the registrar refused the proof")
                .contains("response=\\\"" + "x".repeat(32))
                .doesNotContainPattern("response=..[0-9a-f]{8}")
                .doesNotContain("34020000001320000004");
        assertThat(ask("GET", "/v1/trace?limit=1", "").body())
                .contains("\"total\":4")
                .containsOnlyOnce("\"startLine\"");

        HttpResponse<byte[]> file = ask("GET", "/v1/trace.pcap", "", BodyHandlers.ofByteArray());
        assertThat(file.headers().firstValue("content-type")).contains("application/vnd.tcpdump.pcap");
        Capture capture = CaptureReader.read(new ByteArrayInputStream(file.body()));
        assertThat(capture.messages()).hasSize(4);
        assertThat(new String(capture.messages().get(2).octets(), StandardCharsets.UTF_8))
                .contains("response=\"xxxx");

        assertThat(ask("DELETE", "/v1/trace", "").statusCode()).isEqualTo(204);
        assertThat(ask("GET", "/v1/trace", "").body()).contains("\"trace\":null", "\"messages\":[]");
    }

    @Test
    void secretsAreShownWhenTheServerWasToldTo() throws Exception {
        start("--trace-secrets");
        ask("POST", "/v1/trace", "");
        attempt("alice", "12345678");
        assertThat(ask("GET", "/v1/trace", "").body())
                .containsPattern("response=..[0-9a-f]{32}")
                .contains("Registered");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"device":"a b"}                    | a device's ID has
            {"aor":"alice"}                     | an address-of-record is user@host
            {"source":"example.org"}            | a source is an IP address
            {"device":"1","aor":"a@b"}          | give one of
            {"seconds":0}                       | 'seconds' must be a whole number within 1..86400
            {"octets":1}                        | 'octets' must be a whole number within 65536..
            {"mask":false}                      | unknown field 'mask'
            {                                   | the body is not JSON
            """)
    void whatCannotBeTracedIsRefused(String body, String reason) throws Exception {
        start();
        HttpResponse<String> refused = ask("POST", "/v1/trace", body);
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains(reason);
    }

    @Test
    void otherMethodsAreNotAllowed() throws Exception {
        start();
        assertThat(ask("PUT", "/v1/trace", "").statusCode()).isEqualTo(405);
        assertThat(ask("POST", "/v1/trace.pcap", "").statusCode()).isEqualTo(405);
    }

    @Test
    void collectorGetsTheMessagesOfTheDeviceThatIsNamed() throws Exception {
        try (DatagramSocket collector = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            collector.setSoTimeout(10_000);
            start("--hep", "udp://127.0.0.1:" + collector.getLocalPort(), "--hep-filter", "device:" + DEVICE);
            // Each loop has come to it when this is answered.
            ask("GET", "/v1/trace", "");
            attempt("34020000001320000004", "12345678");
            attempt(DEVICE, "12345678");
            // Two requests, two answers; those of the other device came first.
            for (int i = 0; i < 4; i++) {
                DatagramPacket packet = new DatagramPacket(new byte[65_535], 65_535);
                collector.receive(packet);
                assertThat(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.ISO_8859_1))
                        .startsWith("HEP3")
                        .contains(DEVICE)
                        .doesNotContain("34020000001320000004");
            }
        }
    }
}

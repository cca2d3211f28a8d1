/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.registrar.UnprovenRequests;

/** What a whole server sends upon datagrams of somebody who has proven nothing: not much, and to nobody else. */
class UnprovenSenderTest {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final UnprovenRequests requests = new UnprovenRequests();
    private DatagramSocket sender;
    private DatagramSocket third;
    private RegistrarServer server;
    private int port;
    private int fences;

    @BeforeEach
    void open() throws IOException {
        sender = new DatagramSocket(0, LOOPBACK);
        third = new DatagramSocket(0, LOOPBACK);
        sender.setSoTimeout(10_000);
        third.setSoTimeout(10_000);
    }

    @AfterEach
    void close() {
        sender.close();
        third.close();
        server.close();
    }

    private void start(String options) throws Exception {
        List<String> all = new ArrayList<>(List.of("--listen", "udp://127.0.0.1:0", "--http", "127.0.0.1:0"));
        all.addAll(List.of("--store", "memory", "--threads", "1", "--realm", "34020000", "--password", "12345678"));
        all.addAll(List.of(options.split(" ")));
        server = RegistrarServer.start(OptionSources.read(all.toArray(new String[0]), Map.of()));
        port = server.boundPoints().get(0).port();
    }

    private static void send(DatagramSocket from, String text, int port) throws IOException {
        byte[] octets = text.getBytes(StandardCharsets.UTF_8);
        from.send(new DatagramPacket(octets, octets.length, LOOPBACK, port));
    }

    private static String receive(DatagramSocket at) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
        at.receive(packet);
        return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
    }

    /** What comes until the answer to a request that is always answered. */
    private List<String> until(DatagramSocket at) throws IOException {
        String id = "fence" + ++fences;
        send(at, requests.usual("OPTIONS", "Subject: " + id + "\r\n").replace("Call-ID: ", "Call-ID: " + id), port);
        List<String> heard = new ArrayList<>();
        for (String text = receive(at); !text.contains(id); text = receive(at)) {
            heard.add(text);
        }
        return heard;
    }

    private String metric(String begin) throws Exception {
        HttpRequest get = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.httpAddress().getPort() + "/metrics"))
                .build();
        String text =
                HttpClient.newHttpClient().send(get, BodyHandlers.ofString()).body();
        return text.lines().filter(line -> line.startsWith(begin)).findFirst().orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--gb28181 34020000002000000001",
                "--gb28181 34020000002000000001 --gb-readmit --gb-redirect sip:34020000002000000002@192.0.2.1:5060",
                "--gb28181 34020000002000000001 --algorithms SHA-512-256,SHA-256,MD5 --qop auth",
                "--algorithms SHA-256,MD5 --authentication-info nextnonce --flow-timer 90 --service-route sip:192.0.2.1;lr"
            })
    void answersOnceAndBriefly(String options) throws Exception {
        start(options);
        for (String method : UnprovenRequests.METHODS) {
            for (String request : requests.of(method)) {
                send(sender, request, port);
                List<String> heard = until(sender);
                assertThat(heard)
                        .as("what is behind this address")
                        .noneMatch(text -> text.matches("(?is).*(sipwire|netty|java).*"));
                assertThat(heard).as(request).hasSizeLessThanOrEqualTo(1);
                for (String answer : heard) {
                    assertThat(answer.length() * 2)
                            .as(request + "->\n" + answer)
                            .isLessThanOrEqualTo(request.length() * 3);
                }
            }
        }
        assertThat(metric("sip_transactions{kind=\"server\""))
                .as("kept, and maybe sent again")
                .endsWith(" 0.0");
        assertThat(metric("sip_transactions{kind=\"client\""))
                .as("asked of somebody")
                .endsWith(" 0.0");
        assertThat(metric("sip_shed_total{reason=\"answer_shortened\"")).doesNotEndWith(" 0.0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--gb28181 34020000002000000001", "--qop auth"})
    void nothingGoesToAThirdAddress(String options) throws Exception {
        start(options);
        int to = third.getLocalPort();
        for (String method : UnprovenRequests.METHODS) {
            for (String via : List.of(
                    "127.0.0.1:" + to + ";branch=z9hG4bK",
                    "127.0.0.1:" + to + ";rport;branch=z9hG4bK",
                    "127.0.0.1:" + to + ";received=127.0.0.1;rport=" + to + ";branch=z9hG4bK",
                    "127.0.0.1;maddr=127.0.0.1;rport=" + to + ";branch=z9hG4bK",
                    "127.0.0.1:" + to + ";maddr=127.0.0.1;branch=z9hG4bK",
                    "localhost:" + to + ";branch=z9hG4bK")) {
                String place = "<sip:34020000001320000003@127.0.0.1:" + to + ">";
                String request = requests.usual(
                                method,
                                "Route: " + place + "\r\nRecord-Route: " + place + "\r\nPath: " + place
                                        + "\r\nSupported: path\r\nReply-To: " + place + "\r\nExpires: 3600\r\n")
                        .replace("192.168.1.64:5060;rport;branch=z9hG4bK", via)
                        .replaceAll("Contact: .*", "Contact: " + place);
                send(sender, request, port);
                String overAnother = request.replace("SIP/2.0/UDP", "SIP/2.0/TCP");
                send(sender, overAnother, port);
            }
        }
        assertThat(until(sender)).as("answers to who asked").hasSizeGreaterThan(100);
        assertThat(until(third)).as("what came to the third").isEmpty();
        assertThat(metric("sip_transactions{kind=\"client\""))
                .as("asked of somebody")
                .endsWith(" 0.0");
    }
}

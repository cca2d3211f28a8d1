/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.Transport;

/** The server as its users meet it: raw sockets and HTTP against a server in this process, on ports the system gives. */
class RegistrarServerTest {
    private static final String DEVICE = "34020000001320000003";
    private static final String PLATFORM = "34020000002000000001";
    private static final String PASSWORD = "12345678";

    private final HttpClient http = HttpClient.newHttpClient();
    private RegistrarServer server;
    private int branches;

    private void start(String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(
                "--listen",
                "udp://127.0.0.1:0",
                "--listen",
                "tcp://127.0.0.1:0",
                "--http",
                "127.0.0.1:0",
                "--store",
                "memory",
                "--threads",
                "1"));
        all.addAll(List.of(arguments));
        server = RegistrarServer.start(OptionSources.read(all.toArray(new String[0]), Map.of()));
    }

    private void startPlatform() throws Exception {
        start("--realm", "34020000", "--password", PASSWORD, "--gb28181", PLATFORM);
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    private WireClient connect(Transport transport) throws IOException {
        ListeningPoint point = server.boundPoints().stream()
                .filter(p -> p.transport() == transport)
                .findFirst()
                .orElseThrow();
        return WireClient.connect(transport, point.port());
    }

    private HttpResponse<String> http(String method, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + server.httpAddress().getPort() + path);
        return http.send(
                HttpRequest.newBuilder(uri)
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
    }

    private String registerUri(WireClient client) {
        return "sip:127.0.0.1:" + client.serverPort();
    }

    /** A REGISTER as the captured device sends it. */
    private String register(WireClient client, String user, int cseq, String authorization) {
        branches++;
        return "REGISTER " + registerUri(client) + " SIP/2.0\n"
                + "Via: SIP/2.0/" + client.viaToken() + " 127.0.0.1:" + client.localPort()
                + ";rport;branch=z9hG4bK64843"
                + branches + "\n"
                + "From: <sip:" + user + "@340200000>;tag=1492484359\n"
                + "To: <sip:" + user + "@340200000>\n"
                + "Call-ID: 445511141\n"
                + "CSeq: " + cseq + " REGISTER\n"
                + "Contact: <sip:" + user + "@127.0.0.1:" + client.localPort() + ";line=030bf7a750f46d9>\n"
                + "Authorization: " + authorization + "\n"
                + "Max-Forwards: 70\n"
                + "User-Agent: eXosip/4.1.0\n"
                + "Expires: 3600\n"
                + "Content-Length: 0\n\n";
    }

    private String message(WireClient client, int cseq, String body) {
        return "MESSAGE sip:" + PLATFORM + "@127.0.0.1 SIP/2.0\n"
                + "Via: SIP/2.0/" + client.viaToken() + " 127.0.0.1:" + client.localPort() + ";rport;branch=z9hG4bKm"
                + cseq + "\n"
                + "From: <sip:" + DEVICE + "@340200000>;tag=1" + cseq + "\n"
                + "To: <sip:" + PLATFORM + "@340200000>\n"
                + "Call-ID: message-" + cseq + "\n"
                + "CSeq: " + cseq + " MESSAGE\n"
                + "Content-Type: Application/MANSCDP+xml\n"
                + "Max-Forwards: 70\n"
                + "Content-Length: " + body.length() + "\n\n" + body;
    }

    private String catalogPart(String sn, int part) {
        return "<?xml version=\"1.0\"?>\r\n<Response>\r\n<CmdType>Catalog</CmdType>\r\n<SN>" + sn
                + "</SN>\r\n<DeviceID>" + DEVICE + "</DeviceID>\r\n<SumNum>2</SumNum>\r\n<DeviceList Num=\"1\">\r\n"
                + "<Item>\r\n<DeviceID>3402000000132000010" + part + "</DeviceID>\r\n<Name>Gate " + part
                + "</Name>\r\n<ParentID>" + DEVICE + "</ParentID>\r\n<Status>ON</Status>\r\n</Item>\r\n"
                + "</DeviceList>\r\n</Response>\r\n";
    }

    private String registered(WireClient client, String user, String password) throws IOException {
        String challenge = client.exchange(register(client, user, 1, "Capability, algorithm=\"H:MD5\""));
        assertThat(challenge).startsWith("SIP/2.0 401 ");
        return client.exchange(
                register(client, user, 2, WireClient.authorization(challenge, user, password, registerUri(client))));
    }

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"UDP", "TCP"})
    void capturedDeviceRegistersAndIsAskedForItsCatalogue(Transport transport) throws Exception {
        startPlatform();
        try (WireClient device = connect(transport)) {
            String challenge = device.exchange(register(device, DEVICE, 1, "Capability, algorithm=\"H:MD5\""));
            assertThat(challenge).startsWith("SIP/2.0 401 ");
            assertThat(WireClient.parameter(challenge, "WWW-Authenticate", "realm"))
                    .isEqualTo("34020000");
            assertThat(WireClient.parameter(challenge, "WWW-Authenticate", "nonce"))
                    .isNotEmpty();
            assertThat(WireClient.parameter(challenge, "WWW-Authenticate", "algorithm"))
                    .isEqualTo("MD5");
            assertThat(WireClient.parameter(challenge, "WWW-Authenticate", "qop"))
                    .isNull();
            assertThat(WireClient.parameter(challenge, "Via", "rport")).isEqualTo("" + device.localPort());
            assertThat(WireClient.parameter(challenge, "Via", "received")).isEqualTo("127.0.0.1");
            assertThat(WireClient.parameter(challenge, "To", "tag")).isNotEmpty();

            String ok = device.exchange(register(
                    device, DEVICE, 2, WireClient.authorization(challenge, DEVICE, PASSWORD, registerUri(device))));
            assertThat(ok).startsWith("SIP/2.0 200 ");
            assertThat(WireClient.header(ok, "Contact")).contains("line=030bf7a750f46d9");
            assertThat(WireClient.header(ok, "Expires") + WireClient.parameter(ok, "Contact", "expires"))
                    .contains("3600");
            assertThat(WireClient.header(ok, "Date")).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}");

            String query = device.receive();
            assertThat(query).startsWith("MESSAGE sip:" + DEVICE + "@");
            assertThat(WireClient.header(query, "Content-Type")).isEqualToIgnoringCase("Application/MANSCDP+xml");
            assertThat(WireClient.body(query))
                    .contains("<CmdType>Catalog</CmdType>")
                    .contains("<DeviceID>" + DEVICE + "</DeviceID>");
            String sn = query.replaceAll("(?s).*<SN>(\\d+)</SN>.*", "$1");
            device.send("SIP/2.0 200 OK\nVia: " + WireClient.header(query, "Via") + "\nFrom: "
                    + WireClient.header(query, "From") + "\nTo: " + WireClient.header(query, "To")
                    + ";tag=1051246918\nCall-ID: " + WireClient.header(query, "Call-ID") + "\nCSeq: "
                    + WireClient.header(query, "CSeq") + "\nContent-Length: 0\n\n");
            for (int part = 1; part <= 2; part++) {
                assertThat(device.exchange(message(device, 20 + part, catalogPart(sn, part))))
                        .startsWith("SIP/2.0 200 ");
            }
            String keepalive = "<?xml version=\"1.0\"?>\r\n<Notify>\r\n<CmdType>Keepalive</CmdType>\r\n<SN>9</SN>\r\n"
                    + "<DeviceID>" + DEVICE + "</DeviceID>\r\n<Status>OK</Status>\r\n</Notify>\r\n";
            assertThat(device.exchange(message(device, 30, keepalive))).startsWith("SIP/2.0 200 ");

            HttpResponse<String> catalog = http("GET", "/v1/devices/" + DEVICE + "/catalog");
            assertThat(catalog.statusCode()).isEqualTo(200);
            assertThat(catalog.body()).contains("34020000001320000101", "34020000001320000102", "Gate 1");
            assertThat(http("GET", "/v1/devices").body()).contains("\"" + DEVICE + "\"");
            assertThat(http("GET", "/v1/devices/" + DEVICE).body()).contains("\"online\":true");

            assertThat(http("POST", "/v1/devices/" + DEVICE + "/catalog").statusCode())
                    .isEqualTo(202);
            assertThat(device.receive()).startsWith("MESSAGE ").contains("<CmdType>Catalog</CmdType>");
        }
    }

    @Test
    void retransmittedRegisterGetsTheSameAnswerAndUpdatesNothing() throws Exception {
        start("--realm", "34020000", "--password", PASSWORD);
        try (WireClient client = connect(Transport.UDP)) {
            String challenge = client.exchange(register(client, "alice", 1, "Capability algorithm=\"H:MD5\""));
            String answer = WireClient.authorization(challenge, "alice", PASSWORD, registerUri(client));
            String request = register(client, "alice", 2, answer);
            String first = client.exchange(request);
            assertThat(first).startsWith("SIP/2.0 200 ");
            assertThat(client.exchange(request)).isEqualTo(first);
            assertThat(http("GET", "/metrics").body())
                    .containsPattern("(?m)^sip_registrar_requests_total\\{outcome=\"registered\"} 1(\\.0)?$");
        }
    }

    @Test
    void wrongPasswordIsChallengedAgainAndRegistersNothing() throws Exception {
        startPlatform();
        try (WireClient client = connect(Transport.UDP)) {
            assertThat(registered(client, DEVICE, "87654321")).startsWith("SIP/2.0 401 ");
            assertThat(http("GET", "/v1/bindings").body()).isEqualTo("{\"addresses\":[],\"next\":null}\n");
        }
    }

    @Test
    void oneContactTooManyReplacesTheOldestUnlessItIsToBeRejected() throws Exception {
        start("--realm", "34020000", "--password", PASSWORD, "--max-contacts", "1");
        assertThat(answerToASecondContact("alice")).startsWith("SIP/2.0 200 ").containsOnlyOnce("Contact:");
        server.close();
        start("--realm", "34020000", "--password", PASSWORD, "--max-contacts", "1", "--contact-overflow", "reject");
        assertThat(answerToASecondContact("alice")).startsWith("SIP/2.0 403 ");
    }

    private String answerToASecondContact(String user) throws Exception {
        try (WireClient first = connect(Transport.UDP);
                WireClient second = connect(Transport.UDP)) {
            assertThat(registered(first, user, PASSWORD)).startsWith("SIP/2.0 200 ");
            String challenge = second.exchange(register(second, user, 3, "Capability algorithm=\"H:MD5\""));
            return second.exchange(register(
                    second, user, 4, WireClient.authorization(challenge, user, PASSWORD, registerUri(second))));
        }
    }

    @Test
    void bindingIsShownPagedAndRemovedOverHttp() throws Exception {
        start("--realm", "34020000", "--password", PASSWORD);
        try (WireClient client = connect(Transport.TCP)) {
            assertThat(registered(client, "alice", PASSWORD)).startsWith("SIP/2.0 200 ");
            assertThat(registered(client, "bob", PASSWORD)).startsWith("SIP/2.0 200 ");
            HttpResponse<String> one = http("GET", "/v1/bindings/sip%3Aalice%40340200000");
            assertThat(one.statusCode()).isEqualTo(200);
            assertThat(one.body())
                    .startsWith("{\"aor\":\"alice@340200000\",\"bindings\":[{\"contact\":\"sip:alice@127.0.0.1:"
                            + client.localPort() + ";line=030bf7a750f46d9\",\"expires\":3")
                    .contains("\"q\":null,\"callId\":\"445511141\",\"cseq\":2,\"received\":\"tcp://127.0.0.1:"
                            + client.localPort()
                            + "\",\"path\":null,\"userAgent\":\"eXosip/4.1.0\"}]}");

            String first = http("GET", "/v1/bindings?limit=1").body();
            String next = first.replaceAll("(?s).*\"next\":\"([^\"]*)\".*", "$1");
            String second = http("GET", "/v1/bindings?limit=1&after=" + next).body();
            assertThat(first + second).contains("alice@340200000", "bob@340200000");

            assertThat(http("DELETE", "/v1/bindings/alice@340200000").statusCode())
                    .isEqualTo(204);
            assertThat(http("GET", "/v1/bindings/alice@340200000").statusCode()).isEqualTo(404);
            assertThat(http("DELETE", "/v1/bindings/alice@340200000").statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void badRequestsToTheBindingsAreRefusedClearly() throws Exception {
        start("--no-auth");
        assertThat(http("GET", "/v1/bindings?limit=0").statusCode()).isEqualTo(400);
        assertThat(http("GET", "/v1/bindings?limit=x").statusCode()).isEqualTo(400);
        assertThat(http("GET", "/v1/bindings/a%0Ab@c").statusCode()).isEqualTo(400);
        assertThat(http("PUT", "/v1/bindings/a@c").headers().firstValue("allow"))
                .hasValue("GET, HEAD, DELETE");
        assertThat(http("GET", "/v1/devices/x").statusCode()).isEqualTo(404);
    }

    @Test
    void serverWithoutAuthenticationRegistersAtOnce() throws Exception {
        start("--no-auth");
        try (WireClient client = connect(Transport.UDP)) {
            assertThat(client.exchange(register(client, "alice", 1, "Capability algorithm=\"H:MD5\"")))
                    .startsWith("SIP/2.0 200 ");
        }
    }

    @Test
    void portInUseIsRefusedWithItsName() throws Exception {
        start("--no-auth");
        int taken = server.httpAddress().getPort();
        assertThatThrownBy(() -> RegistrarServer.start(OptionSources.read(
                        new String[] {
                            "--no-auth",
                            "--store",
                            "memory",
                            "--listen",
                            "udp://127.0.0.1:0",
                            "--http",
                            "127.0.0.1:" + taken
                        },
                        Map.of())))
                .isInstanceOf(BadOption.class)
                .hasMessageContaining("127.0.0.1:" + taken)
                .hasMessageContaining("in use");
    }

    @Test
    void badOptionIsOneLineOnStderrAndStatus2() {
        assertRefused("unknown store", "--no-auth", "--store", "etcd://x");
        assertRefused("Unknown option: '--bogus'", "--no-auth", "--bogus");
        assertRefused("algorithm", "--password", "p", "--algorithms", "MD4");
        assertRefused("--users", "--users", "/nonexistent/users");
        assertRefused("--store", "--no-auth", "--store", "rocksdb:/proc/nonexistent");
    }

    private static void assertRefused(String word, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = RegistrarServer.run(
                arguments,
                Map.of(),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        assertThat(status).isEqualTo(2);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThat(err.toString(StandardCharsets.UTF_8).lines()).hasSize(1).allSatisfy(line -> assertThat(line)
                .startsWith("registrar/run: ")
                .contains(word));
    }

    @Test
    void helpAndVersionPrintAndEndWell() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        assertThat(RegistrarServer.run(new String[] {"--help"}, Map.of(), stream, System.err))
                .isZero();
        assertThat(RegistrarServer.run(new String[] {"--version"}, Map.of(), stream, System.err))
                .isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("--listen URI")
                .containsPattern("Sipwire \\S+ \\(\\S+\\), Java 1?\\d");
    }
}

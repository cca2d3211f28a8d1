/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sipwire.transport.Transport;

/** What an operator does with a server that runs: asks with a token, finds out why devices fail, reloads. */
class OperateTest {
    private static final String TOKEN = "6f1c2a-token";
    private static final String PASSWORD = "12345678";

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private Path config;
    private Path users;
    private RegistrarServer server;

    @BeforeEach
    void start() throws Exception {
        config = folder.resolve("sipwire.conf");
        users = folder.resolve("users");
        writeUser(PASSWORD);
        configure("max-contacts=1", "contact-overflow=reject");
        server = RegistrarServer.start(OptionSources.read(
                new String[] {
                    "--config=" + config,
                    "--listen",
                    "udp://127.0.0.1:0",
                    "--http",
                    "127.0.0.1:0",
                    "--store",
                    "memory",
                    "--threads",
                    "1",
                    "--realm",
                    "34020000",
                    "--qop",
                    "none"
                },
                Map.of()));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void configure(String... lines) throws Exception {
        List<String> all = new ArrayList<>(List.of("http-token=" + TOKEN, "users=" + users));
        all.addAll(List.of(lines));
        Files.write(config, all);
    }

    private void writeUser(String password) throws Exception {
        Files.writeString(users, "alice:34020000:" + WireClient.md5("alice:34020000:" + password) + "\n");
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.httpAddress().getPort() + path));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send(request(path).header("authorization", "Bearer " + TOKEN));
    }

    private HttpResponse<String> reload() throws Exception {
        return send(request("/v1/reload").POST(BodyPublishers.noBody()).header("authorization", "Bearer " + TOKEN));
    }

    private String register(WireClient client, String user, String password, String contact) throws Exception {
        String head = "REGISTER sip:127.0.0.1:" + client.serverPort() + " SIP/2.0\n";
        String fields = "From: <sip:" + user + "@34020000>;tag=1\nTo: <sip:" + user + "@34020000>\nCall-ID: " + contact
                + "\nContact: <sip:" + contact + "@127.0.0.1>\nMax-Forwards: 70\nContent-Length: 0\n";
        String via = "Via: SIP/2.0/UDP 127.0.0.1:" + client.localPort() + ";rport;branch=z9hG4bK" + System.nanoTime();
        String challenge = client.exchange(head + via + "\nCSeq: 1 REGISTER\n" + fields + "\n");
        assertThat(challenge).startsWith("SIP/2.0 401 ");
        return client.exchange(head + via + "b\nCSeq: 2 REGISTER\nAuthorization: "
                + WireClient.authorization(challenge, user, password, "sip:127.0.0.1:" + client.serverPort()) + "\n"
                + fields + "\n");
    }

    private WireClient connect() throws Exception {
        return WireClient.connect(Transport.UDP, server.boundPoints().get(0).port());
    }

    @Test
    void whoKnowsNoTokenSeesHealthAndThePageAlone() throws Exception {
        for (String path : List.of("/metrics", "/v1/bindings", "/v1/failures", "/v1/events", "/nothing")) {
            HttpResponse<String> refused = send(request(path));
            assertThat(refused.statusCode()).as(path).isEqualTo(401);
            assertThat(refused.headers().firstValue("www-authenticate")).hasValue("Bearer realm=\"sipwire\"");
        }
        for (String wrong : List.of("Bearer x", "Bearer " + TOKEN + "x", "Basic " + TOKEN, TOKEN, "Bearer")) {
            assertThat(send(request("/metrics").header("authorization", wrong)).statusCode())
                    .as(wrong)
                    .isEqualTo(401);
        }
        assertThat(send(request("/health")).statusCode()).isEqualTo(200);
        assertThat(send(request("/ready")).statusCode()).isEqualTo(200);
        assertThat(send(request("/")).body()).contains("<title>Sipwire</title>");
        assertThat(get("/metrics").statusCode()).isEqualTo(200);
    }

    @Test
    void pageRunsNothingButItsOwnScript() throws Exception {
        HttpResponse<String> page = send(request("/"));
        assertThat(page.headers().firstValue("content-type")).hasValue("text/html; charset=utf-8");
        assertThat(page.headers().firstValue("content-security-policy")).hasValueSatisfying(policy -> assertThat(policy)
                .contains("default-src 'none'", "script-src 'self'")
                .doesNotContain("unsafe"));
        String script = send(request("/page.js")).body();
        assertThat(script).doesNotContain("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(");
        assertThat(page.body()).doesNotContain("http://", "https://").doesNotContainPattern("\\son[a-z]+=");
    }

    @Test
    void pagesOfOtherServersMayNotAsk() throws Exception {
        HttpResponse<String> foreign = send(request("/v1/reload")
                .POST(BodyPublishers.noBody())
                .header("authorization", "Bearer " + TOKEN)
                .header("origin", "http://elsewhere.example"));
        assertThat(foreign.statusCode()).isEqualTo(403);
        HttpResponse<String> own = send(request("/v1/failures")
                .header("authorization", "Bearer " + TOKEN)
                .header("origin", "http://127.0.0.1:" + server.httpAddress().getPort()));
        assertThat(own.statusCode()).isEqualTo(200);
    }

    @Test
    void refusalIsFoundByAddressSourceAndReasonWithoutASecret() throws Exception {
        try (WireClient client = connect()) {
            assertThat(register(client, "alice", "wrong-secret", "a")).startsWith("SIP/2.0 401 ");
            assertThat(register(client, "mallory", PASSWORD, "m")).startsWith("SIP/2.0 401 ");
            String body = get("/v1/failures?aor=alice").body();
            assertThat(body)
                    .contains("\"aor\":\"alice@34020000\"", "\"reason\":\"wrong\"", "\"status\":401")
                    .contains("\"source\":\"udp://127.0.0.1:" + client.localPort() + "\"")
                    .doesNotContain("mallory", "wrong-secret", "nonce", "response");
            assertThat(get("/v1/failures?limit=1").body()).contains("mallory").doesNotContain("alice");
            assertThat(get("/v1/failures?reason=forbidden").body()).contains("\"failures\":[]");
            assertThat(get("/v1/failures?limit=0").statusCode()).isEqualTo(400);
        }
    }

    @Test
    void whatCannotBeParsedIsAFailureOfItsSource() throws Exception {
        try (WireClient client = connect()) {
            String answer =
                    client.exchange("OPTIONS sip:127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:" + client.localPort()
                            + ";rport;branch=z9hG4bKx\nFrom: <sip:a@b>;tag=1\nTo: <sip:a@b>\nCall-ID: x\nCSeq: 1 OPTIONS\n"
                            + "Max-Forwards: 70\nContent-Length: -1\n\n");
            assertThat(answer).startsWith("SIP/2.0 400 ");
            assertThat(get("/v1/failures?reason=malformed").body())
                    .contains(
                            "\"source\":\"udp://127.0.0.1:" + client.localPort() + "\"",
                            "\"status\":400",
                            "\"aor\":\"\"")
                    .containsPattern("\"reason\":\"malformed_[a-z_]*content_length[a-z_]*\"");
        }
    }

    @Test
    void ordinaryRegistrationIsNoFailure() throws Exception {
        try (WireClient client = connect()) {
            assertThat(register(client, "alice", PASSWORD, "a")).startsWith("SIP/2.0 200 ");
        }
        assertThat(get("/v1/failures").body()).contains("\"kept\":0");
    }

    @Test
    void latenciesAreHistogramsInSeconds() throws Exception {
        try (WireClient client = connect()) {
            for (int i = 0; i < 20; i++) {
                assertThat(register(client, "alice", PASSWORD, "a")).isNotEmpty();
            }
        }
        String scrape = get("/metrics").body();
        assertThat(scrape)
                .contains("# TYPE sip_handling_seconds histogram", "# TYPE sip_store_seconds histogram")
                .containsPattern("sip_handling_seconds_bucket\\{le=\"\\+Inf\"} [2-9]")
                .containsPattern("sip_auth_seconds_bucket\\{le=\"\\+Inf\"} [1-9]");
    }

    @Test
    void reloadTakesNewLimitsAndUsersWithoutARestart() throws Exception {
        try (WireClient client = connect()) {
            assertThat(register(client, "alice", PASSWORD, "a")).startsWith("SIP/2.0 200 ");
            assertThat(register(client, "alice", PASSWORD, "b")).startsWith("SIP/2.0 403 ");
            configure("max-contacts=2", "contact-overflow=reject");
            writeUser("another");
            assertThat(reload().body()).contains("\"changed\":[\"max-contacts\"]");
            assertThat(register(client, "alice", "another", "b")).startsWith("SIP/2.0 200 ");
            assertThat(register(client, "alice", PASSWORD, "b")).startsWith("SIP/2.0 401 ");
        }
    }

    @Test
    void whatCannotBeReloadedIsOneLineAndChangesNothing() throws Exception {
        for (String line :
                List.of("max-contacts=many", "bogus=1", "nonce-lifetime=20", "min-expires=9000", "users-table=other")) {
            configure("contact-overflow=replace", line);
            HttpResponse<String> refused = reload();
            assertThat(refused.statusCode()).as(line).isEqualTo(422);
            assertThat(refused.body())
                    .contains(line.substring(0, line.indexOf('=')))
                    .doesNotContain("\\n");
        }
        configure("max-contacts=1", "contact-overflow=reject");
        Files.writeString(users, "no htdigest line\n");
        assertThat(reload().statusCode()).isEqualTo(422);
        try (WireClient client = connect()) {
            assertThat(register(client, "alice", PASSWORD, "a")).startsWith("SIP/2.0 200 ");
            assertThat(register(client, "alice", PASSWORD, "b")).startsWith("SIP/2.0 403 ");
        }
    }

    @Test
    void reloadedTokenIsAskedForAtOnce() throws Exception {
        Files.write(config, List.of("http-token=new", "users=" + users, "max-contacts=1", "contact-overflow=reject"));
        assertThat(reload().statusCode()).isEqualTo(200);
        assertThat(get("/metrics").statusCode()).isEqualTo(401);
        assertThat(send(request("/metrics").header("authorization", "bearer new"))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void reloadIsAPost() throws Exception {
        assertThat(get("/v1/reload").statusCode()).isEqualTo(405);
    }

    @Test
    void printedConfigurationCanBeReadAgainAndHoldsNoSecret() throws Exception {
        ServerOptions options = OptionSources.read(
                new String[] {"--password", "hush", "--store=redis://bob:hush@h:1", "--nonce-key=hush567890123456"},
                Map.of("SIPWIRE_HTTP_TOKEN", "hush", "SIPWIRE_NO_AUTH", "false"));
        String printed = OptionSources.print(options);
        assertThat(printed)
                .doesNotContain("hush")
                .contains("password=********", "realm=sipwire", "store=redis://********@h:1", "max-contacts=10");
        Path again = Files.writeString(folder.resolve("again"), printed.replace("********", "0123456789abcdef"));
        assertThat(OptionSources.print(OptionSources.read(new String[] {"--config", again.toString()}, Map.of())))
                .isEqualTo(printed);
    }
}

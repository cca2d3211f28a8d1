/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.Transport;

/** The options about who may register, each by what a client meets on a socket. */
class AuthenticationOptionsTest {
    private static final String KEY = "0123456789abcdef0123";
    private static final String REALM = "example.org";

    @TempDir
    private Path folder;

    private final List<RegistrarServer> servers = new ArrayList<>();
    private int branches;

    private RegistrarServer start(Map<String, String> environment, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("--listen", "udp://127.0.0.1:0", "--http", "127.0.0.1:0"));
        all.addAll(List.of("--store", "memory", "--threads", "1", "--realm", REALM));
        all.addAll(List.of(arguments));
        RegistrarServer server = RegistrarServer.start(OptionSources.read(all.toArray(new String[0]), environment));
        servers.add(server);
        return server;
    }

    private RegistrarServer start(String... arguments) throws Exception {
        return start(Map.of(), arguments);
    }

    private void assertRefused(String reason, String... arguments) {
        assertThatThrownBy(() -> start(arguments))
                .isInstanceOf(BadOption.class)
                .hasMessageContaining(reason)
                .extracting(Throwable::getMessage)
                .asString()
                .doesNotContain("\n")
                .doesNotContain("secret");
    }

    @AfterEach
    void stop() {
        servers.forEach(RegistrarServer::close);
    }

    private static WireClient connect(RegistrarServer server) throws IOException {
        ListeningPoint point = server.boundPoints().get(0);
        return WireClient.connect(Transport.UDP, point.port());
    }

    private String register(WireClient client, String user, int cseq, String authorization) {
        return "REGISTER sip:example.org SIP/2.0\n"
                + "Via: SIP/2.0/UDP 127.0.0.1:" + client.localPort() + ";rport;branch=z9hG4bKoption" + ++branches + "\n"
                + "From: <sip:" + user + "@example.org>;tag=1\n"
                + "To: <sip:" + user + "@example.org>\n"
                + "Call-ID: option-" + client.localPort() + "\n"
                + "CSeq: " + cseq + " REGISTER\n"
                + "Contact: <sip:" + user + "@127.0.0.1:" + client.localPort() + ">;+sip.instance=\"<urn:x:1>\"\n"
                + "Supported: gruu\n"
                + (authorization == null ? "" : "Authorization: " + authorization + "\n")
                + "Max-Forwards: 70\n"
                + "Content-Length: 0\n\n";
    }

    private static String authorization(String challenge, String user, String password) {
        return WireClient.authorization(challenge, user, password, "sip:example.org");
    }

    /** The answer to the second REGISTER. */
    private String registered(WireClient client, String aor, String user, String password) throws IOException {
        String challenge = client.exchange(register(client, aor, 1, null));
        assertThat(challenge).startsWith("SIP/2.0 401 ");
        return client.exchange(register(client, aor, 2, authorization(challenge, user, password)));
    }

    private static void createSubscribers(Connection database, String table) throws Exception {
        try (Statement statement = database.createStatement()) {
            statement.execute("CREATE TABLE " + table + " (username VARCHAR(64), domain VARCHAR(64), ha1 VARCHAR(64),"
                    + " ha1_sha256 VARCHAR(64), ha1_sha512t256 VARCHAR(64))");
            statement.execute("INSERT INTO " + table + " (username, domain, ha1) VALUES ('alice', 'kamailio', '"
                    + WireClient.md5("alice:" + REALM + ":secret") + "')");
        }
    }

    @Test
    void usersOfADatabaseRegister() throws Exception {
        String url = "jdbc:h2:mem:option;DB_CLOSE_DELAY=-1";
        try (Connection database = DriverManager.getConnection(url)) {
            createSubscribers(database, "devices");
            RegistrarServer server =
                    start(Map.of("SIPWIRE_USERS", url), "--users-table", "devices", "--users-domain", "false");
            try (WireClient client = connect(server)) {
                assertThat(registered(client, "alice", "alice", "secret")).startsWith("SIP/2.0 200 ");
                assertThat(registered(client, "bob", "bob", "secret")).startsWith("SIP/2.0 401 ");
            }
            RegistrarServer strict = start("--users", url, "--users-table", "devices");
            try (WireClient client = connect(strict)) {
                assertThat(registered(client, "alice", "alice", "secret"))
                        .as("its domain is not the realm")
                        .startsWith("SIP/2.0 401 ");
            }
        }
    }

    @Test
    void databaseWithoutADriverIsRefusedWithoutItsPassword() {
        assertRefused("SIPWIRE_CLASS_PATH", "--users", "jdbc:nodb://host/users?password=secret");
        assertRefused("--users-table", "--users", "jdbc:h2:mem:x", "--users-table", "a;b");
    }

    @Test
    void redisThatCannotBeReachedIsRefusedWithoutItsPassword() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        assertRefused("redis://127.0.0.1:" + port, "--users", "redis://:secret@127.0.0.1:" + port);
        assertRefused("redis://[USER:PASSWORD@]", "--users", "redis:secret");
    }

    @Test
    void thirdPartyMayRegisterWhomItLikes() throws Exception {
        RegistrarServer server = start("--password", "p", "--third-party", "front-desk");
        try (WireClient client = connect(server)) {
            assertThat(registered(client, "alice", "front-desk", "p")).startsWith("SIP/2.0 200 ");
            assertThat(registered(client, "alice", "bob", "p")).startsWith("SIP/2.0 403 ");
        }
    }

    @Test
    void membersOfAFleetTellEachOthersNoncesFromForgedOnes() throws Exception {
        Path file = Files.writeString(folder.resolve("key"), KEY + "\n");
        RegistrarServer one = start("--password", "p", "--nonce-key", KEY);
        RegistrarServer two = start("--password", "p", "--nonce-key", "@" + file, "--fleet-nonces", "accept");
        RegistrarServer stranger = start("--password", "p", "--nonce-key", KEY + "x", "--fleet-nonces", "accept");
        try (WireClient first = connect(one);
                WireClient second = connect(two);
                WireClient third = connect(stranger)) {
            String challenge = first.exchange(register(first, "alice", 1, null));
            String answer = authorization(challenge, "alice", "p");
            String ok = second.exchange(register(second, "alice", 2, answer));
            assertThat(ok).startsWith("SIP/2.0 200 ").contains("temp-gruu=\"sip:tgruu.");
            assertThat(third.exchange(register(third, "alice", 2, answer)))
                    .startsWith("SIP/2.0 401 ")
                    .contains("stale=true");
            String accepted = authorization(second.exchange(register(second, "alice", 3, null)), "alice", "p");
            assertThat(first.exchange(register(first, "alice", 2, accepted)))
                    .as("the first is not told to accept")
                    .startsWith("SIP/2.0 401 ")
                    .contains("stale=true");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"secretsecret123", "@/nonexistent/secret"})
    void badNonceKeyIsRefusedWithoutBeingShown(String key) {
        assertRefused("--nonce-key", "--password", "p", "--nonce-key", key);
    }

    @Test
    void fleetNoncesNeedAKey() {
        assertRefused("nonce key", "--password", "p", "--fleet-nonces", "accept");
    }

    @Test
    void okProvesTheRegistrarAndSavesTheNextChallenge() throws Exception {
        RegistrarServer server = start("--password", "p", "--authentication-info", "nextnonce");
        try (WireClient client = connect(server)) {
            String ok = registered(client, "alice", "alice", "p");
            String nonce = WireClient.parameter(ok, "Authentication-Info", "nextnonce");
            assertThat(WireClient.parameter(ok, "Authentication-Info", "rspauth"))
                    .hasSize(32);
            String next = "WWW-Authenticate: Digest realm=\"" + REALM + "\", nonce=\"" + nonce + "\", qop=\"auth\"\n\n";
            assertThat(client.exchange(register(client, "alice", 3, authorization(next, "alice", "p"))))
                    .startsWith("SIP/2.0 200 ");
        }
    }

    @Test
    void hiddenUserNamesAreOfferedAndFound() throws Exception {
        Path users = Files.writeString(
                folder.resolve("users"), "alice:" + REALM + ":" + WireClient.md5("alice:" + REALM + ":p") + "\n");
        RegistrarServer server = start("--users", users.toString(), "--userhash");
        try (WireClient client = connect(server)) {
            String challenge = client.exchange(register(client, "alice", 1, null));
            assertThat(challenge).contains("userhash=true");
            String answer = authorization(challenge, "alice", "p")
                    .replace("username=\"alice\"", "username=\"" + WireClient.md5("alice:" + REALM) + "\"");
            assertThat(client.exchange(register(client, "alice", 2, answer + ", userhash=true")))
                    .startsWith("SIP/2.0 200 ");
        }
    }

    @Test
    void storesThatFindNoHashedUserCannotOfferIt() {
        assertRefused("--userhash needs a file", "--password", "p", "--userhash");
        assertRefused("--userhash needs a file", "--users", "jdbc:h2:mem:x", "--userhash");
    }

    @Test
    void wrongAnswersAreLimitedAsToldAndOthersAreNotLockedOut() throws Exception {
        RegistrarServer server = start("--password", "p", "--guard-failures", "2", "--guard-seconds", "3600");
        Map<String, Integer> statuses = new HashMap<>();
        try (WireClient client = connect(server)) {
            for (int i = 0; i < 3; i++) {
                statuses.merge(registered(client, "alice", "alice", "guess").substring(8, 11), 1, Integer::sum);
            }
            assertThat(statuses).isEqualTo(Map.of("401", 2, "403", 1));
            assertThat(registered(client, "alice", "alice", "p")).startsWith("SIP/2.0 403 ");
            assertThat(registered(client, "bob", "bob", "p")).startsWith("SIP/2.0 200 ");
        }
    }

    @Test
    void refusalIsOverAfterItsTime() throws Exception {
        RegistrarServer server = start("--password", "p", "--guard-failures", "2", "--guard-seconds", "1");
        try (WireClient client = connect(server)) {
            String last = registered(client, "alice", "alice", "guess");
            for (int i = 0; i < 50 && !last.startsWith("SIP/2.0 403 "); i++) {
                last = registered(client, "alice", "alice", "guess");
            }
            assertThat(last).startsWith("SIP/2.0 403 ");
            // Attempts while it lasts prolong it, so the next comes when enough seconds have gone by: at most two.
            Thread.sleep(3_000);
            assertThat(registered(client, "alice", "alice", "p")).startsWith("SIP/2.0 200 ");
        }
    }

    @Test
    void guardCanBeSwitchedOff() throws Exception {
        RegistrarServer server = start("--password", "p", "--guard-failures", "0");
        try (WireClient client = connect(server)) {
            for (int i = 0; i < 20; i++) {
                assertThat(registered(client, "alice", "alice", "guess")).startsWith("SIP/2.0 401 ");
            }
            assertThat(registered(client, "alice", "alice", "p")).startsWith("SIP/2.0 200 ");
        }
    }

    @Test
    void serviceRouteAndFlowTimerAreToldAsConfigured() throws Exception {
        RegistrarServer server =
                start("--no-auth", "--service-route", "sip:proxy.example.org;lr", "--flow-timer", "120");
        try (WireClient client = connect(server)) {
            String flow = register(client, "alice", 1, null)
                    .replace("<urn:x:1>\"", "<urn:x:1>\";reg-id=1")
                    .replace("Supported: gruu", "Supported: path, outbound");
            String ok = client.exchange(flow);
            assertThat(WireClient.header(ok, "Service-Route")).isEqualTo("<sip:proxy.example.org;lr>");
            assertThat(WireClient.header(ok, "Flow-Timer")).isEqualTo("120");
            assertThat(WireClient.header(ok, "Require")).isEqualTo("outbound");
        }
    }
}

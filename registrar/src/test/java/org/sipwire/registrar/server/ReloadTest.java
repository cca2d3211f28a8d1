/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sipwire.transport.Transport;
import org.slf4j.LoggerFactory;

/** What a server that runs takes up when it reads its options and files again, and what it refuses. */
class ReloadTest {
    private static final String PASSWORD = "12345678";
    private static final String REALM = "example.org";

    @TempDir
    private static Path certificates;

    private static TestCertificate first;
    private static TestCertificate renewed;

    @TempDir
    private Path folder;

    private final Map<String, String> config = new LinkedHashMap<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private String token = "first-token";
    private int registrations;
    private RegistrarServer server;

    @BeforeAll
    static void makeCertificates() throws Exception {
        first = TestCertificate.make(certificates, "first");
        renewed = TestCertificate.make(certificates, "renewed");
    }

    @BeforeEach
    void start() throws Exception {
        install(first.file(), first.key());
        Path users = folder.resolve("users");
        Files.writeString(users, digestLine("alice") + digestLine("bob"));
        config.put("listen", "tls://127.0.0.1:0,udp://127.0.0.1:0");
        config.put("http", "127.0.0.1:0");
        config.put("store", "memory");
        config.put("threads", "1");
        config.put("realm", REALM);
        config.put("users", users.toString());
        config.put("tls-certificate", folder.resolve("live.crt").toString());
        config.put("tls-key", folder.resolve("live.key").toString());
        config.put("http-token", token);
        write(config);
        server = RegistrarServer.start(OptionSources.read(new String[] {"--config=" + file()}, Map.of()));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static String digestLine(String user) {
        return user + ":" + REALM + ":" + WireClient.md5(user + ":" + REALM + ":" + PASSWORD) + "\n";
    }

    private void install(Path certificate, Path key) throws Exception {
        Files.copy(certificate, folder.resolve("live.crt"), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(key, folder.resolve("live.key"), StandardCopyOption.REPLACE_EXISTING);
    }

    private Path file() {
        return folder.resolve("sipwire.conf");
    }

    private void write(Map<String, String> options) throws Exception {
        List<String> lines = new ArrayList<>();
        options.forEach((name, value) -> lines.add(name + "=" + value));
        Files.write(file(), lines);
    }

    /** The options of the start with others beside or in place of them; null: without this one. */
    private Map<String, String> with(String... more) {
        Map<String, String> all = new LinkedHashMap<>(config);
        for (int i = 0; i < more.length; i += 2) {
            all.put(more[i], more[i + 1]);
        }
        all.values().removeIf(value -> value == null);
        return all;
    }

    private HttpResponse<String> reload(Map<String, String> options) throws Exception {
        write(options);
        URI uri = URI.create("http://127.0.0.1:" + server.httpAddress().getPort() + "/v1/reload");
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(uri)
                        .POST(BodyPublishers.noBody())
                        .header("authorization", "Bearer " + token)
                        .build(),
                BodyHandlers.ofString());
        if (answer.statusCode() == 200) {
            token = options.get("http-token");
        }
        return answer;
    }

    private void assertReloaded(Map<String, String> options) throws Exception {
        HttpResponse<String> answer = reload(options);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private int port(Transport transport) {
        return server.boundPoints().stream()
                .filter(point -> point.transport() == transport)
                .findFirst()
                .orElseThrow()
                .port();
    }

    private WireClient overTls() throws Exception {
        return WireClient.connect(TestCertificate.trusting(first, renewed), port(Transport.TLS));
    }

    /** The answer to a REGISTER with credentials; fields are lines more. */
    private String register(WireClient client, String aor, String user, String fields) throws Exception {
        String id = "reload-" + ++registrations;
        String via = "Via: SIP/2.0/" + client.viaToken() + " 127.0.0.1:" + client.localPort() + ";rport;branch=z9hG4bK";
        String rest = "\nFrom: <sip:" + aor + "@example.org>;tag=1\nTo: <sip:" + aor + "@example.org>\nCall-ID: " + id
                + "\nContact: <sip:" + aor + "@127.0.0.1:" + client.localPort() + ">\nMax-Forwards: 70\n" + fields
                + "Content-Length: 0\n\n";
        String begin = "REGISTER sip:example.org SIP/2.0\n" + via + id;
        String challenge = client.exchange(begin + "a\nCSeq: 1 REGISTER" + rest);
        assertThat(challenge).startsWith("SIP/2.0 401 ");
        return client.exchange(begin + "b\nCSeq: 2 REGISTER\nAuthorization: "
                + WireClient.authorization(challenge, user, PASSWORD, "sip:example.org") + rest);
    }

    @Test
    void renewedCertificateIsShownToNewConnectionsAndOldOnesLiveOn() throws Exception {
        try (WireClient old = overTls()) {
            assertThat(old.certificate()).isEqualTo(first.shown());
            assertThat(register(old, "alice", "alice", "")).startsWith("SIP/2.0 200 ");
            install(renewed.file(), renewed.key());
            assertThat(reload(config).body()).contains("\"status\":\"reloaded\"", "\"changed\":[]");
            try (WireClient next = overTls()) {
                assertThat(next.certificate()).isEqualTo(renewed.shown());
                assertThat(register(next, "bob", "bob", "")).startsWith("SIP/2.0 200 ");
            }
            assertThat(register(old, "alice", "alice", "")).startsWith("SIP/2.0 200 ");
        }
    }

    @Test
    void certificateThatCannotBeUsedIsOneLineAndNothingChanges() throws Exception {
        Path garbage = Files.writeString(folder.resolve("garbage"), "-----BEGIN CERTIFICATE-----\nno\n");
        List<String> said = new ArrayList<>();
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        Logger logger = (Logger) LoggerFactory.getLogger(Reload.class);
        logger.addAppender(log);
        try {
            // Not PEM at all, the wrong half of a renewal, a key in the place of the certificate.
            for (List<Path> bad : List.of(
                    List.of(garbage, first.key()),
                    List.of(first.file(), garbage),
                    List.of(renewed.file(), first.key()),
                    List.of(first.file(), renewed.key()),
                    List.of(first.key(), first.key()))) {
                install(bad.get(0), bad.get(1));
                HttpResponse<String> refused = reload(with("max-expires", "7200"));
                assertThat(refused.statusCode()).as(bad.toString()).isEqualTo(422);
                said.add(refused.body().strip());
            }
            Files.delete(folder.resolve("live.crt"));
            HttpResponse<String> refused = reload(with("max-expires", "7200"));
            assertThat(refused.statusCode()).isEqualTo(422);
            said.add(refused.body().strip());
        } finally {
            logger.detachAppender(log);
        }
        assertThat(said).allSatisfy(line -> assertThat(line)
                .contains("the TLS certificate", folder.resolve("live.crt").toString())
                .doesNotContain("\\n", "\n", "Exception"));
        assertThat(log.list).hasSameSizeAs(said).allSatisfy(event -> assertThat(event.getFormattedMessage())
                .startsWith("Not reloaded, all stays as it was: the TLS certificate ")
                .doesNotContain("\n"));
        try (WireClient next = overTls()) {
            assertThat(next.certificate()).as("the last good one").isEqualTo(first.shown());
            assertThat(register(next, "alice", "alice", "Expires: 10000\n")).contains(";expires=10000");
        }
        install(renewed.file(), renewed.key());
        assertReloaded(config);
        try (WireClient next = overTls()) {
            assertThat(next.certificate()).as("as soon as it is mended").isEqualTo(renewed.shown());
        }
    }

    @Test
    void logSaysMoreOrLessAndAgainWhatItSaidAtTheStart() throws Exception {
        org.slf4j.Logger logger = LoggerFactory.getLogger("org.sipwire.registrar.auth.Any");
        boolean debugBefore = logger.isDebugEnabled();
        boolean infoBefore = logger.isInfoEnabled();
        try {
            assertThat(reload(with("log-level", "trace")).body()).contains("\"changed\":[\"log-level\"]");
            assertThat(logger.isTraceEnabled()).isTrue();
            assertThat(reload(with("log-level", "loud")).body()).contains("'loud' is not one of error, warn");
            assertThat(logger.isTraceEnabled()).isTrue();
            assertReloaded(with("log-level", "error"));
            assertThat(logger.isWarnEnabled()).isFalse();
            assertThat(logger.isErrorEnabled()).isTrue();
        } finally {
            assertReloaded(config);
        }
        assertThat(logger.isDebugEnabled()).isEqualTo(debugBefore);
        assertThat(logger.isInfoEnabled()).isEqualTo(infoBefore);
    }

    @Test
    void singleLoggersHaveLevelsOfTheirOwnUntilTheyAreNotNamedAnyMore() throws Exception {
        org.slf4j.Logger one = LoggerFactory.getLogger("org.sipwire.registrar.auth.Any");
        org.slf4j.Logger other = LoggerFactory.getLogger("org.sipwire.transport.Any");
        boolean debugBefore = other.isDebugEnabled();
        try {
            assertReloaded(with("log-level", "warn, org.sipwire.transport=TRACE"));
            assertThat(other.isTraceEnabled()).isTrue();
            assertThat(one.isInfoEnabled()).isFalse();
            assertThat(one.isWarnEnabled()).isTrue();
            assertReloaded(with("log-level", "org.sipwire.registrar.auth=trace"));
            assertThat(one.isTraceEnabled()).isTrue();
            assertThat(other.isDebugEnabled()).isEqualTo(debugBefore);
            for (String bad :
                    List.of("info,org.sipwire", "info,=debug", "org..sipwire=info", "a=info,a=warn", "info,", "x=")) {
                assertThat(reload(with("log-level", bad)).body())
                        .as(bad)
                        .contains("Invalid value for option '--log-level'");
            }
            assertThat(one.isTraceEnabled()).isTrue();
        } finally {
            assertReloaded(config);
        }
        assertThat(one.isTraceEnabled()).isFalse();
    }

    @Test
    void registrationsAreLimitedAnewFromTheNextOne() throws Exception {
        try (WireClient client = WireClient.connect(Transport.UDP, port(Transport.UDP))) {
            assertThat(register(client, "alice", "alice", "Expires: 300\n")).contains(";expires=300");
            assertThat(register(client, "alice", "alice", "Expires: 10000\n")).contains(";expires=10000");
            assertThat(register(client, "alice", "alice", ""))
                    .contains(";expires=3600")
                    .doesNotContain("Service-Route");
            assertThat(register(client, "alice", "bob", "")).startsWith("SIP/2.0 403 ");
            assertReloaded(with(
                    "min-expires",
                    "600",
                    "max-expires",
                    "7200",
                    "default-expires",
                    "1800",
                    "third-party",
                    "bob",
                    "service-route",
                    "sip:edge.example.org;lr"));
            assertThat(register(client, "alice", "alice", "Expires: 300\n"))
                    .startsWith("SIP/2.0 423 ")
                    .contains("\nMin-Expires: 600\n");
            assertThat(register(client, "alice", "alice", "Expires: 10000\n")).contains(";expires=7200");
            assertThat(register(client, "alice", "alice", ""))
                    .contains(";expires=1800", "\nService-Route: <sip:edge.example.org;lr>\n");
            assertThat(register(client, "alice", "bob", "")).startsWith("SIP/2.0 200 ");
            assertReloaded(config);
            assertThat(register(client, "alice", "alice", "Expires: 300\n")).contains(";expires=300");
            assertThat(register(client, "alice", "bob", "")).startsWith("SIP/2.0 403 ");
        }
    }

    @Test
    void everyOptionThatMayChangeDoesAndEveryOtherIsRefusedByName() throws Exception {
        try {
            Map<String, String> samples = new LinkedHashMap<>(EveryOptionTest.SAMPLES);
            samples.keySet().removeAll(Set.of("users", "config"));
            Set<String> changed = new TreeSet<>(Set.of("--users"));
            for (Map.Entry<String, String> sample : samples.entrySet()) {
                String name = sample.getKey();
                Map<String, String> options = with(name, sample.getValue());
                if (name.equals("password")) {
                    options.remove("users");
                }
                HttpResponse<String> answer = reload(options);
                if (answer.statusCode() == 200) {
                    assertThat(answer.body()).contains("\"" + name + "\"");
                    changed.add("--" + name);
                    assertReloaded(config);
                } else {
                    assertThat(answer.statusCode()).as(name).isEqualTo(422);
                    assertThat(answer.body()).contains("--" + name).doesNotContain("\\n");
                }
            }
            assertThat(changed).isEqualTo(Reload.CHANGEABLE);
        } finally {
            reload(config);
        }
    }
}

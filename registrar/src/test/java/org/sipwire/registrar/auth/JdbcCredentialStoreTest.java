/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.sipwire.registrar.auth.DigestAuthenticator.ACCEPTED;
import static org.sipwire.registrar.auth.DigestAuthenticator.PENDING;
import static org.sipwire.registrar.auth.DigestAuthenticator.UNAVAILABLE;
import static org.sipwire.registrar.auth.DigestAuthenticator.WRONG;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against H2, with the table as OpenSIPS and Kamailio create it. */
class JdbcCredentialStoreTest {

    private static final String URL = "jdbc:h2:mem:users;DB_CLOSE_DELAY=-1";
    private static final String REALM = AuthFixture.REALM;

    private Connection admin;
    private JdbcCredentialStore store;

    @BeforeEach
    void createTable() throws SQLException {
        admin = DriverManager.getConnection(URL);
        try (Statement statement = admin.createStatement()) {
            statement.execute("DROP ALL OBJECTS");
            statement.execute(
                    "CREATE TABLE subscriber (id INT AUTO_INCREMENT PRIMARY KEY, username VARCHAR(64) NOT NULL,"
                            + " domain VARCHAR(64) NOT NULL, password VARCHAR(25), ha1 VARCHAR(64) NOT NULL,"
                            + " ha1_sha256 VARCHAR(64) NOT NULL DEFAULT '', ha1_sha512t256 VARCHAR(64) NOT NULL DEFAULT '',"
                            + " UNIQUE (username, domain))");
        }
        insert("alice", REALM, "one");
        insert("alice", "elsewhere", "other");
        insert("摄像头", REALM, "two");
        store = JdbcCredentialStore.builder(URL).connections(2).build();
    }

    @AfterEach
    void close() throws SQLException {
        store.close();
        admin.close();
    }

    private void insert(String user, String domain, String password) throws SQLException {
        try (PreparedStatement statement = admin.prepareStatement(
                "INSERT INTO subscriber (username, domain, ha1, ha1_sha256) VALUES (?, ?, ?, ?)")) {
            statement.setString(1, user);
            statement.setString(2, domain);
            statement.setString(3, AuthFixture.hex("MD5", user + ":" + domain + ":" + password));
            statement.setString(
                    4,
                    AuthFixture.hex("SHA-256", user + ":" + domain + ":" + password)
                            .toUpperCase(java.util.Locale.ROOT));
            statement.executeUpdate();
        }
    }

    private static int attempt(AuthFixture fixture, String user, String password) throws InterruptedException {
        return AsyncCredentials.verify(fixture, fixture.answer().username(user).password(password));
    }

    @Test
    void subscriberOfTheRealmIsKnown() throws Exception {
        AuthFixture fixture = new AuthFixture(AuthFixture.gb(), store);
        assertThat(attempt(fixture, "alice", "one")).isEqualTo(ACCEPTED);
        assertThat(attempt(fixture, "alice", "other")).isEqualTo(WRONG);
        assertThat(attempt(fixture, "摄像头", "two")).isEqualTo(ACCEPTED);
        assertThat(attempt(fixture, "nobody", "one")).isEqualTo(WRONG);
        assertThat(attempt(fixture, "x' OR '1'='1", "one")).isEqualTo(WRONG);
    }

    @Test
    void everyAlgorithmHasItsColumn() throws Exception {
        AuthFixture sha = new AuthFixture(AuthFixture.strict().algorithms(List.of(DigestAlgorithm.SHA_256)), store);
        assertThat(attempt(sha, "alice", "one")).isEqualTo(ACCEPTED);
        AuthFixture empty =
                new AuthFixture(AuthFixture.strict().algorithms(List.of(DigestAlgorithm.SHA_512_256)), store);
        assertThat(attempt(empty, "alice", "one")).isEqualTo(WRONG);
    }

    @Test
    void answerIsRememberedAndTheSecondRequestDoesNotWait() throws Exception {
        AuthFixture fixture = new AuthFixture(AuthFixture.gb(), store);
        assertThat(attempt(fixture, "alice", "one")).isEqualTo(ACCEPTED);
        assertThat(fixture.verify(fixture.answer().username("alice").password("one")))
                .isEqualTo(ACCEPTED);
        assertThat(store.questions()).isEqualTo(1);
    }

    @Test
    void nobodyIsRememberedTooSoThatInventedNamesCostAsMuchAsKnownOnes() throws Exception {
        AuthFixture fixture = new AuthFixture(AuthFixture.gb(), store);
        assertThat(attempt(fixture, "nobody", "one")).isEqualTo(WRONG);
        assertThat(fixture.verify(fixture.answer().username("nobody").password("one")))
                .isEqualTo(WRONG);
        assertThat(store.questions()).isEqualTo(1);
    }

    @Test
    void cacheIsBounded() throws Exception {
        try (JdbcCredentialStore small =
                JdbcCredentialStore.builder(URL).cacheSlots(1).connections(1).build()) {
            AuthFixture fixture = new AuthFixture(AuthFixture.gb(), small);
            assertThat(attempt(fixture, "alice", "one")).isEqualTo(ACCEPTED);
            assertThat(attempt(fixture, "摄像头", "two")).isEqualTo(ACCEPTED);
            assertThat(fixture.verify(fixture.answer().username("alice").password("one")))
                    .isEqualTo(PENDING);
        }
    }

    @Test
    void changedPasswordIsSeenWhenTheAnswerIsForgotten() throws Exception {
        try (JdbcCredentialStore forgetful =
                JdbcCredentialStore.builder(URL).cacheSeconds(0).build()) {
            AuthFixture fixture = new AuthFixture(AuthFixture.gb(), forgetful);
            assertThat(attempt(fixture, "alice", "one")).isEqualTo(ACCEPTED);
            try (Statement statement = admin.createStatement()) {
                statement.execute("UPDATE subscriber SET ha1='"
                        + AuthFixture.hex("MD5", "alice:" + REALM + ":changed") + "' WHERE domain='" + REALM + "'"
                        + " AND username='alice'");
            }
            assertThat(attempt(fixture, "alice", "one")).isEqualTo(WRONG);
            assertThat(attempt(fixture, "alice", "changed")).isEqualTo(ACCEPTED);
        }
    }

    @Test
    void usersMayBeToldApartByNameAlone() throws Exception {
        insert("solo", "unused", "x");
        try (JdbcCredentialStore byName =
                JdbcCredentialStore.builder(URL).domainColumn(null).build()) {
            AuthFixture fixture = new AuthFixture(AuthConfig.builder("unused"), byName);
            assertThat(attempt(fixture, "solo", "x")).isEqualTo(ACCEPTED);
        }
    }

    @Test
    void databaseThatFailsMakesRequestsUnavailableAndRecovers() throws Exception {
        AuthFixture fixture = new AuthFixture(AuthFixture.gb(), store);
        try (Statement statement = admin.createStatement()) {
            statement.execute("ALTER TABLE subscriber RENAME TO away");
            assertThat(attempt(fixture, "alice", "one")).isEqualTo(UNAVAILABLE);
            assertThat(store.failures()).isEqualTo(1);
            statement.execute("ALTER TABLE away RENAME TO subscriber");
        }
        assertThat(attempt(fixture, "alice", "one")).isEqualTo(ACCEPTED);
    }

    @Test
    void databaseThatIsNotThereMakesRequestsUnavailable() throws Exception {
        try (JdbcCredentialStore absent = JdbcCredentialStore.builder("jdbc:h2:tcp://127.0.0.1:1/absent")
                .timeoutSeconds(1)
                .build()) {
            AuthFixture fixture = new AuthFixture(AuthFixture.gb(), absent);
            assertThat(attempt(fixture, "alice", "one")).isEqualTo(UNAVAILABLE);
        }
    }

    @Test
    void closedStoreStillAnswers() throws Exception {
        AuthFixture fixture = new AuthFixture(AuthFixture.gb(), store);
        store.close();
        assertThat(attempt(fixture, "alice", "one")).isEqualTo(UNAVAILABLE);
    }

    @Test
    void namesThatAreNoIdentifiersAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JdbcCredentialStore.builder(URL).table("subscriber; DROP TABLE subscriber"))
                .withMessageContaining("Not the name");
    }
}

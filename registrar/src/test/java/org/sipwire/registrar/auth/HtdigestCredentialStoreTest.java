/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.sipwire.registrar.auth.DigestAuthenticator.ACCEPTED;
import static org.sipwire.registrar.auth.DigestAuthenticator.WRONG;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.registrar.auth.AuthFixture.Answer;

class HtdigestCredentialStoreTest {

    private static final String REALM = AuthFixture.REALM;

    @TempDir
    private Path folder;

    private Path file;
    private long changes = 1_600_000_000_000L;

    @BeforeEach
    void writeUsers() throws IOException {
        file = folder.resolve("users.htdigest");
        write(
                "# users of the platform",
                "",
                line("alice", "one", "MD5", false),
                line("bob", "two", "MD5", true),
                line("bob", "two", "SHA-256", true),
                line("Jäsøn Doe", "three", "MD5", false),
                "mallory:elsewhere:" + "0".repeat(32));
    }

    private static String line(String user, String password, String algorithm, boolean named) {
        return user + ":" + REALM + ":" + AuthFixture.hex(algorithm, user + ":" + REALM + ":" + password)
                + (named ? ":" + algorithm : "");
    }

    /** Each version has a time of its own, whatever the file system's resolution. */
    private void write(String... lines) throws IOException {
        Files.write(file, List.of(lines));
        changes += 1_000;
        Files.setLastModifiedTime(file, FileTime.fromMillis(changes));
    }

    private HtdigestCredentialStore open() throws IOException {
        return HtdigestCredentialStore.unwatched(file, REALM);
    }

    private static int attempt(AuthFixture fixture, String user, String password) {
        return fixture.verify(fixture.answer().username(user).password(password));
    }

    @Test
    void usersOfTheRealmAreKnownByTheirHa1() throws Exception {
        try (HtdigestCredentialStore store = open()) {
            AuthFixture fixture = new AuthFixture(AuthFixture.gb(), store);
            assertThat(store.size()).isEqualTo(4);
            assertThat(attempt(fixture, "alice", "one")).isEqualTo(ACCEPTED);
            assertThat(attempt(fixture, "bob", "two")).isEqualTo(ACCEPTED);
            assertThat(attempt(fixture, "Jäsøn Doe", "three")).isEqualTo(ACCEPTED);
            assertThat(attempt(fixture, "alice", "two")).isEqualTo(WRONG);
            assertThat(attempt(fixture, "mallory", "")).isEqualTo(WRONG);
            assertThat(attempt(fixture, "Alice", "one")).isEqualTo(WRONG);
        }
    }

    @Test
    void userHasAnHa1AnAlgorithm() throws Exception {
        try (HtdigestCredentialStore store = open()) {
            AuthFixture fixture = new AuthFixture(
                    AuthFixture.strict().algorithms(List.of(DigestAlgorithm.SHA_256, DigestAlgorithm.MD5)), store);
            assertThat(attempt(fixture, "bob", "two")).isEqualTo(ACCEPTED);
            assertThat(attempt(fixture, "alice", "one")).isEqualTo(WRONG);
        }
    }

    @Test
    void userIsFoundByItsHash() throws Exception {
        try (HtdigestCredentialStore store = open()) {
            AuthFixture fixture = new AuthFixture(AuthFixture.strict().userhash(true), store);
            assertThat(fixture.challenges().get(0)).endsWith(",userhash=true");
            Answer answer = fixture.answer().username("alice").password("one");
            answer.with("username", "\"" + AuthFixture.hex("MD5", "alice:" + REALM) + "\"")
                    .with("userhash", "true");
            assertThat(fixture.verify(answer)).isEqualTo(ACCEPTED);
            assertThat(fixture.authenticator.username().toString()).isEqualTo("alice");
            Answer unknown = fixture.answer().username("alice").password("one");
            unknown.with("username", "\"" + "0".repeat(32) + "\"").with("userhash", "true");
            assertThat(fixture.verify(unknown)).isEqualTo(WRONG);
        }
    }

    @Test
    void changedFileIsReadAgain() throws Exception {
        try (HtdigestCredentialStore store = open()) {
            AuthFixture fixture = new AuthFixture(AuthFixture.gb(), store);
            write(line("alice", "changed", "MD5", false));
            store.look();
            assertThat(attempt(fixture, "alice", "changed")).isEqualTo(ACCEPTED);
            assertThat(attempt(fixture, "bob", "two")).isEqualTo(WRONG);
        }
    }

    @Test
    void changedFileIsNoticedWithinSeconds() throws Exception {
        try (HtdigestCredentialStore store = HtdigestCredentialStore.open(file, REALM)) {
            AuthFixture fixture = new AuthFixture(AuthFixture.unguarded(AuthFixture.gb()), store);
            write(line("alice", "changed", "MD5", false));
            long deadline = System.nanoTime() + 30_000_000_000L;
            while (attempt(fixture, "alice", "changed") != ACCEPTED) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                Thread.yield();
            }
        }
    }

    @Test
    void usersOfBeforeStayWhenTheChangedFileIsMalformedOrGone() throws Exception {
        try (HtdigestCredentialStore store = open()) {
            AuthFixture fixture = new AuthFixture(AuthFixture.gb(), store);
            write(line("alice", "changed", "MD5", false), "nonsense");
            store.look();
            assertThat(attempt(fixture, "alice", "one")).isEqualTo(ACCEPTED);
            Files.delete(file);
            store.look();
            assertThat(attempt(fixture, "alice", "one")).isEqualTo(ACCEPTED);
            write(line("alice", "mended", "MD5", false));
            store.look();
            assertThat(attempt(fixture, "alice", "mended")).isEqualTo(ACCEPTED);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense",
                "user:realm",
                ":34020000:00000000000000000000000000000000",
                "user:34020000:0000",
                "user:34020000:0000000000000000000000000000000g",
                "user:34020000:00000000000000000000000000000000:SHA-256",
                "user:34020000:00000000000000000000000000000000:MD5-sess",
                "user:34020000:00000000000000000000000000000000:ROT13",
                "user:34020000:00000000000000000000000000000000:MD5:more",
                "alice:34020000:00000000000000000000000000000000"
            })
    void malformedLineIsOneErrorThatNamesFileAndLine(String malformed) throws Exception {
        write(line("alice", "one", "MD5", false), malformed);
        assertThatIllegalArgumentException()
                .isThrownBy(this::open)
                .withMessageStartingWith(file + " line 2 ")
                .withMessageNotContaining("\n");
    }

    @Test
    void missingFileIsAnError() {
        assertThatThrownBy(() -> HtdigestCredentialStore.open(folder.resolve("absent"), REALM))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void manyUsersAreAllFound() throws Exception {
        String[] lines = new String[5_000];
        for (int i = 0; i < lines.length; i++) {
            lines[i] = line("user" + i, "p" + i, "MD5", false);
        }
        write(lines);
        try (HtdigestCredentialStore store = open()) {
            AuthFixture fixture = new AuthFixture(AuthFixture.gb(), store);
            for (int i = 0; i < lines.length; i++) {
                assertThat(attempt(fixture, "user" + i, "p" + i)).isEqualTo(ACCEPTED);
            }
        }
    }
}

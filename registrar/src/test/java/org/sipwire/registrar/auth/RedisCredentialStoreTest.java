/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.sipwire.registrar.auth.DigestAuthenticator.ACCEPTED;
import static org.sipwire.registrar.auth.DigestAuthenticator.UNAVAILABLE;
import static org.sipwire.registrar.auth.DigestAuthenticator.WRONG;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Against the machine's redis-server where there is one; elsewhere what stands without it. */
class RedisCredentialStoreTest {

    private static final String REALM = AuthFixture.REALM;

    @TempDir
    private Path folder;

    @Test
    void unreachableServerIsNamedInTheError() throws IOException {
        int port = freePort();
        assertThatIllegalStateException()
                .isThrownBy(() -> RedisCredentialStore.open("redis://127.0.0.1:" + port, "x:", 60))
                .withMessageContaining("redis://127.0.0.1:" + port);
    }

    @TestFactory
    Stream<DynamicTest> usersAreReadFromHashes() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .map(directory -> Path.of(directory, "redis-server"))
                .filter(Files::isExecutable)
                .limit(1)
                .map(server -> DynamicTest.dynamicTest(server.toString(), () -> readFrom(server)));
    }

    private void readFrom(Path server) throws Exception {
        int port = freePort();
        Process redis = start(server, port);
        try {
            set(port, "alice", "MD5", "one");
            set(port, "alice", "SHA-256", "one");
            try (RedisCredentialStore store =
                    RedisCredentialStore.open("redis://127.0.0.1:" + port, RedisCredentialStore.DEFAULT_PREFIX, 60)) {
                AuthFixture fixture = new AuthFixture(AuthFixture.gb(), store);
                assertThat(attempt(fixture, "alice", "one")).isEqualTo(ACCEPTED);
                assertThat(attempt(fixture, "alice", "two")).isEqualTo(WRONG);
                assertThat(attempt(fixture, "nobody", "one")).isEqualTo(WRONG);
                assertThat(store.questions())
                        .as("alice's second answer was remembered")
                        .isEqualTo(2);
                AuthFixture sha =
                        new AuthFixture(AuthFixture.strict().algorithms(List.of(DigestAlgorithm.SHA_256)), store);
                assertThat(attempt(sha, "alice", "one")).isEqualTo(ACCEPTED);
                stop(redis);
                assertThat(attempt(fixture, "carol", "one")).isEqualTo(UNAVAILABLE);
                assertThat(attempt(fixture, "alice", "one"))
                        .as("known by memory")
                        .isEqualTo(ACCEPTED);
                assertThat(store.failures()).isEqualTo(1);
            }
        } finally {
            stop(redis);
        }
    }

    private static int attempt(AuthFixture fixture, String user, String password) throws InterruptedException {
        return AsyncCredentials.verify(fixture, fixture.answer().username(user).password(password));
    }

    private Process start(Path server, int port) throws Exception {
        Process redis = new ProcessBuilder(
                        server.toString(),
                        "--bind",
                        "127.0.0.1",
                        "--port",
                        "" + port,
                        "--save",
                        "",
                        "--appendonly",
                        "no",
                        "--dir",
                        folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("redis.log").toFile())
                .start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (redis.isAlive() && System.nanoTime() < deadline) {
            try {
                command(port, "PING", "+PONG");
                return redis;
            } catch (IOException e) {
                Thread.onSpinWait();
            }
        }
        stop(redis);
        throw new AssertionError("redis-server does not start: " + Files.readString(folder.resolve("redis.log")));
    }

    private static void stop(Process redis) throws InterruptedException {
        redis.destroy();
        assertThat(redis.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    private static void set(int port, String user, String algorithm, String password) throws IOException {
        String ha1 = AuthFixture.hex(algorithm, user + ":" + REALM + ":" + password);
        command(port, "HSET sipwire:user:" + REALM + ":" + user + " " + algorithm + " " + ha1, ":1");
    }

    private static void command(int port, String line, String expected) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            OutputStream out = socket.getOutputStream();
            out.write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
            byte[] answer = socket.getInputStream().readNBytes(expected.length());
            assertThat(new String(answer, StandardCharsets.UTF_8)).isEqualTo(expected);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}

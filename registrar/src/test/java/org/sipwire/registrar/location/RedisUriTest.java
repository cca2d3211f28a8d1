/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisURI;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every form of URI that {@code --store} takes for Redis, against servers that are so configured. */
class RedisUriTest {

    private static final String STORE_PASSWORD = "changeit";

    @TempDir
    Path folder;

    /** Registers at one service and finds it at another. */
    private static void isShared(String uri) throws Exception {
        LocationServiceContract contract = RedisLocationServiceTest.over(uri);
        contract.open();
        try (RedisLocationService other = RedisLocationService.open(uri, contract.clock::get)) {
            for (int i = 0; i < 20; i++) {
                assertThat(contract.request("user" + i + "@h")
                                .order("call-1", 1)
                                .contact("sip:a@h", 600)
                                .send()
                                .result())
                        .isEqualTo(LocationResult.REGISTERED);
                LocationService first = contract.locations;
                contract.locations = other;
                assertThat(contract.lookup("user" + i + "@h").contacts()).containsExactly("sip:a@h");
                contract.locations = first;
            }
        } finally {
            contract.close();
        }
    }

    @Test
    void passwordIsGiven() throws Exception {
        try (RedisServer server = new RedisServer(folder, "--requirepass", "s3cret")) {
            isShared("redis://:s3cret@" + server.address());
            assertThatThrownBy(() -> RedisLocationService.open(server.uri()))
                    .isInstanceOf(LocationStoreException.class)
                    .hasMessageContaining("NOAUTH")
                    .message()
                    .hasLineCount(1);
            assertThatThrownBy(() -> RedisLocationService.open("redis://:wrong@" + server.address()))
                    .isInstanceOf(LocationStoreException.class)
                    .hasMessageContaining("WRONGPASS")
                    .message()
                    .hasLineCount(1)
                    .doesNotContain(":wrong@");
        }
    }

    @Test
    void tlsIsSpokenAndTheCertificateChecked() throws Exception {
        Path[] pem = certificate();
        int port = RedisServer.freePort();
        try (RedisServer server = new RedisServer(
                folder,
                "--tls-port",
                "" + port,
                "--tls-cert-file",
                pem[0].toString(),
                "--tls-key-file",
                pem[1].toString(),
                "--tls-ca-cert-file",
                pem[0].toString(),
                "--tls-auth-clients",
                "no")) {
            isShared("rediss://127.0.0.1:" + port + "?verifyPeer=NONE");
            assertThatThrownBy(() -> RedisLocationService.open("rediss://127.0.0.1:" + port))
                    .isInstanceOf(LocationStoreException.class)
                    .message()
                    .hasLineCount(1);
            assertThat(server.address()).isNotEmpty();
        }
    }

    /** A certificate that signed itself, and its key. */
    private Path[] certificate() throws Exception {
        Path file = folder.resolve("it.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "it",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=redis",
                        "-ext",
                        "SAN=ip:127.0.0.1",
                        "-validity",
                        "30",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        STORE_PASSWORD)
                .redirectErrorStream(true)
                .start();
        keytool.getInputStream().readAllBytes();
        assertThat(keytool.waitFor()).isZero();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, STORE_PASSWORD.toCharArray());
        }
        return new Path[] {
            pem("CERTIFICATE", store.getCertificate("it").getEncoded()),
            pem("PRIVATE KEY", store.getKey("it", STORE_PASSWORD.toCharArray()).getEncoded())
        };
    }

    private Path pem(String kind, byte[] octets) throws Exception {
        String text = Base64.getMimeEncoder(64, "\n".getBytes()).encodeToString(octets);
        return Files.writeString(
                folder.resolve(kind.replace(' ', '-') + ".pem"),
                "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
    }

    @Test
    void sentinelNamesTheMaster() throws Exception {
        try (RedisServer master = new RedisServer(folder);
                RedisServer sentinel = RedisServer.sentinel(folder, master)) {
            isShared("redis-sentinel://" + sentinel.address() + "#fleet");
        }
    }

    @Test
    void clusterIsFoundByAnyOfItsMembers() throws Exception {
        try (RedisServer one = member();
                RedisServer two = member()) {
            // The slots in halves, so that two registrations out of three cross a border somewhere.
            assertThat(one.send("CLUSTER ADDSLOTS " + slots(0, 8192))).startsWith("+OK");
            assertThat(two.send("CLUSTER ADDSLOTS " + slots(8192, 16384))).startsWith("+OK");
            assertThat(two.send("CONFIG SET cluster-require-full-coverage no")).startsWith("+OK");
            assertThat(one.send("CLUSTER MEET " + two.address().replace(':', ' ')))
                    .startsWith("+OK");
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (!(isWhole(one) && isWhole(two))) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                TimeUnit.MILLISECONDS.sleep(50);
            }
            isShared("redis-cluster://127.0.0.1:1," + one.address() + "," + two.address());
            assertThat(one.send("DBSIZE")).isNotEqualTo(":0\r\n");
            assertThat(two.send("DBSIZE")).isNotEqualTo(":0\r\n");
        }
    }

    private RedisServer member() throws Exception {
        return new RedisServer(folder, "--cluster-enabled", "yes");
    }

    private static boolean isWhole(RedisServer member) throws Exception {
        String state = member.send("CLUSTER INFO");
        return state.contains("cluster_state:ok") && state.contains("cluster_slots_ok:16384");
    }

    private static String slots(int from, int to) {
        StringBuilder text = new StringBuilder();
        for (int slot = from; slot < to; slot++) {
            text.append(slot).append(' ');
        }
        return text.toString().trim();
    }

    @Test
    void hostsOfAClusterShareUserAndOptions() {
        List<RedisURI> parsed = RedisConnection.parse("rediss-cluster://me:s3cret@a:1,b:2?verifyPeer=NONE");
        assertThat(parsed).extracting(RedisURI::getHost).containsExactly("a", "b");
        assertThat(parsed).extracting(RedisURI::getPort).containsExactly(1, 2);
        assertThat(parsed).allMatch(RedisURI::isSsl).allSatisfy(uri -> assertThat(uri.getCredentialsProvider()
                        .resolveCredentials()
                        .block()
                        .getUsername())
                .isEqualTo("me"));
    }
}

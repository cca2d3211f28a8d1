/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sipwire.transport.ListeningPoint;

class ServerOptionsTest {
    @TempDir
    Path folder;

    private static ServerOptions read(String... arguments) throws BadOption {
        return OptionSources.read(arguments, Map.of());
    }

    private Path file(String text) throws Exception {
        return Files.writeString(folder.resolve("sipwire.conf"), text);
    }

    @Test
    void defaultsAreThoseOfTheContract() throws Exception {
        ServerOptions options = read("--password", "p");
        assertThat(options.listen)
                .containsExactly(
                        ListeningPoint.parse("udp://0.0.0.0:5060"), ListeningPoint.parse("tcp://0.0.0.0:5060"));
        assertThat(options.domains).isEmpty();
        assertThat(options.effectiveRealm()).isEqualTo("sipwire");
        assertThat(options.algorithms).containsExactly("MD5");
        assertThat(options.offersQop()).isTrue();
        assertThat(options.nonceLifetimeSeconds).isEqualTo(300);
        assertThat(options.store).isEqualTo("rocksdb:sipwire-data");
        assertThat(options.storeSync).isTrue();
        assertThat(options.minExpiresSeconds).isEqualTo(60);
        assertThat(options.defaultExpiresSeconds).isEqualTo(3600);
        assertThat(options.maxExpiresSeconds).isEqualTo(86400);
        assertThat(options.expiresJitterPercent).isZero();
        assertThat(options.maxContacts).isEqualTo(10);
        assertThat(options.gb28181).isNull();
        assertThat(options.http.toString()).isEqualTo("127.0.0.1/<unresolved>:9464");
        assertThat(options.io).isEqualTo("auto");
        assertThat(options.loops()).isEqualTo(Runtime.getRuntime().availableProcessors());
    }

    @Test
    void repeatedListenReplacesTheDefault() throws Exception {
        ServerOptions options =
                read("--no-auth", "--listen", "udp://127.0.0.1:0", "--listen=tcp://[::1]:5070", "--domain", "a.org");
        assertThat(options.listen)
                .extracting(ListeningPoint::toString)
                .containsExactly("udp://127.0.0.1:0", "tcp://[::1]:5070");
        assertThat(options.effectiveRealm()).isEqualTo("a.org");
    }

    @Test
    void platformOffersNoQopUnlessTold() throws Exception {
        assertThat(read("--no-auth", "--gb28181", "34020000002000000001").offersQop())
                .isFalse();
        assertThat(read("--no-auth", "--gb28181", "34020000002000000001", "--qop", "auth")
                        .offersQop())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            --bogus                                  | Unknown option: '--bogus'
            extra                                    | Unmatched argument at index 1: 'extra'
            --listen x                               | listening point 'x': it must look like udp://0.0.0.0:5060
            --listen udp://1:2 --listen udp://1:2    | --listen udp://1:2 is given twice
            --realm a --realm b                      | option '--realm' (NAME) should be specified only once
            --realm a"b                              | --realm must not hold quotes
            --threads 0                              | '0' is not a number within 1..1024
            --threads many                           | 'many' is not a number within 1..1024
            --qop auth-int                           | 'auth-int' is not one of none, auth
            --io kqueue                              | 'kqueue' is not one of auto, epoll, io_uring, nio
            --store-sync maybe                       | 'maybe' is not one of true, false
            --gb28181 12                             | '12' is not a 20-digit GB/T 28181 ID
            --gb-readmit                             | --gb-readmit needs --gb28181
            --gb-redirect sip:a@b                    | --gb-redirect needs --gb28181
            --gb-version 4.0                         | '4.0' is not one of 1.0, 1.1, 2.0, 3.0
            --gb-keepalive 60                        | '60' is not SECONDSxCOUNT, as in 60x3
            --gb-keepalive 0x3                       | '0' is not a number within 1..3600
            --hep-filter 34020000001320000003        | is not all, device:ID, aor:USER@HOST or source:IP[:PORT]
            --hep-filter source:camera.local         | a source is an IP address, with a port or without
            --http 9464                              | '9464' is not HOST:PORT
            --http ::1:9464                          | an IPv6 address must stand in brackets
            --http 127.0.0.1:70000                   | '70000' is not a number within 0..65535
            --min-expires 100 --default-expires 50   | must rise in this order
            --expires-jitter 91                      | '91' is not a number within 0..90
            --fleet-nonces share                     | 'share' is not one of stale, accept
            --authentication-info yes                | 'yes' is not one of off, rspauth, nextnonce
            --guard-failures 801                     | '801' is not a number within 0..800
            --guard-source-failures 0                | '0' is not a number within 1..800
            --guard-seconds 3601                     | '3601' is not a number within 1..3600
            --password p                             | --no-auth contradicts --password
            --config missing.conf                    | --config missing.conf does not exist
            """)
    void badOptionIsRefusedInOneLine(String arguments, String reason) {
        assertThatThrownBy(() -> read(("--no-auth " + arguments).split(" ")))
                .isInstanceOf(BadOption.class)
                .hasMessageContaining(reason)
                .extracting(Throwable::getMessage)
                .asString()
                .doesNotContain("\n");
    }

    @Test
    void serverThatNobodyCouldRegisterAtIsRefused() {
        assertThatThrownBy(ServerOptionsTest::read).hasMessageContaining("nobody could register");
    }

    @Test
    void environmentWinsOverFileAndCommandLineOverBoth() throws Exception {
        Path file = file("""
                # a comment
                password = from the file
                realm=file
                threads=3
                max-contacts=3
                listen=udp://127.0.0.1:1,tcp://127.0.0.1:1
                no-auth=false
                """);
        ServerOptions options = OptionSources.read(
                new String[] {"--config", file.toString(), "--threads", "1"},
                Map.of("SIPWIRE_THREADS", "2", "SIPWIRE_MAX_CONTACTS", "2", "SIPWIRE_SERVICE_HOST", "10.0.0.1"));
        assertThat(options.threads).isEqualTo(1);
        assertThat(options.maxContacts).isEqualTo(2);
        assertThat(options.realm).isEqualTo("file");
        assertThat(options.password).isEqualTo("from the file");
        assertThat(options.listen).hasSize(2);
    }

    @Test
    void refusalNamesTheSourceOfTheValue() throws Exception {
        Path unknown = file("no-auth=true\nmax-contact=3\n");
        assertThatThrownBy(() -> read("--config", unknown.toString()))
                .hasMessage(unknown + ": unknown option 'max-contact'");
        Path bad = file("no-auth=true\nthreads=none\n");
        assertThatThrownBy(() -> read("--config", bad.toString()))
                .hasMessageStartingWith(bad + ": ")
                .hasMessageContaining("'none' is not a number");
        assertThatThrownBy(() -> OptionSources.read(new String[] {"--no-auth"}, Map.of("SIPWIRE_IO", "kqueue")))
                .hasMessageStartingWith("environment: ")
                .hasMessageContaining("--io");
    }

    @Test
    void configFileCanComeFromTheEnvironment() throws Exception {
        Path file = file("no-auth=true\n");
        ServerOptions options = OptionSources.read(new String[0], Map.of("SIPWIRE_CONFIG", file.toString()));
        assertThat(options.noAuth).isTrue();
    }

    @Test
    void helpNamesEveryOption() {
        String help = OptionSources.help();
        for (String name : List.of(
                "listen",
                "domain",
                "realm",
                "password",
                "users",
                "algorithms",
                "qop",
                "nonce-lifetime",
                "users-table",
                "users-domain",
                "users-cache",
                "third-party",
                "nonce-key",
                "fleet-nonces",
                "authentication-info",
                "userhash",
                "guard-failures",
                "guard-source-failures",
                "guard-seconds",
                "service-route",
                "flow-timer",
                "no-auth",
                "store",
                "store-sync",
                "min-expires",
                "default-expires",
                "max-expires",
                "expires-jitter",
                "max-contacts",
                "gb28181",
                "http",
                "io",
                "threads",
                "config",
                "help",
                "version")) {
            assertThat(help).containsPattern("(?m)^ +--" + name + "( |$)");
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Model.OptionSpec;

/** No option is left out: of the help, of what is printed as a file, of the environment, of a file. */
class EveryOptionTest {

    /** A value of each setting that is not its default. */
    static final Map<String, String> SAMPLES = samples();

    /** What does something and ends: neither in the environment nor in a file. */
    private static final List<String> ACTIONS = List.of("print-config", "help", "version");

    private static final List<String> SECRETS = List.of("password", "http-token", "nonce-key");

    @TempDir
    private Path folder;

    private static Map<String, String> samples() {
        Map<String, String> samples = new LinkedHashMap<>();
        samples.put("listen", "udp://127.0.0.1:5070,tcp://127.0.0.1:5070");
        samples.put("tls-certificate", "other.crt");
        samples.put("tls-key", "other.key");
        samples.put("domain", "a.example.net,b.example.net");
        samples.put("realm", "example.net");
        samples.put("password", "p\\ss=w:rd #1 \u00e9");
        samples.put("users", "/etc/sipwire/users");
        samples.put("users-table", "devices");
        samples.put("users-domain", "false");
        samples.put("users-cache", "7");
        samples.put("third-party", "admin");
        samples.put("algorithms", "SHA-256,MD5");
        samples.put("qop", "none");
        samples.put("nonce-lifetime", "77");
        samples.put("nonce-key", "0123456789abcdef");
        samples.put("fleet-nonces", "accept");
        samples.put("authentication-info", "rspauth");
        samples.put("userhash", "true");
        samples.put("guard-failures", "7");
        samples.put("guard-source-failures", "77");
        samples.put("guard-seconds", "7");
        samples.put("no-auth", "true");
        samples.put("store", "rocksdb:elsewhere");
        samples.put("store-sync", "false");
        samples.put("min-expires", "77");
        samples.put("default-expires", "777");
        samples.put("max-expires", "7777");
        samples.put("expires-jitter", "7");
        samples.put("max-contacts", "7");
        samples.put("contact-overflow", "reject");
        samples.put("service-route", "sip:edge.example.net;lr");
        samples.put("flow-timer", "77");
        samples.put("gb28181", "34020000002000000001");
        samples.put("gb-version", "3.0");
        samples.put("gb-date", "false");
        samples.put("gb-catalog", "false");
        samples.put("gb-keepalive", "7x7");
        samples.put("gb-readmit", "true");
        samples.put("gb-redirect", "sip:34020000002000000002@192.0.2.1:5060");
        samples.put("http", "127.0.0.1:9999");
        samples.put("http-token", "6f1c2a");
        samples.put("hep", "udp://127.0.0.1:9060");
        samples.put("hep-filter", "source:[2001:db8::1]:5060");
        samples.put("hep-id", "7");
        samples.put("trace-secrets", "true");
        samples.put("io", "nio");
        samples.put("threads", "77");
        samples.put("steer", "true");
        samples.put("drain", "7");
        samples.put("log-level", "debug");
        samples.put("log-format", "json");
        samples.put("config", "sipwire.conf");
        return samples;
    }

    private static List<OptionSpec> options() {
        return OptionSources.commandLine(new ServerOptions()).getCommandSpec().options();
    }

    private static Stream<String> settings() {
        return SAMPLES.keySet().stream().filter(name -> !name.equals("config"));
    }

    private static String name(OptionSpec option) {
        return option.longestName().substring(2);
    }

    /** What a setting needs beside itself. */
    private static List<String> companions(String name) {
        return switch (name) {
            case "password", "users", "no-auth" -> List.of();
            case "tls-certificate" -> List.of("--no-auth", "--tls-key=x.key");
            case "tls-key" -> List.of("--no-auth", "--tls-certificate=x.crt");
            case "gb-readmit", "gb-redirect" -> List.of("--no-auth", "--gb28181=34020000002000000009");
            default -> List.of("--no-auth");
        };
    }

    private static ServerOptions read(String name, Map<String, String> environment, String... more) throws BadOption {
        List<String> arguments = new ArrayList<>(companions(name));
        arguments.addAll(List.of(more));
        return OptionSources.read(arguments.toArray(new String[0]), environment);
    }

    /** A value as a line of a properties file. */
    private Path file(String name, String value) throws Exception {
        return Files.writeString(folder.resolve("sipwire.conf"), name + "=" + value.replace("\\", "\\\\") + "\n");
    }

    @Test
    void eachHasASampleHere() {
        List<String> names = new ArrayList<>(SAMPLES.keySet());
        names.addAll(ACTIONS);
        assertThat(options()).extracting(EveryOptionTest::name).containsExactlyInAnyOrderElementsOf(names);
    }

    @Test
    void helpDescribesEachAndTellsItsDefault() {
        String help = OptionSources.help();
        String words = help.replaceAll("\\s", "");
        for (OptionSpec option : options()) {
            String name = option.longestName();
            assertThat(option.description()).as(name).hasSize(1);
            String description = option.description()[0];
            assertThat(description).as(name).endsWith(".").hasSizeGreaterThan(15);
            boolean takesValue = option.arity().max() > 0;
            assertThat(help)
                    .containsPattern(
                            "(?m)^ +" + name + (takesValue ? " " + Pattern.quote(option.paramLabel()) : "(  | *$)"));
            String shown = description.replace("${DEFAULT-VALUE}", String.valueOf(option.defaultValue()));
            assertThat(words).as(name).contains(shown.replaceAll("\\s", ""));
            if (option.defaultValue() != null) {
                assertThat(description).as(name).contains("(default:");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("settings")
    void settingIsTakenAlikeFromCommandLineEnvironmentAndFile(String name) throws Exception {
        String value = SAMPLES.get(name);
        Map<String, String> expected = read(name, Map.of(), "--" + name + "=" + value).effective;
        assertThat(expected).containsEntry("--" + name, value);
        String variable = "SIPWIRE_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
        assertThat(read(name, Map.of(variable, value)).effective).isEqualTo(expected);
        Path file = file(name, value);
        assertThat(read(name, Map.of(), "--config=" + file).effective).isEqualTo(expected);
        assertThat(read(name, Map.of("SIPWIRE_CONFIG", file.toString())).effective)
                .isEqualTo(expected);
        String[] plain = {name.equals("no-auth") ? "--password=x" : "--no-auth"};
        assertThat(OptionSources.read(plain, Map.of()).effective)
                .as("its default")
                .doesNotContainEntry("--" + name, value);
    }

    @ParameterizedTest
    @MethodSource("settings")
    void printedConfigurationNamesTheSettingWithItsValue(String name) throws Exception {
        String value = SAMPLES.get(name);
        String printed = OptionSources.print(read(name, Map.of(), "--" + name + "=" + value));
        assertThat(printed.lines())
                .contains(name + "=" + (SECRETS.contains(name) ? "********" : value.replace("\\", "\\\\")));
        assertThat(printed.lines())
                .extracting(line -> line.replaceAll("^#|=.*", ""))
                .containsExactlyInAnyOrderElementsOf(settings().toList());
        if (SECRETS.contains(name)) {
            assertThat(printed).doesNotContain(value);
        }
    }

    @Test
    void actionIsNeitherInTheEnvironmentNorInAFile() throws Exception {
        for (String action : ACTIONS) {
            ServerOptions options = read("drain", Map.of("SIPWIRE_" + action.toUpperCase(Locale.ROOT), "true"));
            assertThat(options.help || options.version || options.printConfig).isFalse();
            Path file = file(action, "true");
            assertThatThrownBy(() -> read("drain", Map.of(), "--config=" + file))
                    .isInstanceOf(BadOption.class)
                    .hasMessage(file + ": unknown option '" + action + "'");
        }
        Path file = file("config", "another.conf");
        assertThatThrownBy(() -> read("drain", Map.of(), "--config=" + file))
                .hasMessage(file + ": unknown option 'config'");
    }
}

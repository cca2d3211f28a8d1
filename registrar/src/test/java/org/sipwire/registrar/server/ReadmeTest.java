/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.manscdp.ManscdpLimits;
import org.sipwire.metrics.SipMeter;
import org.sipwire.registrar.auth.GuardLimits;
import org.sipwire.registrar.auth.NonceFactory;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transport.StreamLimits;
import picocli.CommandLine.Model.OptionSpec;

/** README says what the program does: no option and no meter is missing there, and none is made up. */
class ReadmeTest {
    private static final Path README = Path.of("..", "README.md");

    private static Set<String> inReadme(String regex) throws Exception {
        return Pattern.compile(regex)
                .matcher(Files.readString(README))
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void optionTableNamesEveryOptionAndNoOther() throws Exception {
        Set<String> documented = new TreeSet<>();
        for (String cell : inReadme("(?m)^\\| `--.*?(?= \\| )")) {
            Pattern.compile("(?<=`)--[a-z0-9-]+").matcher(cell).results().forEach(m -> documented.add(m.group()));
        }
        Set<String> known = new TreeSet<>();
        for (OptionSpec option :
                OptionSources.commandLine(new ServerOptions()).getCommandSpec().options()) {
            if (!option.usageHelp() && !option.versionHelp()) {
                known.add(option.longestName());
            }
        }
        assertThat(documented).isEqualTo(known);
    }

    @Test
    void whatMayChangeWhileTheServerRunsIsNamed() throws Exception {
        String named = inReadme("(?s)(?<=What may change: ).*?(?=It is all or nothing)")
                .iterator()
                .next();
        Set<String> known = new TreeSet<>(Set.of("--tls-certificate", "--tls-key"));
        known.addAll(Reload.CHANGEABLE);
        assertThat(Pattern.compile("(?<=`)[a-z][a-z-]*(?=`)")
                        .matcher(named)
                        .results()
                        .map(m -> "--" + m.group()))
                .containsExactlyInAnyOrderElementsOf(known);
    }

    @Test
    void everyOperationOnADeviceIsInTheTable() throws Exception {
        Set<String> documented = inReadme("(?<=/v1/devices/\\{id\\}/)[a-z]+|(?<=`\\.\\.\\./)[a-z]+");
        Set<String> known = new TreeSet<>(DevicesApi.OPERATIONS);
        known.addAll(DevicesApi.SHOWN);
        known.remove("");
        assertThat(documented).isEqualTo(known);
    }

    private static String row(String begin, Object... values) {
        return "| " + begin + " | " + Stream.of(values).map(String::valueOf).collect(Collectors.joining(", ")) + " |";
    }

    @Test
    void limitsAreTheDefaults() throws Exception {
        StreamLimits streams = StreamLimits.DEFAULT;
        GuardLimits guard = GuardLimits.DEFAULT;
        ManscdpLimits bodies = ManscdpLimits.DEFAULT;
        assertThat(Files.readString(README))
                .contains(
                        row("octets of a message", SipLimits.DEFAULT_MESSAGE_BYTES),
                        row("octets of a header section", SipLimits.DEFAULT_HEADER_BYTES),
                        row("header lines of a message", SipLimits.DEFAULT_HEADERS),
                        row("values of one header field (Via, Contact, Route ...)", SipLimits.DEFAULT_VALUES),
                        row("octets of a MANSCDP body", bodies.maxBytes()),
                        row(
                                "nested elements, elements, items of a list in it",
                                bodies.maxDepth(),
                                bodies.maxElements(),
                                bodies.maxItems()),
                        row("connections in all", streams.maxConnections()),
                        row("connections of one source", streams.maxConnectionsPerSource()),
                        row(
                                "seconds to the first whole message, and to the end of one that began",
                                streams.firstMessageMillis() / 1000,
                                streams.messageMillis() / 1000),
                        row("seconds a peer may leave what it gets unread", streams.stallMillis() / 1000),
                        row("seconds of silence on a connection", streams.idleMillis() / 1000),
                        row("octets waiting for one peer", streams.writeBufferBytes()),
                        row("octets of heap for each transaction alive", SipStackConfig.HEAP_OF_A_TRANSACTION),
                        row("nonces whose counts are remembered, a loop", NonceFactory.DEFAULT_SLOTS),
                        row("wrong answers of one source for one user", guard.pairFailures()),
                        row("wrong answers of one source", guard.sourceFailures()),
                        row(
                                "octets of an HTTP request line, head and body",
                                HttpEndpoint.MAX_LINE,
                                HttpEndpoint.MAX_HEADERS,
                                HttpEndpoint.MAX_BODY),
                        row(
                                "HTTP connections, event streams, seconds of silence",
                                HttpEndpoint.MAX_CONNECTIONS,
                                HttpEndpoint.MAX_STREAMS,
                                HttpEndpoint.IDLE_SECONDS));
    }

    @Test
    void meterTableIsWhatAScrapeShows() throws Exception {
        RegistrarServer server = RegistrarServer.start(OptionSources.read(
                new String[] {
                    "--listen",
                    "udp://127.0.0.1:0",
                    "--http",
                    "127.0.0.1:0",
                    "--no-auth",
                    "--store",
                    "memory",
                    "--threads",
                    "1",
                    "--gb28181",
                    "34020000002000000001"
                },
                Map.of()));
        String scrape;
        try (server) {
            URI uri = URI.create("http://127.0.0.1:" + server.httpAddress().getPort() + "/metrics");
            scrape = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                    .body();
        }
        Set<String> shown = Pattern.compile("(?m)^# TYPE (sip_\\w+)")
                .matcher(scrape)
                .results()
                .map(m -> m.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> documented = inReadme("(?<=(?m)^\\| `)sip_\\w+(?=`)");
        assertThat(documented).isEqualTo(shown);
        for (SipMeter meter : SipMeter.values()) {
            assertThat(shown).contains(meter.prometheusName());
        }
    }
}

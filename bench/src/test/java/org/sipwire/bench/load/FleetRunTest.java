/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.sipwire.registrar.Registrar;
import org.sipwire.registrar.RegistrarConfig;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.NonceFactory;
import org.sipwire.registrar.auth.SharedPasswordStore;
import org.sipwire.registrar.gb28181.DeviceSnapshot;
import org.sipwire.registrar.gb28181.Gb28181Config;
import org.sipwire.registrar.gb28181.Gb28181Platform;
import org.sipwire.registrar.gb28181.GbCounter;
import org.sipwire.registrar.location.InMemoryLocationService;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transport.Transport;
import picocli.CommandLine;

/** A small fleet against a platform in this process, whose devices are shown as the server shows them. */
@Timeout(120)
class FleetRunTest {
    private final Gb28181Platform platform = new Gb28181Platform(Gb28181Config.of("34020000002000000001"), List.of());
    private SipStack stack;
    private HttpServer http;

    @BeforeEach
    void start() throws Exception {
        AuthConfig auth = AuthConfig.gb28181("34020000").build();
        Registrar registrar = Registrar.builder(
                        RegistrarConfig.gb28181("3402000000").build(), new InMemoryLocationService())
                .authentication(auth, new SharedPasswordStore("12345678"), new NonceFactory(auth))
                .listener(platform)
                .messages(platform)
                .others(platform)
                .build();
        stack = SipStack.create(SipStackConfig.builder()
                .listen("udp://127.0.0.1:0")
                .listen("tcp://127.0.0.1:0")
                .drainMillis(0)
                .build());
        stack.start(registrar);
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/v1/devices", exchange -> {
            String query = exchange.getRequestURI().getQuery();
            byte[] body = devices(query).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        http.createContext("/metrics", exchange -> {
            byte[] body = ("# TYPE\nsip_gb28181_events_total{event=\"keepalive_timeouts\"} "
                            + platform.count(GbCounter.KEEPALIVE_TIMEOUTS) + ".0\n")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        http.start();
    }

    @AfterEach
    void stop() {
        http.stop(0);
        stack.close();
    }

    /** Pages of seven, so that a fleet takes several. */
    private String devices(String query) {
        String after = query.contains("after=") ? query.substring(query.indexOf("after=") + 6) : "";
        List<DeviceSnapshot> page = platform.registry().page(after, 7);
        String devices = page.stream()
                .map(d -> String.format(
                        Locale.ROOT,
                        "{\"id\":\"%s\",\"online\":%b,\"info\":{\"id\":\"x\",\"online\":true,\"channels\":9},\"catalog\":\"%s\",\"channels\":%d}",
                        d.id(),
                        d.online(),
                        d.catalog().name().toLowerCase(Locale.ROOT),
                        d.channels()))
                .collect(Collectors.joining(","));
        return "{\"total\":" + platform.registry().size() + ",\"online\":"
                + platform.registry().onlineCount() + ",\"devices\":[" + devices + "],\"next\":"
                + (page.size() == 7 ? '"' + page.get(6).id() + '"' : "null") + '}';
    }

    private String at(Transport transport) {
        return "127.0.0.1:"
                + stack.boundPoints().stream()
                        .filter(p -> p.transport() == transport)
                        .findFirst()
                        .orElseThrow()
                        .port();
    }

    private int run(ByteArrayOutputStream printed, String... more) throws Exception {
        FleetOptions options = new FleetOptions();
        String[] fixed = {
            "--udp=" + at(Transport.UDP),
            "--tcp=" + at(Transport.TCP),
            "--http=127.0.0.1:" + http.getAddress().getPort(),
            "--devices=40",
            "--sockets=8",
            "--keepalive=1",
            "--ramp=1",
            "--steady=2",
            "--storm=1",
            "--after=2"
        };
        new CommandLine(options).setOverwrittenOptionsAllowed(true).parseArgs(concat(fixed, more));
        return new FleetRun(options, new PrintStream(printed, true, StandardCharsets.UTF_8)).run();
    }

    private static String[] concat(String[] a, String[] b) {
        String[] all = java.util.Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    @Test
    void fleetComesBackWholeAfterAPowerCut() throws Exception {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        int status = run(printed);
        String text = printed.toString(StandardCharsets.UTF_8);
        assertThat(status).as(text).isZero();
        assertThat(text)
                .contains(
                        "platform at the end: 40 devices, 40 online, 40 catalogues complete, 160 channels; 0 taken for")
                .contains("udp    1 s")
                .contains("tcp    1 s")
                .contains(" of 40 devices online");
        assertThat(platform.count(GbCounter.KEEPALIVES)).isPositive();
        assertThat(platform.registry().find("34020000001320000019").address().transport())
                .isEqualTo(Transport.UDP);
        assertThat(platform.registry().find("34020000001180000000").address().transport())
                .isEqualTo(Transport.TCP);
    }

    @Test
    void devicesThatAreMissingFailTheRun() throws Exception {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        assertThat(run(printed, "--tcp=127.0.0.1:1")).isEqualTo(2);
    }

    @Test
    void phasesOfADayFollowEachOther() {
        FleetOptions options = new FleetOptions();
        new CommandLine(options).parseArgs("--udp=h:1", "--http=h:2", "--devices=600");
        Schedule day = new Schedule(0, options.phases(600));
        assertThat(day.arrivals()).isEqualTo(600 + 600 + 600 + 600);
        assertThat(day.kind(day.phase(599))).isEqualTo(Schedule.Kind.REGISTER);
        assertThat(day.kind(day.phase(600))).isEqualTo(Schedule.Kind.KEEP_ALIVE);
        assertThat(day.firstOf(day.phase(1300))).isEqualTo(1200);
        assertThat(day.intendedNanos(600)).isEqualTo(60_000_000_000L);
        assertThat(day.intendedNanos(1200)).isEqualTo(120_000_000_000L);
        assertThat(day.intendedNanos(1201)).isEqualTo(120_050_000_000L);
        assertThat(day.intendedNanos(1800)).isEqualTo(150_000_000_000L);
    }
}

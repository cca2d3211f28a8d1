/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.flood;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.sipwire.bench.load.LoadGenerator;

/**
 * What good clients get of a server, alone and beside a flood: registrations at a steady rate, first without, then with each kind. Confined
 * to its thread.
 */
final class Goodput {

    /** The flood is under way before the others come, and ends after them. */
    private static final int LEAD_SECONDS = 1;

    /**
     * How the good clients behave.
     *
     * @param sip where they register
     * @param http where the counters are read, or null
     */
    record Clients(
            InetSocketAddress sip, InetSocketAddress http, String realm, String password, int rate, int seconds) {}

    /**
     * @param ratio of registrations that came to a good end, to those without the flood
     * @param counters by how much those grew that tell of the flood
     */
    private record Row(
            FloodKind kind,
            Flood.Outcome flood,
            double floodSeconds,
            LoadGenerator.Figures with,
            double ratio,
            Map<String, Long> counters) {}

    private final Clients clients;
    private final List<Row> rows = new ArrayList<>();
    private LoadGenerator.Figures alone;

    Goodput(Clients clients) {
        this.clients = clients;
    }

    void measureAlone() {
        // The server's code is compiled first.
        good();
        alone = good();
        System.out.printf(
                Locale.ROOT,
                "without a flood: %.0f registrations/s of %d wanted, p99 %.1f ms, %d errors%s%n",
                alone.donePerSecond(),
                clients.rate(),
                alone.p99Millis(),
                alone.errors(),
                alone.limits().isEmpty() ? "" : " (" + alone.limits() + ")");
    }

    private LoadGenerator.Figures good() {
        return LoadGenerator.start(
                        null,
                        "--target",
                        "udp://127.0.0.1:" + clients.sip().getPort(),
                        "--users",
                        Integer.toString(clients.rate() * 20),
                        "--rate",
                        Integer.toString(clients.rate()),
                        "--duration",
                        clients.seconds() + "s",
                        "--password",
                        clients.password(),
                        "--realm",
                        clients.realm())
                .figures();
    }

    /** Runs the flood for as long as the good clients need, and prints the row. */
    void measure(FloodKind kind, Flood flood) throws InterruptedException {
        Map<String, Long> before = counters();
        long begun = System.nanoTime();
        CompletableFuture<Flood.Outcome> flooding = CompletableFuture.supplyAsync(() -> flood.run(kind), task -> {
            Thread thread = new Thread(task, "flood");
            thread.setDaemon(true);
            thread.start();
        });
        Thread.sleep(LEAD_SECONDS * 1000L);
        LoadGenerator.Figures with = good();
        flood.stop();
        Flood.Outcome outcome = flooding.join();
        double seconds = (System.nanoTime() - begun) / 1e9;
        Map<String, Long> grown = counters();
        grown.replaceAll((name, value) -> value - before.getOrDefault(name, 0L));
        grown.values().removeIf(value -> value == 0);
        Row row = new Row(kind, outcome, seconds, with, with.donePerSecond() / alone.donePerSecond(), grown);
        rows.add(row);
        System.out.printf(
                Locale.ROOT,
                "%-15s %8.0f/s sent, %8.0f/s answered (%.2f octets each sent); goodput %6.0f/s = %3.0f %%, p99 %7.1f ms, %d errors%n",
                kind.option(),
                outcome.sent() / seconds,
                outcome.answers() / seconds,
                outcome.sentOctets() == 0 ? 0 : (double) outcome.answeredOctets() / outcome.sentOctets(),
                with.donePerSecond(),
                row.ratio() * 100,
                with.p99Millis(),
                with.errors());
        grown.forEach((name, value) -> System.out.println("    " + name + " +" + value));
    }

    /** The least ratio measured. */
    double least() {
        return rows.stream().mapToDouble(Row::ratio).min().orElse(1);
    }

    private Map<String, Long> counters() {
        Map<String, Long> all = new TreeMap<>();
        if (clients.http() == null) {
            return all;
        }
        try {
            String text = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(
                                            "http://127.0.0.1:" + clients.http().getPort() + "/metrics"))
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
            text.lines()
                    .filter(
                            line -> line.matches(
                                    "sip_(shed|dropped|parse_errors|connections_closed|http_shed|stateless_responses|failures)_total.*"))
                    .forEach(line -> {
                        int blank = line.lastIndexOf(' ');
                        all.put(line.substring(0, blank), (long) Double.parseDouble(line.substring(blank + 1)));
                    });
            return all;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return all;
        }
    }

    void write(Path file) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(Files.newBufferedWriter(file))) {
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            json.writeNumberField("wantedPerSecond", clients.rate());
            json.writeNumberField("alonePerSecond", alone.donePerSecond());
            json.writeNumberField("aloneP99Millis", alone.p99Millis());
            json.writeArrayFieldStart("floods");
            for (Row row : rows) {
                json.writeStartObject();
                json.writeStringField("kind", row.kind().option());
                json.writeNumberField("sentPerSecond", row.flood().sent() / row.floodSeconds());
                json.writeNumberField("answeredPerSecond", row.flood().answers() / row.floodSeconds());
                json.writeNumberField("sentOctets", row.flood().sentOctets());
                json.writeNumberField("answeredOctets", row.flood().answeredOctets());
                json.writeNumberField("goodPerSecond", row.with().donePerSecond());
                json.writeNumberField("ratio", row.ratio());
                json.writeNumberField("p99Millis", row.with().p99Millis());
                json.writeNumberField("errors", row.with().errors());
                json.writeObjectFieldStart("counters");
                for (Map.Entry<String, Long> counter : row.counters().entrySet()) {
                    json.writeNumberField(counter.getKey(), counter.getValue());
                }
                json.writeEndObject();
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.sipwire.registrar.location.BindingUpdate;
import org.sipwire.registrar.location.LocationResult;
import org.sipwire.registrar.location.LocationService;
import org.sipwire.registrar.location.LocationStoreException;
import org.sipwire.registrar.location.RocksDbLocationService;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Times the start of a registrar whose directory is full of bindings. */
@Command(
        name = "restart",
        mixinStandardHelpOptions = true,
        description =
                "Fills a directory with bindings, kills nothing, starts a registrar on it, times its ready and scrapes it.")
public final class RestartCommand implements Callable<Integer> {
    private static final int EXPIRES = 86_400;
    private static final int FLOWS = 50_000;

    @Option(
            names = "--bindings",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "Bindings, one each user (${DEFAULT-VALUE}).")
    int bindings;

    @Option(
            names = "--within",
            paramLabel = "SECONDS",
            defaultValue = "5",
            description = "Fails when ready takes longer (${DEFAULT-VALUE}).")
    double within;

    @Option(
            names = "--lookups",
            paramLabel = "N",
            defaultValue = "2000",
            description = "Users looked up after the start (${DEFAULT-VALUE}).")
    int lookups;

    @Option(
            names = "--scrapes",
            paramLabel = "N",
            defaultValue = "12",
            description = "Scrapes of /metrics after that, one a second, whose times are told (${DEFAULT-VALUE}).")
    int scrapes;

    @Override
    public Integer call() throws Exception {
        Path directory = Files.createTempDirectory("restart");
        try {
            long begun = System.nanoTime();
            long from = System.currentTimeMillis() / 1000;
            fill(directory);
            long until = System.currentTimeMillis() / 1000;
            System.out.printf(
                    Locale.ROOT, "%d bindings written in %.1f s%n", bindings, (System.nanoTime() - begun) / 1e9);
            String[] options = {"--store", "rocksdb:" + directory};
            try (ServerProcess server = ServerProcess.start(List.of(ServerProcess.launcher()), options)) {
                int wrong = look(server, from, until);
                scrape(server);
                boolean complete = server.metric("sip_bindings", "") == bindings;
                System.out.printf(
                        Locale.ROOT,
                        "%d persisted bindings: ready in %.2f s; %d lookups, %d wrong%s%n",
                        bindings,
                        server.readySeconds(),
                        lookups,
                        wrong,
                        complete ? "" : "; sip_bindings says another number");
                return server.readySeconds() <= within && wrong == 0 && complete ? 0 : 1;
            }
        } finally {
            Directories.delete(directory);
        }
    }

    /** A scrape each second, so that the largest lag of ten seconds that is told at last is that of the scrapes. */
    private void scrape(ServerProcess server) throws IOException, InterruptedException {
        double first = secondsOfScrape(server);
        double slowest = 0;
        double sum = 0;
        for (int n = 0; n < scrapes; n++) {
            TimeUnit.SECONDS.sleep(1);
            double seconds = secondsOfScrape(server);
            slowest = Math.max(slowest, seconds);
            sum += seconds;
        }
        System.out.printf(
                Locale.ROOT,
                "/metrics: first %.1f ms, then %d scrapes of %.1f ms, slowest %.1f ms; largest lag of a loop meanwhile %.1f ms%n",
                first * 1e3,
                scrapes,
                sum / scrapes * 1e3,
                slowest * 1e3,
                server.metric("sip_loop_lag_max_seconds", "") * 1e3);
    }

    private static double secondsOfScrape(ServerProcess server) throws IOException {
        long begun = System.nanoTime();
        server.get("/metrics");
        return (System.nanoTime() - begun) / 1e9;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String user(int i) {
        return String.format("3402000000132%07d", i);
    }

    private void fill(Path directory) throws LocationStoreException {
        BindingUpdate update = new BindingUpdate();
        byte[] host = ascii("192.168.100.100");
        byte[] agent = ascii("IP Camera");
        LocationResult[] last = new LocationResult[1];
        LocationService.Completion note = (result, current) -> last[0] = result;
        try (RocksDbLocationService store = RocksDbLocationService.open(directory, false)) {
            for (int i = 0; i < bindings; i++) {
                byte[] aor = ascii(user(i) + "@" + ServerProcess.DOMAIN);
                byte[] contact = ascii("sip:" + user(i) + "@192.168.100.100:50600;transport=udp");
                byte[] callId = ascii("call-" + i + "@192.168.100.100");
                do {
                    // Full queues are for the writer to empty.
                    update.begin(aor, 0, aor.length, System.currentTimeMillis())
                            .request(callId, 0, callId.length, 2)
                            .flow(0, 50_600, 1 + i % FLOWS)
                            .source(host, 0, host.length)
                            .userAgent(agent, 0, agent.length);
                    update.beginContact(contact, 0, contact.length).endContact(EXPIRES);
                    store.update(update, note);
                } while (last[0] == LocationResult.UNAVAILABLE);
            }
        }
    }

    /** Looks up users at random, each with its own Call-ID and expiry, and one that is not there. */
    private int look(ServerProcess server, long from, long until) throws IOException {
        Random random = new Random(1);
        int wrong =
                server.request("/v1/bindings/nobody@" + ServerProcess.DOMAIN).statusCode() == 404 ? 0 : 1;
        for (int n = 0; n < lookups; n++) {
            int i = random.nextInt(bindings);
            String aor = user(i) + "@" + ServerProcess.DOMAIN;
            long before = System.currentTimeMillis() / 1000;
            Map<String, StoredBindings.Stored> found = new HashMap<>();
            StoredBindings.read(server.get("/v1/bindings/" + aor), before, System.currentTimeMillis() / 1000, found);
            StoredBindings.Stored stored = found.get(aor);
            boolean right = stored != null
                    && stored.callId().equals("call-" + i + "@192.168.100.100")
                    && stored.latestEnd() >= from + EXPIRES
                    && stored.earliestEnd() <= until + EXPIRES;
            wrong += right ? 0 : 1;
        }
        return wrong;
    }
}

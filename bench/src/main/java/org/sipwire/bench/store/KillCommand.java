/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import org.sipwire.bench.load.LoadGenerator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Kills a registrar at random moments under load and looks for what it had acknowledged. */
@Command(
        name = "kill",
        mixinStandardHelpOptions = true,
        description =
                "SIGKILL at random moments under load; after each restart every binding whose 200 was received must be"
                        + " there, with its expiry. Without sync it measures what is lost.")
public final class KillCommand implements Callable<Integer> {
    private static final int SHOWN = 5;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "20", description = "Kills (${DEFAULT-VALUE}).")
    int rounds;

    @Option(
            names = "--rate",
            paramLabel = "R",
            defaultValue = "2000",
            description = "Registrations a second (${DEFAULT-VALUE}).")
    int rate;

    @Option(
            names = "--users",
            paramLabel = "N",
            defaultValue = "1500",
            description = "Users of each round; they register anew when all have (${DEFAULT-VALUE}).")
    int users;

    @Option(
            names = "--longest",
            paramLabel = "MS",
            defaultValue = "1000",
            description = "The latest moment of a kill after the first grants (${DEFAULT-VALUE}).")
    int longestMillis;

    @Option(
            names = "--store-sync",
            paramLabel = "BOOLEAN",
            defaultValue = "true",
            arity = "1",
            description = "The server's option; with false, loss is measured and no failure (${DEFAULT-VALUE}).")
    boolean sync;

    @Option(names = "--seed", paramLabel = "N", description = "Of the random moments (any).")
    Long seed;

    private final Granted granted = new Granted();
    private int checked;

    @Override
    public Integer call() throws Exception {
        Path directory = Files.createTempDirectory("kill");
        try {
            return run(directory);
        } finally {
            Directories.delete(directory);
        }
    }

    private int run(Path directory) throws IOException, InterruptedException {
        long seedUsed = seed == null ? System.nanoTime() : seed;
        Random random = new Random(seedUsed);
        System.out.println(
                rounds + " kills under " + rate + " registrations/s, --store-sync " + sync + ", seed " + seedUsed);
        List<Double> windows = new ArrayList<>();
        List<Double> starts = new ArrayList<>();
        int lostInAll = 0;
        ServerProcess server = start(directory);
        try {
            for (int round = 1; round <= rounds; round++) {
                LoadGenerator load = LoadGenerator.start(granted, load(server, round));
                awaitFirst(round);
                Thread.sleep(random.nextInt(longestMillis));
                long killed = System.nanoTime();
                server.kill();
                long untilSeconds = System.currentTimeMillis() / 1000;
                LoadGenerator.Figures figures = load.stop().figures();
                server = start(directory);
                starts.add(server.readySeconds());
                List<Granted.Loss> losses = granted.lost(StoredBindings.all(server), untilSeconds);
                int looked = granted.size();
                double window = losses.stream()
                        .mapToDouble(loss -> (killed - loss.registration().grantedNanos()) / 1e6)
                        .max()
                        .orElse(0);
                lostInAll += losses.size();
                windows.add(window);
                granted.forget(losses);
                checked = granted.size();
                System.out.printf(
                        Locale.ROOT,
                        "round %d: %d granted, %d bindings looked for, %d lost%s, ready again in %.2f s%n",
                        round,
                        figures.done(),
                        looked,
                        losses.size(),
                        losses.isEmpty() ? "" : String.format(Locale.ROOT, " (of the last %.1f ms)", window),
                        server.readySeconds());
                losses.stream().limit(SHOWN).forEach(loss -> System.out.println("  " + loss.aor() + " " + loss.what()));
            }
        } finally {
            server.close();
        }
        System.out.printf(
                Locale.ROOT,
                "%d kills: %d granted bindings there in the end, %d lost; loss window %.1f ms at most; ready in %.2f s (median)%n",
                rounds,
                checked,
                lostInAll,
                windows.stream().mapToDouble(w -> w).max().orElse(0),
                starts.stream()
                        .mapToDouble(s -> s)
                        .sorted()
                        .skip(starts.size() / 2)
                        .findFirst()
                        .orElse(0));
        if (checked == 0) {
            System.out.println("nothing was granted: nothing was tested");
        }
        return checked > 0 && (lostInAll == 0 || !sync) ? 0 : 1;
    }

    /** The moments are random from when the load has taken hold: a server just started has its classes to load first. */
    private void awaitFirst(int round) throws InterruptedException {
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (granted.size() < checked + 50) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("round " + round + ": nothing was granted for 30 s");
            }
            Thread.sleep(5);
        }
    }

    private ServerProcess start(Path directory) throws IOException {
        return ServerProcess.start(
                List.of(ServerProcess.launcher()), "--store", "rocksdb:" + directory, "--store-sync", "" + sync);
    }

    /** Each round has users of its own, so that what earlier rounds stored must survive every later kill untouched. */
    private String[] load(ServerProcess server, int round) {
        return new String[] {
            "--target",
            server.address("udp"),
            "--rate",
            "" + rate,
            "--users",
            "" + users,
            "--user-prefix",
            String.format("34020000%05d", round),
            "--duration",
            "60s",
            "--password",
            ServerProcess.PASSWORD,
            "--domain",
            ServerProcess.DOMAIN,
        };
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.store;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A registrar in a process of its own, on free ports of the loopback.
 *
 * <p>Thread: one. Owned: close it, which kills it if it still runs.
 */
public final class ServerProcess implements AutoCloseable {
    public static final String PASSWORD = "12345678";
    public static final String DOMAIN = "example.org";

    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    private final Process process;
    private final String ready;
    private final double readySeconds;
    private final Path errors;

    private ServerProcess(Process process, String ready, double readySeconds, Path errors) {
        this.process = process;
        this.ready = ready;
        this.readySeconds = readySeconds;
        this.errors = errors;
    }

    /** The launcher of the checkout this bench belongs to. */
    public static String launcher() {
        String root = System.getenv("BENCH_ROOT");
        return root == null ? "registrar/run" : root + "/registrar/run";
    }

    /**
     * Starts a server and waits for its {@code ready}.
     *
     * @param command the launcher, maybe with words before it that choose a core
     * @param options options beside listeners, domain and password
     */
    public static ServerProcess start(List<String> command, String... options) throws IOException {
        List<String> words = new ArrayList<>(command);
        words.addAll(List.of("--listen", "udp://127.0.0.1:0", "--http", "127.0.0.1:0"));
        words.addAll(List.of(options));
        if (!words.contains("--no-auth")) {
            words.addAll(List.of("--realm", DOMAIN, "--password", PASSWORD));
        }
        Path errors = Files.createTempFile("registrar", ".err");
        long begun = System.nanoTime();
        Process process =
                new ProcessBuilder(words).redirectError(errors.toFile()).start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = out.readLine();
        double seconds = (System.nanoTime() - begun) / 1e9;
        if (line == null || !line.startsWith("ready")) {
            process.destroyForcibly();
            String said = Files.readString(errors);
            Files.delete(errors);
            throw new IOException("the server did not start: " + said);
        }
        return new ServerProcess(process, line, seconds, errors);
    }

    /** From its start as a process to its line {@code ready}. */
    double readySeconds() {
        return readySeconds;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Its address with a scheme, as its {@code ready} tells. */
    public String address(String scheme) {
        Matcher matcher = Pattern.compile(scheme + "://127\\.0\\.0\\.1:\\d+").matcher(ready);
        if (!matcher.find()) {
            throw new IllegalStateException("no " + scheme + " in: " + ready);
        }
        return matcher.group();
    }

    /** The body of an answer of its HTTP endpoint that must be 200. */
    String get(String path) throws IOException {
        HttpResponse<String> answer = request(path);
        if (answer.statusCode() != 200) {
            throw new IOException(path + " was answered " + answer.statusCode() + ": " + answer.body());
        }
        return answer.body();
    }

    HttpResponse<String> request(String path) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address("http") + path))
                .timeout(Duration.ofSeconds(30))
                .build();
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** The sum of a metric's series whose labels hold a text; NaN when there is none. */
    double metric(String name, String labels) throws IOException {
        double sum = Double.NaN;
        for (String line : get("/metrics").split("\n")) {
            boolean same = line.startsWith(name + " ") || line.startsWith(name + "{");
            if (same && line.contains(labels)) {
                double value = Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
                sum = Double.isNaN(sum) ? value : sum + value;
            }
        }
        return sum;
    }

    /** SIGKILL, and waits until it is gone. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** SIGTERM, and waits for its end; true when that came with status 0. */
    public boolean stop() throws InterruptedException {
        process.destroy();
        return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
    }

    /** What it has said on stderr so far. */
    public List<String> errors() throws IOException {
        return Files.readAllLines(errors, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() {
        kill();
        try {
            Files.deleteIfExists(errors);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

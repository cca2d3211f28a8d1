/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real redis-server on a free loopback port, started and ended by a test: the one that the embedded-redis jar ships for this machine,
 * else the machine's own.
 */
public final class RedisServer implements AutoCloseable {

    private static final Path PROGRAM = program();

    private final Path folder;
    private final int port;
    private final List<String> command = new ArrayList<>();
    private Process process;

    /** One that keeps everything on the disk before it answers, in a folder of its own. */
    public RedisServer(Path parent, String... options) throws Exception {
        this(parent, List.of(), options);
    }

    private RedisServer(Path parent, List<String> words, String... options) throws Exception {
        folder = Files.createTempDirectory(parent, "redis");
        port = freePort();
        command.add(PROGRAM.toString());
        command.addAll(words);
        command.addAll(List.of("--bind", "127.0.0.1", "--port", "" + port, "--dir", folder.toString()));
        if (words.isEmpty()) {
            command.addAll(List.of("--save", "", "--appendonly", "yes", "--appendfsync", "always"));
        }
        command.addAll(List.of(options));
        start();
    }

    /** A Sentinel that watches a server by the name {@code fleet}. */
    static RedisServer sentinel(Path parent, RedisServer master) throws Exception {
        Path file = Files.createTempFile(parent, "sentinel", ".conf");
        Files.writeString(file, "sentinel monitor fleet 127.0.0.1 " + master.port + " 1\n");
        return new RedisServer(parent, List.of(file.toString(), "--sentinel"));
    }

    private static Path program() {
        String system = System.getProperty("os.name").startsWith("Mac") ? "darwin" : "linux";
        String machine = System.getProperty("os.arch").matches("aarch64|arm64") ? "arm64" : "amd64";
        for (String version : List.of("6.2.6-v5", "6.2.7")) {
            String name = "redis-server-" + version + "-" + system + "-" + machine;
            try (InputStream shipped = RedisServer.class.getResourceAsStream("/" + name)) {
                if (shipped != null) {
                    File file = File.createTempFile("redis-server", "");
                    file.deleteOnExit();
                    Files.copy(shipped, file.toPath(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                    if (file.setExecutable(true)) {
                        return file.toPath();
                    }
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .map(directory -> Path.of(directory, "redis-server"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("there is no redis-server"));
    }

    static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            // A member of a cluster listens 10,000 further on too.
            return free.getLocalPort() > 55_000 ? freePort() : free.getLocalPort();
        }
    }

    void start() throws Exception {
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("redis.log").toFile())
                .start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!answers()) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new IOException(Files.readString(folder.resolve("redis.log")));
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    /** Whether it listens; with a password, TLS or as a Sentinel too. */
    private boolean answers() {
        try {
            return !command.contains("--tls-port") ? send("PING").matches("(?s)[+-].*") : connects(tlsPort());
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean connects(int to) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), to)) {
            return socket.isConnected();
        }
    }

    private int tlsPort() {
        return Integer.parseInt(command.get(command.indexOf("--tls-port") + 1));
    }

    /** Sends one line and returns the beginning of the answer. */
    String send(String line) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(5000);
            OutputStream out = socket.getOutputStream();
            out.write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
            byte[] answer = new byte[8192];
            int length = socket.getInputStream().read(answer);
            return new String(answer, 0, Math.max(0, length), StandardCharsets.US_ASCII);
        }
    }

    /** As {@code --store} has it. */
    public String uri() {
        return "redis://" + address();
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    /** Ends it as a power cut would. */
    void stop() {
        close();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().orTimeout(10, TimeUnit.SECONDS).join();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Looks at a server from outside: what it says over HTTP, and its process. One thread. Shared. */
public final class FleetServer {
    private static final int PAGE = 1000;
    private static final Duration WAIT = Duration.ofSeconds(60);

    private final String http;
    private final long pid;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /**
     * A platform.
     *
     * @param http host and port of its endpoint
     * @param pid its process on this machine, 0 when it is not known
     */
    public FleetServer(String http, long pid) {
        this.http = http;
        this.pid = pid;
    }

    /** What all its devices say of themselves. */
    record Devices(long total, long online, long complete, long channels) {}

    /** What its process holds. NaN and 0 where nothing is known. */
    record Memory(long heapBytes, long residentBytes) {}

    /** Counts every device, page by page. */
    Devices devices() throws IOException, InterruptedException {
        long online = 0;
        long complete = 0;
        long channels = 0;
        long total = 0;
        String after = "";
        while (after != null) {
            Page page = page(after);
            total += page.devices;
            online += page.online;
            complete += page.complete;
            channels += page.channels;
            after = page.next;
        }
        return new Devices(total, online, complete, channels);
    }

    /** Devices that live, by one look. */
    long online() throws IOException, InterruptedException {
        try (JsonParser json = new JsonFactory().createParser(get("/v1/devices?limit=1"))) {
            while (json.nextToken() != null) {
                if (json.currentToken() == JsonToken.FIELD_NAME && "online".equals(json.currentName())) {
                    json.nextToken();
                    return json.getLongValue();
                }
            }
        }
        throw new IOException("/v1/devices names no count of devices online");
    }

    private static final class Page {
        private long devices;
        private long online;
        private long complete;
        private long channels;
        private String next;
    }

    private Page page(String after) throws IOException, InterruptedException {
        Page page = new Page();
        try (JsonParser json = new JsonFactory().createParser(get("/v1/devices?limit=" + PAGE + "&after=" + after))) {
            boolean inDevice = false;
            int depth = 0;
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                // The answer is an object, its devices an array of objects: a device's own fields are at depth three.
                inDevice = depth == 3;
                if (token != JsonToken.FIELD_NAME) {
                    continue;
                }
                String name = json.currentName();
                if (inDevice) {
                    device(json, name, page);
                } else if (depth == 1 && name.equals("next")) {
                    page.next = json.nextTextValue();
                }
            }
        }
        return page;
    }

    private static void device(JsonParser json, String name, Page page) throws IOException {
        switch (name) {
            case "id" -> page.devices++;
            case "online" -> page.online += json.nextBooleanValue() ? 1 : 0;
            case "catalog" -> page.complete += "complete".equals(json.nextTextValue()) ? 1 : 0;
            case "channels" -> page.channels += json.nextLongValue(0);
            default -> {}
        }
    }

    /** The sum of a metric's values whose line begins so; 0 when there is none. */
    double metric(String start) throws IOException, InterruptedException {
        double sum = 0;
        for (String line : metrics()) {
            if (line.startsWith(start)) {
                sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
            }
        }
        return sum;
    }

    /** The lines of its {@code /metrics}. */
    public List<String> metrics() throws IOException, InterruptedException {
        return List.of(new String(get("/metrics").readAllBytes(), StandardCharsets.UTF_8).split("\n"));
    }

    private InputStream get(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + http + path))
                .timeout(WAIT)
                .build();
        HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        if (response.statusCode() != 200) {
            throw new IOException(path + " was answered " + response.statusCode());
        }
        return response.body();
    }

    /** The heap after a collection, and what the process holds in all. */
    Memory memory() throws IOException, InterruptedException {
        if (pid == 0) {
            return new Memory(0, 0);
        }
        collect();
        long resident = 0;
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                resident = Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        return new Memory((long) metric("jvm_memory_used_bytes{area=\"heap\""), resident);
    }

    /** Makes it collect its garbage, where this machine has the tool for it and the process is known. */
    public void collect() throws IOException, InterruptedException {
        if (pid == 0) {
            return;
        }
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        if (Files.isExecutable(jcmd)) {
            Process collect = new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.run")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            collect.waitFor(WAIT.toSeconds(), TimeUnit.SECONDS);
        }
    }
}

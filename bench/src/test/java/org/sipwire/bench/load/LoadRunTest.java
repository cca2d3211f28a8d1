/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sipwire.bench.baseline.NettyFloor;

class LoadRunTest {
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    private String printed() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    private int run(String... args) throws Exception {
        return new LoadRun(LoadOptions.parse(args), new PrintStream(printed, true, StandardCharsets.UTF_8)).run();
    }

    @ParameterizedTest
    @CsvSource({"udp,register,1", "udp,refresh,3", "tcp,register,2", "tcp,mixed,1", "udp,gb28181,1"})
    void everyArrivalIsAnsweredByTheFloor(String transport, String scenario, String connections) throws Exception {
        try (NettyFloor floor = new NettyFloor("127.0.0.1", 0)) {
            int status = run(
                    "--target",
                    transport + "://127.0.0.1:" + floor.port(),
                    "--users",
                    "200",
                    "--rate",
                    "300",
                    "--duration",
                    "1s",
                    "--scenario",
                    scenario,
                    "--connections",
                    connections,
                    "--no-warm-up");
            assertThat(status).as(printed()).isZero();
            assertThat(printed()).contains("300 done in").contains("0 errors").contains("send lag");
        }
    }

    @Test
    void whatComesInTheWarmUpIsSentAndNotCounted() throws Exception {
        Set<String> seen = ConcurrentHashMap.newKeySet();
        DatagramSocket silent = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        Thread reader = new Thread(() -> readCallIds(silent, seen));
        reader.start();
        try {
            String target = "udp://127.0.0.1:" + silent.getLocalPort();
            assertThat(run(
                            "--target",
                            target,
                            "--rate",
                            "20",
                            "--duration",
                            "1s",
                            "--warm-up",
                            "500ms",
                            "--timeout",
                            "300ms",
                            "--no-warm-up"))
                    .isOne();
            assertThat(printed())
                    .contains("warm-up, not counted: " + target + ": register 20/s for 500ms")
                    .contains("20 errors (20 timeout)");
        } finally {
            silent.close();
            reader.join();
        }
        assertThat(seen).as("ten before, twenty that count").hasSize(30);
    }

    private static void readCallIds(DatagramSocket socket, Set<String> into) {
        DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
        while (!socket.isClosed()) {
            try {
                socket.receive(packet);
            } catch (IOException e) {
                assertThat(socket.isClosed()).isTrue();
                return;
            }
            String text = new String(packet.getData(), 0, packet.getLength(), StandardCharsets.US_ASCII);
            into.add(text.replaceFirst("(?s).*\r\nCall-ID: ([^\r]*).*", "$1"));
        }
    }

    @Test
    void theReportsHoldTheFigures(@TempDir Path folder) throws Exception {
        Path json = folder.resolve("load.json");
        Path html = folder.resolve("load.html");
        try (NettyFloor floor = new NettyFloor("127.0.0.1", 0)) {
            assertThat(run(
                            "--target",
                            "udp://127.0.0.1:" + floor.port(),
                            "--rate",
                            "100",
                            "--duration",
                            "1s",
                            "--json",
                            json.toString(),
                            "--html",
                            html.toString()))
                    .isZero();
        }
        long done = -1;
        try (JsonParser parser = new JsonFactory().createParser(json.toFile())) {
            while (parser.nextToken() != null) {
                if ("done".equals(parser.currentName()) && done < 0) {
                    done = parser.nextLongValue(-1);
                }
            }
        }
        assertThat(done).isEqualTo(100);
        String page = Files.readString(html);
        assertThat(page)
                .contains("<svg")
                .contains("<polyline")
                .doesNotContain("http://")
                .doesNotContain("<script");
        String body = page.substring(page.indexOf("<body>"), page.indexOf("</body>") + 7);
        assertThat(DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)))
                        .getElementsByTagName("svg")
                        .getLength())
                .isEqualTo(5);
    }

    @Test
    void aConditionThatHoldsFailsTheRun() throws Exception {
        try (NettyFloor floor = new NettyFloor("127.0.0.1", 0)) {
            assertThat(run(
                            "--target",
                            "udp://127.0.0.1:" + floor.port(),
                            "--rate",
                            "50",
                            "--duration",
                            "500ms",
                            "--no-warm-up",
                            "--fail-on",
                            "done<1000"))
                    .isOne();
        }
        assertThat(printed()).contains("FAILED: done<1000");
    }

    @Test
    void aTargetThatIsNotThereIsAnError() throws Exception {
        assertThat(run("--target", "tcp://127.0.0.1:1", "--no-warm-up")).isEqualTo(2);
        assertThat(run(
                        "--target",
                        "udp://127.0.0.1:1",
                        "--rate",
                        "10",
                        "--duration",
                        "500ms",
                        "--timeout",
                        "200ms",
                        "--no-warm-up"))
                .isOne();
        assertThat(printed()).contains("refused");
    }
}

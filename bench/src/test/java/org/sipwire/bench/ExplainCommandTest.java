/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sipwire.codec.capture.CaptureWriter;
import org.sipwire.codec.capture.CapturedMessage;
import org.sipwire.codec.capture.Endpoint;
import picocli.CommandLine;

class ExplainCommandTest {
    private static final String PROOF = """
            REGISTER sip:192.168.35.165:5060 SIP/2.0
            Via: SIP/2.0/UDP 192.168.35.165:5080;rport;branch=z9hG4bK2907048769
            From: <sip:34020000001320000003@340200000>;tag=1492484359
            To: <sip:34020000001320000003@340200000>
            Call-ID: 445511141
            CSeq: 2 REGISTER
            Contact: <sip:34020000001320000003@192.168.35.165:5080;line=030bf7a750f46d9>
            Authorization: Digest username="34020000001320000003", realm="34020000", nonce="1616570703", uri="sip:192.168.35.165:5060", response="9c75261f524d20d385f1371c7a077505", algorithm=MD5
            Max-Forwards: 70
            Expires: 3600
            Content-Length: 0

            """.replace("\n", "\r\n");

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int explain(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "explain";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        CommandLine command = BenchMain.commandLine();
        command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return command.execute(all);
    }

    private Path capture() throws IOException {
        Path file = folder.resolve("device.pcap");
        try (OutputStream stream = Files.newOutputStream(file)) {
            new CaptureWriter(stream)
                    .write(new CapturedMessage(
                            1_616_570_703_256_000L,
                            "udp",
                            new Endpoint("192.168.35.165", 5080),
                            new Endpoint("192.168.35.166", 5060),
                            PROOF.getBytes(StandardCharsets.US_ASCII),
                            false));
        }
        return file;
    }

    @Test
    void captureIsExplainedAsText() throws IOException {
        assertThat(explain(capture().toString(), "--password", "12345678")).isZero();
        assertThat(out.toString())
                .contains("Device 34020000001320000003")
                .contains("the response fits the given password")
                .endsWith("1 packets, 1 SIP messages, 1 flow" + System.lineSeparator());
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void captureIsExplainedAsAPage() throws IOException {
        Path page = folder.resolve("device.html");
        assertThat(explain(capture().toString(), "--html", page.toString())).isZero();
        assertThat(Files.readString(page))
                .startsWith("<!DOCTYPE html>")
                .contains("<svg", "is not checked, as no password was given");
    }

    @Test
    void flowThatIsNotWantedIsLeftOut() throws IOException {
        assertThat(explain(capture().toString(), "--flow", "somebody else")).isZero();
        assertThat(out.toString()).isEqualTo("1 packets, 1 SIP messages, 0 flows" + System.lineSeparator());
    }

    @Test
    void fileThatEndsWithinARecordIsNoted() throws IOException {
        byte[] whole = Files.readAllBytes(capture());
        byte[] more = Arrays.copyOf(whole, whole.length + 9);
        Path file = Files.write(folder.resolve("cut.pcap"), more);
        assertThat(explain(file.toString())).isZero();
        assertThat(out.toString()).contains("note: the file ends within a record");
    }

    @Test
    void badFileIsOneLineAndStatusTwo() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.txt"), "no capture at all, and long enough");
        for (Path file : new Path[] {text, folder.resolve("missing.pcap"), folder}) {
            err.getBuffer().setLength(0);
            assertThat(explain(file.toString())).isEqualTo(2);
            assertThat(err.toString().lines())
                    .singleElement()
                    .asString()
                    .startsWith("bench/run explain: ")
                    .contains(file.toString());
        }
        assertThat(out.toString()).isEmpty();
        assertThat(explain()).isEqualTo(2);
    }
}

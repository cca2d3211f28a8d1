/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.sipwire.codec.capture.Capture;
import org.sipwire.codec.capture.CaptureReader;
import org.sipwire.registrar.explain.CallFlow;
import org.sipwire.registrar.explain.Explanation;
import org.sipwire.registrar.explain.HtmlReport;
import org.sipwire.registrar.explain.TextReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bench/run explain}: reads a capture file and explains the call flows in it. */
@Command(
        name = "explain",
        mixinStandardHelpOptions = true,
        description =
                "Reads a capture file (pcap or pcapng, also packed by gzip) and explains each call flow in it: who sent what, what"
                        + " each field means, whether the Digest fits a password, why a registration failed.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:explained", "2:an option or a file that cannot be used"})
public final class ExplainCommand implements Callable<Integer> {
    private static final int UNUSABLE = 2;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The capture file.")
    private Path file;

    @Option(
            names = "--password",
            paramLabel = "TEXT",
            description = "What the device should know: the Digest is checked with it.")
    private String password;

    @Option(
            names = "--flow",
            paramLabel = "TEXT",
            description = "Explains only flows whose title (device or Call-ID) holds this.")
    private String wanted = "";

    @Option(names = "--html", paramLabel = "FILE", description = "Writes one HTML page there instead of text.")
    private Path html;

    /** Made by picocli. */
    ExplainCommand() {}

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try {
            Capture capture = read();
            List<Explanation> explanations = new ArrayList<>();
            for (CallFlow flow : CallFlow.group(capture.messages())) {
                if (flow.title().contains(wanted)) {
                    explanations.add(Explanation.of(flow, password));
                }
            }
            String summary =
                    capture.packets() + " packets, " + capture.messages().size() + " SIP messages, "
                            + explanations.size() + (explanations.size() == 1 ? " flow" : " flows");
            if (html == null) {
                out.print(TextReport.of(explanations));
            } else {
                Files.writeString(
                        html, HtmlReport.of(file.getFileName().toString(), explanations), StandardCharsets.UTF_8);
            }
            out.println(summary);
            capture.notes().forEach(note -> out.println("note: " + note));
            if (capture.undecoded() > 0) {
                out.println("note: " + capture.undecoded() + " packets end within their headers");
            }
            out.flush();
            return 0;
        } catch (IOException e) {
            spec.commandLine().getErr().println("bench/run explain: " + reason(e));
            spec.commandLine().getErr().flush();
            return UNUSABLE;
        }
    }

    private Capture read() throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException("is a directory");
        }
        try (InputStream in = Files.newInputStream(file)) {
            return CaptureReader.read(in);
        }
    }

    private String reason(IOException e) {
        if (e instanceof NoSuchFileException missing) {
            return missing.getFile() + ": there is no such file";
        }
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return message.startsWith(file.toString()) ? message : file + ": " + message;
    }
}

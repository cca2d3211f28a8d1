/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.explain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.codec.capture.Capture;
import org.sipwire.codec.capture.CaptureReader;
import org.sipwire.codec.capture.CaptureWriter;
import org.sipwire.codec.capture.CapturedMessage;

class ExportedFlowTest {

    private static Explanation exported(String transport, boolean masked) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        CaptureWriter writer = new CaptureWriter(file);
        for (CapturedMessage m : SeedFlow.messages()) {
            CapturedMessage sent =
                    new CapturedMessage(m.timeMicros(), transport, m.source(), m.destination(), m.octets(), false);
            writer.write(masked ? sent.masked() : sent);
        }
        Capture capture = CaptureReader.read(new ByteArrayInputStream(file.toByteArray()));
        List<CallFlow> flows = CallFlow.group(capture.messages());
        assertThat(flows).hasSize(1);
        return Explanation.of(flows.get(0), "12345678");
    }

    @ParameterizedTest
    @ValueSource(strings = {"udp", "tcp", "tls"})
    void digestOfTheCapturedFlowVerifiesInAnExportedCapture(String transport) throws IOException {
        Explanation explanation = exported(transport, false);
        assertThat(explanation.steps()).hasSize(6);
        assertThat(explanation.verdict()).isEqualTo("Registered, the Digest fits the given password.");
        assertThat(TextReport.of(List.of(explanation))).contains("9c75261f524d20d385f1371c7a077505");
    }

    @ParameterizedTest
    @ValueSource(strings = {"udp", "tcp"})
    void maskedCaptureTellsNoSecretAndSaysSo(String transport) throws IOException {
        Explanation explanation = exported(transport, true);
        assertThat(TextReport.of(List.of(explanation)))
                .doesNotContain("9c75261f")
                .contains("is masked in this capture and cannot be checked");
    }
}

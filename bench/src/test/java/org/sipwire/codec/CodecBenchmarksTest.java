/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What the benchmarks of this package measure is what they say; the parsers beside each other: {@link ParsersAgreeTest}. */
class CodecBenchmarksTest {

    private static String text(byte[] array, int length) {
        return new String(array, 0, length, StandardCharsets.US_ASCII);
    }

    @Test
    void answersAreWholeAndCarryWhatARegistrationNeeds() {
        ResponseWriterBenchmark benchmark = new ResponseWriterBenchmark();
        assertThat(text(benchmark.written(), benchmark.unauthorized()))
                .startsWith("SIP/2.0 401 Unauthorized\r\nVia: ")
                .contains("received=192.0.2.165", "rport=5080", ";tag=", "WWW-Authenticate: Digest realm=\"34020000\"")
                .endsWith("Content-Length: 0\r\n\r\n");
        assertThat(text(benchmark.written(), benchmark.ok()))
                .startsWith("SIP/2.0 200 OK\r\nVia: ")
                .contains("Contact: <sip:34020000001320000007@192.0.2.165:5080;line=130bf7a750f46d9>;expires=3600\r\n")
                .contains("Expires: 3600\r\n")
                .endsWith("Content-Length: 0\r\n\r\n");
    }

    @Test
    void streamIsCutIntoAllFourMessages() {
        int octets = Arrays.stream(BenchMessages.all()).mapToInt(m -> m.length).sum();
        assertThat(new SipFramerBenchmark().whole()).isEqualTo(octets);
    }

    @Test
    void parsingReadsAllFourMessagesAlikeWhetherCheckedOrNot() {
        SipParserBenchmark benchmark = new SipParserBenchmark();
        int octets = Arrays.stream(BenchMessages.all()).mapToInt(m -> m.length).sum();
        assertThat(benchmark.sipwireParseOnly()).isEqualTo(octets);
        assertThat(benchmark.sipwire()).isEqualTo(benchmark.sipwireChecksAll()).isNotZero();
    }
}

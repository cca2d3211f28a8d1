/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.sipwire.codec.SipLimits;
import org.sipwire.registrar.RegistrarConfig;
import org.sipwire.transport.Transport;

/** The edges of README's table of limits as a peer sees them: so much is served, and one more gets the answer that is promised. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LimitsTest {

    private RegistrarServer server;
    private int branches;

    @BeforeAll
    void start() throws Exception {
        List<String> all = List.of("--listen", "udp://127.0.0.1:0", "--listen", "tcp://127.0.0.1:0", "--http");
        String[] words = Stream.of(
                        all, List.of("127.0.0.1:0", "--no-auth", "--store", "memory", "--contact-overflow", "reject"))
                .flatMap(List::stream)
                .toArray(String[]::new);
        server = RegistrarServer.start(OptionSources.read(words, Map.of()));
    }

    @AfterAll
    void stop() {
        server.close();
    }

    private WireClient connect(Transport transport) throws IOException {
        return WireClient.connect(
                transport,
                server.boundPoints().stream()
                        .filter(p -> p.transport() == transport)
                        .findFirst()
                        .orElseThrow()
                        .port());
    }

    /** Seven header lines of the request itself, then more. */
    private String request(WireClient client, String method, String more, String body) {
        return method + " sip:example.org SIP/2.0\n"
                + "Via: SIP/2.0/" + client.viaToken() + " 127.0.0.1:5060;rport;branch=z9hG4bKlimit" + ++branches + "\n"
                + "From: <sip:a@example.org>;tag=1\nTo: <sip:a@example.org>\nCall-ID: limit" + branches + "\n"
                + "CSeq: " + branches + " " + method + "\nMax-Forwards: 70\n" + more
                + "Content-Length: " + body.length() + "\n\n" + body;
    }

    private int status(Transport transport, String method, String more, String body) throws IOException {
        try (WireClient client = connect(transport)) {
            return Integer.parseInt(
                    client.exchange(request(client, method, more, body)).substring(8, 11));
        }
    }

    @Test
    void headerLines() throws Exception {
        int rest = SipLimits.DEFAULT_HEADERS - 7;
        assertThat(status(Transport.UDP, "OPTIONS", "A: b\n".repeat(rest), "")).isEqualTo(200);
        assertThat(status(Transport.UDP, "OPTIONS", "A: b\n".repeat(rest + 1), ""))
                .isEqualTo(513);
    }

    @Test
    void valuesOfOneField() throws Exception {
        assertThat(status(
                        Transport.UDP,
                        "OPTIONS",
                        "Require: " + "path,".repeat(SipLimits.DEFAULT_VALUES - 1) + "path\n",
                        ""))
                .isEqualTo(200);
        assertThat(status(
                        Transport.UDP,
                        "REGISTER",
                        "Contact: " + "<sip:a@b>,".repeat(SipLimits.DEFAULT_VALUES) + "<sip:a@b>\n",
                        ""))
                .isEqualTo(513);
    }

    @Test
    void octetsOfAHeaderSection() throws Exception {
        String least;
        try (WireClient client = connect(Transport.TCP)) {
            least = request(client, "OPTIONS", "A: \n", "").replace("\n", "\r\n");
        }
        int rest = SipLimits.DEFAULT_HEADER_BYTES - least.length() - 4;
        assertThat(status(Transport.TCP, "OPTIONS", "A: " + "x".repeat(rest) + "\n", ""))
                .isEqualTo(200);
        assertThat(status(Transport.TCP, "OPTIONS", "A: " + "x".repeat(rest + 100) + "\n", ""))
                .isEqualTo(513);
    }

    @Test
    void octetsOfAMessage() throws Exception {
        int most = SipLimits.DEFAULT_MESSAGE_BYTES;
        assertThat(status(Transport.TCP, "OPTIONS", "", "x".repeat(most - 400))).isEqualTo(200);
        assertThat(status(Transport.TCP, "OPTIONS", "", "x".repeat(most))).isEqualTo(513);
    }

    @Test
    void contactsOfAnAddressOfRecord() throws Exception {
        int most = RegistrarConfig.builder().build().maxContacts();
        assertThat(status(Transport.UDP, "REGISTER", "Contact: *\nExpires: 0\n", ""))
                .as("whatever was there before")
                .isEqualTo(200);
        assertThat(status(Transport.UDP, "REGISTER", contacts(most), "")).isEqualTo(200);
        assertThat(status(Transport.UDP, "REGISTER", contacts(most + 1), "")).isEqualTo(403);
    }

    private static String contacts(int count) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(i -> "Contact: <sip:a@192.0.2." + i + ">\n")
                .collect(Collectors.joining());
    }

    @Test
    void uriHasTheBoundOfItsHeaderSectionAlone() throws Exception {
        String uri = "sip:a@b;" + "p=1;".repeat(10_000) + "q";
        assertThat(status(Transport.UDP, "OPTIONS", "Contact: <" + uri + ">\n", ""))
                .isEqualTo(200);
        assertThat(status(Transport.UDP, "REGISTER", "Contact: <" + uri + ">\n", ""))
                .isEqualTo(200);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Messages that the tests share. */
final class Messages {

    static final String REGISTER = """
            REGISTER sip:192.0.2.165:5060 SIP/2.0
            Via: SIP/2.0/UDP 192.0.2.80:5080;rport;branch=z9hG4bK2907048769
            From: <sip:34020000001320000003@340200000>;tag=1492484359
            To: <sip:34020000001320000003@340200000>
            Call-ID: 445511141
            CSeq: 2 REGISTER
            Contact: <sip:34020000001320000003@192.0.2.80:5080;line=030bf7a750f46d9>
            Authorization: Digest username="34020000001320000003", realm="34020000", nonce="1616570703", \
            uri="sip:192.0.2.165:5060", response="9c75261f524d20d385f1371c7a077505", algorithm=MD5
            Max-Forwards: 70
            User-Agent: device/1.0
            Expires: 3600
            Content-Length: 0

            """.replace("\n", "\r\n");

    private Messages() {}

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** A text block with LF line ends as octets with CRLF. */
    static byte[] crlf(String text) {
        return bytes(text.replace("\n", "\r\n"));
    }

    static byte[] resource(String name) {
        try (InputStream in = Messages.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All messages among the resources, well formed and not. */
    static List<byte[]> torture() {
        try (Stream<Path> files =
                Files.list(Path.of(Messages.class.getResource("torture").toURI()))) {
            List<byte[]> all = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                all.add(Files.readAllBytes(file));
            }
            return all;
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}

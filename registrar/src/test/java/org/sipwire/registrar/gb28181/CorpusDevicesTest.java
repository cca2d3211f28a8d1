/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.sipwire.transport.Transport;

/**
 * The captured messages of real devices, octet for octet, against the whole platform: each REGISTER is challenged and registers its device
 * once it answers, each MESSAGE of a registered device is taken. Reads the corpus in place; where it is absent, {@link #seed} remains.
 */
@Timeout(120)
class CorpusDevicesTest {
    private static final Path CORPUS = Path.of(System.getProperty("sipwire.shared", "absent"), "corpora", "gb28181");

    /** Its body is no XML: 400 is the answer. */
    private static final String REFUSED = "bad-gogb-body-not-xml.sip";

    private final PlatformServer server =
            new PlatformServer(Gb28181Config.of(PlatformServer.PLATFORM).withCatalogOnRegister(false));
    private SocketDevice socket;

    @BeforeEach
    void connect() throws IOException {
        socket = new SocketDevice("34020000001320000003", Transport.UDP, server.port(Transport.UDP));
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
        server.close();
    }

    private static List<Path> files(String start) throws IOException {
        if (!Files.isDirectory(CORPUS)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(CORPUS)) {
            return all.filter(file -> text(file).startsWith(start)).sorted().toList();
        }
    }

    /** A character an octet, so that nothing is lost on the way to the wire. */
    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private String exchange(String message) throws IOException {
        socket.sendOctets(message.getBytes(StandardCharsets.ISO_8859_1));
        return socket.receive("SIP/2.0 ");
    }

    private static String user(String message, String header) {
        return SocketDevice.header(message, header).replaceAll(".*?sip:([^@>;]+)@?.*", "$1");
    }

    /** Registers whoever the message is of, by his own REGISTER and an answer to the challenge. */
    private String registers(String register) throws IOException {
        String bare = register.replaceAll("Authorization: .*\r\n", "");
        String challenge = exchange(register);
        assertThat(challenge).startsWith("SIP/2.0 401 ");
        String nonce = challenge.replaceAll("(?s).*nonce=\"([^\"]+)\".*", "$1");
        String user = user(register, "To");
        String uri = register.split(" ")[1];
        String response =
                SocketDevice.md5(SocketDevice.md5(user + ":" + PlatformServer.REALM + ":" + PlatformServer.PASSWORD)
                        + ":" + nonce + ":" + SocketDevice.md5("REGISTER:" + uri));
        long cseq = Long.parseLong(SocketDevice.header(register, "CSeq").split(" ")[0]) + 1;
        return exchange(bare.replaceAll("CSeq: .*", "CSeq: " + cseq + " REGISTER")
                .replaceAll("branch=([^;\r]*)", "branch=$1a")
                .replaceFirst(
                        "Max-Forwards",
                        "Authorization: Digest username=\"" + user + "\", realm=\"" + PlatformServer.REALM
                                + "\", nonce=\"" + nonce + "\", uri=\"" + uri + "\", response=\"" + response
                                + "\"\r\nMax-Forwards"));
    }

    @TestFactory
    Stream<DynamicTest> capturedRegisterRegistersOnceTheChallengeIsAnswered() throws IOException {
        return files("REGISTER ").stream()
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    // Two of them are one registration's: as they have no branch, only the Call-ID can tell them apart.
                    String register = text(file).replaceAll("Call-ID: (.*)", "Call-ID: " + file.getFileName() + "$1");
                    String answer = registers(register);
                    assertThat(answer).startsWith("SIP/2.0 200 ");
                    DeviceSnapshot device = server.platform.registry().find(user(register, "To"));
                    if (SocketDevice.header(register, "Expires").equals("0")) {
                        assertThat(answer).doesNotContain(SocketDevice.header(register, "Contact") + ";expires");
                    } else {
                        assertThat(device.online()).isTrue();
                        assertThat(device.address().port()).isEqualTo(socket.port());
                        assertThat(SocketDevice.header(answer, "Date")).isNotEmpty();
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> capturedMessageOfARegisteredDeviceIsTaken() throws IOException {
        return files("MESSAGE ").stream()
                .filter(file -> !text(file).contains("<Query>") && !text(file).contains("<Control>"))
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    String message = text(file);
                    SocketDevice device = socket;
                    String id = user(message, "From");
                    device.edit = m -> m.replace("34020000001320000003", id);
                    device.callId = file.getFileName().toString();
                    String register = device.register(3600)
                            .replace("34020000001320000003", id)
                            .replaceAll("Authorization: .*\r\n", "");
                    device.edit = m -> m;
                    assertThat(registers(register)).startsWith("SIP/2.0 200 ");
                    String answer = exchange(message);
                    assertThat(answer)
                            .startsWith(
                                    REFUSED.equals(file.getFileName().toString()) ? "SIP/2.0 400 " : "SIP/2.0 200 ");
                }));
    }

    @Test
    void seed() throws IOException {
        assertThat(registers("""
                        REGISTER sip:192.168.35.165:5060 SIP/2.0
                        Via: SIP/2.0/UDP 192.168.35.165:5080;rport;branch=z9hG4bK112113115
                        From: <sip:34020000001320000003@340200000>;tag=1492484359
                        To: <sip:34020000001320000003@340200000>
                        Call-ID: 445511141
                        CSeq: 1 REGISTER
                        Contact: <sip:34020000001320000003@192.168.35.165:5080;line=030bf7a750f46d9>
                        Authorization: Capability algorithm="H:MD5"
                        Max-Forwards: 70
                        User-Agent: eXosip/4.1.0
                        Expires: 3600
                        Content-Length: 0

                        """.replace("\n", "\r\n"))).startsWith("SIP/2.0 200 ");
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.registrar.gb28181.DeviceAgent;
import org.sipwire.registrar.gb28181.DeviceAgentConfig;
import org.sipwire.registrar.gb28181.DeviceAgentListener;
import org.sipwire.registrar.gb28181.DeviceInvite;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transport.Transport;

/** README's example of a gateway that registers upstream is this source, and works against the server. */
@Timeout(60)
class DeviceAgentExampleTest {
    private static final String PLATFORM = "34020000002000000001";
    private static final String PASSWORD = "12345678";

    // README begins
    static SipStack camera(String id, String platformId, String platform, String password) {
        List<CatalogItem> channels = IntStream.rangeClosed(1, 4)
                .mapToObj(i -> CatalogItem.channel("3402000000131000000" + i, "Channel " + i, id))
                .toList();
        DeviceAgentConfig config = DeviceAgentConfig.builder(id, platformId, platform)
                .password(password)
                .build();
        DeviceAgent agent = new DeviceAgent(config, query -> channels, new DeviceAgentListener() {
            @Override
            public void onInvite(DeviceInvite invite) {
                // Send PS over RTP from here to invite.offer(), with its SSRC.
                invite.accept("192.0.2.10", 15060);
            }
        });
        SipStack stack = SipStack.create(
                SipStackConfig.builder().listen("udp://0.0.0.0:0").build());
        stack.start(agent);
        return stack;
    }
    // README ends

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"UDP", "TCP"})
    void cameraShowsItsFourChannels(Transport transport) throws Exception {
        String id = "34020000001320000009";
        List<String> arguments = List.of(
                "--listen=udp://127.0.0.1:0",
                "--listen=tcp://127.0.0.1:0",
                "--http=127.0.0.1:0",
                "--store=memory",
                "--realm=34020000",
                "--password=" + PASSWORD,
                "--gb28181=" + PLATFORM);
        try (RegistrarServer server =
                RegistrarServer.start(OptionSources.read(arguments.toArray(new String[0]), Map.of()))) {
            int port = server.boundPoints().stream()
                    .filter(p -> p.transport() == transport)
                    .findFirst()
                    .orElseThrow()
                    .port();
            try (SipStack stack = camera(id, PLATFORM, transport.scheme() + "://127.0.0.1:" + port, PASSWORD)) {
                assertThat(stack.boundPoints()).hasSize(1);
                String uri = "http://127.0.0.1:" + server.httpAddress().getPort() + "/v1/devices/" + id + "/catalog";
                String catalog = "";
                while (!catalog.contains("Channel 4")) {
                    Thread.sleep(20);
                    catalog = HttpClient.newHttpClient()
                            .send(
                                    HttpRequest.newBuilder(URI.create(uri)).build(),
                                    HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8))
                            .body();
                }
                assertThat(catalog).contains("Channel 1", "Channel 2", "Channel 3", "34020000001310000004");
            }
        }
    }

    @Test
    void readmeHasExactlyThisSource() throws Exception {
        Path own = Path.of("src/test/java", getClass().getName().replace('.', '/') + ".java");
        String example = Pattern.compile("(?s) {4}// README begins\n(.*?)\n {4}// README ends\n")
                .matcher(Files.readString(own))
                .results()
                .map(m -> m.group(1).stripIndent())
                .findFirst()
                .orElseThrow();
        assertThat(Files.readString(Path.of("..", "README.md"))).contains("```java\n" + example + "\n```\n");
    }
}

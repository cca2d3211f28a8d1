/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.Charset;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sip.RequestEvent;
import javax.sip.ResponseEvent;
import javax.sip.header.CSeqHeader;
import javax.sip.header.ContentTypeHeader;
import javax.sip.message.Request;
import javax.sip.message.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A camera on JAIN-SIP, the stack under most of the field's open platforms and simulators, which shares nothing with this one: it
 * registers by its own Digest code, keeps alive, and answers the catalogue query of the platform.
 */
@Timeout(60)
class JainSipDeviceTest {
    private static final String PLATFORM = "34020000002000000001";
    private static final String DOMAIN = "3402000000";
    private static final String DEVICE = "34020000001320000007";
    private static final String PASSWORD = "12345678";
    private static final Charset GB2312 = Charset.forName("GB2312");

    private RegistrarServer server;
    private Camera camera;

    @BeforeEach
    void start() throws Exception {
        server = RegistrarServer.start(OptionSources.read(
                new String[] {
                    "--listen",
                    "udp://127.0.0.1:0",
                    "--listen",
                    "tcp://127.0.0.1:0",
                    "--http",
                    "127.0.0.1:0",
                    "--password",
                    PASSWORD,
                    "--realm",
                    DOMAIN,
                    "--store",
                    "memory",
                    "--threads",
                    "1",
                    "--gb28181",
                    PLATFORM
                },
                Map.of()));
    }

    @AfterEach
    void stop() {
        if (camera != null) {
            camera.close();
        }
        server.close();
    }

    private String get(String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + server.httpAddress().getPort() + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .body();
    }

    @ParameterizedTest
    @ValueSource(strings = {"udp", "tcp"})
    void foreignCameraRegistersKeepsAliveAndAnswersTheCatalogueQuery(String transport) throws Exception {
        camera = new Camera(server, transport);
        camera.register();
        assertThat(camera.statuses.poll(20, TimeUnit.SECONDS)).isEqualTo("401 REGISTER");
        assertThat(camera.statuses.poll(20, TimeUnit.SECONDS)).isEqualTo("200 REGISTER");

        String query = camera.bodies.poll(20, TimeUnit.SECONDS);
        assertThat(query).contains("<CmdType>Catalog</CmdType>").contains("<DeviceID>" + DEVICE + "</DeviceID>");
        Matcher sn = Pattern.compile("<SN>(\\d+)</SN>").matcher(query);
        assertThat(sn.find()).isTrue();
        camera.send("<?xml version=\"1.0\" encoding=\"GB2312\"?>\n<Response>\n<CmdType>Catalog</CmdType>\n<SN>"
                + sn.group(1)
                + "</SN>\n<DeviceID>" + DEVICE + "</DeviceID>\n<SumNum>1</SumNum>\n<DeviceList Num=\"1\">\n<Item>\n"
                + "<DeviceID>34020000001310000001</DeviceID>\n<Name>大门口</Name>\n<Status>ON</Status>\n</Item>\n"
                + "</DeviceList>\n</Response>\n");
        assertThat(camera.statuses.poll(20, TimeUnit.SECONDS)).isEqualTo("200 MESSAGE");
        assertThat(get("/v1/devices/" + DEVICE + "/catalog"))
                .contains("\"state\":\"complete\"")
                .contains("\"name\":\"大门口\"");

        camera.send("<?xml version=\"1.0\"?>\n<Notify>\n<CmdType>Keepalive</CmdType>\n<SN>1</SN>\n<DeviceID>" + DEVICE
                + "</DeviceID>\n<Status>OK</Status>\n</Notify>\n");
        assertThat(camera.statuses.poll(20, TimeUnit.SECONDS)).isEqualTo("200 MESSAGE");
        assertThat(get("/v1/devices/" + DEVICE))
                .contains("\"online\":true")
                .contains("\"address\":\"" + transport + "://127.0.0.1:");
        assertThat(get("/metrics")).contains("sip_gb28181_events_total{event=\"keepalives\"} 1");
    }

    /** The camera: what it gets is queued for the test. */
    private static final class Camera extends JainSipUserAgent {
        final BlockingQueue<String> statuses = new LinkedBlockingQueue<>();
        final BlockingQueue<String> bodies = new LinkedBlockingQueue<>();

        Camera(RegistrarServer server, String transport) throws Exception {
            super(server, transport, DEVICE, DOMAIN, PASSWORD);
        }

        void register() throws Exception {
            Request request = registerRequest(local(PLATFORM, serverPort()), provider.getNewCallId(), 3600);
            provider.getNewClientTransaction(request).sendRequest();
        }

        void send(String body) throws Exception {
            Request request =
                    request(Request.MESSAGE, local(PLATFORM, serverPort()), provider.getNewCallId(), PLATFORM);
            ContentTypeHeader type = headers.createContentTypeHeader("Application", "MANSCDP+xml");
            request.setContent(body.getBytes(GB2312), type);
            provider.getNewClientTransaction(request).sendRequest();
        }

        @Override
        public void processResponse(ResponseEvent event) {
            Response response = event.getResponse();
            statuses.add(
                    response.getStatusCode() + " " + ((CSeqHeader) response.getHeader(CSeqHeader.NAME)).getMethod());
            if (response.getStatusCode() == Response.UNAUTHORIZED) {
                try {
                    answerChallenge(event);
                } catch (Exception e) {
                    failed(e);
                }
            }
        }

        @Override
        public void processRequest(RequestEvent event) {
            try {
                Request request = event.getRequest();
                provider.getNewServerTransaction(request).sendResponse(messages.createResponse(Response.OK, request));
                bodies.add(new String(request.getRawContent(), GB2312));
            } catch (Exception e) {
                failed(e);
            }
        }

        @Override
        void failed(Exception cause) {
            statuses.add(cause.toString());
        }
    }
}

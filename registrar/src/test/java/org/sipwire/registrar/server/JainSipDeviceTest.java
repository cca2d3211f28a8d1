/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import gov.nist.javax.sip.SipStackExt;
import gov.nist.javax.sip.clientauthutils.AccountManager;
import gov.nist.javax.sip.clientauthutils.AuthenticationHelper;
import gov.nist.javax.sip.clientauthutils.UserCredentials;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sip.DialogTerminatedEvent;
import javax.sip.IOExceptionEvent;
import javax.sip.RequestEvent;
import javax.sip.ResponseEvent;
import javax.sip.SipFactory;
import javax.sip.SipListener;
import javax.sip.SipProvider;
import javax.sip.SipStack;
import javax.sip.TimeoutEvent;
import javax.sip.TransactionTerminatedEvent;
import javax.sip.address.Address;
import javax.sip.address.AddressFactory;
import javax.sip.address.SipURI;
import javax.sip.header.CSeqHeader;
import javax.sip.header.CallIdHeader;
import javax.sip.header.ContentTypeHeader;
import javax.sip.header.HeaderFactory;
import javax.sip.message.MessageFactory;
import javax.sip.message.Request;
import javax.sip.message.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.transport.ListeningPoint;

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
    private SipStack stack;

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
        if (stack != null) {
            stack.stop();
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
        Camera camera = new Camera(transport);
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
    private final class Camera implements SipListener {
        final BlockingQueue<String> statuses = new LinkedBlockingQueue<>();
        final BlockingQueue<String> bodies = new LinkedBlockingQueue<>();
        private final SipFactory factory = SipFactory.getInstance();
        private final AddressFactory addresses;
        private final HeaderFactory headers;
        private final MessageFactory messages;
        private final SipProvider provider;
        private final AuthenticationHelper authentication;
        private final String transport;
        private long cseq;

        Camera(String transport) throws Exception {
            this.transport = transport;
            factory.resetFactory();
            factory.setPathName("gov.nist");
            Properties properties = new Properties();
            properties.setProperty("javax.sip.STACK_NAME", "camera-" + transport);
            properties.setProperty("javax.sip.IP_ADDRESS", "127.0.0.1");
            properties.setProperty("gov.nist.javax.sip.TRACE_LEVEL", "0");
            stack = factory.createSipStack(properties);
            addresses = factory.createAddressFactory();
            headers = factory.createHeaderFactory();
            messages = factory.createMessageFactory();
            // JAIN-SIP has no port 0: it is given one that was free a moment ago.
            int port;
            try (java.net.ServerSocket probe = new java.net.ServerSocket(0)) {
                port = probe.getLocalPort();
            }
            provider = stack.createSipProvider(stack.createListeningPoint("127.0.0.1", port, transport));
            provider.addSipListener(this);
            AccountManager account = (challenged, realm) -> new UserCredentials() {
                @Override
                public String getUserName() {
                    return DEVICE;
                }

                @Override
                public String getPassword() {
                    return PASSWORD;
                }

                @Override
                public String getSipDomain() {
                    return DOMAIN;
                }
            };
            authentication = ((SipStackExt) stack).getAuthenticationHelper(account, headers);
        }

        private Request request(String method, CallIdHeader callId, String to) throws Exception {
            int serverPort = server.boundPoints().stream()
                    .filter(p -> p.transport().scheme().equals(transport))
                    .mapToInt(ListeningPoint::port)
                    .findFirst()
                    .orElseThrow();
            SipURI target = addresses.createSipURI(PLATFORM, "127.0.0.1");
            target.setPort(serverPort);
            target.setTransportParam(transport);
            int port = provider.getListeningPoint(transport).getPort();
            Address self = addresses.createAddress(addresses.createSipURI(DEVICE, DOMAIN));
            Address other = addresses.createAddress(addresses.createSipURI(to, DOMAIN));
            return messages.createRequest(
                    target,
                    method,
                    callId,
                    headers.createCSeqHeader(++cseq, method),
                    headers.createFromHeader(self, "tag-" + cseq),
                    headers.createToHeader(other, null),
                    new ArrayList<>(List.of(headers.createViaHeader("127.0.0.1", port, transport, null))),
                    headers.createMaxForwardsHeader(70));
        }

        void register() throws Exception {
            Request request = request(Request.REGISTER, provider.getNewCallId(), DEVICE);
            SipURI contact = addresses.createSipURI(DEVICE, "127.0.0.1");
            contact.setPort(provider.getListeningPoint(transport).getPort());
            contact.setTransportParam(transport);
            request.addHeader(headers.createContactHeader(addresses.createAddress(contact)));
            request.addHeader(headers.createExpiresHeader(3600));
            provider.getNewClientTransaction(request).sendRequest();
        }

        void send(String body) throws Exception {
            Request request = request(Request.MESSAGE, provider.getNewCallId(), PLATFORM);
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
                    authentication
                            .handleChallenge(response, event.getClientTransaction(), provider, 5)
                            .sendRequest();
                    cseq++;
                } catch (Exception e) {
                    statuses.add(e.toString());
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
                statuses.add(e.toString());
            }
        }

        @Override
        public void processTimeout(TimeoutEvent event) {
            statuses.add("timeout");
        }

        @Override
        public void processIOException(IOExceptionEvent event) {
            statuses.add("I/O error at " + event.getHost());
        }

        @Override
        public void processTransactionTerminated(TransactionTerminatedEvent event) {
            // Nothing hangs on it.
        }

        @Override
        public void processDialogTerminated(DialogTerminatedEvent event) {
            // A MESSAGE has no dialog.
        }
    }
}

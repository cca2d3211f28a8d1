/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sip.RequestEvent;
import javax.sip.ResponseEvent;
import javax.sip.address.SipURI;
import javax.sip.header.CallIdHeader;
import javax.sip.header.ContactHeader;
import javax.sip.message.Request;
import javax.sip.message.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** JAIN-SIP, a stack that shares nothing with this one, registers by its own Digest code. */
class JainSipRegistersTest {
    private static final String DOMAIN = "example.org";
    private static final String PASSWORD = "12345678";

    private RegistrarServer server;
    private Client client;

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
                    "--domain",
                    DOMAIN,
                    "--password",
                    PASSWORD,
                    "--store",
                    "memory",
                    "--threads",
                    "1"
                },
                Map.of()));
    }

    @AfterEach
    void stop() {
        if (client != null) {
            client.close();
        }
        server.close();
    }

    @ParameterizedTest
    @CsvSource({"udp", "tcp"})
    void registersWithDigestAndUnregisters(String transport) throws Exception {
        client = new Client(server, transport);
        Response registered = client.register(600);
        assertThat(registered.getStatusCode()).isEqualTo(200);
        assertThat(client.statuses).containsExactly(401, 200);
        ContactHeader contact = (ContactHeader) registered.getHeader(ContactHeader.NAME);
        assertThat(((SipURI) contact.getAddress().getURI()).getUser()).isEqualTo("alice");
        assertThat(contact.getExpires()).isBetween(595, 600);

        client.statuses.clear();
        Response gone = client.register(0);
        assertThat(gone.getStatusCode()).isEqualTo(200);
        assertThat(gone.getHeader(ContactHeader.NAME)).isNull();
    }

    /** Answers the first challenge and hands on the final response. */
    private static final class Client extends JainSipUserAgent {
        private final CallIdHeader callId;
        private final List<Integer> statuses = new ArrayList<>();
        private CompletableFuture<Response> last = new CompletableFuture<>();

        Client(RegistrarServer server, String transport) throws Exception {
            super(server, transport, "alice", DOMAIN, PASSWORD);
            callId = provider.getNewCallId();
        }

        Response register(int expires) throws Exception {
            last = new CompletableFuture<>();
            Request request = registerRequest(addresses.createSipURI(null, DOMAIN), callId, expires);
            SipURI route = local(null, serverPort());
            route.setLrParam();
            request.addHeader(headers.createRouteHeader(addresses.createAddress(route)));
            provider.getNewClientTransaction(request).sendRequest();
            return last.get(20, TimeUnit.SECONDS);
        }

        @Override
        public void processResponse(ResponseEvent event) {
            Response response = event.getResponse();
            statuses.add(response.getStatusCode());
            if (response.getStatusCode() != 401 || statuses.size() > 1) {
                last.complete(response);
                return;
            }
            try {
                answerChallenge(event);
            } catch (Exception e) {
                failed(e);
            }
        }

        @Override
        public void processRequest(RequestEvent event) {
            failed(new IllegalStateException("unexpected " + event.getRequest()));
        }

        @Override
        void failed(Exception cause) {
            last.completeExceptionally(cause);
        }
    }
}

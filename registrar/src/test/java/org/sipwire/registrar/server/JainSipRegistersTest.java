/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import gov.nist.javax.sip.SipStackExt;
import gov.nist.javax.sip.clientauthutils.AccountManager;
import gov.nist.javax.sip.clientauthutils.AuthenticationHelper;
import gov.nist.javax.sip.clientauthutils.UserCredentials;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sip.ClientTransaction;
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
import javax.sip.header.CallIdHeader;
import javax.sip.header.ContactHeader;
import javax.sip.header.HeaderFactory;
import javax.sip.message.Request;
import javax.sip.message.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sipwire.transport.ListeningPoint;

/** JAIN-SIP, a stack that shares nothing with this one, registers by its own Digest code. */
class JainSipRegistersTest {
    private static final String DOMAIN = "example.org";
    private static final String PASSWORD = "12345678";

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
        if (stack != null) {
            stack.stop();
        }
        server.close();
    }

    @ParameterizedTest
    @CsvSource({"udp", "tcp"})
    void registersWithDigestAndUnregisters(String transport) throws Exception {
        Client client = new Client(transport);
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

    /** A user agent on JAIN-SIP: answers a challenge as its helper does and hands on the final response. */
    private final class Client implements SipListener {
        private final AddressFactory addresses;
        private final HeaderFactory headers;
        private final SipFactory factory = SipFactory.getInstance();
        private final SipProvider provider;
        private final AuthenticationHelper authentication;
        private final String transport;
        private final CallIdHeader callId;
        private final List<Integer> statuses = new ArrayList<>();
        private long cseq;
        private CompletableFuture<Response> last = new CompletableFuture<>();

        Client(String transport) throws Exception {
            this.transport = transport;
            factory.resetFactory();
            factory.setPathName("gov.nist");
            Properties properties = new Properties();
            properties.setProperty("javax.sip.STACK_NAME", "jain-" + transport);
            properties.setProperty("javax.sip.IP_ADDRESS", "127.0.0.1");
            properties.setProperty("gov.nist.javax.sip.TRACE_LEVEL", "0");
            stack = factory.createSipStack(properties);
            addresses = factory.createAddressFactory();
            headers = factory.createHeaderFactory();
            // JAIN-SIP has no port 0: it is given one that was free a moment ago.
            int port;
            try (java.net.ServerSocket probe = new java.net.ServerSocket(0)) {
                port = probe.getLocalPort();
            }
            provider = stack.createSipProvider(stack.createListeningPoint("127.0.0.1", port, transport));
            provider.addSipListener(this);
            callId = provider.getNewCallId();
            AccountManager account = (challenged, realm) -> new UserCredentials() {
                @Override
                public String getUserName() {
                    return "alice";
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

        Response register(int expires) throws Exception {
            last = new CompletableFuture<>();
            int serverPort = server.boundPoints().stream()
                    .filter(p -> p.transport().scheme().equals(transport))
                    .mapToInt(ListeningPoint::port)
                    .findFirst()
                    .orElseThrow();
            SipURI user = addresses.createSipURI("alice", DOMAIN);
            Address self = addresses.createAddress(user);
            SipURI contact = addresses.createSipURI("alice", "127.0.0.1");
            contact.setPort(provider.getListeningPoint(transport).getPort());
            contact.setTransportParam(transport);
            Request request = factory.createMessageFactory()
                    .createRequest(
                            addresses.createSipURI(null, DOMAIN),
                            Request.REGISTER,
                            callId,
                            headers.createCSeqHeader(++cseq, Request.REGISTER),
                            headers.createFromHeader(self, "tag-" + cseq),
                            headers.createToHeader(self, null),
                            new ArrayList<>(
                                    List.of(headers.createViaHeader("127.0.0.1", contact.getPort(), transport, null))),
                            headers.createMaxForwardsHeader(70));
            request.addHeader(headers.createContactHeader(addresses.createAddress(contact)));
            request.addHeader(headers.createExpiresHeader(expires));
            SipURI route = addresses.createSipURI(null, "127.0.0.1");
            route.setPort(serverPort);
            route.setTransportParam(transport);
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
                ClientTransaction again =
                        authentication.handleChallenge(response, event.getClientTransaction(), provider, 5);
                cseq++;
                again.sendRequest();
            } catch (Exception e) {
                last.completeExceptionally(e);
            }
        }

        @Override
        public void processTimeout(TimeoutEvent event) {
            last.completeExceptionally(new AssertionError("timeout"));
        }

        @Override
        public void processIOException(IOExceptionEvent event) {
            last.completeExceptionally(new AssertionError("I/O error at " + event.getHost()));
        }

        @Override
        public void processRequest(RequestEvent event) {
            last.completeExceptionally(new AssertionError("unexpected " + event.getRequest()));
        }

        @Override
        public void processTransactionTerminated(TransactionTerminatedEvent event) {
            // Nothing hangs on it.
        }

        @Override
        public void processDialogTerminated(DialogTerminatedEvent event) {
            // A registration has no dialog.
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import gov.nist.javax.sip.SipStackExt;
import gov.nist.javax.sip.clientauthutils.AccountManager;
import gov.nist.javax.sip.clientauthutils.AuthenticationHelper;
import gov.nist.javax.sip.clientauthutils.UserCredentials;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import javax.sip.DialogTerminatedEvent;
import javax.sip.IOExceptionEvent;
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
import javax.sip.header.HeaderFactory;
import javax.sip.message.MessageFactory;
import javax.sip.message.Request;
import org.sipwire.transport.ListeningPoint;

/** One user on a JAIN-SIP stack of its own, over one transport, beside a registrar of this project. Its listener is the subclass. */
abstract class JainSipUserAgent implements SipListener, AutoCloseable {
    final AddressFactory addresses;
    final HeaderFactory headers;
    final MessageFactory messages;
    final SipProvider provider;
    private final SipStack stack;
    private final AuthenticationHelper authentication;
    private final RegistrarServer server;
    private final String transport;
    private final String user;
    private final String domain;
    private long cseq;

    JainSipUserAgent(RegistrarServer server, String transport, String user, String domain, String password)
            throws Exception {
        this.server = server;
        this.transport = transport;
        this.user = user;
        this.domain = domain;
        SipFactory factory = SipFactory.getInstance();
        factory.resetFactory();
        factory.setPathName("gov.nist");
        Properties properties = new Properties();
        properties.setProperty("javax.sip.STACK_NAME", user + "-" + transport);
        properties.setProperty("javax.sip.IP_ADDRESS", "127.0.0.1");
        properties.setProperty("gov.nist.javax.sip.TRACE_LEVEL", "0");
        stack = factory.createSipStack(properties);
        addresses = factory.createAddressFactory();
        headers = factory.createHeaderFactory();
        messages = factory.createMessageFactory();
        // JAIN-SIP has no port 0: it is given one that was free a moment ago.
        int port;
        try (ServerSocket probe = new ServerSocket(0)) {
            port = probe.getLocalPort();
        }
        provider = stack.createSipProvider(stack.createListeningPoint("127.0.0.1", port, transport));
        provider.addSipListener(this);
        AccountManager account = (challenged, realm) -> new UserCredentials() {
            @Override
            public String getUserName() {
                return user;
            }

            @Override
            public String getPassword() {
                return password;
            }

            @Override
            public String getSipDomain() {
                return domain;
            }
        };
        authentication = ((SipStackExt) stack).getAuthenticationHelper(account, headers);
    }

    /** A URI of the loopback over this agent's transport. */
    SipURI local(String name, int port) throws Exception {
        SipURI uri = addresses.createSipURI(name, "127.0.0.1");
        uri.setPort(port);
        uri.setTransportParam(transport);
        return uri;
    }

    int serverPort() {
        return server.boundPoints().stream()
                .filter(p -> p.transport().scheme().equals(transport))
                .mapToInt(ListeningPoint::port)
                .findFirst()
                .orElseThrow();
    }

    /** A request from the user to another of the domain, with the next sequence number. */
    Request request(String method, SipURI target, CallIdHeader callId, String to) throws Exception {
        Address self = addresses.createAddress(addresses.createSipURI(user, domain));
        Address other = addresses.createAddress(addresses.createSipURI(to, domain));
        return messages.createRequest(
                target,
                method,
                callId,
                headers.createCSeqHeader(++cseq, method),
                headers.createFromHeader(self, "tag-" + cseq),
                headers.createToHeader(other, null),
                new ArrayList<>(List.of(headers.createViaHeader("127.0.0.1", port(), transport, null))),
                headers.createMaxForwardsHeader(70));
    }

    /** A REGISTER of the user's contact at this stack. */
    Request registerRequest(SipURI target, CallIdHeader callId, int expires) throws Exception {
        Request request = request(Request.REGISTER, target, callId, user);
        request.addHeader(headers.createContactHeader(addresses.createAddress(local(user, port()))));
        request.addHeader(headers.createExpiresHeader(expires));
        return request;
    }

    private int port() {
        return provider.getListeningPoint(transport).getPort();
    }

    /** Sends the request of a 401 again with the credentials that JAIN-SIP computes. */
    void answerChallenge(ResponseEvent event) throws Exception {
        authentication
                .handleChallenge(event.getResponse(), event.getClientTransaction(), provider, 5)
                .sendRequest();
        cseq++;
    }

    /** Something went wrong that no response tells of. */
    abstract void failed(Exception cause);

    @Override
    public void processTimeout(TimeoutEvent event) {
        failed(new IllegalStateException("timeout"));
    }

    @Override
    public void processIOException(IOExceptionEvent event) {
        failed(new IllegalStateException("I/O error at " + event.getHost()));
    }

    @Override
    public void processTransactionTerminated(TransactionTerminatedEvent event) {
        // Nothing hangs on it.
    }

    @Override
    public void processDialogTerminated(DialogTerminatedEvent event) {
        // Neither REGISTER nor MESSAGE has a dialog.
    }

    @Override
    public void close() {
        stack.stop();
    }
}

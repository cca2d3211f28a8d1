/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipResponse;
import org.sipwire.transport.Destination;
import org.sipwire.transport.TlsConfig;
import org.sipwire.transport.TransportCounter;
import org.sipwire.transport.netty.DnsServer;

/** Requests to destinations: found by the DNS, over each transport, and to the next server when one fails (RFC 3263 §4.3). */
class DestinationTest {

    @TempDir
    private Path directory;

    /** T1 of 5 ms: nobody answered after 320 ms. */
    private static final TransactionTimers FAST = new TransactionTimers(5, 40, 50, 200, 180_000);

    private final LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final List<SipStack> stacks = new ArrayList<>();
    private DnsServer dns;
    private SipStack client;

    @BeforeEach
    void startDns() throws Exception {
        dns = new DnsServer();
    }

    @AfterEach
    void stop() {
        stacks.forEach(SipStack::close);
        dns.close();
    }

    private void startClient(TlsConfig tls) {
        client = SipStack.create(SipStackConfig.builder()
                .listen("udp://127.0.0.1:0")
                .timers(FAST)
                .tls(tls)
                .nameServers(dns.address())
                .drainMillis(0)
                .build());
        client.start(new TransactionUser() {
            @Override
            public void onRequest(SipRequest request, RequestContext context) {}

            @Override
            public void onResponse(SipResponse response, ClientTransaction transaction) {
                heard.add(response.status() + " of " + response.reason() + " to " + transaction.attachment());
            }

            @Override
            public void onTimeout(ClientTransaction transaction) {
                heard.add("timeout of " + transaction.attachment());
            }

            @Override
            public void onTransportError(ClientTransaction transaction) {
                heard.add("transport error of " + transaction.attachment());
            }

            @Override
            public void onUnreachable(Object attachment, IOException cause) {
                heard.add("unreachable: " + attachment + ": " + cause.getMessage());
            }
        });
        stacks.add(client);
    }

    /** A server whose requests are counted and answered with a status; its port. */
    private int server(String listen, int status, AtomicInteger requests, TlsConfig tls) {
        SipStack stack = SipStack.create(
                SipStackConfig.builder().listen(listen).tls(tls).drainMillis(0).build());
        stack.start((request, context) -> {
            requests.incrementAndGet();
            if (status > 0) {
                // In a transaction, so that what the client sends again after 5 ms is no request more.
                ServerTransaction transaction = context.accept();
                transaction.response(status);
                transaction.respond();
            }
        });
        stacks.add(stack);
        return stack.boundPoints().get(0).port();
    }

    private int server(String listen, int status) {
        return server(listen, status, new AtomicInteger(), null);
    }

    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static RequestSource request(SipMethod method, String callId, int bodyLength) {
        return (writer, flow) -> {
            writer.begin(method, "sip:bob@example.com".getBytes(StandardCharsets.US_ASCII))
                    .header(SipHeader.MAX_FORWARDS, 70)
                    .header(SipHeader.FROM, "<sip:alice@example.com>;tag=1")
                    .header(SipHeader.TO, "<sip:bob@example.com>")
                    .header(SipHeader.CALL_ID, callId)
                    .header(SipHeader.CSEQ, "1 " + method);
            if (bodyLength > 0) {
                writer.body(new byte[bodyLength], 0, bodyLength, "application/octet-stream");
            }
        };
    }

    private String send(String uri) throws Exception {
        return send(uri, "a", 0);
    }

    private String send(String uri, Object attachment, int bodyLength) throws Exception {
        client.execute(
                0,
                () -> client.send(
                        0,
                        Destination.parse(uri),
                        request(SipMethod.MESSAGE, uri + System.nanoTime(), bodyLength),
                        attachment));
        return heard.poll(20, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"udp", "tcp", "ws"})
    void requestReachesTheServerOfADomainOverItsTransport(String transport) throws Exception {
        int port = server(transport + "://127.0.0.1:0", 200);
        dns.srv("_sip._" + transport + ".example.com", 0, 0, port, "server.example.com")
                .address("server.example.com", "127.0.0.1");
        startClient(null);
        assertThat(send("sip:example.com;transport=" + transport)).isEqualTo("200 of OK to a");
        assertThat(send("sip:bob@example.com;transport=" + transport, "b", 0)).isEqualTo("200 of OK to b");
        if (!transport.equals("udp")) {
            assertThat(client.counters().get(TransportCounter.CONNECTIONS_OPENED))
                    .isEqualTo(1);
        }
    }

    /** RFC 5922 §7.2: the certificate of the domain is accepted, whatever the server is called. */
    @ParameterizedTest
    @ValueSource(strings = {"tls", "wss"})
    void secureConnectionIsForTheDomainOfTheUri(String transport) throws Exception {
        TestCertificates own = TestCertificates.make(directory, "example.com");
        int port =
                server(transport + "://127.0.0.1:0", 200, new AtomicInteger(), TlsConfig.of(own.certificate, own.key));
        String service = transport.equals("tls") ? "_sips._tcp." : "_sips._ws.";
        String parameter = transport.equals("tls") ? "" : ";transport=ws";
        dns.srv(service + "example.com", 0, 0, port, "farm.example.net")
                .srv(service + "example.org", 0, 0, port, "farm.example.net")
                .address("farm.example.net", "127.0.0.1");
        startClient(TlsConfig.client().withTrusted(own.certificate));
        assertThat(send("sips:example.com" + parameter)).isEqualTo("200 of OK to a");
        assertThat(send("sips:example.org" + parameter))
                .as("another domain at the same address has another name to prove")
                .startsWith("unreachable: a: ");
    }

    @Test
    void manyRequestsAtOnceShareOneConnection() throws Exception {
        int port = server("tcp://127.0.0.1:0", 200);
        startClient(null);
        int requests = 200;
        client.execute(0, () -> {
            for (int i = 0; i < requests; i++) {
                Destination to = Destination.parse("sip:127.0.0.1:" + port + ";transport=tcp");
                client.send(0, to, request(SipMethod.MESSAGE, "call" + i, 0), i);
            }
        });
        for (int i = 0; i < requests; i++) {
            assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("200 of OK to " + i);
        }
        assertThat(client.counters().get(TransportCounter.CONNECTIONS_OPENED)).isEqualTo(1);
    }

    // ---------------------------------------------------------------------------------------------------------------
    // section 4.3: failure

    @Test
    void connectionThatCannotBeOpenedLeadsToTheNextServer() throws Exception {
        dns.srv("_sip._tcp.example.com", 1, 0, closedPort(), "localhost.example.com")
                .srv("_sip._tcp.example.com", 2, 0, server("tcp://127.0.0.1:0", 200), "localhost.example.com")
                .address("localhost.example.com", "127.0.0.1");
        startClient(null);
        assertThat(send("sip:example.com;transport=tcp")).isEqualTo("200 of OK to a");
    }

    /** "a failure also occurs if the transport layer generates a 503 error response". */
    @Test
    void serviceUnavailableLeadsToTheNextServerWhichIsKeptTo() throws Exception {
        AtomicInteger busy = new AtomicInteger();
        dns.srv("_sip._udp.example.com", 1, 0, server("udp://127.0.0.1:0", 503, busy, null), "server.example.com")
                .srv("_sip._udp.example.com", 2, 0, server("udp://127.0.0.1:0", 200), "server.example.com")
                .address("server.example.com", "127.0.0.1");
        startClient(null);
        assertThat(send("sip:example.com;transport=udp")).isEqualTo("200 of OK to a");
        assertThat(busy).hasValue(1);
        assertThat(send("sip:example.com;transport=udp")).isEqualTo("200 of OK to a");
        assertThat(busy).as("it is left alone for a while").hasValue(1);
    }

    @Test
    void silenceLeadsToTheNextServerAndTheNextRequestAvoidsIt() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        dns.srv("_sip._udp.example.com", 1, 0, server("udp://127.0.0.1:0", 0, asked, null), "server.example.com")
                .srv("_sip._udp.example.com", 2, 0, server("udp://127.0.0.1:0", 200), "server.example.com")
                .address("server.example.com", "127.0.0.1");
        startClient(null);
        assertThat(send("sip:example.com;transport=udp")).isEqualTo("200 of OK to a");
        int before = asked.get();
        assertThat(before).isPositive();
        assertThat(send("sip:example.com;transport=udp")).isEqualTo("200 of OK to a");
        assertThat(asked).hasValue(before);
    }

    @Test
    void lastServersFailureIsTheUsersToHear() throws Exception {
        startClient(null);
        assertThat(send("sip:127.0.0.1:" + server("udp://127.0.0.1:0", 503)))
                .isEqualTo("503 of Service Unavailable to a");
        assertThat(send("sip:127.0.0.1:" + server("udp://127.0.0.1:0", 0))).isEqualTo("timeout of a");
        assertThat(send("sip:127.0.0.1:" + closedPort() + ";transport=tcp"))
                .startsWith("unreachable: a: ")
                .containsIgnoringCase("refused");
        assertThat(client.counters().get(TransactionCounter.USER_ERRORS)).isZero();
    }

    @Test
    void otherFinalResponsesAreNoFailure() throws Exception {
        AtomicInteger second = new AtomicInteger();
        dns.srv("_sip._udp.example.com", 1, 0, server("udp://127.0.0.1:0", 500), "server.example.com")
                .srv(
                        "_sip._udp.example.com",
                        2,
                        0,
                        server("udp://127.0.0.1:0", 200, second, null),
                        "server.example.com")
                .address("server.example.com", "127.0.0.1");
        startClient(null);
        assertThat(send("sip:example.com;transport=udp")).startsWith("500 ");
        assertThat(second).hasValue(0);
    }

    @Test
    void whatCannotBeFoundIsToldToTheUserWithItsCause() throws Exception {
        startClient(null);
        assertThat(send("sip:nobody.example.com")).isEqualTo("unreachable: a: nobody.example.com has no address");
        assertThat(send("sip:34020000001320000001@3402000000"))
                .startsWith("unreachable: a: '3402000000' is neither an address nor a domain name");
        assertThat(send("sips:127.0.0.1")).contains("TLS, which this side does not have");
    }

    @Test
    void attachmentThatIsAUserHearsInPlaceOfTheStacksUser() throws Exception {
        LinkedBlockingQueue<String> own = new LinkedBlockingQueue<>();
        ClientTransactionUser attachment = new ClientTransactionUser() {
            @Override
            public void onResponse(SipResponse response, ClientTransaction transaction) {
                own.add("response " + response.status());
            }

            @Override
            public void onTimeout(ClientTransaction transaction) {
                own.add("timeout");
            }

            @Override
            public void onTransportError(ClientTransaction transaction) {
                own.add("transport error");
            }

            @Override
            public void onUnreachable(IOException cause) {
                own.add("unreachable");
            }
        };
        startClient(null);
        int port = server("udp://127.0.0.1:0", 486);
        int silent = server("udp://127.0.0.1:0", 0);
        client.execute(0, () -> {
            for (String uri : List.of("sip:127.0.0.1:" + port, "sip:127.0.0.1:" + silent, "sip:3402000000")) {
                client.send(0, Destination.parse(uri), request(SipMethod.MESSAGE, uri, 0), attachment);
            }
        });
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            all.add(own.poll(10, TimeUnit.SECONDS));
        }
        assertThat(all).containsExactlyInAnyOrder("unreachable", "response 486", "timeout");
        assertThat(heard).isEmpty();
    }

    /** RFC 3261 §9.1 and RFC 3263 §4.3: a cancelled INVITE goes to no further server. */
    @Test
    void cancelledRequestGoesToNoFurtherServer() throws Exception {
        AtomicInteger second = new AtomicInteger();
        dns.srv("_sip._udp.example.com", 1, 0, server("udp://127.0.0.1:0", 0), "server.example.com")
                .srv(
                        "_sip._udp.example.com",
                        2,
                        0,
                        server("udp://127.0.0.1:0", 200, second, null),
                        "server.example.com")
                .address("server.example.com", "127.0.0.1");
        startClient(null);
        CompletableFuture<TargetedRequest> sent = new CompletableFuture<>();
        client.execute(
                0,
                () -> sent.complete(client.send(
                        0,
                        Destination.parse("sip:example.com;transport=udp"),
                        request(SipMethod.INVITE, "c", 0),
                        "c")));
        TargetedRequest request = sent.get(5, TimeUnit.SECONDS);
        client.execute(0, request::cancel);
        assertThat(heard.poll(10, TimeUnit.SECONDS)).isIn("timeout of c", "unreachable: c: the request was cancelled");
        assertThat(second).hasValue(0);
    }

    /** RFC 3261 §18.1.1. */
    @Test
    void longRequestToADatagramServerGoesOverTcpWhereThereIsOne() throws Exception {
        int port = server("tcp://127.0.0.1:0", 200);
        startClient(null);
        assertThat(send("sip:127.0.0.1:" + port, "long", 2_000)).isEqualTo("200 of OK to long");
        int datagramsOnly = server("udp://127.0.0.1:0", 200);
        assertThat(send("sip:127.0.0.1:" + datagramsOnly, "long", 2_000)).isEqualTo("200 of OK to long");
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.Certificate;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.codec.SipRequest;
import org.sipwire.transport.Flow;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.TlsConfig;
import org.sipwire.transport.TlsConfig.ClientCertificates;
import org.sipwire.transport.Transport;
import org.sipwire.transport.TransportCounter;

/** TLS and WebSocket by the JDK's own clients. */
class SecureTransportsTest {

    @TempDir
    private static Path directory;

    private static TestCertificates server;
    private static TestCertificates other;
    private static TestCertificates device;

    @BeforeAll
    static void makeCertificates() throws Exception {
        server = TestCertificates.make(directory, "sip.example.org");
        other = TestCertificates.make(directory, "other.example.org");
        device = TestCertificates.make(directory, "device");
    }

    private SipStack stack;

    private ListeningPoint start(String listen, TlsConfig tls) {
        stack = SipStack.create(SipStackConfig.builder()
                .listen(listen)
                .tls(tls)
                .drainMillis(100)
                .build());
        stack.start(new TransactionUser() {
            @Override
            public void onRequest(SipRequest request, RequestContext context) {
                ServerTransaction transaction = context.accept();
                context.response(200);
                transaction.respond();
            }
        });
        return stack.boundPoints().get(0);
    }

    private TlsConfig config() {
        return TlsConfig.of(server.certificate, server.key);
    }

    @AfterEach
    void close() {
        if (stack != null) {
            stack.close();
        }
    }

    private static SSLSocket connect(SSLContext client, int port, String serverName) throws IOException {
        SSLSocket socket = (SSLSocket) client.getSocketFactory().createSocket("127.0.0.1", port);
        if (serverName != null) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(serverName)));
            socket.setSSLParameters(parameters);
        }
        socket.setSoTimeout(5_000);
        socket.startHandshake();
        return socket;
    }

    private static Certificate shownTo(SSLContext client, int port, String serverName) throws IOException {
        try (SSLSocket socket = connect(client, port, serverName)) {
            return socket.getSession().getPeerCertificates()[0];
        }
    }

    private static SSLContext anyone() throws Exception {
        return TestCertificates.client(null, server, other);
    }

    // --------------------------------------------------------------------------------------------------------------
    // TLS

    @Test
    void requestsOverTlsAreAnswered() throws Exception {
        ListeningPoint point = start("tls://127.0.0.1:0", config());
        SSLSocket socket = connect(TestCertificates.client(null, server), point.port(), null);
        try (Peer.Tcp peer = new Peer.Tcp(socket)) {
            for (int i = 0; i < 50; i++) {
                peer.send(peer.request("OPTIONS", "z9hG4bK-" + i).replace("SIP/2.0/TCP", "SIP/2.0/TLS"));
                assertThat(peer.receiveText()).startsWith("SIP/2.0 200 ");
            }
            peer.send("\r\n\r\n");
            assertThat(peer.receive(2)).isEqualTo(new byte[] {'\r', '\n'});
        }
    }

    @Test
    void aCertificateIsReplacedWithoutARestart() throws Exception {
        Path certificate =
                Files.copy(server.certificate, directory.resolve("live.crt"), StandardCopyOption.REPLACE_EXISTING);
        Path key = Files.copy(server.key, directory.resolve("live.key"), StandardCopyOption.REPLACE_EXISTING);
        ListeningPoint point = start("tls://127.0.0.1:0", TlsConfig.of(certificate, key));
        try (SSLSocket old = connect(anyone(), point.port(), null)) {
            assertThat(old.getSession().getPeerCertificates()[0]).isEqualTo(server.certificate());
            Files.copy(other.certificate, certificate, StandardCopyOption.REPLACE_EXISTING);
            Files.copy(other.key, key, StandardCopyOption.REPLACE_EXISTING);
            stack.reloadTls();
            assertThat(shownTo(anyone(), point.port(), null)).isEqualTo(other.certificate());
            Files.writeString(certificate, "no certificate");
            assertThatIllegalArgumentException().isThrownBy(stack::reloadTls);
            assertThat(shownTo(anyone(), point.port(), null))
                    .as("the last good one")
                    .isEqualTo(other.certificate());
            Peer.Tcp peer = new Peer.Tcp(old);
            peer.send(peer.request("OPTIONS", "z9hG4bK-1"));
            assertThat(peer.receiveText()).as("connections that are up stay up").startsWith("SIP/2.0 200 ");
        }
    }

    @Test
    void thePeerGetsTheCertificateOfTheNameItAsksFor() throws Exception {
        TlsConfig tls = config().withNamed("*.example.net", other.certificate, other.key);
        ListeningPoint point = start("tls://127.0.0.1:0", tls);
        // A new context each: a session that is resumed shows the certificate of its first handshake.
        assertThat(shownTo(anyone(), point.port(), "sip.example.net")).isEqualTo(other.certificate());
        assertThat(shownTo(anyone(), point.port(), "sip.example.org")).isEqualTo(server.certificate());
        assertThat(shownTo(anyone(), point.port(), null)).isEqualTo(server.certificate());
    }

    @Test
    void aClientCertificateIsNeededWhereItIsRequired() throws Exception {
        TlsConfig tls = config().withTrusted(device.certificate).withClientCertificates(ClientCertificates.REQUIRED);
        ListeningPoint point = start("tls://127.0.0.1:0", tls);
        try (Peer.Tcp peer = new Peer.Tcp(connect(TestCertificates.client(device, server), point.port(), null))) {
            peer.send(peer.request("OPTIONS", "z9hG4bK-1"));
            assertThat(peer.receiveText()).startsWith("SIP/2.0 200 ");
        }
        assertThatThrownBy(() -> {
                    try (Peer.Tcp peer =
                            new Peer.Tcp(connect(TestCertificates.client(null, server), point.port(), null))) {
                        peer.send(peer.request("OPTIONS", "z9hG4bK-1"));
                        peer.receiveText();
                    }
                })
                .isInstanceOf(SSLException.class);
        assertThat(stack.counters().get(TransportCounter.HANDSHAKES_FAILED)).isEqualTo(1);
    }

    @Test
    void plainOctetsOnATlsPortEndTheConnection() throws Exception {
        ListeningPoint point = start("tls://127.0.0.1:0", config());
        try (Peer.Tcp peer = new Peer.Tcp(point)) {
            peer.send(peer.request("OPTIONS", "z9hG4bK-1"));
            assertThat(peer.isSilentFor(5_000)).isTrue();
        }
        assertThat(stack.counters().get(TransportCounter.HANDSHAKES_FAILED)).isEqualTo(1);
    }

    @Test
    void aCertificateThatCannotBeUsedIsOneClearLine() throws Exception {
        Path missing = directory.resolve("missing.crt");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> start("tls://127.0.0.1:0", TlsConfig.of(missing, server.key)))
                .withMessage("the TLS certificate file " + missing + " cannot be read");
        Path garbage = Files.writeString(directory.resolve("garbage.key"), "no key");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> start("tls://127.0.0.1:0", TlsConfig.of(server.certificate, garbage)))
                .withMessageStartingWith(
                        "the TLS certificate " + server.certificate + " and key " + garbage + " cannot be used: ")
                .withMessageNotContaining("\n");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> start("tls://127.0.0.1:0", TlsConfig.of(server.certificate, other.key)))
                .withMessage("the TLS certificate " + server.certificate + " and key " + other.key
                        + " cannot be used: the key is not the certificate's");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> start("tls://127.0.0.1:0", null))
                .withMessage("tls://127.0.0.1:0 needs a TLS certificate and key");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "wrong.example.org"})
    void aConnectionOfThisSideChecksTheNameThatWasDialled(String name) throws Exception {
        ListeningPoint point = start("tls://127.0.0.1:0", config().withTrusted(server.certificate));
        InetSocketAddress to =
                new InetSocketAddress(InetAddress.getByAddress(name, new byte[] {127, 0, 0, 1}), point.port());
        LinkedBlockingQueue<Object> result = new LinkedBlockingQueue<>();
        stack.execute(
                0, () -> stack.connect(0, Transport.TLS, to, (flow, cause) -> result.add(flow == null ? cause : flow)));
        Object opened = result.poll(5, TimeUnit.SECONDS);
        if (name.equals("localhost")) {
            assertThat(opened).isInstanceOf(Flow.class);
        } else {
            assertThat(opened).isInstanceOf(SSLException.class);
        }
    }

    // --------------------------------------------------------------------------------------------------------
    // WebSocket

    /** Collects whole messages. */
    private static final class Messages implements WebSocket.Listener {
        final LinkedBlockingQueue<String> received = new LinkedBlockingQueue<>();
        final AtomicReference<Boolean> text = new AtomicReference<>();
        private final StringBuilder part = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.set(true);
            add(data, last);
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            text.set(false);
            add(StandardCharsets.ISO_8859_1.decode(data), last);
            socket.request(1);
            return null;
        }

        private void add(CharSequence data, boolean last) {
            part.append(data);
            if (last) {
                received.add(part.toString());
                part.setLength(0);
            }
        }

        String next() throws InterruptedException {
            return received.poll(5, TimeUnit.SECONDS);
        }
    }

    private static WebSocket open(ListeningPoint point, String subprotocol, Messages messages, SSLContext tls) {
        HttpClient.Builder client = HttpClient.newBuilder();
        if (tls != null) {
            client.sslContext(tls);
        }
        WebSocket.Builder builder = client.build().newWebSocketBuilder();
        if (subprotocol != null) {
            builder.subprotocols(subprotocol);
        }
        return builder.buildAsync(
                        URI.create(point.transport().scheme() + "://127.0.0.1:" + point.port() + "/"), messages)
                .join();
    }

    private static String options(String transport, String branch) {
        return "OPTIONS sip:b SIP/2.0\r\nVia: SIP/2.0/" + transport + " df7jal23ls0d.invalid;branch=z9hG4bK" + branch
                + "\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: " + branch
                + "\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n";
    }

    @Test
    void aFrameIsAMessageAndIsAnsweredInItsKind() throws Exception {
        ListeningPoint point = start("ws://127.0.0.1:0", null);
        Messages messages = new Messages();
        WebSocket socket = open(point, "sip", messages, null);
        assertThat(socket.getSubprotocol()).isEqualTo("sip");
        socket.sendText(options("WS", "1"), true).join();
        assertThat(messages.next()).startsWith("SIP/2.0 200 ").contains("received=127.0.0.1");
        assertThat(messages.text.get()).isTrue();
        byte[] octets = options("WS", "2").getBytes(StandardCharsets.US_ASCII);
        socket.sendBinary(ByteBuffer.wrap(octets, 0, 100), false).join();
        socket.sendBinary(ByteBuffer.wrap(octets, 100, octets.length - 100), true)
                .join();
        assertThat(messages.next()).startsWith("SIP/2.0 200 ").contains("Call-ID: 2");
        assertThat(messages.text.get()).isFalse();
        socket.sendText("\r\n\r\n", true).join();
        assertThat(messages.next()).isEqualTo("\r\n");
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (stack.counters().get(TransportCounter.CONNECTIONS) > 0 && System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        assertThat(stack.counters().get(TransportCounter.CONNECTIONS)).isZero();
    }

    @Test
    void aWebSocketOverTlsIsAnswered() throws Exception {
        ListeningPoint point = start("wss://127.0.0.1:0", config());
        Messages messages = new Messages();
        WebSocket socket = open(point, "sip", messages, TestCertificates.client(null, server));
        for (int i = 0; i < 20; i++) {
            socket.sendText(options("WSS", "w" + i), true).join();
            assertThat(messages.next()).startsWith("SIP/2.0 200 ");
        }
        socket.abort();
    }

    @Test
    void aWebSocketWithoutTheSubprotocolIsRefused() {
        ListeningPoint point = start("ws://127.0.0.1:0", null);
        assertThatThrownBy(() -> open(point, null, new Messages(), null)).isInstanceOf(CompletionException.class);
        assertThatThrownBy(() -> open(point, "chat", new Messages(), null)).isInstanceOf(CompletionException.class);
        assertThat(stack.counters().get(TransportCounter.HANDSHAKES_FAILED)).isEqualTo(2);
    }
}

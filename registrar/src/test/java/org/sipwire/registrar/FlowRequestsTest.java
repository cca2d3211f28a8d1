/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sipwire.registrar.location.Bindings;
import org.sipwire.registrar.location.LocationResult;
import org.sipwire.registrar.location.RedisLocationService;
import org.sipwire.registrar.location.RedisServer;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transport.Transport;

/** Two registrars on one Redis, and devices whose connections end at one of them. */
class FlowRequestsTest {

    private static final String AOR = "34020000001320000003@3402000000";

    /** What came of a request. */
    private record Answer(int status, String response) {}

    /** One registrar of the fleet with its stack. */
    private static final class Node implements AutoCloseable {
        final RedisLocationService locations;
        final Registrar registrar;
        final SipStack stack;

        Node(String store) throws Exception {
            locations = RedisLocationService.open(store);
            registrar = Registrar.builder(RegistrarConfig.builder().build(), locations)
                    .build();
            stack = SipStack.create(SipStackConfig.builder()
                    .listen("udp://127.0.0.1:0")
                    .listen("tcp://127.0.0.1:0")
                    .threads(2)
                    .build());
            stack.start(registrar);
        }

        int port(Transport transport) {
            return stack.boundPoints().stream()
                    .filter(point -> point.transport() == transport)
                    .findFirst()
                    .orElseThrow()
                    .port();
        }

        /** Looks the device up and sends it an OPTIONS. */
        BlockingQueue<Answer> ask() throws Exception {
            byte[] request = ("OPTIONS sip:" + AOR + " SIP/2.0\r\nFrom: <sip:platform@3402000000>;tag=1\r\nTo: <sip:"
                            + AOR
                            + ">\r\nCall-ID: ask\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
                            + "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
                    .getBytes(StandardCharsets.US_ASCII);
            BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
            CountDownLatch found = new CountDownLatch(1);
            byte[] key = AOR.getBytes(StandardCharsets.US_ASCII);
            locations.lookup(key, 0, key.length, new Bindings(), Runnable::run, (result, bindings) -> {
                assertThat(result).isEqualTo(LocationResult.UNCHANGED);
                if (bindings.next()) {
                    found.countDown();
                    registrar
                            .requests()
                            .send(
                                    bindings,
                                    request,
                                    (status, response) -> answers.add(new Answer(
                                            status,
                                            response == null ? "" : new String(response, StandardCharsets.US_ASCII))));
                }
            });
            assertThat(found.await(10, TimeUnit.SECONDS))
                    .as("the device is found")
                    .isTrue();
            return answers;
        }

        @Override
        public void close() {
            stack.close();
            locations.close();
        }
    }

    @TempDir
    Path folder;

    private RedisServer redis;
    private Node a;
    private Node b;

    @BeforeEach
    void start() throws Exception {
        redis = new RedisServer(folder);
        a = new Node(redis.uri());
        b = new Node(redis.uri());
    }

    @AfterEach
    void stop() {
        a.close();
        b.close();
        redis.close();
    }

    private static byte[] register(String transport, int port) {
        return ("REGISTER sip:3402000000 SIP/2.0\r\nVia: SIP/2.0/" + transport + " 127.0.0.1:" + port
                        + ";rport;branch=z9hG4bKreg\r\nFrom: <sip:" + AOR + ">;tag=2\r\nTo: <sip:" + AOR
                        + ">\r\nCall-ID: reg\r\nCSeq: 1 REGISTER\r\nContact: <sip:34020000001320000003@127.0.0.1:"
                        + port
                        + ">\r\nMax-Forwards: 70\r\nExpires: 600\r\nContent-Length: 0\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** A 200 with the lines of the request that a response repeats. */
    private static byte[] ok(String request) {
        StringBuilder response = new StringBuilder("SIP/2.0 200 OK\r\n");
        request.lines()
                .filter(line -> line.matches("(Via|From|To|Call-ID|CSeq):.*"))
                .forEach(line -> response.append(line).append("\r\n"));
        return response.append("Content-Length: 0\r\n\r\n").toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** Reads one message that ends as told. */
    private static String read(InputStream in, String end) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.indexOf(end) < 0) {
            int octet = in.read();
            if (octet < 0) {
                throw new IOException("closed after: " + text);
            }
            text.append((char) octet);
        }
        return text.toString();
    }

    @Test
    void requestGetsToADeviceBehindAnotherNodesConnectionAndItsAnswerBack() throws Exception {
        try (Socket device = new Socket(InetAddress.getLoopbackAddress(), b.port(Transport.TCP))) {
            device.setSoTimeout(10_000);
            device.getOutputStream().write(register("TCP", device.getLocalPort()));
            assertThat(read(device.getInputStream(), "\r\n\r\n")).startsWith("SIP/2.0 200");

            BlockingQueue<Answer> answers = a.ask();
            String asked = read(device.getInputStream(), "hello");
            assertThat(asked)
                    .startsWith(
                            "OPTIONS sip:" + AOR + " SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:" + b.port(Transport.TCP))
                    .doesNotContain("fleet.invalid")
                    .contains("\r\nContent-Length: 5\r\n");
            device.getOutputStream().write(ok(asked));
            assertThat(answers.poll(10, TimeUnit.SECONDS)).satisfies(answer -> {
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.response()).startsWith("SIP/2.0 200 OK").contains("Call-ID: ask");
            });

            // The node that has the connection needs nobody.
            BlockingQueue<Answer> own = b.ask();
            device.getOutputStream().write(ok(read(device.getInputStream(), "hello")));
            assertThat(own.poll(10, TimeUnit.SECONDS).status()).isEqualTo(200);
        }
    }

    @Test
    void requestGetsToADeviceBehindAnotherNodesSocket() throws Exception {
        try (DatagramSocket device = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            device.setSoTimeout(10_000);
            byte[] register = register("UDP", device.getLocalPort());
            device.send(new DatagramPacket(
                    register, register.length, InetAddress.getLoopbackAddress(), b.port(Transport.UDP)));
            DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
            device.receive(packet);

            BlockingQueue<Answer> answers = a.ask();
            device.receive(packet);
            assertThat(packet.getPort())
                    .as("the socket the device registered with")
                    .isEqualTo(b.port(Transport.UDP));
            byte[] ok = ok(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.US_ASCII));
            device.send(new DatagramPacket(ok, ok.length, packet.getSocketAddress()));
            assertThat(answers.poll(10, TimeUnit.SECONDS).status()).isEqualTo(200);
        }
    }

    @Test
    void connectionThatIsGoneIsAFailedFlow() throws Exception {
        try (Socket device = new Socket(InetAddress.getLoopbackAddress(), b.port(Transport.TCP))) {
            device.setSoTimeout(10_000);
            device.getOutputStream().write(register("TCP", device.getLocalPort()));
            assertThat(read(device.getInputStream(), "\r\n\r\n")).startsWith("SIP/2.0 200");
        }
        int status = 0;
        for (int i = 0; i < 100 && status != 430; i++) {
            // The other end may not have noticed yet.
            status = a.ask().poll(10, TimeUnit.SECONDS).status();
        }
        assertThat(status).isEqualTo(430);
    }

    @Test
    void nodeThatIsGoneIsToldAtOnce() throws Exception {
        try (Socket device = new Socket(InetAddress.getLoopbackAddress(), b.port(Transport.TCP))) {
            device.setSoTimeout(10_000);
            device.getOutputStream().write(register("TCP", device.getLocalPort()));
            assertThat(read(device.getInputStream(), "\r\n\r\n")).startsWith("SIP/2.0 200");
            b.close();
            assertThat(a.ask().poll(10, TimeUnit.SECONDS)).isEqualTo(new Answer(503, ""));
            b = new Node(redis.uri());
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.Transport;

/** A peer by plain blocking sockets: what a test sends and receives, octet by octet. */
abstract class Peer implements Closeable {
    private static final int TIMEOUT_MILLIS = 5_000;
    private static final Pattern CONTENT_LENGTH = Pattern.compile("(?im)^(?:content-length|l)[ \\t]*:[ \\t]*(\\d+)");

    static Peer of(ListeningPoint point) throws IOException {
        return point.transport() == Transport.UDP ? new Udp(point) : new Tcp(point);
    }

    abstract void send(byte[] octets) throws IOException;

    /** The next message; fails the test after some seconds. */
    abstract byte[] receive() throws IOException;

    abstract int localPort();

    /** True when nothing comes within the time. */
    abstract boolean isSilentFor(int millis) throws IOException;

    void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    String receiveText() throws IOException {
        return new String(receive(), StandardCharsets.ISO_8859_1);
    }

    /** A request of this peer with what every request has, and more header lines. */
    String request(String method, String branch, String... headers) {
        String transport = this instanceof Udp ? "UDP" : "TCP";
        StringBuilder text = new StringBuilder()
                .append(method)
                .append(" sip:34020000002000000001@3402000000 SIP/2.0\r\n")
                .append("Via: SIP/2.0/" + transport + " 10.0.0.1:5060;rport;branch=" + branch + "\r\n")
                .append("From: <sip:34020000001320000001@3402000000>;tag=f1\r\n")
                .append("To: <sip:34020000001320000001@3402000000>\r\n")
                .append("Call-ID: " + branch + "-call\r\n")
                .append("CSeq: 1 " + method + "\r\n")
                .append("Max-Forwards: 70\r\n");
        for (String header : headers) {
            text.append(header).append("\r\n");
        }
        return text.append("Content-Length: 0\r\n\r\n").toString();
    }

    static final class Udp extends Peer {
        private final DatagramSocket socket;
        private final ListeningPoint to;

        Udp(ListeningPoint to) throws IOException {
            this.to = to;
            socket = new DatagramSocket(0, InetAddress.getByName(to.host()));
            socket.setSoTimeout(TIMEOUT_MILLIS);
        }

        @Override
        void send(byte[] octets) throws IOException {
            socket.send(new DatagramPacket(octets, octets.length, InetAddress.getByName(to.host()), to.port()));
        }

        @Override
        byte[] receive() throws IOException {
            DatagramPacket packet = new DatagramPacket(new byte[65_535], 65_535);
            socket.receive(packet);
            return Arrays.copyOf(packet.getData(), packet.getLength());
        }

        @Override
        boolean isSilentFor(int millis) throws IOException {
            socket.setSoTimeout(millis);
            try {
                receive();
                return false;
            } catch (SocketTimeoutException e) {
                return true;
            } finally {
                socket.setSoTimeout(TIMEOUT_MILLIS);
            }
        }

        @Override
        int localPort() {
            return socket.getLocalPort();
        }

        @Override
        public void close() {
            socket.close();
        }
    }

    static final class Tcp extends Peer {
        private final Socket socket;
        private final InputStream in;
        private byte[] buffer = new byte[0];

        Tcp(ListeningPoint to) throws IOException {
            this(new Socket(to.host(), to.port()));
        }

        Tcp(Socket socket) throws IOException {
            this.socket = socket;
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.setTcpNoDelay(true);
            in = socket.getInputStream();
        }

        Socket socket() {
            return socket;
        }

        @Override
        void send(byte[] octets) throws IOException {
            socket.getOutputStream().write(octets);
            socket.getOutputStream().flush();
        }

        @Override
        byte[] receive() throws IOException {
            while (true) {
                String text = new String(buffer, StandardCharsets.ISO_8859_1);
                int end = text.indexOf("\r\n\r\n");
                if (end >= 0) {
                    Matcher matcher = CONTENT_LENGTH.matcher(text.substring(0, end));
                    int whole = end + 4 + (matcher.find() ? Integer.parseInt(matcher.group(1)) : 0);
                    if (buffer.length >= whole) {
                        byte[] message = Arrays.copyOf(buffer, whole);
                        buffer = Arrays.copyOfRange(buffer, whole, buffer.length);
                        return message;
                    }
                }
                if (!fill()) {
                    throw new IOException("the connection was closed after " + text);
                }
            }
        }

        /** The next {@code n} octets as they come. */
        byte[] receive(int n) throws IOException {
            while (buffer.length < n) {
                if (!fill()) {
                    throw new IOException("the connection was closed");
                }
            }
            byte[] octets = Arrays.copyOf(buffer, n);
            buffer = Arrays.copyOfRange(buffer, n, buffer.length);
            return octets;
        }

        /** True when the peer closes, without anything before it. */
        boolean isClosedByPeer() throws IOException {
            return buffer.length == 0 && !fill();
        }

        private boolean fill() throws IOException {
            byte[] chunk = new byte[8192];
            int n;
            try {
                n = in.read(chunk);
            } catch (SocketException reset) {
                return false;
            }
            if (n < 0) {
                return false;
            }
            int old = buffer.length;
            buffer = Arrays.copyOf(buffer, old + n);
            System.arraycopy(chunk, 0, buffer, old, n);
            return true;
        }

        @Override
        boolean isSilentFor(int millis) throws IOException {
            socket.setSoTimeout(millis);
            try {
                return buffer.length == 0 && !fill();
            } catch (SocketTimeoutException e) {
                return true;
            } finally {
                socket.setSoTimeout(TIMEOUT_MILLIS);
            }
        }

        @Override
        int localPort() {
            return socket.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}

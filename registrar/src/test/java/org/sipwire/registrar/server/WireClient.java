/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.SocketFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.sipwire.transport.Transport;

/** A SIP client that shares no code with the server: text over a plain socket. One thread. */
final class WireClient implements Closeable {
    private static final int TIMEOUT_MILLIS = 10_000;

    private final Transport transport;
    private final DatagramSocket datagrams;
    private final Socket stream;
    private final int port;

    private WireClient(Transport transport, int port, SocketFactory sockets) throws IOException {
        this.transport = transport;
        this.port = port;
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        if (transport == Transport.UDP) {
            datagrams = new DatagramSocket(0, loopback);
            datagrams.connect(loopback, port);
            datagrams.setSoTimeout(TIMEOUT_MILLIS);
            stream = null;
        } else {
            datagrams = null;
            stream = sockets.createSocket(loopback, port);
            stream.setSoTimeout(TIMEOUT_MILLIS);
        }
    }

    static WireClient connect(Transport transport, int port) throws IOException {
        return new WireClient(transport, port, SocketFactory.getDefault());
    }

    /** Over TLS, with those trusted that the context trusts. */
    static WireClient connect(SSLContext tls, int port) throws IOException {
        return new WireClient(Transport.TLS, port, tls.getSocketFactory());
    }

    /** What the server shows over TLS. */
    Certificate certificate() throws IOException {
        return ((SSLSocket) stream).getSession().getPeerCertificates()[0];
    }

    String viaToken() {
        return transport.viaToken();
    }

    int serverPort() {
        return port;
    }

    int localPort() {
        return datagrams != null ? datagrams.getLocalPort() : stream.getLocalPort();
    }

    /** Sends a message written with bare newlines in its header; the body follows the empty line as it is. */
    void send(String text) throws IOException {
        int empty = text.indexOf("\n\n");
        byte[] octets = (text.substring(0, empty + 2).replace("\n", "\r\n") + text.substring(empty + 2))
                .getBytes(StandardCharsets.UTF_8);
        if (datagrams != null) {
            datagrams.send(new DatagramPacket(octets, octets.length));
        } else {
            stream.getOutputStream().write(octets);
        }
    }

    /** The next message, its header with bare newlines. */
    String receive() throws IOException {
        if (datagrams != null) {
            DatagramPacket packet = new DatagramPacket(new byte[65536], 65536);
            datagrams.receive(packet);
            return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8).replace("\r\n", "\n");
        }
        InputStream in = stream.getInputStream();
        StringBuilder header = new StringBuilder();
        while (header.indexOf("\r\n\r\n") < 0) {
            int octet = in.read();
            if (octet < 0) {
                throw new EOFException("closed after: " + header);
            }
            header.append((char) octet);
        }
        String text = header.toString().replace("\r\n", "\n");
        int length = Integer.parseInt(header(text, "Content-Length"));
        return text + new String(in.readNBytes(length), StandardCharsets.UTF_8).replace("\r\n", "\n");
    }

    String exchange(String text) throws IOException {
        send(text);
        return receive();
    }

    /** The value of a header, or null. */
    static String header(String message, String name) {
        Matcher line = Pattern.compile("(?mi)^" + Pattern.quote(name) + "[ \t]*:[ \t]*(.*)$")
                .matcher(message.substring(0, message.indexOf("\n\n") + 1));
        return line.find() ? line.group(1) : null;
    }

    /** The value of a parameter of a header, without quotes, or null. */
    static String parameter(String message, String header, String name) {
        String value = header(message, header);
        Matcher found = Pattern.compile("(?i)[;, ]" + Pattern.quote(name) + "=(\"([^\"]*)\"|[^;, ]*)")
                .matcher(value == null ? "" : value);
        return !found.find() ? null : found.group(2) != null ? found.group(2) : found.group(1);
    }

    /** The body of a message. */
    static String body(String message) {
        return message.substring(message.indexOf("\n\n") + 2);
    }

    static String md5(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** The Digest value for a challenge, in the form of RFC 2069 unless the challenge offers qop. */
    static String authorization(String challenge, String user, String password, String uri) {
        String realm = parameter(challenge, "WWW-Authenticate", "realm");
        String nonce = parameter(challenge, "WWW-Authenticate", "nonce");
        String ha1 = md5(user + ":" + realm + ":" + password);
        String ha2 = md5("REGISTER:" + uri);
        boolean qop = parameter(challenge, "WWW-Authenticate", "qop") != null;
        String response = md5(ha1 + ":" + nonce + (qop ? ":00000001:0a4f113b:auth:" : ":") + ha2);
        return "Digest username=\"" + user + "\", realm=\"" + realm + "\", nonce=\"" + nonce + "\", uri=\"" + uri
                + "\", response=\"" + response + "\", algorithm=MD5"
                + (qop ? ", qop=auth, nc=00000001, cnonce=\"0a4f113b\"" : "");
    }

    @Override
    public void close() throws IOException {
        if (datagrams != null) {
            datagrams.close();
        } else {
            stream.close();
        }
    }
}

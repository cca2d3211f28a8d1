/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sipwire.transport.Transport;

/** A device that speaks by raw sockets and text, as the captured one does: it shares no code with what it tests. */
public final class SocketDevice implements AutoCloseable {
    private static final Charset GB18030 = Charset.forName("GB18030");
    private static final int WAIT_MILLIS = 10_000;

    final String id;
    private final int serverPort;
    private final DatagramSocket udp;
    private final Socket tcp;
    private final int port;
    private int branch;
    int cseq;
    String callId;
    String authorization = "Capability, algorithm=\"H:MD5\"";
    String registerExtra = "";

    /** What this device's firmware does to every message before it leaves. */
    UnaryOperator<String> edit = message -> message;

    public SocketDevice(String id, Transport transport, int serverPort) throws IOException {
        this(id, transport, serverPort, InetAddress.getLoopbackAddress());
    }

    /** A device with an address of its own: 127.0.0.2 is another host than 127.0.0.1 to whoever compares. */
    public SocketDevice(String id, Transport transport, int serverPort, InetAddress from) throws IOException {
        this.id = id;
        this.serverPort = serverPort;
        this.callId = "445511141" + id.substring(id.length() - 2);
        InetAddress loopback = from instanceof Inet6Address ? from : InetAddress.getLoopbackAddress();
        if (transport == Transport.UDP) {
            udp = new DatagramSocket(0, from);
            udp.connect(loopback, serverPort);
            udp.setSoTimeout(WAIT_MILLIS);
            tcp = null;
            port = udp.getLocalPort();
        } else {
            udp = null;
            tcp = new Socket(loopback, serverPort, from, 0);
            tcp.setSoTimeout(WAIT_MILLIS);
            port = tcp.getLocalPort();
        }
    }

    public int port() {
        return port;
    }

    private String transport() {
        return udp != null ? "UDP" : "TCP";
    }

    String nextBranch() {
        return "z9hG4bK" + port + '.' + (++branch);
    }

    /** The REGISTER of the captured device, with whatever credentials it has now. */
    String register(int expires) {
        return "REGISTER sip:127.0.0.1:" + serverPort + " SIP/2.0\r\n"
                + "Via: SIP/2.0/" + transport() + " 192.168.35.165:5080;rport;branch=" + nextBranch() + "\r\n"
                + "From: <sip:" + id + "@340200000>;tag=1492484359\r\n"
                + "To: <sip:" + id + "@340200000>\r\n"
                + "Call-ID: " + callId + "\r\n"
                + "CSeq: " + (++cseq) + " REGISTER\r\n"
                + "Contact: <sip:" + id + "@192.168.35.165:5080;line=030bf7a750f46d9>\r\n"
                + (authorization.isEmpty() ? "" : "Authorization: " + authorization + "\r\n")
                + registerExtra
                + "Max-Forwards: 70\r\nUser-Agent: eXosip/4.1.0\r\nExpires: " + expires
                + "\r\nContent-Length: 0\r\n\r\n";
    }

    /** Registers as the captured flow does; the 200. */
    public String registers(int expires) throws IOException {
        authorization = "Capability, algorithm=\"H:MD5\"";
        send(register(expires));
        String challenge = receive("SIP/2.0 ");
        if (!challenge.startsWith("SIP/2.0 401")) {
            throw new AssertionError("not challenged: " + challenge);
        }
        answer(challenge, PlatformServer.PASSWORD);
        send(register(expires));
        return receive("SIP/2.0 ");
    }

    /** Answers a challenge from now on. */
    void answer(String challenge, String password) {
        String realm = parameter(challenge, "realm");
        String nonce = parameter(challenge, "nonce");
        String uri = "sip:127.0.0.1:" + serverPort;
        String response = md5(md5(id + ':' + realm + ':' + password) + ':' + nonce + ':' + md5("REGISTER:" + uri));
        authorization = "Digest username=\"" + id + "\", realm=\"" + realm + "\", nonce=\"" + nonce + "\", uri=\"" + uri
                + "\", response=\"" + response + "\", algorithm=MD5";
    }

    /** A MESSAGE of the device with a body, encoded as GB18030. */
    public String message(String body) {
        return request("MESSAGE", "msg" + nextBranch(), body, "");
    }

    public String request(String method, String newCallId, String body, String extra) {
        return method + " sip:" + PlatformServer.PLATFORM + "@3402000000 SIP/2.0\r\n"
                + "Via: SIP/2.0/" + transport() + " 192.168.35.165:5080;rport;branch=" + nextBranch() + "\r\n"
                + "From: <sip:" + id + "@3402000000>;tag=" + newCallId.hashCode() + "\r\n"
                + "To: <sip:" + PlatformServer.PLATFORM + "@3402000000>\r\n"
                + "Call-ID: " + newCallId + "\r\nCSeq: 20 " + method + "\r\n" + extra
                + "Content-Type: Application/MANSCDP+xml\r\nMax-Forwards: 70\r\nUser-Agent: eXosip/4.1.0\r\n"
                + "Content-Length: " + body.getBytes(GB18030).length + "\r\n\r\n" + body;
    }

    public static String keepalive(String deviceId, int sn) {
        return "<?xml version=\"1.0\"?>\r\n<Notify>\r\n<CmdType>Keepalive</CmdType>\r\n<SN>" + sn
                + "</SN>\r\n<DeviceID>" + deviceId + "</DeviceID>\r\n<Status>OK</Status>\r\n</Notify>\r\n";
    }

    /** A catalogue part with these channels, each a number and a name. */
    public String catalogPart(String sn, int sum, String... channels) {
        StringBuilder items = new StringBuilder();
        for (int i = 0; i < channels.length; i += 2) {
            items.append("<Item>\r\n<DeviceID>")
                    .append(channels[i])
                    .append("</DeviceID>\r\n<Name>")
                    .append(channels[i + 1])
                    .append("</Name>\r\n<Manufacturer>Dahua</Manufacturer>\r\n<Parental>0</Parental>\r\n<ParentID>")
                    .append(id)
                    .append("</ParentID>\r\n<Status>ON</Status>\r\n</Item>\r\n");
        }
        return "<?xml version=\"1.0\" encoding=\"GB2312\" ?>\r\n<Response>\r\n<CmdType>Catalog</CmdType>\r\n<SN>" + sn
                + "</SN>\r\n<DeviceID>" + id + "</DeviceID>\r\n<SumNum>" + sum + "</SumNum>\r\n<DeviceList Num=\""
                + channels.length / 2 + "\">\r\n" + items + "</DeviceList>\r\n</Response>\r\n";
    }

    /** The 200 of a device to a request, as the captured one writes it. */
    public static String ok(String request) {
        return response(request, "200 OK", "");
    }

    public static String response(String request, String status, String extra) {
        return "SIP/2.0 " + status + "\r\nVia: " + header(request, "Via") + "\r\nFrom: " + header(request, "From")
                + "\r\nTo: "
                + header(request, "To") + (header(request, "To").contains("tag=") ? "" : ";tag=1051246918")
                + "\r\nCall-ID: "
                + header(request, "Call-ID") + "\r\nCSeq: " + header(request, "CSeq")
                + "\r\nUser-Agent: eXosip/4.1.0\r\n"
                + extra + (extra.contains("Content-Length") ? "" : "Content-Length: 0\r\n\r\n");
    }

    /** Sends a message and gives the next that comes. */
    public String exchange(String message) throws IOException {
        send(message);
        return receive();
    }

    public void send(String message) throws IOException {
        sendOctets(edit.apply(message).getBytes(GB18030));
    }

    void sendOctets(byte[] octets) throws IOException {
        if (udp != null) {
            udp.send(new DatagramPacket(octets, octets.length));
        } else {
            tcp.getOutputStream().write(octets);
            tcp.getOutputStream().flush();
        }
    }

    public String receive() throws IOException {
        if (udp != null) {
            DatagramPacket packet = new DatagramPacket(new byte[65_535], 65_535);
            udp.receive(packet);
            return new String(packet.getData(), 0, packet.getLength(), GB18030);
        }
        InputStream in = tcp.getInputStream();
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int octet = in.read();
            if (octet < 0) {
                throw new IOException("closed");
            }
            head.write(octet);
        }
        String text = head.toString(StandardCharsets.ISO_8859_1);
        head.write(in.readNBytes(Integer.parseInt(header(text, "Content-Length"))));
        return head.toString(GB18030);
    }

    /** Receives until a message of that kind comes; others, retransmissions mostly, are passed over. */
    public String receive(String start) throws IOException {
        String message = receive();
        while (!message.startsWith(start)) {
            message = receive();
        }
        return message;
    }

    public static String header(String message, String name) {
        Matcher line = Pattern.compile("(?imd)^" + name + " *: *(.*?)\\r$").matcher(message);
        return line.find() ? line.group(1) : "";
    }

    public static String element(String message, String name) {
        Matcher element =
                Pattern.compile("<" + name + ">([^<]*)</" + name + ">").matcher(message);
        return element.find() ? element.group(1) : "";
    }

    private static String parameter(String message, String name) {
        Matcher parameter = Pattern.compile(name + "=\"([^\"]*)\"").matcher(header(message, "WWW-Authenticate"));
        return parameter.find() ? parameter.group(1) : "";
    }

    static String md5(String text) {
        try {
            MessageDigest digest = MessageDigest.getInstance("MD5");
            return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() throws IOException {
        if (udp != null) {
            udp.close();
        } else {
            tcp.close();
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.client;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;

/** A name server of a test by a plain socket: it knows addresses, and can be away in several ways. */
final class NameServer implements AutoCloseable {
    private static final int HEADER = 12;
    private static final int TYPE_A = 1;
    private static final int NO_ERROR = 0;
    private static final int SERVFAIL = 2;
    private static final int NXDOMAIN = 3;

    /** How questions are answered. */
    enum Mood {
        ANSWERS,
        SILENT,
        FAILS,
        /** With octets that are no answer. */
        GARBLES,
        /** There is no socket. */
        GONE
    }

    /** What was asked since this was emptied, by name. */
    final LinkedBlockingQueue<String> asked = new LinkedBlockingQueue<>();

    private final Map<String, String> addresses;
    private final int port;
    private DatagramSocket socket;
    private volatile Mood mood = Mood.ANSWERS;

    NameServer(Map<String, String> addresses) throws IOException {
        this.addresses = addresses;
        open(0);
        port = socket.getLocalPort();
    }

    InetSocketAddress address() {
        return new InetSocketAddress("127.0.0.1", port);
    }

    /** From now on it is like that. */
    void becomes(Mood value) throws IOException {
        mood = value;
        if (value == Mood.GONE) {
            socket.close();
        } else if (socket.isClosed()) {
            open(port);
        }
    }

    private void open(int at) throws IOException {
        DatagramSocket opened = new DatagramSocket(at, InetAddress.getByName("127.0.0.1"));
        socket = opened;
        Thread thread = new Thread(() -> serve(opened), "name-server");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(DatagramSocket by) {
        DatagramPacket packet = new DatagramPacket(new byte[1_500], 1_500);
        try {
            while (true) {
                packet.setLength(1_500);
                by.receive(packet);
                byte[] answer = answer(Arrays.copyOf(packet.getData(), packet.getLength()));
                if (answer != null) {
                    by.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                }
            }
        } catch (IOException closed) {
            by.close();
        }
    }

    private byte[] answer(byte[] query) {
        StringBuilder name = new StringBuilder();
        int at = HEADER;
        for (; query[at] != 0; at += query[at] + 1) {
            name.append(name.isEmpty() ? "" : ".")
                    .append(new String(query, at + 1, query[at], StandardCharsets.US_ASCII));
        }
        int type = ByteBuffer.wrap(query).getShort(at + 1);
        int end = at + 5;
        asked.add(name.toString());
        String address = addresses.get(name.toString());
        return switch (mood) {
            case SILENT, GONE -> null;
            case FAILS -> response(query, end, SERVFAIL, null);
            case GARBLES -> garbled(query);
            case ANSWERS ->
                response(query, end, address == null ? NXDOMAIN : NO_ERROR, type == TYPE_A ? address : null);
        };
    }

    private static byte[] response(byte[] query, int end, int code, String address) {
        ByteBuffer out = ByteBuffer.allocate(end + 16).put(query, 0, end);
        out.putShort(2, (short) (0x8180 | code)).putShort(4, (short) 1);
        out.putShort(6, (short) (address == null ? 0 : 1)).putInt(8, 0);
        if (address != null) {
            // A pointer to the name of the question; a TTL of 0: each lookup is a question.
            out.putShort((short) (0xC000 | HEADER)).putShort((short) TYPE_A).putShort((short) 1);
            out.putInt(0).putShort((short) 4);
            for (String part : address.split("\\.")) {
                out.put((byte) Integer.parseInt(part));
            }
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    /** The number and the flags of an answer, then nothing that makes sense. */
    private static byte[] garbled(byte[] query) {
        byte[] octets = query.clone();
        Arrays.fill(octets, 4, octets.length, (byte) 0xFF);
        octets[2] |= (byte) 0x80;
        return octets;
    }

    @Override
    public void close() {
        socket.close();
    }
}

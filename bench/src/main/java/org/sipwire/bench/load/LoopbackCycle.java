/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;

/**
 * REGISTER, 401, REGISTER, 200 over a blocking socket, one after the other: the generator's engine without its event loop.
 *
 * <p>One thread. Owned: {@link #close} ends it.
 */
final class LoopbackCycle implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 100;
    private static final int USERS = 10_000;

    private final LoadStats stats = new LoadStats();
    private final byte[] bytes = new byte[65_536];
    private final DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
    private final ByteBuf view = Unpooled.wrappedBuffer(bytes);
    private final StreamFrames frames = new StreamFrames();
    private final StreamFrames.Sink sink = this::message;
    private final LoadEngine engine;
    private DatagramSocket datagrams;
    private Socket stream;
    private InputStream in;
    private OutputStream out;

    /**
     * Connects to a server on the loopback.
     *
     * @param scenario as {@code load} names it: {@code register} with a fresh Call-ID each time, {@code refresh} with one a user
     */
    LoopbackCycle(boolean reliable, int port, String scenario) throws IOException {
        InetSocketAddress server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        int local;
        if (reliable) {
            stream = new Socket(server.getAddress(), port);
            stream.setTcpNoDelay(true);
            stream.setSoTimeout(TIMEOUT_MILLIS);
            in = stream.getInputStream();
            out = stream.getOutputStream();
            local = stream.getLocalPort();
        } else {
            datagrams = new DatagramSocket(0, server.getAddress());
            datagrams.connect(server);
            datagrams.setSoTimeout(TIMEOUT_MILLIS);
            local = datagrams.getLocalPort();
        }
        LoadOptions options = LoadOptions.parse(
                "--target",
                (reliable ? "tcp" : "udp") + "://127.0.0.1:" + port,
                "--scenario",
                scenario,
                "--window",
                "1",
                "--users",
                Integer.toString(USERS),
                "--duration",
                "10000m");
        long now = System.nanoTime();
        Schedule schedule = new Schedule(now, 1, options.durationNanos());
        engine = new LoadEngine(
                options, schedule, this::send, new String[] {"127.0.0.1:" + local}, stats, System::nanoTime);
    }

    private boolean send(int connection, byte[] message, int length) {
        try {
            if (out != null) {
                out.write(message, 0, length);
            } else {
                datagrams.send(new DatagramPacket(message, length));
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void message(byte[] array, int offset, int length) {
        engine.received(0, array, offset, length);
    }

    /** One registration. Returns how many there were so far. */
    long next() throws IOException {
        long before = stats.totalDone();
        engine.arrive(1);
        while (stats.totalDone() == before) {
            if (stats.totalErrors() > 0) {
                throw new IOException("a registration failed: " + errors());
            }
            receive();
        }
        return before + 1;
    }

    private void receive() throws IOException {
        try {
            if (in != null) {
                int count = in.read(bytes);
                if (count < 0) {
                    throw new IOException("the server closed the connection");
                }
                frames.read(view.setIndex(0, count), sink);
            } else {
                packet.setLength(bytes.length);
                datagrams.receive(packet);
                message(bytes, 0, packet.getLength());
            }
        } catch (SocketTimeoutException e) {
            engine.tick(System.nanoTime());
        }
    }

    private String errors() {
        StringBuilder text = new StringBuilder();
        for (LoadError error : LoadError.values()) {
            if (stats.errorsOf(error) > 0) {
                text.append(error).append(' ');
            }
        }
        for (int status = 300; status < 700; status++) {
            if (stats.statusCount(status) > 0) {
                text.append(status).append(' ');
            }
        }
        return text.toString();
    }

    @Override
    public void close() throws IOException {
        if (stream != null) {
            stream.close();
        } else {
            datagrams.close();
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.flood;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sends for some seconds at no more than a rate, and reads what comes back. Confined to its thread. */
final class Flood {

    /**
     * @param sent messages, or connections opened
     * @param refused sends and connects that the system or the server refused
     */
    record Outcome(long sent, long sentOctets, long answers, long answeredOctets, long refused) {}

    private static final int SOCKETS = 64;
    /** Each source looks for answers after so many of its datagrams. */
    private static final int LISTENING = 4;

    private static final int MOST_CONNECTIONS = 2000;
    private static final Pattern NONCE = Pattern.compile("nonce=\"([^\"]+)\"");
    private static final String SLOW_LINE = "X-Slow: line\r\n";

    private final InetSocketAddress to;
    private final InetSocketAddress from;
    private final int rate;
    private final int seconds;
    private final HostileRequests requests;
    private final ByteBuffer in = ByteBuffer.allocateDirect(65_536);

    private volatile boolean stopped;
    private long sent;
    private long sentOctets;
    private long answers;
    private long answeredOctets;
    private long refused;

    Flood(InetSocketAddress to, InetSocketAddress from, int rate, int seconds, HostileRequests requests) {
        this.to = to;
        this.from = from;
        this.rate = rate;
        this.seconds = seconds;
        this.requests = requests;
    }

    /** Ends the run before its time. On any thread. */
    void stop() {
        stopped = true;
    }

    /** Sends a kind until it is stopped or its time is over. */
    Outcome run(FloodKind kind) {
        try {
            return kind.isStream() ? connections(kind) : datagrams(kind);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return outcome();
        }
    }

    private Outcome outcome() {
        return new Outcome(sent, sentOctets, answers, answeredOctets, refused);
    }

    /** An address of the loopback of its own for each source, where it is IPv4. */
    private InetSocketAddress source(int i) throws IOException {
        byte[] address = from.getAddress().getAddress();
        if (address.length == 4) {
            address[2] = (byte) (address[2] + i);
        }
        return new InetSocketAddress(InetAddress.getByAddress(address), from.getPort());
    }

    /** Messages that are made beforehand, since a flood takes less trouble with each than its target. */
    private byte[][] supply(FloodKind kind) {
        byte[][] made = new byte[kind == FloodKind.LARGE || kind == FloodKind.CONTACTS ? 64 : 4096][];
        Arrays.setAll(made, i -> requests.next(kind));
        return made;
    }

    /** Datagrams from {@value #SOCKETS} sources. */
    Outcome datagrams(FloodKind kind) throws IOException, InterruptedException {
        DatagramChannel[] sources = new DatagramChannel[SOCKETS];
        try {
            for (int i = 0; i < SOCKETS; i++) {
                sources[i] = DatagramChannel.open();
                sources[i].bind(source(i));
                sources[i].connect(to);
                sources[i].configureBlocking(false);
            }
            if (kind == FloodKind.WRONG_PASSWORD) {
                askForNonce(sources[0]);
            }
            byte[][] made = supply(kind);
            Pace pace = new Pace(rate, seconds);
            while (!stopped && pace.await()) {
                DatagramChannel source = sources[(int) (sent % SOCKETS)];
                boolean listens = sent / SOCKETS % LISTENING == 0;
                send(source, made[(int) (sent % made.length)]);
                if (listens) {
                    readAll(source);
                }
            }
            Thread.sleep(100);
            for (DatagramChannel source : sources) {
                readAll(source);
            }
        } finally {
            for (DatagramChannel source : sources) {
                close(source);
            }
        }
        return outcome();
    }

    private void send(DatagramChannel source, byte[] octets) {
        try {
            if (source.write(ByteBuffer.wrap(octets)) == octets.length) {
                sentOctets += octets.length;
            } else {
                refused++;
            }
        } catch (IOException e) {
            // Nobody listens any more, which the caller sees by the count.
            refused++;
        }
        sent++;
    }

    private void readAll(DatagramChannel source) {
        try {
            for (in.clear(); source.read(in) > 0; in.clear()) {
                answers++;
                answeredOctets += in.position();
            }
        } catch (IOException e) {
            refused++;
        }
    }

    private void askForNonce(DatagramChannel source) throws IOException, InterruptedException {
        source.write(ByteBuffer.wrap(requests.next(FloodKind.REGISTER)));
        in.clear();
        for (int i = 0; i < 200 && source.read(in) <= 0; i++) {
            Thread.sleep(10);
        }
        in.flip();
        Matcher nonce = NONCE.matcher(StandardCharsets.ISO_8859_1.decode(in));
        if (nonce.find()) {
            requests.nonce(nonce.group(1));
        }
    }

    /** Connections: up to {@value #MOST_CONNECTIONS} are held open, then the oldest makes way. */
    Outcome connections(FloodKind kind) throws InterruptedException {
        Deque<SocketChannel> open = new ArrayDeque<>();
        try {
            Pace pace = new Pace(rate, seconds);
            while (!stopped && pace.await()) {
                boolean held = kind == FloodKind.SLOW_TCP || kind == FloodKind.SLOWLORIS;
                if (held && open.size() >= MOST_CONNECTIONS) {
                    // Each in turn sends a line more.
                    SocketChannel oldest = open.pollFirst();
                    if (say(oldest, SLOW_LINE.getBytes(StandardCharsets.US_ASCII))) {
                        open.addLast(oldest);
                    } else {
                        close(oldest);
                    }
                    continue;
                }
                SocketChannel channel = connect(kind);
                if (channel == null) {
                    continue;
                }
                if (held) {
                    open.addLast(channel);
                } else {
                    close(channel);
                }
            }
        } finally {
            open.forEach(Flood::close);
        }
        return outcome();
    }

    private SocketChannel connect(FloodKind kind) {
        sent++;
        SocketChannel channel = null;
        try {
            channel = SocketChannel.open();
            channel.bind(from);
            channel.connect(to);
            channel.configureBlocking(false);
            if (kind != FloodKind.CONNECT && !say(channel, opening(kind))) {
                close(channel);
                return null;
            }
            return channel;
        } catch (IOException e) {
            refused++;
            close(channel);
            return null;
        }
    }

    private boolean say(SocketChannel channel, byte[] octets) {
        try {
            sentOctets += channel.write(ByteBuffer.wrap(octets));
            in.clear();
            int n = channel.read(in);
            if (n > 0) {
                answers++;
                answeredOctets += n;
            }
            return n >= 0;
        } catch (IOException e) {
            refused++;
            return false;
        }
    }

    private byte[] opening(FloodKind kind) {
        return switch (kind) {
            case TLS_HANDSHAKE ->
                sent % 2 == 0
                        ? requests.next(FloodKind.REGISTER)
                        // A record of a ClientHello whose rest never comes.
                        : new byte[] {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xFC, 3, 3};
            case WEBSOCKET_LIE -> webSocketLie();
            case SLOWLORIS -> "GET /metrics HTTP/1.1\r\nHost: x\r\n".getBytes(StandardCharsets.US_ASCII);
            default -> "REGISTER sip:slow SIP/2.0\r\n".getBytes(StandardCharsets.US_ASCII);
        };
    }

    /** An upgrade, and behind it the head of a frame of 2^63 - 1 octets. */
    private static byte[] webSocketLie() {
        byte[] upgrade = ("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        ByteBuffer all = ByteBuffer.allocate(upgrade.length + 14);
        all.put(upgrade)
                .put((byte) 0x81)
                .put((byte) 0xFF)
                .putLong(Long.MAX_VALUE)
                .putInt(0);
        return all.array();
    }

    private static void close(Channel channel) {
        if (channel == null) {
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets through so many a second, in bursts of a millisecond, until the time is over. */
    private static final class Pace {
        private final long begun = System.nanoTime();
        private final long end;
        private final double nanosEach;
        private long passed;

        Pace(int rate, int seconds) {
            end = begun + seconds * 1_000_000_000L;
            nanosEach = 1e9 / rate;
        }

        boolean await() throws InterruptedException {
            long due = begun + (long) (passed++ * nanosEach);
            long now = System.nanoTime();
            if (now - end >= 0) {
                return false;
            }
            while (due - now > 0) {
                Thread.sleep(1);
                now = System.nanoTime();
            }
            return now - end < 0;
        }
    }
}

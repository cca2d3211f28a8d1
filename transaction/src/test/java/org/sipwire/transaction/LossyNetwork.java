/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipParser;
import org.sipwire.codec.internal.Ascii;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/** Two layers and a network between them that loses, repeats and reorders, all in virtual time. */
final class LossyNetwork {

    private static final double LOSS = 0.20;
    private static final double DUPLICATION = 0.05;
    private static final int MAX_DELAY_MILLIS = 150;

    private record Event(long atMillis, long number, Runnable what) {}

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::atMillis).thenComparingLong(Event::number));
    private final Random random;
    private final SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
    private final LoopClock clock = new LoopClock();
    private final TransactionLayer client;
    private final TransactionLayer server;
    private final Flow toServer = new Wire(5060, 1);
    private final Flow toClient = new Wire(5061, 2);
    final LoopCounters clientCounters = TransactionCounter.newRow();
    final LoopCounters serverCounters = TransactionCounter.newRow();
    private long nowMillis;
    private long number;
    long lost;
    long repeated;
    long delivered;

    LossyNetwork(long seed, TransactionUser clientUser, TransactionUser serverUser) {
        random = new Random(seed);
        clock.set(0, 0);
        client = layer(0, clientUser, clientCounters);
        server = layer(1, serverUser, serverCounters);
    }

    private TransactionLayer layer(int loop, TransactionUser user, LoopCounters counters) {
        return new TransactionLayer(
                new TransactionLayer.Setup(
                        loop,
                        100_000,
                        TransactionTimers.DEFAULT,
                        new StackKeys(loop, 77),
                        clock,
                        counters,
                        (owner, response, flow) -> {
                            throw new AssertionError("no loop but one");
                        }),
                user);
    }

    TransactionLayer client() {
        return client;
    }

    TransactionLayer server() {
        return server;
    }

    /** The client's way to the server. */
    Flow toServer() {
        return toServer;
    }

    /** Has something done later. */
    void after(long millis, Runnable what) {
        events.add(new Event(nowMillis + millis, number++, what));
    }

    /** Runs the world for so long. */
    void run(long millis) {
        long end = nowMillis + millis;
        while (nowMillis < end) {
            nowMillis += 10;
            clock.set(nowMillis * 1_000_000, nowMillis);
            while (!events.isEmpty() && events.peek().atMillis() <= nowMillis) {
                events.remove().what().run();
            }
            client.tick();
            server.tick();
        }
    }

    private void transmit(byte[] message, Flow way) {
        if (random.nextDouble() < LOSS) {
            lost++;
            return;
        }
        deliverLater(message, way);
        if (random.nextDouble() < DUPLICATION) {
            repeated++;
            deliverLater(message.clone(), way);
        }
    }

    private void deliverLater(byte[] message, Flow way) {
        after(1 + random.nextInt(MAX_DELAY_MILLIS), () -> {
            delivered++;
            int consumed = parser.parseDatagram(message, 0, message.length);
            if (consumed <= 0) {
                throw new AssertionError("error " + consumed);
            }
            if (way == toServer) {
                server.onMessage(parser, toClient);
            } else {
                client.onMessage(parser, toServer);
            }
            Arrays.fill(message, (byte) '#');
        });
    }

    /** One direction. */
    private final class Wire extends Flow {
        private final int port;
        private final long id;

        Wire(int port, long id) {
            this.port = port;
            this.id = id;
        }

        @Override
        public Transport transport() {
            return Transport.UDP;
        }

        @Override
        public int loopIndex() {
            return 0;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public long id() {
            return id;
        }

        @Override
        public int writeRemoteHost(byte[] dst, int at) {
            return Ascii.put(dst, at, "192.0.2.2");
        }

        @Override
        public int remotePort() {
            return port;
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return InetSocketAddress.createUnresolved("192.0.2.2", port);
        }

        @Override
        public int writeLocalHost(byte[] dst, int at) {
            return Ascii.put(dst, at, "192.0.2.1");
        }

        @Override
        public int localPort() {
            return 5060;
        }

        @Override
        public InetSocketAddress localAddress() {
            return InetSocketAddress.createUnresolved("192.0.2.1", 5060);
        }

        @Override
        public int send(byte[] bytes, int offset, int length) {
            transmit(Arrays.copyOfRange(bytes, offset, offset + length), this);
            return SENT;
        }

        @Override
        public Flow toShared() {
            return this;
        }

        @Override
        public void execute(Runnable task) {
            task.run();
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipParser;
import org.sipwire.transport.DetachedFlow;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;
import org.sipwire.transport.fault.Faults;
import org.sipwire.transport.fault.FaultyTransport;

/** Two layers and a network between them that loses, repeats and reorders, all in virtual time. */
final class LossyNetwork {

    private record Event(long atMillis, long number, Runnable what) {}

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::atMillis).thenComparingLong(Event::number));
    private final FaultyTransport uplink;
    private final FaultyTransport downlink;
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

    LossyNetwork(long seed, TransactionUser clientUser, TransactionUser serverUser) {
        Faults faults = Faults.seed(seed)
                .withLoss(0.20)
                .withDuplication(0.05)
                .withReordering(0.10)
                .withDelay(1, 150);
        uplink = new FaultyTransport(faults, 0, (task, delayMillis) -> after(delayMillis, task));
        downlink = new FaultyTransport(faults, 1, (task, delayMillis) -> after(delayMillis, task));
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

    long lost() {
        return uplink.lost() + downlink.lost();
    }

    long duplicated() {
        return uplink.duplicated() + downlink.duplicated();
    }

    long reordered() {
        return uplink.reordered() + downlink.reordered();
    }

    long passed() {
        return uplink.passed() + downlink.passed();
    }

    private void arrive(byte[] bytes, int offset, int length, boolean atServer) {
        byte[] message = Arrays.copyOfRange(bytes, offset, offset + length);
        int consumed = parser.parseDatagram(message, 0, length);
        if (consumed <= 0) {
            throw new AssertionError("error " + consumed);
        }
        if (atServer) {
            server.onMessage(parser, toClient);
        } else {
            client.onMessage(parser, toServer);
        }
        Arrays.fill(message, (byte) '#');
    }

    /** One direction. */
    private final class Wire extends DetachedFlow {
        Wire(int port, long id) {
            super(Transport.UDP, id, "192.0.2.2", port);
        }

        @Override
        public int send(byte[] bytes, int offset, int length) {
            boolean up = this == toServer;
            (up ? uplink : downlink).pass(bytes, offset, length, (b, off, len) -> arrive(b, off, len, up));
            return SENT;
        }
    }
}

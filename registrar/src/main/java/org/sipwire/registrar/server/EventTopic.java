/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Events that anyone may listen to over HTTP. Whoever publishes, an event loop of SIP for one, never waits: at most {@value #MAX_WAITING}
 * events wait for the endpoint's loop, which writes them as JSON; the others are counted, and listeners are told by an event {@code lost}
 * that they should ask for the whole again. When nobody listens an event costs one read.
 *
 * <p>Thread: {@link #publish} from any; the rest on the endpoint's loop. Shared.
 */
final class EventTopic {
    /** Events that may wait: {@value}. */
    static final int MAX_WAITING = 4096;

    private record Event(String name, HttpExchange.JsonBody body) {}

    private final HttpCounts counts;
    /** The loop's alone. */
    private final List<EventStream> streams = new ArrayList<>();

    private final ConcurrentLinkedQueue<Event> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waitingCount = new AtomicInteger();
    /** Dropped since the listeners were told. */
    private final AtomicInteger lost = new AtomicInteger();

    /** The endpoint's loop while somebody listens, else null; written there, read by those who publish. */
    private volatile Executor listening;

    EventTopic(HttpCounts counts) {
        this.counts = counts;
    }

    /** True while somebody listens: who publishes may then take the trouble. */
    boolean isHeard() {
        return listening != null;
    }

    /** Turns an exchange into a listener; null when it was answered with an error instead. */
    EventStream subscribe(HttpExchange exchange) {
        EventStream stream = exchange.eventStream();
        if (stream != null) {
            streams.add(stream);
            listening = exchange.loop();
            stream.whenClosed(() -> {
                streams.remove(stream);
                if (streams.isEmpty()) {
                    listening = null;
                }
            });
        }
        return stream;
    }

    /** Tells all listeners. The body is written later, on the endpoint's loop: it must hold what is immutable alone. */
    void publish(String name, HttpExchange.JsonBody body) {
        Executor loop = listening;
        if (loop == null) {
            return;
        }
        if (waitingCount.get() >= MAX_WAITING) {
            lost.incrementAndGet();
            counts.lost.increment();
            return;
        }
        waiting.add(new Event(name, body));
        // Who finds the queue empty wakes the loop; all others are seen by the drain that is on its way.
        if (waitingCount.getAndIncrement() == 0) {
            loop.execute(this::drain);
        }
    }

    private void drain() {
        do {
            Event event = waiting.poll();
            send(event.name, event.body);
        } while (waitingCount.decrementAndGet() > 0);
        int dropped = lost.getAndSet(0);
        if (dropped > 0) {
            send("lost", json -> {
                json.writeStartObject();
                json.writeNumberField("events", dropped);
                json.writeEndObject();
            });
        }
    }

    /** Writes an event to everyone at once, on the loop. */
    void send(String name, HttpExchange.JsonBody body) {
        if (streams.isEmpty()) {
            return;
        }
        ByteBuf frame = EventStream.frame(name, body);
        try {
            // A stream that closes takes itself off the list.
            for (EventStream stream : List.copyOf(streams)) {
                stream.send(frame.retainedDuplicate());
            }
        } finally {
            frame.release();
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the endpoint counts about itself.
 *
 * <p>Thread: counted on the endpoint's loop, read on any. Shared.
 */
final class HttpCounts implements MeterBinder {
    /** Answers by the first digit of their status; 0 is not used. */
    private final LongAdder[] answers = new LongAdder[6];

    /** Streams that were cut off since their reader was slow. */
    final LongAdder slow = new LongAdder();
    /** Streams that were refused since there are as many as there may be. */
    final LongAdder refused = new LongAdder();
    /** Connections closed at once since there are as many as there may be. */
    final LongAdder connectionsRefused = new LongAdder();
    /** Events that found too many others waiting. */
    final LongAdder lost = new LongAdder();

    /** Streams open; written by the endpoint's loop. */
    volatile int streams;

    HttpCounts() {
        for (int i = 0; i < answers.length; i++) {
            answers[i] = new LongAdder();
        }
    }

    /** Counts an answer. */
    void answered(int status) {
        answers[Math.min(status / 100, answers.length - 1)].increment();
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (int i = 1; i < answers.length; i++) {
            FunctionCounter.builder("sip.http.requests", answers[i], LongAdder::sum)
                    .description("Requests of operators, by the class of the answer's status")
                    .tag("status", i + "xx")
                    .register(registry);
        }
        Gauge.builder("sip.http.event.streams", this, c -> c.streams)
                .description("Streams of server-sent events that are open")
                .register(registry);
        shed(registry, "slow_stream", slow);
        shed(registry, "streams", refused);
        shed(registry, "connections", connectionsRefused);
        shed(registry, "lost_events", lost);
    }

    private static void shed(MeterRegistry registry, String reason, LongAdder count) {
        FunctionCounter.builder("sip.http.shed", count, LongAdder::sum)
                .description(
                        "Clients of the endpoint cut off or refused, and events dropped, since a limit was reached")
                .tag("reason", reason)
                .register(registry);
    }
}

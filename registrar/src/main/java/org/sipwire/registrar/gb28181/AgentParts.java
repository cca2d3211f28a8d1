/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Sends lists part by part, one request at a time: the next goes out when the one before was answered 200, so that a platform sets the
 * pace and nothing is queued in the network (GB/T 28181-2016 Annex N). A list whose part is refused, or not taken, is dropped, for the
 * platform has to ask again. At most {@value #MAX_WAITING} lists wait. Confined to the agent's loop.
 *
 * <p>A part is what sends itself in a given call.
 */
final class AgentParts {
    static final int MAX_WAITING = 64;

    private final ArrayDeque<Iterator<Consumer<ClientCall>>> waiting = new ArrayDeque<>();
    private boolean sending;

    /** The parts of a list, at least one, made when their turn comes. */
    static <T> Iterator<Consumer<ClientCall>> split(
            List<T> items, int perPart, Function<List<T>, Consumer<ClientCall>> part) {
        int count = Math.max(1, (items.size() + perPart - 1) / perPart);
        return IntStream.range(0, count)
                .mapToObj(i -> part.apply(items.subList(i * perPart, Math.min(items.size(), (i + 1) * perPart))))
                .iterator();
    }

    /** Adds a list; its parts are made when their turn comes. False when too many wait. */
    boolean add(Iterator<Consumer<ClientCall>> parts) {
        if (waiting.size() >= MAX_WAITING) {
            return false;
        }
        waiting.add(parts);
        if (!sending) {
            next();
        }
        return true;
    }

    /** The flow is lost, or another: nobody waits for these any more. */
    void clear() {
        waiting.clear();
        sending = false;
    }

    private void next() {
        while (!waiting.isEmpty() && !waiting.peek().hasNext()) {
            waiting.poll();
        }
        sending = !waiting.isEmpty();
        if (sending) {
            Iterator<Consumer<ClientCall>> parts = waiting.peek();
            parts.next().accept(new Part(parts));
        }
    }

    /** One part under way. */
    private final class Part implements ClientCall {
        private final Iterator<Consumer<ClientCall>> of;

        Part(Iterator<Consumer<ClientCall>> of) {
            this.of = of;
        }

        @Override
        public int home(int here) {
            return here;
        }

        @Override
        public void onStatus(int status, Object kept) {
            if (status >= 200 && waiting.peek() == of) {
                if (status >= 300) {
                    waiting.poll();
                }
                next();
            }
        }

        @Override
        public void onNoResponse() {
            if (waiting.peek() == of) {
                waiting.poll();
                next();
            }
        }
    }
}

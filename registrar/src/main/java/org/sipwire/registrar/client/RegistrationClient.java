/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.client;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.sipwire.registrar.auth.DigestHasher;
import org.sipwire.transaction.SipStack;
import org.sipwire.transport.Flow;

/**
 * Registers users at other registrars over a running {@link SipStack}, refreshes them in time, and takes them out again when it is closed.
 * All methods may be called on any thread.
 *
 * <p>The stack's own {@link org.sipwire.transaction.TransactionUser} sees nothing of it. Registrations are spread over the stack's loops;
 * those that go to one server over connections share one connection a loop.
 *
 * <p>Owned by who made it: {@link #close} it before its stack.
 */
public final class RegistrationClient implements AutoCloseable {
    private static final long DEFAULT_CLOSE_MILLIS = 2_000;

    private final SipStack stack;
    private final Loop[] loops;
    private final Set<Registration> registrations = ConcurrentHashMap.newKeySet();
    private final AtomicInteger next = new AtomicInteger();
    private final Consumer<Flow> flowListener = this::onFlowClosed;

    /** What one event loop keeps. Confined to it. */
    static final class Loop {
        final SplittableRandom random = new SplittableRandom();
        final DigestHasher hasher = new DigestHasher();
        /** Who is registered by which flow, and what keeps it open. */
        final Map<Long, FlowUsers> flows = new HashMap<>();
    }

    /** The registrations by one flow. */
    static final class FlowUsers {
        final Flow flow;
        final Set<Registration> users = new LinkedHashSet<>();

        FlowUsers(Flow flow) {
            this.flow = flow;
        }
    }

    /** A client of a stack that is started. */
    public RegistrationClient(SipStack stack) {
        this.stack = stack;
        loops = new Loop[stack.loopCount()];
        for (int i = 0; i < loops.length; i++) {
            loops[i] = new Loop();
        }
        stack.onFlowClosed(flowListener);
    }

    /** Registers a user, from now on until it is removed. */
    public Registration register(RegistrationAccount account, RegistrationEvents events) {
        int loop = Math.floorMod(next.getAndIncrement(), loops.length);
        Registration registration = new Registration(this, loop, account, events);
        registrations.add(registration);
        stack.execute(loop, registration::start);
        return registration;
    }

    /** The registrations that are not removed. */
    public int size() {
        return registrations.size();
    }

    SipStack stack() {
        return stack;
    }

    Loop loop(int index) {
        return loops[index];
    }

    void removed(Registration registration) {
        registrations.remove(registration);
    }

    // ---------------------------------------------------------------------------------------------------------- flows

    /** A registration stands by a flow. On the loop. */
    void bind(Registration registration, Flow flow, long keepAliveSeconds) {
        Loop loop = loops[registration.loop()];
        FlowUsers known = loop.flows.get(flow.id());
        if (known == null) {
            known = new FlowUsers(flow);
            loop.flows.put(flow.id(), known);
            if (needsKeepAlive(registration, flow)) {
                keepAliveLater(registration.loop(), known, keepAliveSeconds);
            }
        }
        known.users.add(registration);
    }

    /** A registration does no longer stand by a flow. On the loop. */
    void unbind(Registration registration, Flow flow) {
        Map<Long, FlowUsers> flows = loops[registration.loop()].flows;
        FlowUsers known = flows.get(flow.id());
        if (known != null && known.users.remove(registration) && known.users.isEmpty()) {
            flows.remove(flow.id());
        }
    }

    private static boolean needsKeepAlive(Registration registration, Flow flow) {
        return switch (registration.account().keepAlive()) {
            case NONE -> false;
            case CRLF -> flow.transport().isReliable();
            case OPTIONS -> true;
        };
    }

    /** RFC 5626 §4.4: "a random number between 80% and 100% of the upper bound", so that clients do not fall into step. */
    private void keepAliveLater(int index, FlowUsers by, long seconds) {
        long millis = seconds * 800 + loops[index].random.nextLong(seconds * 200 + 1);
        stack.schedule(index, () -> keepAlive(index, by, seconds), millis);
    }

    private void keepAlive(int index, FlowUsers by, long seconds) {
        if (by.users.isEmpty() || !by.flow.isOpen()) {
            return;
        }
        Registration one = by.users.iterator().next();
        if (one.account().keepAlive() == RegistrationAccount.KeepAlive.OPTIONS) {
            one.sendOptions(by.flow, () -> lost(by));
        } else {
            by.flow.keepAlive();
        }
        keepAliveLater(index, by, seconds);
    }

    private void onFlowClosed(Flow flow) {
        FlowUsers by = loops[flow.loopIndex()].flows.get(flow.id());
        if (by != null) {
            lost(by);
        }
    }

    private static void lost(FlowUsers by) {
        List.copyOf(by.users).forEach(Registration::flowLost);
    }

    // ---------------------------------------------------------------------------------------------------------- close

    /** Takes all users out of their registrars, and waits two seconds for it at most. Not on a loop. */
    @Override
    public void close() {
        close(DEFAULT_CLOSE_MILLIS);
    }

    /** Takes all users out of their registrars, and waits so long for it at most. Not on a loop. */
    public void close(long waitMillis) {
        List<Registration> all = List.copyOf(registrations);
        CountDownLatch gone = new CountDownLatch(all.size());
        all.forEach(registration -> registration.remove(gone::countDown));
        try {
            gone.await(waitMillis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        stack.removeFlowListener(flowListener);
        all.forEach(Registration::stop);
    }
}

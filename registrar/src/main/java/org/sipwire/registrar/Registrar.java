/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipResponse;
import org.sipwire.codec.SipUri;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.AuthCounter;
import org.sipwire.registrar.auth.CredentialStore;
import org.sipwire.registrar.auth.DigestAuthenticator;
import org.sipwire.registrar.auth.Guard;
import org.sipwire.registrar.auth.NonceFactory;
import org.sipwire.registrar.location.Bindings;
import org.sipwire.registrar.location.LocationListener;
import org.sipwire.registrar.location.LocationResult;
import org.sipwire.registrar.location.LocationService;
import org.sipwire.transaction.ClientTransaction;
import org.sipwire.transaction.LoopHistogram;
import org.sipwire.transaction.RequestContext;
import org.sipwire.transaction.ServerTransaction;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SteadyClock;
import org.sipwire.transaction.TransactionUser;
import org.sipwire.transport.Flow;

/**
 * A registrar (RFC 3261 §10) with Digest, Path, outbound, GRUU and Service-Route (RFC 3327, 5626, 5627, 3608). Called by the stack on its
 * event loops; the counts may be read on any thread.
 *
 * <pre>{@code
 * Registrar registrar = Registrar.builder(RegistrarConfig.builder().build(), new InMemoryLocationService())
 *         .authentication(AuthConfig.builder("example.com").build(), users, new NonceFactory(..))
 *         .build();
 * stack.start(registrar);
 * }</pre>
 *
 * <p>REGISTER is handled by {@link RegisterHandler}; of other methods a registrar answers OPTIONS, hands MESSAGE and NOTIFY to a
 * {@link MessageHandler} if there is one, and refuses the rest.
 *
 * <p>Shared.
 */
public final class Registrar implements TransactionUser {
    private static final AddressOfRecord NOBODY = AddressOfRecord.of("");

    /** Entries a sweep looks at before it lets the loop go on: some tenths of a millisecond. */
    private static final int SWEEP_BUDGET = 2_000;

    private static final long SWEEP_MILLIS = 1_000;

    /** What the stack does for a registrar after {@code onRequest}. */
    interface Loops {
        void execute(int loop, Runnable task);

        ServerTransaction serverTransaction(long handle);
    }

    /** Written by whoever reconfigures, read by a loop when it is told to work by it. */
    private volatile RegistrarConfig config;

    private final LocationService locations;
    private final RegistrationListener listener;
    private final MessageHandler messages;
    private final TransactionUser others;
    private final AuthConfig authConfig;
    private final CredentialStore credentials;
    private final NonceFactory nonces;
    private final Guard guard;
    private final String allow;
    private final LongSupplier clockMillis;
    private final long[] gruuKeys;
    private RegistrarLoop[] perLoop = {};
    private Loops loops;
    private SipStack stack;
    private FlowRequests flowRequests;

    private Registrar(Builder builder) {
        config = builder.config;
        locations = builder.locations;
        listener =
                builder.listeners.size() == 1 ? builder.listeners.get(0) : new RegistrationListeners(builder.listeners);
        messages = builder.messages;
        others = builder.others;
        authConfig = builder.authConfig;
        credentials = builder.credentials;
        nonces = builder.nonces;
        clockMillis = builder.clockMillis;
        gruuKeys = Gruu.keys(config.gruuKey());
        guard = authConfig == null ? null : new Guard(authConfig.guard());
        allow = messages == null ? "REGISTER, OPTIONS" : "REGISTER, OPTIONS, MESSAGE, NOTIFY";
        locations.listener(new Administrative());
    }

    /** A registrar over a location service. */
    public static Builder builder(RegistrarConfig config, LocationService locations) {
        return new Builder(config, locations);
    }

    @Override
    public void onStart(SipStack newStack) {
        stack = newStack;
        start(newStack.loopCount(), new Loops() {
            @Override
            public void execute(int loop, Runnable task) {
                newStack.execute(loop, task);
            }

            @Override
            public ServerTransaction serverTransaction(long handle) {
                return newStack.serverTransaction(handle);
            }
        });
        flowRequests = new FlowRequests(newStack, locations.mail());
        newStack.schedule(0, this::sweep, SWEEP_MILLIS);
        if (others != null) {
            others.onStart(newStack);
        }
    }

    @Override
    public void onStop() {
        if (others != null) {
            others.onStop();
        }
    }

    /** Makes what belongs to each loop. */
    void start(int count, Loops stackLoops) {
        loops = stackLoops;
        RegistrarLoop[] made = new RegistrarLoop[count];
        for (int i = 0; i < count; i++) {
            made[i] = new RegistrarLoop(
                    this,
                    i,
                    authConfig == null ? null : DigestAuthenticator.forLoop(authConfig, credentials, nonces, guard));
        }
        perLoop = made;
    }

    private void sweep() {
        if (locations.expire(nowMillis(), SWEEP_BUDGET) < SWEEP_BUDGET) {
            stack.schedule(0, this::sweep, SWEEP_MILLIS);
        } else {
            // More is due: what came meanwhile goes first.
            stack.execute(0, this::sweep);
        }
    }

    @Override
    public void onRequest(SipRequest request, RequestContext context) {
        RegistrarLoop loop = perLoop[context.loopIndex()];
        switch (request.method()) {
            case REGISTER -> loop.register().onRegister(request, context);
            case OPTIONS -> options(loop, request, context);
            case MESSAGE, NOTIFY -> message(loop, request, context);
            // RFC 3261 §17.1.1.3: an ACK is never answered.
            case ACK -> {
                if (others != null) {
                    others.onRequest(request, context);
                }
            }
            // RFC 3261 §9.2: a CANCEL that matches no transaction is answered 481; the layer has done so for all
            // others.
            case CANCEL -> refuse(loop, context, 481);
            // RFC 3261 §21.5.2: 501 when the method is not recognized, 405 when it is and is not allowed here.
            case UNKNOWN -> refuse(loop, context, 501);
            default -> {
                if (others == null) {
                    methodNotAllowed(loop, context);
                } else {
                    others.onRequest(request, context);
                }
            }
        }
    }

    private void options(RegistrarLoop loop, SipRequest request, RequestContext context) {
        if (!request.uri().isSip()) {
            // RFC 3261 §8.2.2.1.
            refuse(loop, context, 416);
            return;
        }
        OptionTags tags = new OptionTags();
        if (!tags.understandsAll(request)) {
            tags.writeUnsupported(request, context.response(420));
            context.respondStateless();
            loop.counters().increment(RegistrarCounter.BAD_EXTENSION);
            return;
        }
        // RFC 3261 §11.2: Allow, Accept, Accept-Encoding, Accept-Language and Supported SHOULD be present in a 200 to
        // OPTIONS. What tells least stands last, for a short request over UDP does not get them all.
        ResponseWriter writer = context.response(200).header(SipHeader.ALLOW, allow);
        writer.header(SipHeader.SUPPORTED, OptionTags.SUPPORTED);
        writer.header(SipHeader.ACCEPT, messages == null ? "" : "Application/MANSCDP+xml");
        writer.header(SipHeader.ACCEPT_ENCODING, "").header(SipHeader.ACCEPT_LANGUAGE, "en");
        context.respondStateless();
        loop.counters().increment(RegistrarCounter.OPTIONS);
    }

    private void message(RegistrarLoop loop, SipRequest request, RequestContext context) {
        if (messages == null || !messages.onMessage(request, context)) {
            methodNotAllowed(loop, context);
        } else {
            loop.counters().increment(RegistrarCounter.MESSAGES);
        }
    }

    private void methodNotAllowed(RegistrarLoop loop, RequestContext context) {
        // RFC 3261 §8.2.1: the UAS MUST add an Allow to a 405, listing the methods it supports.
        context.response(405).header(SipHeader.ALLOW, allow);
        context.respondStateless();
        loop.counters().increment(RegistrarCounter.NOT_SERVED);
    }

    private static void refuse(RegistrarLoop loop, RequestContext context, int status) {
        context.response(status);
        context.respondStateless();
        loop.counters().increment(RegistrarCounter.NOT_SERVED);
    }

    @Override
    public void onRefused(String reason, int status, Flow flow) {
        listener.refused(NOBODY, reason, status, flow);
        if (others != null) {
            others.onRefused(reason, status, flow);
        }
    }

    @Override
    public void onFlowClosed(Flow flow) {
        perLoop[flow.loopIndex()].onFlowClosed(flow);
        if (others != null) {
            others.onFlowClosed(flow);
        }
    }

    // Of client transactions those of FlowRequests are the registrar's; all others are the other user's.

    @Override
    public void onResponse(SipResponse response, ClientTransaction transaction) {
        if (transaction.attachment() instanceof FlowRequests.Exchange exchange) {
            exchange.onResponse(response);
        } else if (others != null) {
            others.onResponse(response, transaction);
        }
    }

    @Override
    public void onTimeout(ClientTransaction transaction) {
        if (transaction.attachment() instanceof FlowRequests.Exchange exchange) {
            exchange.onTimeout();
        } else if (others != null) {
            others.onTimeout(transaction);
        }
    }

    @Override
    public void onTransportError(ClientTransaction transaction) {
        if (transaction.attachment() instanceof FlowRequests.Exchange exchange) {
            exchange.onTransportError();
        } else if (others != null) {
            others.onTransportError(transaction);
        }
    }

    @Override
    public void onCancel(ServerTransaction invite) {
        if (others != null) {
            others.onCancel(invite);
        }
    }

    /** Sends requests to registered devices, at whichever node their connection ends. Once the registrar was started. */
    public FlowRequests requests() {
        return flowRequests;
    }

    /** The wall clock, for what comes without a request and its reading of the clock. */
    long nowMillis() {
        return clockMillis.getAsLong();
    }

    /** A flyweight of this registrar's GRUUs for one thread. */
    Gruu newGruu() {
        return new Gruu(gruuKeys);
    }

    /** Takes what {@link #resolve} found. */
    @FunctionalInterface
    public interface GruuListener {
        /**
         * Called once.
         *
         * @param status 200; or what to answer to a request for it: 404 for a GRUU that is none or is over, 480 for a public one whose
         *     instance is not registered, 503 when the store is away
         * @param bindings where to send a request: one, unless the instance has several flows (RFC 5626), to be tried one after the other
         */
        void resolved(int status, List<Binding> bindings);
    }

    /**
     * Finds the bindings that a GRUU of this registrar stands for (RFC 5627 §5.3): those of its instance, and of these the one made last
     * unless they are flows. May be called from any thread. Allocates.
     *
     * @param gruu a Request-URI; Borrowed
     * @param executor where to complete when the answer is not in memory
     */
    public void resolve(SipUri gruu, Executor executor, GruuListener to) {
        Gruu read = newGruu();
        int kind = read.read(gruu);
        if (kind == Gruu.NONE) {
            to.resolved(404, List.of());
            return;
        }
        AddressOfRecord aor = read.aor(new AddressOfRecord());
        locations.lookup(aor.array(), aor.offset(), aor.length(), new Bindings(), executor, (result, current) -> {
            if (result == LocationResult.UNAVAILABLE) {
                to.resolved(503, List.of());
                return;
            }
            List<Binding> found = namedBy(read, kind, current);
            to.resolved(!found.isEmpty() ? 200 : kind == Gruu.PUBLIC ? 480 : 404, found);
        });
    }

    private static List<Binding> namedBy(Gruu gruu, int kind, Bindings current) {
        List<Binding> flows = new ArrayList<>();
        Binding last = null;
        current.rewind();
        while (current.next()) {
            // Bindings lie in the order in which they were made. A temporary GRUU ends with the Call-ID it was made
            // under, also while
            // a contact of an earlier Call-ID still stands: only the last one counts.
            if (current.isOutbound()) {
                if (gruu.names(kind, current)) {
                    flows.add(Binding.of(current));
                }
            } else if (gruu.names(kind, current)) {
                last = Binding.of(current);
            } else if (last != null
                    && last.instance().equals(current.text(current.instanceOffset(), current.instanceLength()))) {
                last = null;
            }
        }
        return !flows.isEmpty() ? flows : last == null ? List.of() : List.of(last);
    }

    RegistrarConfig config() {
        return config;
    }

    /**
     * Works by another configuration from now on: each loop with its next request. What is registered stays as it was granted. On any
     * thread, once the registrar is started.
     */
    public void reconfigure(RegistrarConfig newConfig) {
        config = Objects.requireNonNull(newConfig, "newConfig");
        for (int i = 0; i < perLoop.length; i++) {
            loops.execute(i, perLoop[i]::configure);
        }
    }

    /** How long updates of the location service take, of those that were measured. On any thread. */
    public LoopHistogram.Snapshot storeLatency() {
        return LoopHistogram.sum(
                Arrays.stream(perLoop).map(RegistrarLoop::storing).toList());
    }

    /** How long it takes to judge credentials, of those that were measured. On any thread. */
    public LoopHistogram.Snapshot authLatency() {
        return LoopHistogram.sum(
                Arrays.stream(perLoop).map(RegistrarLoop::authenticating).toList());
    }

    /** Where bindings are kept. */
    public LocationService locations() {
        return locations;
    }

    RegistrationListener listener() {
        return listener;
    }

    Loops loops() {
        return loops;
    }

    boolean hasAuthenticationInfo() {
        return authConfig.authenticationInfo() != AuthConfig.AuthenticationInfo.OFF;
    }

    /** The sum of a count over all loops. */
    public long count(RegistrarCounter counter) {
        long sum = 0;
        for (RegistrarLoop loop : perLoop) {
            sum += loop.counters().get(counter);
        }
        return sum;
    }

    /** The sum of a count of authentication over all loops; 0 without authentication. */
    public long count(AuthCounter counter) {
        long sum = 0;
        for (RegistrarLoop loop : perLoop) {
            sum += loop.authenticator() == null ? 0 : loop.authenticator().count(counter);
        }
        return sum;
    }

    /** Passes on what the location service found by itself. */
    private final class Administrative implements LocationListener {
        @Override
        public void expired(Bindings lapsed, Bindings left) {
            listener.expired(new AddressOfRecord().wrap(lapsed.array(), lapsed.aorOffset(), lapsed.aorLength()), left);
        }

        @Override
        public void removed(Bindings removed) {
            listener.removed(
                    new AddressOfRecord().wrap(removed.array(), removed.aorOffset(), removed.aorLength()), null);
        }
    }

    /** Collects the parts of a registrar. Confined to one thread. */
    public static final class Builder {

        private final RegistrarConfig config;
        private final LocationService locations;
        private final List<RegistrationListener> listeners = new ArrayList<>();
        private MessageHandler messages;
        private TransactionUser others;
        private AuthConfig authConfig;
        private CredentialStore credentials;
        private NonceFactory nonces;
        private LongSupplier clockMillis = SteadyClock::millis;

        private Builder(RegistrarConfig config, LocationService locations) {
            this.config = Objects.requireNonNull(config, "config");
            this.locations = Objects.requireNonNull(locations, "locations");
        }

        /** Has requests authenticated; without it everyone may register. */
        public Builder authentication(AuthConfig how, CredentialStore store, NonceFactory factory) {
            authConfig = Objects.requireNonNull(how, "how");
            credentials = Objects.requireNonNull(store, "store");
            nonces = Objects.requireNonNull(factory, "factory");
            return this;
        }

        /** Names one who hears of registrations; may be called several times. */
        public Builder listener(RegistrationListener listener) {
            listeners.add(Objects.requireNonNull(listener, "listener"));
            return this;
        }

        /** Names who takes MESSAGE and NOTIFY. */
        public Builder messages(MessageHandler handler) {
            messages = handler;
            return this;
        }

        /**
         * Names the user of the same stack that takes all a registrar does not serve: other methods, responses to its own requests, lost
         * connections. It starts and stops with the registrar.
         */
        public Builder others(TransactionUser user) {
            others = user;
            return this;
        }

        /** The wall clock in milliseconds, for tests. */
        Builder clock(LongSupplier millis) {
            clockMillis = millis;
            return this;
        }

        /** The registrar; it makes itself known to the location service as its listener. */
        public Registrar build() {
            return new Registrar(this);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ThreadLocalRandom;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.Authorization;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipHash;
import org.sipwire.codec.SipRequest;
import org.sipwire.transaction.RequestContext;
import org.sipwire.transport.Flow;

/**
 * Authenticates requests by Digest (RFC 3261 §22, RFC 7616, RFC 8760; RFC 2617 and RFC 2069 for those who still speak them). One for each
 * event loop, confined to it; configuration, store, nonce factory and guard are shared.
 *
 * <p>The order of the checks, and why:
 *
 * <pre>
 *   1 credentials of the Digest scheme for this realm, in an offered algorithm    else NO_CREDENTIALS, DOWNGRADE
 *   2 their form                                                                  else MALFORMED (400), DOWNGRADE
 *   3 the guard: has this source failed too often?                                else THROTTLED (403, 503, silence)
 *   4 whose nonce is it?          remembered, not yet answered: stale may only be said to who knows the password
 *   5 HA1 from the store          unknown user: a dummy, so that the work is the same
 *   6 the answer                                                                  else WRONG, FOREIGN_NONCE
 *   7 the nonce's age and record                                                  else STALE, REPLAY
 * </pre>
 *
 * <p>Nothing is allocated, except for stores that answer later. Views and {@link #username()} are Borrowed: valid until the next request or
 * the callback's return. Owned by the loop.
 */
public final class DigestAuthenticator {

    // A result is the ordinal of its AuthCounter; three counters are behind THROTTLED. Literal, so that callers can
    // switch over them.

    /** Right and new: go on. */
    public static final int ACCEPTED = 0;
    /** Nothing to check: challenge. */
    public static final int NO_CREDENTIALS = 1;
    /** The password is right and the nonce too old or not of this process: challenge with {@code stale=true}. */
    public static final int STALE = 2;
    /** User or password is wrong: challenge again. */
    public static final int WRONG = 3;
    /** The nonce was not issued to this source, and the answer to it is wrong or was not looked at: challenge. */
    public static final int FOREIGN_NONCE = 4;
    /** The answer is right and was used before: challenge with {@code stale=true}, which an honest device can answer. */
    public static final int REPLAY = 5;
    /** Another algorithm or a weaker qop than offered: challenge. */
    public static final int DOWNGRADE = 6;
    /** A parameter is missing or improper: 400. */
    public static final int MALFORMED = 7;
    /** Too many failures: {@link #status} says what to answer, if anything. */
    public static final int THROTTLED = 8;
    /** The store cannot be asked: 503. */
    public static final int UNAVAILABLE = 11;
    /** The store answers later: call {@link #resume}. */
    public static final int PENDING = -1;

    /** Seconds after which a device may try again when the store cannot be asked. */
    private static final int STORE_RETRY_SECONDS = 10;

    /** Who writes: this loop. Who reads: whoever scrapes. What it publishes: one count, whole, at some time. */
    private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);

    private final AuthConfig config;
    private final CredentialStore store;
    private final NonceFactory factory;
    private final Guard guard;
    private final boolean bound;
    private final boolean once;

    private final DigestHasher hasher = new DigestHasher();
    private final DigestResponse response = new DigestResponse(hasher);
    private final DigestCredentials credentials;
    private final DigestChallenge challenge;
    private final CredentialQuery query;
    private final Nonce nonce;
    private final byte[] unknownUserHa1 = new byte[DigestResponse.MAX_HEX];
    private final byte[] address = new byte[Source.MAX_OCTETS];
    private final long[] counts = new long[AuthCounter.values().length];

    private SipRequest request;
    private Flow flow;
    private long nanoTime;
    private long source;
    private int nonceWorth;
    private int refusal;

    private DigestAuthenticator(AuthConfig config, CredentialStore store, NonceFactory factory, Guard guard) {
        this.config = config;
        this.store = store;
        this.factory = factory;
        this.guard = guard;
        bound = config.nonceBinding() == AuthConfig.NonceBinding.SOURCE;
        once = config.nonceReuse() == AuthConfig.NonceReuse.ONCE;
        credentials = new DigestCredentials(config);
        challenge = new DigestChallenge(config);
        query = new CredentialQuery(config.realmBytes(), hasher);
        nonce = factory.forLoop(config.realmBytes());
        for (int i = 0; i < unknownUserHa1.length; i++) {
            unknownUserHa1[i] =
                    (byte) "0123456789abcdef".charAt(ThreadLocalRandom.current().nextInt(16));
        }
    }

    /** The authenticator of one more loop, with a guard of its own: for a registrar of one loop, and for tests. */
    public static DigestAuthenticator forLoop(AuthConfig config, CredentialStore store, NonceFactory nonces) {
        return forLoop(config, store, nonces, new Guard(config.guard()));
    }

    /**
     * The authenticator of one more loop.
     *
     * @param nonces the one factory of all loops
     * @param guard the one guard of all loops
     */
    public static DigestAuthenticator forLoop(
            AuthConfig config, CredentialStore store, NonceFactory nonces, Guard guard) {
        if (config.userhash() && !store.findsHashedUsers()) {
            throw new IllegalArgumentException(
                    "userhash cannot be offered: " + store.getClass().getSimpleName() + " cannot find hashed users");
        }
        return new DigestAuthenticator(config, store, nonces, guard);
    }

    /** Judges the credentials of the request that a transaction user was given: see {@link #verify(SipRequest, Flow, long)}. */
    public int verify(SipRequest request, RequestContext context) {
        return verify(request, context.flow(), context.nanoTime());
    }

    /**
     * Judges the credentials of a request. Counts the outcome.
     *
     * @param nanoTime {@link System#nanoTime}, as read for this batch
     * @return one of the constants of this class; after {@link #PENDING} call {@link #resume} before the request is gone
     */
    public int verify(SipRequest request, Flow flow, long nanoTime) {
        this.request = request;
        this.flow = flow;
        this.nanoTime = nanoTime;
        refusal = Guard.HEARD;
        source = Source.hash(factory.key0(), factory.key1(), address, flow.writeRemoteIp(address, 0));
        int selected = credentials.select(request, flow);
        if (selected != DigestCredentials.USABLE) {
            return counted(
                    switch (selected) {
                        case DigestCredentials.MALFORMED -> MALFORMED;
                        case DigestCredentials.DOWNGRADE -> DOWNGRADE;
                        default -> NO_CREDENTIALS;
                    });
        }
        Authorization sent = credentials.parameters();
        // While nobody has failed lately, the guard costs one look at a clock.
        refusal = guard.isQuiet(nowSeconds()) ? Guard.HEARD : guard.admit(source, user(), nowSeconds());
        if (refusal != Guard.HEARD) {
            addTo(
                    switch (Guard.status(refusal)) {
                        case 403 -> AuthCounter.REFUSED_FORBIDDEN;
                        case 503 -> AuthCounter.REFUSED_BUSY;
                        default -> AuthCounter.REFUSED_SILENTLY;
                    });
            return THROTTLED;
        }
        nonceWorth = nonce.read(sent.nonce(), nanoTime, boundSource());
        if (nonceWorth == Nonce.FOREIGN && !guard.admitsForeign(source, nowSeconds())) {
            return counted(FOREIGN_NONCE);
        }
        response.begin(credentials.algorithm());
        if (credentials.isAuthInt()) {
            int bodyOffset = request.bodyOffset();
            response.computeHa2(request.methodName(), sent.uri(), request.array(), bodyOffset, request.bodyLength());
        } else {
            response.computeHa2(request.methodName(), sent.uri());
        }
        query.wrap(credentials.user(), credentials.isHashedUser(), credentials.algorithm());
        int found = store.ha1(query, response.ha1());
        return found == CredentialStore.PENDING ? PENDING : conclude(found);
    }

    /** The second half of {@link #verify}, from the moment the store has answered. */
    private int conclude(int found) {
        if (found == CredentialStore.UNAVAILABLE) {
            return counted(UNAVAILABLE);
        }
        boolean known = found == CredentialStore.FOUND;
        if (!known) {
            // The same answer in the same time as for a wrong password: what follows is one code for both.
            System.arraycopy(unknownUserHa1, 0, response.ha1(), 0, unknownUserHa1.length);
        }
        Authorization sent = credentials.parameters();
        response.session(sent.nonce(), sent.cnonce());
        response.compute(sent.nonce(), sent.nc(), sent.cnonce(), sent.qop());
        if (!(response.matches(sent.response()) & known)) {
            if (nonceWorth == Nonce.FOREIGN) {
                guard.foreignFailed(source, nowSeconds());
                return counted(FOREIGN_NONCE);
            }
            guard.failed(source, user(), nowSeconds());
            return counted(WRONG);
        }
        // RFC 7616 §3.3: stale=true says that the nonce was refused and the password was not; only who has shown it may
        // hear that.
        if (nonceWorth != Nonce.CURRENT) {
            return counted(STALE);
        }
        int claim = NonceCount.FRESH;
        if (credentials.hasQop()) {
            claim = nonce.claim(credentials.count());
        } else if (once) {
            claim = nonce.claimOnce();
        }
        return counted(
                switch (claim) {
                    case NonceCount.FRESH -> ACCEPTED;
                    case NonceCount.REPLAYED -> REPLAY;
                    default -> STALE;
                });
    }

    /**
     * After {@link #PENDING}: keeps what is needed of the request, asks the store, and concludes on the flow's loop. Accept the request into a
     * transaction first, else its retransmissions are judged again and found to be replays. Allocates.
     */
    public void resume(Completion completion) {
        Pending pending = new Pending(this, completion);
        store.load(query.copy(), pending);
    }

    /** Takes the outcome of a verification that had to wait. */
    @FunctionalInterface
    public interface Completion {
        /**
         * Called on the loop of the request's flow. {@link #username()}, {@link #writeChallenge} and the rest are about that request until this
         * returns.
         *
         * @param result one of the constants of {@link DigestAuthenticator}, never {@link #PENDING}
         */
        void verified(DigestAuthenticator authenticator, int result);
    }

    /** A verification that waits for the store. Made on the loop, answered on any thread, concluded on the loop. */
    private static final class Pending implements CredentialStore.Listener, Runnable {
        private final DigestAuthenticator authenticator;
        private final Completion completion;
        private final Flow flow;
        private final byte[] line;
        private final byte[] ha2;
        private final long nanoTime;
        private final long source;
        private int found;
        private byte[] ha1;

        Pending(DigestAuthenticator authenticator, Completion completion) {
            this.authenticator = authenticator;
            this.completion = completion;
            flow = authenticator.flow.toShared();
            line = authenticator.credentials.copyOf(authenticator.request);
            ha2 = authenticator.response.ha2().clone();
            nanoTime = authenticator.nanoTime;
            source = authenticator.source;
        }

        @Override
        public void loaded(int result, byte[] value) {
            found = result;
            ha1 = value;
            flow.execute(this);
        }

        @Override
        public void run() {
            authenticator.conclude(this);
        }
    }

    private void conclude(Pending pending) {
        request = null;
        flow = pending.flow;
        // The clock of the request: the store's slowness must not make its nonce old.
        nanoTime = pending.nanoTime;
        source = pending.source;
        refusal = Guard.HEARD;
        credentials.wrapCopy(pending.line);
        Authorization sent = credentials.parameters();
        nonceWorth = nonce.read(sent.nonce(), nanoTime, boundSource());
        response.begin(credentials.algorithm());
        System.arraycopy(pending.ha2, 0, response.ha2(), 0, pending.ha2.length);
        query.wrap(credentials.user(), credentials.isHashedUser(), credentials.algorithm());
        if (pending.found == CredentialStore.FOUND) {
            System.arraycopy(
                    pending.ha1, 0, response.ha1(), 0, credentials.algorithm().hexLength());
        }
        pending.completion.verified(this, conclude(pending.found));
    }

    /** Who was accepted: the user's name as sent, without quotes and with nothing unescaped; the plain one if it was hashed. */
    public AsciiView username() {
        return query.plainUsername();
    }

    /** Whether a challenge for this result says {@code stale=true}. */
    public static boolean isStale(int result) {
        return result == STALE || result == REPLAY;
    }

    /** The status for a result of the request judged last: 200 for accepted, 401, 400, 403 or 503; 0 for no answer at all. */
    public int status(int result) {
        if (result == ACCEPTED) {
            return 200;
        } else if (result == MALFORMED) {
            return 400;
        } else if (result == UNAVAILABLE) {
            return 503;
        }
        return result == THROTTLED ? Guard.status(refusal) : 401;
    }

    /** What Retry-After says beside a 503 for the request judged last. */
    public int retryAfterSeconds() {
        return refusal == Guard.HEARD ? STORE_RETRY_SECONDS : Guard.retryAfterSeconds(refusal);
    }

    /** Writes a WWW-Authenticate with a fresh nonce for each algorithm, for the source of the request judged last. */
    public void writeChallenge(ResponseWriter writer, boolean stale) {
        challenge.write(writer, nonce, stale, nanoTime, boundSource());
    }

    /** Writes Authentication-Info for the request accepted last, when the configuration asks for it. */
    public void writeAuthenticationInfo(ResponseWriter writer) {
        AuthConfig.AuthenticationInfo wanted = config.authenticationInfo();
        boolean next = wanted == AuthConfig.AuthenticationInfo.NEXTNONCE;
        if (wanted == AuthConfig.AuthenticationInfo.OFF || !next && !credentials.hasQop()) {
            return;
        }
        if (credentials.hasQop()) {
            Authorization sent = credentials.parameters();
            response.computeAnswerHa2(sent.uri(), credentials.isAuthInt());
            response.compute(sent.nonce(), sent.nc(), sent.cnonce(), sent.qop());
        }
        if (next) {
            challenge.issueNext(nonce, nanoTime, boundSource());
        }
        challenge.writeInfo(writer, credentials, response, next);
    }

    /** A count of this loop; may be called from any thread. */
    public long count(AuthCounter counter) {
        return (long) COUNT.getOpaque(counts, counter.ordinal());
    }

    /** The hashes computed on this loop so far: the work that must not tell users apart. */
    long digestPasses() {
        return hasher.passes();
    }

    private long user() {
        AsciiView name = credentials.user();
        return SipHash.hash(factory.key1(), factory.key0(), name.array(), name.offset(), name.length());
    }

    private long boundSource() {
        return bound ? source : 0;
    }

    private long nowSeconds() {
        return factory.millis(nanoTime) / 1000;
    }

    private int counted(int result) {
        COUNT.setOpaque(counts, result, counts[result] + 1);
        return result;
    }

    private void addTo(AuthCounter counter) {
        counted(counter.ordinal());
    }
}

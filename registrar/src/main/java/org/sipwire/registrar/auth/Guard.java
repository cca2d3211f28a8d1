/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

/**
 * Limits failed attempts to authenticate. May be called from any thread; keep one for all loops.
 *
 * <p>Three counts, each of which forgets with time:
 *
 * <ul>
 *   <li><b>A source for a user.</b> One device with a wrong password soon stops costing two hashes an attempt, and its neighbours behind the
 *       same NAT do not feel it.
 *   <li><b>A source for all users.</b> Whoever tries one password on many users reaches this one. It is much higher, for one address may be
 *       a site with hundreds of cameras.
 *   <li><b>A user from all sources.</b> It never refuses a source that has not failed for this user itself: nobody can lock a device out
 *       by failing in its name elsewhere. So each source has one guess at a user under attack.
 * </ul>
 *
 * <p>With limit N, the count of the first two decides: from N the answer is 403 (a source: 503), from 2 N it is 503 with Retry-After, from
 * 4 N there is none. Refused attempts count too, so those who hammer fall silent and those who retry once a minute do not. A right password
 * is not looked at while its source is refused, else refusal would tell right from wrong.
 *
 * <p>A failure is held against a source only when the nonce proves that the source receives what is sent to it (see
 * {@link AuthConfig.NonceBinding#SOURCE}): with UDP anybody can write any source address. Answers to nonces that were never issued are
 * counted apart; from too many of them on, such answers of that source are not looked at, and nothing else changes.
 *
 * <p>Requests without credentials are never counted, nor right answers to old nonces. Shared between the loops; bounded: see
 * {@link GuardLimits#slots}.
 */
public final class Guard {

    /** {@link #admit}: the attempt is to be looked at. */
    static final int HEARD = 0;
    /** {@link #status} for no answer at all. */
    static final int SILENT = 0;

    private static final int SILENCE_CODE = 1;

    private final boolean on;
    private final GuardLimits limits;
    private final LeakyBuckets pairs;
    private final LeakyBuckets sources;
    private final LeakyBuckets users;
    private final LeakyBuckets foreign;
    private final int memorySeconds;

    /** From when on every count is zero. Written by a loop that saw a failure, read by all; a late reader hears one attempt too many. */
    private volatile long quietFromSeconds = Long.MIN_VALUE;

    /** A guard with these limits. */
    public Guard(GuardLimits limits) {
        this.limits = limits;
        on = limits.pairFailures() > 0;
        pairs = new LeakyBuckets(limits.slots(), limits.pairLeakSeconds(), 5 * limits.pairFailures());
        sources = new LeakyBuckets(limits.slots(), limits.sourceLeakSeconds(), 5 * limits.sourceFailures());
        users = new LeakyBuckets(limits.slots(), limits.userLeakSeconds(), 2 * limits.userFailures());
        foreign = new LeakyBuckets(limits.slots(), limits.sourceLeakSeconds(), 2 * limits.sourceFailures());
        memorySeconds = Math.max(
                Math.max(
                        5 * limits.pairFailures() * limits.pairLeakSeconds(),
                        5 * limits.sourceFailures() * limits.sourceLeakSeconds()),
                2 * limits.userFailures() * limits.userLeakSeconds());
    }

    /** True when no failure is remembered: every attempt is to be looked at. */
    boolean isQuiet(long nowSeconds) {
        return nowSeconds >= quietFromSeconds;
    }

    /**
     * Whether an attempt is to be looked at. A refused one is counted.
     *
     * @param source keyed hash of the source's address
     * @param user keyed hash of the user's name
     * @return {@link #HEARD}, or what {@link #status} and {@link #retryAfterSeconds} read
     */
    int admit(long source, long user, long nowSeconds) {
        if (!on) {
            return HEARD;
        }
        long pair = pair(source, user);
        int ofPair = pairs.level(pair, nowSeconds);
        int limit = limits.pairFailures();
        if (ofPair >= limit) {
            quietFromSeconds = nowSeconds + memorySeconds;
            pairs.add(pair, nowSeconds);
            return refusal(ofPair, limit, limits.pairLeakSeconds(), 403);
        }
        int ofSource = sources.level(source, nowSeconds);
        limit = limits.sourceFailures();
        if (ofSource >= limit) {
            quietFromSeconds = nowSeconds + memorySeconds;
            sources.add(source, nowSeconds);
            return refusal(ofSource, limit, limits.sourceLeakSeconds(), 503);
        }
        if (ofPair > 0) {
            int ofUser = users.level(user, nowSeconds);
            if (ofUser >= limits.userFailures()) {
                return refusal(ofUser, limits.userFailures(), limits.userLeakSeconds(), 503);
            }
        }
        return HEARD;
    }

    private static int refusal(int level, int limit, int leakSeconds, int first) {
        if (level >= 4 * limit) {
            return SILENCE_CODE;
        }
        return (level - limit + 1) * leakSeconds << 10 | (level >= 2 * limit ? 503 : first);
    }

    /** The status to refuse with: 403, 503, or {@link #SILENT}. */
    static int status(int refusal) {
        return refusal == SILENCE_CODE ? SILENT : refusal & 0x3FF;
    }

    /** After how many seconds the source will be heard again if it is quiet until then. */
    static int retryAfterSeconds(int refusal) {
        return refusal >>> 10;
    }

    /** A wrong answer to a nonce that its source received. */
    void failed(long source, long user, long nowSeconds) {
        if (on) {
            quietFromSeconds = nowSeconds + memorySeconds;
            pairs.add(pair(source, user), nowSeconds);
            sources.add(source, nowSeconds);
            users.add(user, nowSeconds);
        }
    }

    /** Whether an answer to a nonce that was not issued to this source is worth computing. */
    boolean admitsForeign(long source, long nowSeconds) {
        return !on || foreign.level(source, nowSeconds) < limits.sourceFailures();
    }

    /** A wrong answer to a nonce that was not issued to this source. */
    void foreignFailed(long source, long nowSeconds) {
        if (on) {
            foreign.add(source, nowSeconds);
        }
    }

    /** Both are keyed hashes; the product keeps (a, b) from (b, a). */
    private static long pair(long source, long user) {
        long mixed = (source ^ Long.rotateLeft(user, 32)) * 0x9E3779B97F4A7C15L + user;
        return mixed ^ mixed >>> 29;
    }
}

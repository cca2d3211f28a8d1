/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.sipwire.codec.SipHash;

/**
 * What all loops of a registrar share to issue and judge nonces: the key, the time base, and the records of what was used. May be called
 * from any thread.
 *
 * <p>The key is random at start, unless {@link AuthConfig.Builder#nonceKey} gives one. With a given key a restarted registrar, and every
 * member of a fleet, tells nonces of its own from forged ones; what it does with those of another process is
 * {@link AuthConfig.FleetNonces}.
 *
 * <p>Time is the wall clock at start plus what has passed on the monotonic clock since. A step of the system's clock therefore neither ends
 * all nonces at once nor brings old ones back to life (Kamailio's issue 313).
 *
 * <p>Shared: keep one for all loops, else a nonce of one loop is forged to the others.
 */
public final class NonceFactory {

    /** Nonces whose use is remembered, a loop. */
    public static final int DEFAULT_SLOTS = 1 << 18;

    static final int MAX_LOOPS = 256;

    /** Loops read the clock once a batch, so one can be this much behind another. */
    private static final long LOOP_SKEW_MILLIS = 5_000;
    /** Clocks of a fleet's machines differ by less than this. */
    private static final long FLEET_SKEW_MILLIS = 60_000;
    /** 2020-01-01: forty bits of milliseconds from here reach into 2054. */
    private static final long EPOCH_MILLIS = 1_577_836_800_000L;

    private static final int FLEET_SLOTS = 1 << 16;

    /**
     * Who writes: a loop that got a right answer to another process's nonce. Who reads: the same. What it publishes: nothing but itself;
     * of two concurrent claims the compare-and-set lets one through.
     */
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

    private final long key0;
    private final long key1;
    private final int instance;
    private final long startMillis;
    private final long startNanos;
    private final long lifetimeMillis;
    private final int slots;
    private final boolean acceptsFleet;
    private final long[] fleet;
    private final AtomicInteger loops = new AtomicInteger();
    private final AtomicReferenceArray<NonceCount> counts = new AtomicReferenceArray<>(MAX_LOOPS);

    /** A factory for all loops of a registrar with this configuration. */
    public NonceFactory(AuthConfig config) {
        this(config, System.currentTimeMillis(), System.nanoTime());
    }

    NonceFactory(AuthConfig config, long wallMillis, long nanoTime) {
        SecureRandom random = new SecureRandom();
        byte[] key = config.nonceKey();
        if (key == null) {
            key0 = random.nextLong();
            key1 = random.nextLong();
        } else {
            // The configured octets are a passphrase at best; two hashes of them under constants make the words.
            key0 = SipHash.hash(0x6E6F6E6365L, 0, key, 0, key.length);
            key1 = SipHash.hash(0x6E6F6E6365L, 1, key, 0, key.length);
        }
        instance = random.nextInt(1 << 16);
        startMillis = wallMillis - EPOCH_MILLIS;
        startNanos = nanoTime;
        lifetimeMillis = config.nonceLifetimeSeconds() * 1000L;
        slots = config.nonceSlots();
        acceptsFleet = config.fleetNonces() == AuthConfig.FleetNonces.ACCEPT;
        fleet = new long[acceptsFleet ? FLEET_SLOTS : 0];
    }

    /** A flyweight for one more loop, with its own numbers and its own record. */
    Nonce forLoop(byte[] realm) {
        int loop = loops.getAndIncrement();
        if (loop >= MAX_LOOPS) {
            throw new IllegalStateException("At most " + MAX_LOOPS + " loops can issue nonces");
        }
        counts.set(loop, new NonceCount(slots));
        return new Nonce(this, loop, SipHash.hash(key1, key0, realm, 0, realm.length));
    }

    long key0() {
        return key0;
    }

    long key1() {
        return key1;
    }

    int instance() {
        return instance;
    }

    /** The factory's time, in milliseconds; a loop may have read its clock before the factory was made. */
    long millis(long nanoTime) {
        return startMillis + Math.floorDiv(nanoTime - startNanos, 1_000_000L);
    }

    boolean isCurrent(long madeAtMillis, int madeBy, long nanoTime) {
        long age = millis(nanoTime) - madeAtMillis;
        if (madeBy == instance) {
            return age < lifetimeMillis && age >= -LOOP_SKEW_MILLIS;
        }
        return acceptsFleet && age < lifetimeMillis && age >= -FLEET_SKEW_MILLIS;
    }

    int claim(Nonce nonce, long nc) {
        NonceCount count = countOf(nonce);
        return count == null ? claimFleet(nonce) : count.claim(nonce.number(), nc);
    }

    int claimOnce(Nonce nonce) {
        NonceCount count = countOf(nonce);
        return count == null ? claimFleet(nonce) : count.claimOnce(nonce.number());
    }

    private NonceCount countOf(Nonce nonce) {
        return nonce.instance() == instance ? counts.get(nonce.loop()) : null;
    }

    /**
     * A nonce of another process is good here for one use, whatever its {@code nc}. A slot holds the newest nonce used of those that fall
     * into it: an older one cannot be told from a used one any more, and its device is asked again with a nonce of this process.
     */
    private int claimFleet(Nonce nonce) {
        if (!acceptsFleet) {
            return NonceCount.FORGOTTEN;
        }
        long mine = nonce.madeAtMillis() << 24 | nonce.tag() >>> 40;
        int index = (int) nonce.tag() & FLEET_SLOTS - 1;
        for (; ; ) {
            long slot = (long) SLOT.getOpaque(fleet, index);
            if (slot == mine) {
                return NonceCount.REPLAYED;
            }
            if (slot >>> 24 >= nonce.madeAtMillis()) {
                return NonceCount.FORGOTTEN;
            }
            if (SLOT.compareAndSet(fleet, index, slot, mine)) {
                return NonceCount.FRESH;
            }
        }
    }
}

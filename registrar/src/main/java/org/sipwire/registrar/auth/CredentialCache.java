/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.SipHash;

/**
 * What a remote store said lately, in an array that never grows. May be called from any thread.
 *
 * <p>A user has one place, picked by a keyed hash; who comes later takes it. Users that do not exist are remembered too, so that a flood of
 * invented names asks the store once each at most, and costs a known user no more than a question. Entries end after a life time: a changed
 * password is seen within it. Shared.
 */
final class CredentialCache {

    private final AtomicReferenceArray<Entry> entries;
    private final long lifetimeNanos;
    private final long k0;
    private final long k1;

    /** An answer of the store; {@code ha1} is null for nobody. Shared: immutable. */
    private record Entry(byte[] name, DigestAlgorithm algorithm, byte[] ha1, long untilNanos) {}

    /**
     * An empty cache.
     *
     * @param slots a power of two
     */
    CredentialCache(int slots, int lifetimeSeconds) {
        entries = new AtomicReferenceArray<>(slots);
        lifetimeNanos = lifetimeSeconds * 1_000_000_000L;
        SecureRandom random = new SecureRandom();
        k0 = random.nextLong();
        k1 = random.nextLong();
    }

    /** {@link CredentialStore#FOUND} with HA1 written, {@link CredentialStore#UNKNOWN}, or {@link CredentialStore#PENDING} to say "ask". */
    int get(CredentialQuery query, byte[] ha1, long nanoTime) {
        AsciiView name = query.username();
        Entry entry = entries.get(index(name.array(), name.offset(), name.length(), query.algorithm()));
        if (entry == null
                || entry.untilNanos - nanoTime <= 0
                || entry.algorithm != query.algorithm()
                || !name.contentEquals(entry.name)) {
            return CredentialStore.PENDING;
        }
        if (entry.ha1 == null) {
            return CredentialStore.UNKNOWN;
        }
        System.arraycopy(entry.ha1, 0, ha1, 0, entry.ha1.length);
        return CredentialStore.FOUND;
    }

    /** Keeps an answer; {@code ha1} is null for nobody. */
    void put(CredentialQuery query, byte[] ha1, long nanoTime) {
        byte[] name = query.username().toBytes();
        int index = index(name, 0, name.length, query.algorithm());
        entries.set(index, new Entry(name, query.algorithm(), ha1, nanoTime + lifetimeNanos));
    }

    private int index(byte[] a, int off, int len, DigestAlgorithm algorithm) {
        return (int) SipHash.hash(k0 + algorithm.ordinal(), k1, a, off, len) & entries.length() - 1;
    }

    /** HA1 as a store holds it, made lower case, or null if it is none of this algorithm. */
    static byte[] ha1Of(String stored, DigestAlgorithm algorithm) {
        if (stored == null) {
            return null;
        }
        byte[] ha1 = AuthText.ascii(stored.strip().toLowerCase(java.util.Locale.ROOT));
        return ha1.length == algorithm.hexLength() && AuthText.isLowerCaseHex(ha1, 0, ha1.length)
                ? Arrays.copyOf(ha1, ha1.length)
                : null;
    }
}

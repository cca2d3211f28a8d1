/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

/**
 * Where HA1 values come from: H(username ":" realm ":" password), never the password. One store serves all loops; its methods may be called
 * from several of them at once.
 *
 * <p>A store in memory answers {@link #ha1} at once and is done. A store that has to ask somebody answers {@link #PENDING} there, and is
 * then given an owned copy of the query by {@link #load}; it must never block an event loop.
 *
 * <p>The caller makes an unknown user cost as much as a known one; a store should take care that its own look-up does so too. Shared.
 */
public interface CredentialStore extends AutoCloseable {

    /** The user is known and HA1 is written. */
    int FOUND = 1;
    /** There is no such user, or no HA1 of this algorithm for the user. */
    int UNKNOWN = 0;
    /** It has to be asked for: {@link #load} follows. */
    int PENDING = -1;
    /** The store cannot be asked now: the request is answered 503. */
    int UNAVAILABLE = -2;

    /**
     * Looks a user up. Called on an event loop; must neither block nor allocate.
     *
     * @param query who is asked for; Borrowed
     * @param ha1 takes the lower-case hexadecimal HA1 of {@code query.algorithm()}, from 0
     * @return {@link #FOUND}, {@link #UNKNOWN}, {@link #PENDING} or {@link #UNAVAILABLE}
     */
    int ha1(CredentialQuery query, byte[] ha1);

    /**
     * Asks for a user after {@link #PENDING}. Called on an event loop; must not block. The listener is called exactly once, on any thread,
     * also when the store is closed meanwhile.
     *
     * @param query who is asked for; Owned by the store from here on
     */
    default void load(CredentialQuery query, Listener listener) {
        listener.loaded(UNAVAILABLE, null);
    }

    /** True when the store can find a user by the hash of RFC 7616 §3.4.4; else {@code userhash} must not be offered. */
    default boolean findsHashedUsers() {
        return false;
    }

    /** Gives back what the store holds. */
    @Override
    default void close() {}

    /** Takes what {@link #load} found. */
    @FunctionalInterface
    interface Listener {
        /**
         * The answer of the store.
         *
         * @param result {@link #FOUND}, {@link #UNKNOWN} or {@link #UNAVAILABLE}
         * @param ha1 lower-case hexadecimal text when found, else null; not changed afterwards
         */
        void loaded(int result, byte[] ha1);
    }
}

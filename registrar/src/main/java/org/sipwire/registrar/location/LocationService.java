/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.util.concurrent.Executor;

/**
 * Where addresses-of-record are reached (the location service of RFC 3261 §10). Every method may be called from any thread.
 *
 * <p>Nothing blocks. A result is delivered to a callback: at once and on the calling thread when the answer is in memory, else later
 * on the executor the caller named, which is the event loop it came from. A caller must cope with both.
 *
 * <p>Addresses-of-record are octets that {@link org.sipwire.registrar.AddressOfRecord} made canonical: equal octets, same user.
 *
 * <p>Shared.
 */
public interface LocationService extends AutoCloseable {

    /**
     * Adds, refreshes and removes bindings of one address-of-record, all or nothing (RFC 3261 §10.3 step 7).
     *
     * @param update Borrowed: read before this returns
     * @param completion gets the bindings after the update, or those that stand when it was refused
     */
    void update(BindingUpdate update, Completion completion);

    /**
     * Finds the bindings of an address-of-record.
     *
     * @param cursor the caller's, to be filled: it holds what the completion gets
     * @param loop where to complete when the answer is not in memory
     */
    void lookup(byte[] aor, int offset, int length, Bindings cursor, Executor loop, Completion completion);

    /**
     * Removes every binding of an address-of-record, on an operator's word: no order of requests is looked at.
     *
     * @param completion gets the bindings that were removed
     */
    void remove(byte[] aor, int offset, int length, Bindings cursor, Executor loop, Completion completion);

    /**
     * Lists addresses-of-record with their bindings, in an order that is this service's own and stays the same while it runs. What is
     * registered throughout is listed exactly once over all pages.
     *
     * @param after the last address-of-record of the page before, or an empty range to begin
     */
    void page(byte[] after, int offset, int length, PageRequest request);

    /**
     * Drops bindings whose time is over and tells the listener. Called about once a second by one thread at a time. Bindings out of
     * time are never shown by the other methods, dropped or not.
     *
     * @param nowMillis the wall clock
     * @param budget how many due entries to look at before returning, so that an event loop is not held up
     * @return how many were looked at; when it is {@code budget}, more may be due
     */
    int expire(long nowMillis, int budget);

    /** How many bindings there are; an estimate where bindings of other nodes count too. */
    long bindingCount();

    /** How many addresses-of-record have bindings; an estimate where those of other nodes count too. */
    long addressCount();

    /** Calls that wait for a store outside of memory. */
    default int pendingCalls() {
        return 0;
    }

    /** Calls that a store outside of memory did not do: it was away, full or too slow. */
    default long failedCalls() {
        return 0;
    }

    /** False while updates are refused since the store is away or full. */
    default boolean isAvailable() {
        return true;
    }

    /** The way to the other registrars that share the bindings; null when there are none. */
    default FleetMail mail() {
        return null;
    }

    /** Names who hears of bindings that go without a REGISTER. Called once, before the service is used. */
    void listener(LocationListener listener);

    @Override
    void close();

    /** Gets the outcome of a call. */
    @FunctionalInterface
    interface Completion {
        /**
         * @param current the bindings that stand now; none when the result is {@link LocationResult#UNAVAILABLE}; Borrowed
         */
        void completed(LocationResult result, Bindings current);
    }

    /** What a page holds and who gets it. */
    interface PageRequest {
        /** The most addresses-of-record wanted. */
        int limit();

        /** Where to deliver when the answer is not in memory. */
        Executor loop();

        /** One address-of-record of the page. {@code bindings} is Borrowed. */
        void entry(Bindings bindings);

        /** The page is complete; {@code more} tells whether another may follow. */
        void end(LocationResult result, boolean more);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.util.Arrays;

/**
 * Applies an update to a copy of a record (RFC 3261 §10.3 steps 6 and 7). Confined to one thread; writes to no record.
 *
 * <p>First {@link #plan} decides what becomes of every binding and contact, then {@link #build} makes the new record. What is planned
 * holds for the record as it was read: see {@link InMemoryLocationService} for how the two are made one.
 */
final class BindingMerge {

    private static final byte KEEP = 0;
    private static final byte DROP = 1;

    private static final byte ADD = 0;
    private static final byte SKIP = 1;

    private final BindingUpdate update;
    private final Bindings old = new Bindings();
    private byte[] fates = new byte[16];
    private byte[] orders = new byte[16];

    /** The bindings' stamps as the plan saw them. */
    private long[] stamps = new long[16];

    private int live;
    private int lapsed;
    private int kept;
    private int added;
    private boolean changed;

    BindingMerge(BindingUpdate update) {
        this.update = update;
    }

    /**
     * Decides.
     *
     * @param record the record as it stands, or null
     * @return what the update comes to; after a success other than UNCHANGED a record is to be built
     */
    LocationResult plan(long[] record) {
        // Bindings are numbered as they lie in the record, those out of time too: they are dropped on the way.
        old.wrap(record, 0, Long.MAX_VALUE);
        int all = old.count();
        fates = fit(fates, all);
        if (stamps.length < all) {
            stamps = new long[fates.length];
        }
        live = 0;
        lapsed = 0;
        changed = false;
        for (int i = 0; old.next(); i++) {
            boolean over = old.expiresAtSeconds() <= update.nowSeconds();
            fates[i] = over ? DROP : KEEP;
            stamps[i] = old.stamp();
            if (over) {
                lapsed++;
            } else {
                live++;
            }
        }
        kept = live;
        added = 0;
        LocationResult refusal =
                update.isRemoveAll() ? planRemoveAll() : update.isRemoveFlow() ? planRemoveFlow() : planContacts();
        if (refusal != null) {
            return refusal;
        }
        if (!changed) {
            return LocationResult.UNCHANGED;
        }
        if (kept + added == 0) {
            return LocationResult.REMOVED;
        }
        return live == 0 ? LocationResult.REGISTERED : LocationResult.REFRESHED;
    }

    /**
     * Freezes the record that was planned for: from here on no refresh is written to it.
     *
     * @return whether the plan holds; else a refresh came between, and what is now seen is to be planned for
     */
    boolean freeze() {
        long[] record = old.record();
        PackedRecord.freezeDue(record);
        boolean holds = true;
        int binding = PackedRecord.firstBinding(record);
        for (int i = 0, n = PackedRecord.count(record); i < n; i++) {
            holds &= PackedRecord.freezeStamp(record, binding) == (stamps[i] & ~PackedRecord.FROZEN_STAMP);
            binding += PackedRecord.bindingWords(record, binding);
        }
        return holds;
    }

    private LocationResult planRemoveAll() {
        old.rewind();
        for (int i = 0; old.next(); i++) {
            if (fates[i] == KEEP) {
                // RFC 3261 §10.3 step 6: the registrar checks whether the Call-ID agrees with the value stored for each
                // binding. If
                // it does agree, it MUST remove the binding only if the CSeq in the request is higher than the value
                // stored for that
                // binding. Otherwise, the update MUST be aborted and the request fails.
                if (update.sameCallId(old) && update.cseq() <= old.cseq()) {
                    return LocationResult.OUT_OF_ORDER;
                }
                drop(i);
            }
        }
        return null;
    }

    private LocationResult planRemoveFlow() {
        old.rewind();
        for (int i = 0; old.next(); i++) {
            if (fates[i] == KEEP && update.sameFlow(old) && (old.isOutbound() || !update.isRemoveOnlyOutbound())) {
                drop(i);
            }
        }
        return null;
    }

    private LocationResult planContacts() {
        int contacts = update.contactCount();
        orders = fit(orders, contacts);
        for (int c = 0; c < contacts; c++) {
            orders[c] = update.expires(c) == 0 ? SKIP : ADD;
            overrideEarlier(c);
            old.rewind();
            for (int i = 0; old.next(); i++) {
                if (fates[i] != KEEP || !matches(c)) {
                    continue;
                }
                // RFC 3261 §10.3 step 7: if the Call-ID value ... is the same, it compares the CSeq value. If the value
                // is higher than
                // that of the existing binding, it MUST update or remove the binding as above. If not, the update MUST
                // be aborted
                // and the request fails.
                if (update.sameCallId(old) && update.cseq() <= old.cseq()) {
                    // The same request once more, whose transaction was lost (a restart, another node): it gets the
                    // same answer.
                    boolean repeated =
                            update.cseq() == old.cseq() && update.sameFlow(old) && update.expires(c) != 0 && sameUri(c);
                    if (!repeated) {
                        return LocationResult.OUT_OF_ORDER;
                    }
                    orders[c] = SKIP;
                    continue;
                }
                drop(i);
            }
            if (orders[c] == ADD) {
                added++;
            }
        }
        // Only now: a contact added may have been taken back by a later one of the same URI.
        changed |= added > 0;
        return fitsBound() ? null : LocationResult.TOO_MANY_CONTACTS;
    }

    /** A contact named twice in one request: the later value holds. */
    private void overrideEarlier(int contact) {
        byte[] a = update.image();
        int from = update.contactAt(contact) + (PackedRecord.TEXT << 3);
        for (int c = 0; c < contact; c++) {
            if (orders[c] == ADD
                    && update.match.same(
                            a,
                            from,
                            update.contactUriLength(contact),
                            a,
                            update.contactAt(c) + (PackedRecord.TEXT << 3),
                            update.contactUriLength(c))) {
                orders[c] = SKIP;
                added--;
            }
        }
    }

    private boolean fitsBound() {
        // Fewer bindings than before are always welcome, even when the bound was lowered meanwhile.
        if (kept + added <= update.maxContacts() || added == 0) {
            return true;
        }
        if (!update.isReplaceOldest() || added > update.maxContacts()) {
            return kept + added <= live;
        }
        while (kept + added > update.maxContacts()) {
            drop(oldest());
        }
        return true;
    }

    /** The kept binding that ends first: with equal expiries it is the one that was refreshed longest ago. */
    private int oldest() {
        int oldest = -1;
        long earliest = Long.MAX_VALUE;
        old.rewind();
        for (int i = 0; old.next(); i++) {
            if (fates[i] == KEEP && old.expiresAtSeconds() < earliest) {
                earliest = old.expiresAtSeconds();
                oldest = i;
            }
        }
        return oldest;
    }

    private void drop(int i) {
        fates[i] = DROP;
        kept--;
        changed = true;
    }

    private boolean matches(int contact) {
        // RFC 5626 §6: a binding with an instance-id and a reg-id is identified by these and the address-of-record; the
        // URI of the
        // contact does not count.
        if (update.contactIsOutbound(contact) && old.isOutbound()) {
            return update.contactRegId(contact) == old.regId()
                    && old.hasText(
                            old.instanceOffset(),
                            old.instanceLength(),
                            update.image(),
                            update.contactAt(contact) + (PackedRecord.TEXT << 3) + update.contactUriLength(contact),
                            update.contactInstanceLength(contact));
        }
        return sameUri(contact);
    }

    private boolean sameUri(int contact) {
        return update.match.same(
                old.array(),
                old.contactOffset(),
                old.contactLength(),
                update.image(),
                update.contactAt(contact) + (PackedRecord.TEXT << 3),
                update.contactUriLength(contact));
    }

    /** How many bindings out of time the plan drops. */
    int lapsed() {
        return lapsed;
    }

    /**
     * The new record; one without bindings when none is left.
     *
     * @param rim the latest second the record may be due at
     * @param pool where to take the record from; null for a new one
     */
    long[] build(long hash, long rim, RecordPool pool) {
        long[] from = old.record();
        int words = 0;
        int binding = PackedRecord.firstBinding(from);
        for (int i = 0, n = PackedRecord.count(from); i < n; i++) {
            words += fates[i] == KEEP ? PackedRecord.bindingWords(from, binding) : 0;
            binding += PackedRecord.bindingWords(from, binding);
        }
        int contacts = update.isRemoveAll() || update.isRemoveFlow() ? 0 : update.contactCount();
        for (int c = 0; c < contacts; c++) {
            words += orders[c] == ADD ? update.contactWords(c) : 0;
        }
        long[] record = PackedRecord.create(hash, update.key(), update.keyLength(), words, kept + added, pool);
        int at = PackedRecord.firstBinding(record);
        binding = PackedRecord.firstBinding(from);
        for (int i = 0, n = PackedRecord.count(from); i < n; i++) {
            int length = PackedRecord.bindingWords(from, binding);
            if (fates[i] == KEEP) {
                System.arraycopy(from, binding, record, at, length);
                record[at + PackedRecord.STAMP] = PackedRecord.wordOpaque(from, binding) & ~PackedRecord.FROZEN_STAMP;
                at += length;
            }
            binding += length;
        }
        for (int c = 0; c < contacts; c++) {
            if (orders[c] == ADD) {
                int length = update.contactWords(c);
                PackedRecord.copyIn(update.image(), update.contactAt(c), length << 3, record, at);
                record[at + PackedRecord.STAMP] = update.stamp(c);
                at += length;
            }
        }
        long due = from.length > PackedRecord.KEY
                ? PackedRecord.dueAt(PackedRecord.wordOpaque(from, PackedRecord.DUE))
                : 0;
        PackedRecord.setDue(record, due, rim);
        return record;
    }

    private static byte[] fit(byte[] array, int length) {
        return array.length >= length ? array : Arrays.copyOf(array, Math.max(length, array.length * 2));
    }
}

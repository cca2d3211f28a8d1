/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.sipwire.codec.SipHash;
import org.sipwire.transaction.SteadyClock;

/**
 * Bindings in memory, at most 300 B each with all that belongs to them. Every method may be called from any thread and completes at once.
 *
 * <p>A pure refresh - contact, parameters, Call-ID and flow as before - writes one word of the record and allocates nothing. Everything
 * else makes a changed copy of the record and publishes it by one compare-and-set, so an update is seen whole or not at all, and
 * updates of one address-of-record by many loops at once lose nothing: the one that comes second finds another record than it read and
 * begins anew.
 *
 * <p>A record that was replaced is written anew, so a registration with a new Call-ID allocates nothing either: {@link RecordReaders}.
 *
 * <p>What makes the ways safe beside each other is told in {@link BindingTable}; how bindings end in {@link ExpiryWheel}.
 *
 * <p>Shared.
 */
public final class InMemoryLocationService implements LocationService {

    /** Enough that the other loops' cells, each a miss of the cache, are read seldom; few enough to stay in it. */
    private static final int REUSE_BATCH = 32;

    private final RecordReaders readers;
    private final BindingTable table;
    private final LongAdder bindings = new LongAdder();
    private final LongSupplier clockMillis;
    private final ExpiryWheel wheel;
    private final ExpiryWheel.Visitor visitor = this::due;
    private final Bindings lapsedView = new Bindings();
    private final Bindings leftView = new Bindings();
    // Random, so that nobody can choose addresses-of-record that fall together.
    private final long k0;
    private final long k1;
    private LocationListener listener = LocationListener.NONE;
    private long sweepSeconds;

    /** A service on the system's clock. */
    public InMemoryLocationService() {
        this(SteadyClock::millis);
    }

    /** A service on a clock of the caller's: the wall clock in milliseconds. */
    public InMemoryLocationService(LongSupplier clockMillis) {
        this(clockMillis, REUSE_BATCH);
    }

    /** @param reuse how many replaced records to gather before they are written anew; 0 when none may be, as the caller keeps them */
    InMemoryLocationService(LongSupplier clockMillis, int reuse) {
        readers = new RecordReaders(reuse);
        table = new BindingTable(readers);
        SecureRandom random = new SecureRandom();
        this.clockMillis = clockMillis;
        this.k0 = random.nextLong();
        this.k1 = random.nextLong();
        this.wheel = new ExpiryWheel(nowSeconds());
    }

    private long nowSeconds() {
        return Math.floorDiv(clockMillis.getAsLong(), 1000L);
    }

    private long hash(byte[] aor, int offset, int length) {
        long hash = SipHash.hash(k0, k1, aor, offset, length);
        // The wheel means an empty cell by 0 and a closed one by -1.
        return hash == 0 || hash == -1 ? 1 : hash;
    }

    @Override
    public void update(BindingUpdate update, Completion completion) {
        long hash = hash(update.key(), 0, update.keyLength());
        RecordPool pool = update.pool(readers);
        if (pool == null) {
            readers.enter();
        } else {
            pool.lookAt(hash);
        }
        try {
            LocationResult result = apply(update, hash, pool);
            completion.completed(result, update.current);
        } finally {
            if (pool == null) {
                readers.leave();
            } else {
                pool.lookAway();
            }
        }
    }

    /** Applies an update, where records are not written anew, and leaves the bindings that stand in the update's own cursor. */
    LocationResult apply(BindingUpdate update) {
        return apply(update, hash(update.key(), 0, update.keyLength()), null);
    }

    private LocationResult apply(BindingUpdate update, long hash, RecordPool pool) {
        for (; ; ) {
            long[] record = table.find(hash, update.key(), 0, update.keyLength());
            LocationResult result = record == null ? null : refresh(record, update);
            if (result != null) {
                update.current.wrap(record, update.nowSeconds());
                return result;
            }
            result = update.merge.plan(record);
            if (isWrite(result) && record != null && !update.merge.freeze()) {
                // A refresh came after the plan was made; none comes now.
                result = update.merge.plan(record);
            }
            if (!isWrite(result)) {
                update.current.wrap(record, update.nowSeconds());
                return result;
            }
            long[] replacement = update.merge.build(hash, wheel.rim(), pool);
            if (table.replace(hash, record, replacement)) {
                replaced(record, replacement, update);
                if (pool != null && record != null) {
                    readers.replaced(pool, record);
                }
                return result;
            }
            if (pool != null) {
                pool.give(replacement);
            }
        }
    }

    private static boolean isWrite(LocationResult result) {
        return result.ordinal() < LocationResult.UNCHANGED.ordinal();
    }

    /** Refreshes in place. Returns null when the update is more than that, or the record is being replaced. */
    private LocationResult refresh(long[] record, BindingUpdate update) {
        if (update.contactCount() != 1 || update.isRemoveAll() || update.expires(0) == 0) {
            return null;
        }
        int binding = update.findSame(record, 0);
        if (binding < 0) {
            return null;
        }
        long fresh = update.stamp(0);
        for (; ; ) {
            long stamp = PackedRecord.wordOpaque(record, binding + PackedRecord.STAMP);
            if (PackedRecord.isFrozen(stamp) || PackedRecord.expiresAt(stamp) <= update.nowSeconds()) {
                return null;
            }
            long before = PackedRecord.cseq(stamp);
            if (update.cseq() <= before) {
                // RFC 3261 §10.3 step 7: if not [higher], the update MUST be aborted and the request fails. The same
                // number from the
                // same flow is the same request once more, whose transaction was lost, and gets the same answer.
                return update.cseq() == before ? LocationResult.UNCHANGED : LocationResult.OUT_OF_ORDER;
            }
            if (PackedRecord.casWord(record, binding + PackedRecord.STAMP, stamp, fresh)) {
                hasten(record, PackedRecord.expiresAt(fresh));
                return LocationResult.REFRESHED;
            }
        }
    }

    /** After a stamp was written: when the binding now ends before the record is due, the record is due then. */
    private void hasten(long[] record, long expiresAt) {
        for (; ; ) {
            long due = PackedRecord.wordOpaque(record, PackedRecord.DUE);
            // Whoever replaces a frozen record reads the stamps afterwards and so sees to it.
            if (expiresAt >= PackedRecord.dueAt(due) || PackedRecord.isFrozenDue(due)) {
                return;
            }
            if (PackedRecord.casWord(record, PackedRecord.DUE, due, expiresAt)) {
                wheel.add(record[PackedRecord.HASH], expiresAt);
                return;
            }
        }
    }

    private void replaced(long[] record, long[] replacement, BindingUpdate update) {
        int more = PackedRecord.count(replacement) - (record == null ? 0 : PackedRecord.count(record));
        if (more != 0) {
            bindings.add(more);
        }
        enter(record, replacement);
        update.current.wrap(replacement, update.nowSeconds());
        if (update.merge.lapsed() > 0) {
            listener.expired(update.lapsed.wrap(record, 0, update.nowSeconds()), update.current);
            update.current.rewind();
        }
    }

    /** Enters a record just published into the wheel, unless the entry of the one it replaced serves. */
    private void enter(long[] record, long[] replacement) {
        if (PackedRecord.count(replacement) == 0) {
            return;
        }
        long due = PackedRecord.dueAt(PackedRecord.wordOpaque(replacement, PackedRecord.DUE));
        long before = record == null ? 0 : PackedRecord.dueAt(PackedRecord.wordOpaque(record, PackedRecord.DUE));
        if (before == 0 || due < before) {
            wheel.add(replacement[PackedRecord.HASH], due);
        }
    }

    @Override
    public void lookup(byte[] aor, int offset, int length, Bindings cursor, Executor loop, Completion completion) {
        readers.enter();
        try {
            long[] record = table.find(hash(aor, offset, length), aor, offset, length);
            completion.completed(LocationResult.UNCHANGED, cursor.wrap(record, nowSeconds()));
        } finally {
            readers.leave();
        }
    }

    @Override
    public void remove(byte[] aor, int offset, int length, Bindings cursor, Executor loop, Completion completion) {
        readers.enter();
        try {
            remove(aor, offset, length, cursor, completion);
        } finally {
            readers.leave();
        }
    }

    private void remove(byte[] aor, int offset, int length, Bindings cursor, Completion completion) {
        long hash = hash(aor, offset, length);
        for (; ; ) {
            long[] record = table.find(hash, aor, offset, length);
            cursor.wrap(record, nowSeconds());
            if (cursor.isEmpty()) {
                completion.completed(LocationResult.UNCHANGED, cursor);
                return;
            }
            PackedRecord.freeze(record);
            if (table.replace(hash, record, PackedRecord.emptied(record))) {
                bindings.add(-PackedRecord.count(record));
                listener.removed(cursor);
                completion.completed(LocationResult.REMOVED, cursor.rewind());
                return;
            }
        }
    }

    @Override
    public void page(byte[] after, int offset, int length, PageRequest request) {
        readers.enter();
        try {
            pageAsGuest(after, offset, length, request);
        } finally {
            readers.leave();
        }
    }

    private void pageAsGuest(byte[] after, int offset, int length, PageRequest request) {
        long[] last = length == 0
                ? null
                : PackedRecord.create(
                        hash(after, offset, length),
                        Arrays.copyOfRange(after, offset, offset + length),
                        length,
                        0,
                        0,
                        null);
        long now = nowSeconds();
        Bindings cursor = new Bindings();
        List<long[]> records = new ArrayList<>();
        int left = request.limit();
        for (int segment = last == null ? 0 : BindingTable.segmentOf(last[PackedRecord.HASH]);
                segment < BindingTable.SEGMENTS;
                segment++) {
            records.clear();
            table.collect(segment, records);
            records.sort(PackedRecord::compareKeys);
            for (long[] record : records) {
                if (last != null && PackedRecord.compareKeys(record, last) <= 0
                        || cursor.wrap(record, now).isEmpty()) {
                    continue;
                }
                if (left == 0) {
                    request.end(LocationResult.UNCHANGED, true);
                    return;
                }
                left--;
                request.entry(cursor);
            }
        }
        request.end(LocationResult.UNCHANGED, false);
    }

    @Override
    public int expire(long nowMillis, int budget) {
        sweepSeconds = Math.floorDiv(nowMillis, 1000L);
        readers.enter();
        try {
            return wheel.sweep(sweepSeconds, budget, visitor);
        } finally {
            readers.leave();
        }
    }

    private void due(long hash, long second) {
        for (; ; ) {
            long[] record = table.findDue(hash, second);
            if (record == null) {
                return;
            }
            if (PackedRecord.earliestExpiry(record) > sweepSeconds) {
                postpone(record, second);
            } else {
                dropLapsed(record);
            }
        }
    }

    /** Nothing of the record has ended: it was refreshed meanwhile. */
    private void postpone(long[] record, long second) {
        long due = PackedRecord.wordOpaque(record, PackedRecord.DUE);
        if (PackedRecord.isFrozenDue(due)) {
            // Somebody is about to replace it, or gave up; a copy of our own ends it either way.
            dropLapsed(record);
            return;
        }
        long later = Math.min(PackedRecord.earliestExpiry(record), wheel.rim());
        if (PackedRecord.casWord(record, PackedRecord.DUE, due, later)) {
            wheel.add(record[PackedRecord.HASH], later);
            // A refresh that shortened a binding either saw the new due time and saw to it, or is seen here.
            hasten(record, PackedRecord.earliestExpiry(record));
        }
    }

    private void dropLapsed(long[] record) {
        PackedRecord.freeze(record);
        long[] copy = PackedRecord.withoutLapsed(record, sweepSeconds, PackedRecord.countLive(record, sweepSeconds));
        PackedRecord.setDue(copy, 0, wheel.rim());
        if (!table.replace(record[PackedRecord.HASH], record, copy)) {
            return;
        }
        int gone = PackedRecord.count(record) - PackedRecord.count(copy);
        bindings.add(-gone);
        if (PackedRecord.count(copy) > 0) {
            wheel.add(copy[PackedRecord.HASH], PackedRecord.dueAt(PackedRecord.wordOpaque(copy, PackedRecord.DUE)));
        }
        if (gone > 0) {
            listener.expired(lapsedView.wrap(record, 0, sweepSeconds), leftView.wrap(copy, sweepSeconds));
        }
    }

    /** Takes one address-of-record of an earlier run, with words as {@link RocksDbFile} tells. False when they are out of time. */
    boolean restore(byte[] octets, int keyLength, int wordsAt, int words, int count) {
        long now = nowSeconds();
        long hash = hash(octets, 0, keyLength);
        long[] record = PackedRecord.create(hash, octets, keyLength, words, count, null);
        PackedRecord.copyIn(octets, wordsAt, words << 3, record, PackedRecord.firstBinding(record));
        int live = PackedRecord.countLive(record, now);
        if (live < count) {
            record = PackedRecord.withoutLapsed(record, now, live);
        }
        if (live == 0) {
            return false;
        }
        PackedRecord.setDue(record, 0, wheel.rim());
        if (table.replace(hash, null, record)) {
            bindings.add(live);
            wheel.add(hash, PackedRecord.dueAt(PackedRecord.wordOpaque(record, PackedRecord.DUE)));
        }
        return true;
    }

    /** Whether there is a binding of an address-of-record, out of time or not. */
    boolean knows(byte[] aor, int offset, int length) {
        long[] record = table.find(hash(aor, offset, length), aor, offset, length);
        return record != null && PackedRecord.count(record) > 0;
    }

    /** Takes over a record as another service has it, whatever stood here. */
    void adopt(long[] foreign) {
        byte[] key = PackedRecord.key(foreign);
        long hash = hash(key, 0, key.length);
        for (; ; ) {
            long[] record = foreign.clone();
            record[PackedRecord.HASH] = hash;
            PackedRecord.setDue(record, 0, wheel.rim());
            long[] before = table.find(hash, key, 0, key.length);
            if (before == null && PackedRecord.count(record) == 0) {
                return;
            }
            if (before != null) {
                PackedRecord.freeze(before);
            }
            if (table.replace(hash, before, record)) {
                bindings.add(PackedRecord.count(record) - (before == null ? 0 : PackedRecord.count(before)));
                if (PackedRecord.count(record) > 0) {
                    wheel.add(hash, PackedRecord.dueAt(PackedRecord.wordOpaque(record, PackedRecord.DUE)));
                }
                return;
            }
        }
    }

    /** The record of the same address-of-record as it stands now, maybe an emptied one, or null. */
    long[] current(long[] record) {
        return table.find(record);
    }

    @Override
    public long bindingCount() {
        return bindings.sum();
    }

    @Override
    public long addressCount() {
        return table.live();
    }

    @Override
    public void listener(LocationListener locationListener) {
        listener = locationListener;
    }

    /** The slots of the table, for tests. */
    long capacity() {
        return table.capacity();
    }

    @Override
    public void close() {}
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;

/**
 * The records of all addresses-of-record: a hash table without locks. Every method may be called from any thread.
 *
 * <p>The table is {@value #SEGMENTS} segments, each an open-addressing table of its own with linear probing, so that growing one moves a
 * thousandth of the records. A slot goes from null to a record, from record to record, and at the end to {@code MOVED}; it never
 * changes its key, because a removed address-of-record leaves an emptied record behind. So a key is in the first slot of its probe
 * sequence that has it, and whoever reaches null knows that it is not there.
 *
 * <p><b>Replacing.</b> A record is replaced by a compare-and-set of its slot. Refreshes write into the record itself, so a writer freezes a
 * record ({@link PackedRecord#freeze}) before it copies it: a refresh that came before is copied, a refresh that comes after fails, sees
 * the frozen bit and makes a copy itself. Nobody waits for anybody.
 *
 * <p><b>Rebuilding</b> a segment, to grow it, to shrink it or to sweep out emptied records: a bigger or smaller array is hung behind the old
 * one, and every writer that finds it there moves all slots before it goes on. A slot is moved in three steps which any number of
 * threads may repeat: wrap the record in {@code Moving}, so that no writer can replace it; put it into the new array unless its key is
 * there; mark the slot {@code MOVED}. A late helper cannot bring back a record that was removed since, for the key is then still in
 * the new array as an emptied record, or that array is itself being moved on. Readers never help and never wait.
 *
 * <p><b>Writing anew.</b> The array of a record that was replaced may become another record, of any key, once nobody looks at it
 * ({@link RecordReaders}). Who searches by a key has said so before; who walks over all slots is a guest there, rebuilding included.
 *
 * <p>Beside each slot lies one octet of the hash, written after the slot and never changed, so that a probe rarely touches a record that
 * is not the one looked for. Zero means not written yet.
 *
 * <p>A segment's slot and octet cost 5 B at a load of one to three quarters: 9 B an address-of-record on average.
 */
final class BindingTable {

    static final int SEGMENTS = 1024;
    private static final int SEGMENT_SHIFT = 54;
    private static final int MIN_CAPACITY = 16;

    /** Slots: writers of any loop, readers of any loop; a compare-and-set publishes a whole record. */
    private static final VarHandle REF = MethodHandles.arrayElementVarHandle(Object[].class);

    /** Tags: written once by who filled the slot; publishes nothing. */
    private static final VarHandle TAG = MethodHandles.arrayElementVarHandle(byte[].class);

    private static final VarHandle SLOTS;
    private static final VarHandle LIVE;
    private static final VarHandle NEXT;
    private static final VarHandle USED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            SLOTS = lookup.findVarHandle(Segment.class, "slots", Slots.class);
            LIVE = lookup.findVarHandle(Segment.class, "live", int.class);
            NEXT = lookup.findVarHandle(Slots.class, "next", Slots.class);
            USED = lookup.findVarHandle(Slots.class, "used", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The slot's record, if it had one, is in the next array. */
    private static final Object MOVED = new Object();

    /** The slot's record is about to be in the next array: it may be read, and refreshed, but not replaced. */
    private record Moving(long[] record) {}

    private static final class Slots {
        final Object[] refs;
        final byte[] tags;
        final int mask;
        volatile int used;
        volatile Slots next;

        Slots(int capacity) {
            refs = new Object[capacity];
            tags = new byte[capacity];
            mask = capacity - 1;
        }

        boolean isCrowded() {
            return used >= mask - (mask >>> 2);
        }
    }

    private static final class Segment {
        volatile Slots slots = new Slots(MIN_CAPACITY);
        /** Records with bindings. */
        volatile int live;
    }

    private final Segment[] segments = new Segment[SEGMENTS];
    private final RecordReaders readers;

    /** @param readers tells who looks at the records; see there what each method's caller owes */
    BindingTable(RecordReaders readers) {
        this.readers = readers;
        for (int i = 0; i < SEGMENTS; i++) {
            segments[i] = new Segment();
        }
    }

    private static byte tag(long hash) {
        byte tag = (byte) (hash >>> 40);
        return tag == 0 ? 1 : tag;
    }

    static int segmentOf(long hash) {
        return (int) (hash >>> SEGMENT_SHIFT);
    }

    private Segment segment(long hash) {
        return segments[segmentOf(hash)];
    }

    /** The record of a key, maybe an emptied one; null when there is none. The caller is a guest, or looks at the hash. */
    long[] find(long hash, byte[] key, int offset, int length) {
        return find(hash, null, key, offset, length);
    }

    /** The record of the same key as another, maybe an emptied one; null when there is none. The caller is a guest. */
    long[] find(long[] other) {
        return find(other[PackedRecord.HASH], other, null, 0, 0);
    }

    private long[] find(long hash, long[] other, byte[] key, int offset, int length) {
        Segment segment = segment(hash);
        byte tag = tag(hash);
        for (Slots slots = segment.slots; ; ) {
            boolean moved = false;
            for (int i = (int) hash & slots.mask, n = slots.mask; n >= 0; n--, i = i + 1 & slots.mask) {
                byte t = (byte) TAG.getOpaque(slots.tags, i);
                if (t != 0 && t != tag) {
                    continue;
                }
                Object ref = REF.getAcquire(slots.refs, i);
                if (ref == null) {
                    break;
                }
                if (ref == MOVED) {
                    moved = true;
                    if (segment.slots != slots) {
                        break;
                    }
                    continue;
                }
                long[] record = record(ref);
                if (other != null
                        ? PackedRecord.sameKey(record, other)
                        : PackedRecord.hasKey(record, hash, key, offset, length)) {
                    // Another key's record when the slot was read may be this key's by now, but elsewhere, or not yet.
                    VarHandle.acquireFence();
                    if (holds(REF.getAcquire(slots.refs, i), record)) {
                        return record;
                    }
                    i = i - 1 & slots.mask;
                    n++;
                }
            }
            if (!moved) {
                return null;
            }
            // What was moved out of this array is in the next one, or further on.
            slots = segment.slots == slots ? slots.next : segment.slots;
        }
    }

    /** A record with bindings that has this hash and is to be looked at by a second, or null. The caller is a guest. */
    long[] findDue(long hash, long second) {
        byte tag = tag(hash);
        Segment segment = segment(hash);
        Slots slots = settled(segment);
        for (int i = (int) hash & slots.mask, n = slots.mask; n >= 0; n--, i = i + 1 & slots.mask) {
            byte t = (byte) TAG.getOpaque(slots.tags, i);
            if (t != 0 && t != tag) {
                continue;
            }
            Object ref = REF.getAcquire(slots.refs, i);
            if (ref == null) {
                return null;
            }
            if (ref == MOVED) {
                return findDue(hash, second);
            }
            long[] record = record(ref);
            if (record[PackedRecord.HASH] == hash
                    && PackedRecord.count(record) > 0
                    && PackedRecord.dueAt(PackedRecord.wordOpaque(record, PackedRecord.DUE)) <= second) {
                return record;
            }
        }
        return null;
    }

    /**
     * Adds all records with bindings of one segment, in no order. Each address-of-record there throughout is added once. The caller is
     * a guest for as long as it reads them.
     */
    void collect(int index, List<long[]> into) {
        int size = into.size();
        Slots slots = settled(segments[index]);
        for (int i = 0; i <= slots.mask; i++) {
            Object ref = REF.getAcquire(slots.refs, i);
            if (ref == MOVED) {
                // Rebuilt meanwhile: what is collected may be in the next array as well.
                into.subList(size, into.size()).clear();
                collect(index, into);
                return;
            }
            if (ref != null && PackedRecord.count(record(ref)) > 0) {
                into.add(record(ref));
            }
        }
    }

    /**
     * Puts a record in the place of another of the same key. The caller is a guest, or looks at the hash.
     *
     * @param expected what {@link #find} gave: a frozen record, an emptied record, or null for none
     * @return false when the key has another record by now; the caller begins anew
     */
    boolean replace(long hash, long[] expected, long[] replacement) {
        byte tag = tag(hash);
        Segment segment = segment(hash);
        for (; ; ) {
            Slots slots = settled(segment);
            int outcome = replaceIn(segment, slots, tag, expected, replacement);
            if (outcome >= 0) {
                return outcome > 0;
            }
            rebuild(segment, slots);
        }
    }

    /** 1 when replaced, 0 when another record is there, -1 when the segment is to be rebuilt first. */
    private int replaceIn(Segment segment, Slots slots, byte tag, long[] expected, long[] replacement) {
        for (int i = (int) replacement[PackedRecord.HASH] & slots.mask, n = slots.mask;
                n >= 0;
                n--, i = i + 1 & slots.mask) {
            byte t = (byte) TAG.getOpaque(slots.tags, i);
            if (t != 0 && t != tag) {
                continue;
            }
            Object ref = REF.getAcquire(slots.refs, i);
            if (ref == null) {
                if (expected != null) {
                    return 0;
                }
                if (slots.isCrowded()) {
                    return -1;
                }
                if (REF.compareAndSet(slots.refs, i, null, replacement)) {
                    TAG.setOpaque(slots.tags, i, tag);
                    USED.getAndAdd(slots, 1);
                    LIVE.getAndAdd(segment, 1);
                    return 1;
                }
                ref = REF.getAcquire(slots.refs, i);
            }
            if (ref == MOVED || ref instanceof Moving) {
                return -1;
            }
            if (ref == expected) {
                return swap(segment, slots, i, expected, replacement) ? 1 : 0;
            }
            if (PackedRecord.sameKey((long[]) ref, replacement)) {
                return 0;
            }
        }
        return expected == null ? -1 : 0;
    }

    private boolean swap(Segment segment, Slots slots, int slot, long[] expected, long[] replacement) {
        if (!REF.compareAndSet(slots.refs, slot, expected, replacement)) {
            return false;
        }
        boolean was = PackedRecord.count(expected) > 0;
        boolean is = PackedRecord.count(replacement) > 0;
        if (is && !was) {
            LIVE.getAndAdd(segment, 1);
        } else if (was && !is) {
            int live = (int) LIVE.getAndAdd(segment, -1) - 1;
            // Most of the segment is emptied records: give their memory back, and that of the slots.
            if (slots.used > MIN_CAPACITY && live < slots.used >>> 1) {
                rebuild(segment, slots);
            }
        }
        return true;
    }

    /** The segment's slots, after helping to end a rebuild if one is under way. */
    private Slots settled(Segment segment) {
        for (; ; ) {
            Slots slots = segment.slots;
            if (slots.next == null) {
                return slots;
            }
            rebuild(segment, slots);
        }
    }

    private void rebuild(Segment segment, Slots old) {
        readers.enter();
        try {
            moveAll(segment, old);
        } finally {
            readers.leave();
        }
    }

    private static void moveAll(Segment segment, Slots old) {
        if (old.next == null) {
            // A third is left free at least: far more than the writers that may add to the old array before they see
            // the new one.
            int wanted = segment.live + (segment.live >>> 1) + MIN_CAPACITY;
            int capacity = Integer.highestOneBit(Math.max(MIN_CAPACITY, wanted - 1)) << 1;
            NEXT.compareAndSet(old, null, new Slots(capacity));
        }
        Slots next = old.next;
        for (int i = 0; i <= old.mask; i++) {
            move(old, i, next);
        }
        SLOTS.compareAndSet(segment, old, next);
    }

    private static void move(Slots old, int slot, Slots next) {
        for (; ; ) {
            Object ref = REF.getAcquire(old.refs, slot);
            if (ref == MOVED) {
                return;
            }
            if (ref == null || ref instanceof long[] r && PackedRecord.count(r) == 0) {
                if (REF.compareAndSet(old.refs, slot, ref, MOVED)) {
                    return;
                }
                continue;
            }
            if (ref instanceof long[] r) {
                Moving moving = new Moving(r);
                if (!REF.compareAndSet(old.refs, slot, r, moving)) {
                    continue;
                }
                ref = moving;
            }
            putIfAbsent(next, record(ref));
            REF.compareAndSet(old.refs, slot, ref, MOVED);
        }
    }

    private static void putIfAbsent(Slots next, long[] record) {
        byte tag = tag(record[PackedRecord.HASH]);
        for (int i = (int) record[PackedRecord.HASH] & next.mask, n = next.mask; n >= 0; n--, i = i + 1 & next.mask) {
            byte t = (byte) TAG.getOpaque(next.tags, i);
            if (t != 0 && t != tag) {
                continue;
            }
            if (REF.getAcquire(next.refs, i) == null && REF.compareAndSet(next.refs, i, null, record)) {
                TAG.setOpaque(next.tags, i, tag);
                USED.getAndAdd(next, 1);
                return;
            }
            Object ref = REF.getAcquire(next.refs, i);
            // When the next array is itself on the move, every slot of the old one was moved before.
            if (ref == MOVED || PackedRecord.sameKey(record(ref), record)) {
                return;
            }
        }
        throw new IllegalStateException("a segment of " + (next.mask + 1) + " slots overflowed while it was rebuilt");
    }

    private static boolean holds(Object ref, long[] record) {
        return ref == record || ref instanceof Moving moving && moving.record == record;
    }

    private static long[] record(Object ref) {
        return ref instanceof long[] r ? r : ((Moving) ref).record;
    }

    /** The slots of all segments, for tests of how the table grows and shrinks. */
    long capacity() {
        long sum = 0;
        for (Segment segment : segments) {
            sum += segment.slots.mask + 1;
        }
        return sum;
    }

    /** How many addresses-of-record have bindings. */
    long live() {
        long sum = 0;
        for (Segment segment : segments) {
            sum += segment.live;
        }
        return sum;
    }
}

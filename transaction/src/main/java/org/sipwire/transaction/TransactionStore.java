/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import org.sipwire.codec.SipMethod;
import org.sipwire.transaction.TransactionSlab.Kind;
import org.sipwire.transport.Flow;

/**
 * The transactions of one event loop: slab, table, logs and timers, kept in step. Confined to its loop.
 *
 * <p>It knows nothing of SIP but that a transaction has a key, a message, timers and perhaps a flow.
 *
 * <p>Owned by its {@link TransactionLayer}.
 */
final class TransactionStore {

    private static final int SLOT_BITS = 24;
    private static final int GENERATION_BITS = 17;
    private static final int LETTER_BITS = 4;
    /** Bytes of keys and messages a transaction may have on average before the store is full. */
    private static final long BYTES_PER_TRANSACTION = 2048;

    private final int loopIndex;
    private final int capacity;
    private final LoopClock clock;
    private final long startNanos;
    private final TransactionSlab slab = new TransactionSlab();
    private final TransactionTable table = new TransactionTable();
    private final TransactionTable mergedTable = new TransactionTable();
    /** Of those that live for 64*T1 or so. */
    private static final long SETTLE_MILLIS = 1000;

    private final ByteLog brief = new ByteLog();
    /** Of those that may live longer. */
    private final ByteLog lasting = new ByteLog();

    private long settledMillis;

    private final TimerWheel wheel = new TimerWheel(0);
    private final FixedDelayQueue timerJ = new FixedDelayQueue();
    private final FlowIndex flows = new FlowIndex(slab);
    private int live;

    TransactionStore(int loopIndex, int capacity, LoopClock clock) {
        if (capacity < 1 || capacity > TransactionTable.MAX_SLOTS / 2) {
            throw new IllegalArgumentException(
                    "capacity " + capacity + " is not within 1.." + TransactionTable.MAX_SLOTS / 2);
        }
        this.loopIndex = loopIndex;
        this.capacity = capacity;
        this.clock = clock;
        startNanos = clock.nanos();
    }

    /** The columns. */
    TransactionSlab slab() {
        return slab;
    }

    /** Milliseconds since this store was made. */
    long nowMillis() {
        return (clock.nanos() - startNanos) / 1_000_000;
    }

    /** The transactions alive. */
    int live() {
        return live;
    }

    /** True when no transaction may be added. */
    boolean isFull() {
        return live >= capacity || brief.liveBytes() + lasting.liveBytes() > capacity * BYTES_PER_TRANSACTION;
    }

    /** The transaction with this key, or {@link TransactionSlab#NONE}. */
    int find(TransactionKey key) {
        for (int slot = table.first(key.hash()); slot != TransactionTable.NONE; slot = table.next()) {
            long record = slab.key(slot);
            if (key.matches(log(slot).array(record), ByteLog.offset(record), ByteLog.length(record))) {
                return slot;
            }
        }
        return TransactionSlab.NONE;
    }

    /**
     * Adds a transaction, or gives {@link TransactionSlab#NONE} when the store is full.
     *
     * @param flow Shared, kept; null for a brief one, which answers where the request came from
     */
    int create(Kind kind, SipMethod method, boolean reliable, TransactionKey key, Flow flow) {
        if (isFull()) {
            return TransactionSlab.NONE;
        }
        boolean isBrief = kind == Kind.NON_INVITE_SERVER;
        long record = (isBrief ? brief : lasting).append(key.bytes(), 0, key.length());
        if (record == ByteLog.NONE) {
            return TransactionSlab.NONE;
        }
        int slot = isBrief ? slab.acquireBrief() : slab.acquireExtended();
        slab.init(slot, kind, method, reliable, (int) (key.hash() >>> 32), record);
        if (!isBrief) {
            attach(slot, flow);
        }
        table.put(key.hash(), slot);
        live++;
        return slot;
    }

    private void attach(int extension, Flow flow) {
        slab.flow(extension, flow);
        if (flow.transport().isReliable()) {
            flows.add(flow.id(), extension);
        }
    }

    /** Lends a brief transaction the columns to answer later; {@code flow} is Shared and kept. */
    void extend(int slot, Flow flow) {
        int extension = slab.acquireExtended();
        slab.borrowExtension(slot, extension);
        attach(extension, flow);
    }

    /** Takes back what {@link #extend} lent. */
    void unextend(int slot) {
        int extension = slab.extension(slot);
        releaseExtension(extension);
        slab.returnExtension(slot);
        slab.release(extension);
    }

    private void releaseExtension(int extension) {
        wheel.cancel(slab.timer(extension, 0));
        wheel.cancel(slab.timer(extension, 1));
        long template = slab.template(extension);
        if (template != ByteLog.NONE) {
            lasting.release(template);
        }
        long merged = slab.merged(extension);
        if (merged != 0) {
            mergedTable.remove(merged, extension);
        }
        Flow flow = slab.flow(extension);
        if (flow.transport().isReliable()) {
            flows.remove(flow.id(), extension);
        }
    }

    /** Ends a transaction. */
    void release(int slot) {
        assert live > 0;
        table.remove((long) slab.hash(slot) << 32, slot);
        if (slab.kind(slot) == Kind.NON_INVITE_SERVER) {
            if (slab.extension(slot) != TransactionSlab.NONE) {
                unextend(slot);
            }
        } else {
            releaseExtension(slot);
        }
        log(slot).release(slab.key(slot));
        slab.key(slot, ByteLog.NONE);
        dropMessage(slot);
        live--;
        if (!slab.has(slot, TransactionSlab.QUEUED)) {
            slab.release(slot);
        }
    }

    private ByteLog log(int slot) {
        return slab.kind(slot) == Kind.NON_INVITE_SERVER ? brief : lasting;
    }

    /** The array of a transaction's key. */
    byte[] keyArray(int slot) {
        return log(slot).array(slab.key(slot));
    }

    /** Keeps a copy of what is to be sent again, in place of what was. */
    void keepMessage(int slot, byte[] bytes, int offset, int length) {
        dropMessage(slot);
        slab.message(slot, log(slot).append(bytes, offset, length));
    }

    /** Forgets what was to be sent again. */
    void dropMessage(int slot) {
        long message = slab.message(slot);
        if (message != ByteLog.NONE) {
            log(slot).release(message);
            slab.message(slot, ByteLog.NONE);
        }
    }

    /** The array of a transaction's message. */
    byte[] messageArray(int slot) {
        return log(slot).array(slab.message(slot));
    }

    /** Keeps a copy of a request's header fields. */
    void keepTemplate(int extension, byte[] bytes, int offset, int length) {
        assert slab.template(extension) == ByteLog.NONE;
        slab.template(extension, lasting.append(bytes, offset, length));
    }

    /** The array of a template. */
    byte[] templateArray(int extension) {
        return lasting.array(slab.template(extension));
    }

    /** Makes an INVITE found by {@link #findMerged}. */
    void putMerged(int extension, long hash) {
        slab.merged(extension, hash);
        mergedTable.put(hash, extension);
    }

    /** True when an INVITE with the same From tag, Call-ID and CSeq is alive. */
    boolean findMerged(long hash) {
        for (int slot = mergedTable.first(hash); slot != TransactionTable.NONE; slot = mergedTable.next()) {
            if (slab.merged(slot) == hash) {
                return true;
            }
        }
        return false;
    }

    /** A transaction of the connection, taken off its list, or {@link TransactionSlab#NONE}. */
    int takeFrom(long flowId) {
        int extension = flows.first(flowId);
        if (extension == TransactionSlab.NONE) {
            return TransactionSlab.NONE;
        }
        flows.remove(flowId, extension);
        return slab.owner(extension);
    }

    /** Starts a timer in place of the one of its lane. */
    void startTimer(int slot, TransactionTimer timer, int millis) {
        int extension = slab.extension(slot);
        long deadline = nowMillis() + millis;
        if (extension == TransactionSlab.NONE) {
            assert timer == TransactionTimer.J : timer;
            slab.set(slot, TransactionSlab.QUEUED);
            timerJ.add(slot, deadline);
            return;
        }
        int lane = timer.lane();
        wheel.cancel(slab.timer(extension, lane));
        slab.timer(extension, lane, wheel.start(deadline, slot << LETTER_BITS | timer.ordinal()));
        if (lane == 0) {
            slab.interval(extension, millis);
        }
    }

    /** Stops a timer; false when its lane runs another or none. */
    boolean cancelTimer(int slot, TransactionTimer timer) {
        int extension = slab.extension(slot);
        if (extension == TransactionSlab.NONE) {
            return false;
        }
        long handle = slab.timer(extension, timer.lane());
        if (handle == TimerWheel.NONE || (wheel.payload(handle) & (1 << LETTER_BITS) - 1) != timer.ordinal()) {
            return false;
        }
        slab.timer(extension, timer.lane(), TimerWheel.NONE);
        return wheel.cancel(handle);
    }

    /** Fires the timers of the wheel that are due. */
    void expire(TimerWheel.Expiry expiry) {
        long now = nowMillis();
        wheel.expire(now, expiry);
        if (now - settledMillis >= SETTLE_MILLIS) {
            settledMillis = now;
            brief.settle();
            lasting.settle();
        }
    }

    /** The transaction of a timer that has just fired; the timer runs no more. */
    int fired(int payload) {
        int slot = payload >>> LETTER_BITS;
        slab.timer(slab.extension(slot), firedTimer(payload).lane(), TimerWheel.NONE);
        return slot;
    }

    /** Which timer has fired. */
    static TransactionTimer firedTimer(int payload) {
        return TransactionTimer.of(payload & (1 << LETTER_BITS) - 1);
    }

    /** A completed non-INVITE server transaction whose Timer J has fired, or {@link FixedDelayQueue#NONE}. */
    int pollTimerJ() {
        while (true) {
            int slot = timerJ.poll(nowMillis());
            if (slot == FixedDelayQueue.NONE) {
                return FixedDelayQueue.NONE;
            }
            slab.clear(slot, TransactionSlab.QUEUED);
            if (slab.key(slot) != ByteLog.NONE) {
                return slot;
            }
            // It has ended before.
            slab.release(slot);
        }
    }

    // handle  63    41 40          24 23    0
    //        +--------+--------------+-------+
    //        |  loop  |  generation  | slot  |    a generation is never 0, and so no handle is
    //        +--------+--------------+-------+

    /** A number for the user that names the transaction as long as it lives and nothing afterwards. */
    long handle(int slot) {
        return (long) loopIndex << SLOT_BITS + GENERATION_BITS | (long) slab.generation(slot) << SLOT_BITS | slot;
    }

    /** The loop of a handle. */
    static int loopOf(long handle) {
        return (int) (handle >>> SLOT_BITS + GENERATION_BITS);
    }

    /** The slot of a handle, or {@link TransactionSlab#NONE} when the transaction is over or another loop's. */
    int slotOf(long handle) {
        int slot = (int) handle & (1 << SLOT_BITS) - 1;
        int generation = (int) (handle >>> SLOT_BITS) & (1 << GENERATION_BITS) - 1;
        return loopOf(handle) == loopIndex && slab.isLive(slot, generation) && slab.key(slot) != ByteLog.NONE
                ? slot
                : TransactionSlab.NONE;
    }

    /** The octets all of it occupies. */
    long footprint() {
        return slab.footprint()
                + table.footprint()
                + mergedTable.footprint()
                + brief.footprint()
                + lasting.footprint()
                + wheel.footprint()
                + timerJ.footprint();
    }
}

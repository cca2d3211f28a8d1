/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.util.Arrays;
import org.sipwire.codec.SipMethod;
import org.sipwire.transport.Flow;

/**
 * The state of all transactions of one event loop in columns of primitives: a transaction is a slot, a number.
 * Confined to its loop.
 *
 * <p>Slots come in chunks of {@value #CHUNK}, so that growing copies nothing and an empty chunk is given back. There
 * are two kinds:
 *
 * <pre>
 *   column       octets
 *   hash              4   upper half of the key's hash: finds the entry of the table again
 *   word              4   kind, state, transport and method, see below
 *   key               8   record in a {@link ByteLog}: the octets compared when hashes agree
 *   message           8   record: what is sent again, the last response or the request
 *   --------------------  a brief slot ends here: 24 octets. A non-INVITE server transaction needs no more.
 *   flow, attachment  8   where to send without being asked
 *   template          8   record: the request's header fields in the form of its 100 Trying
 *   timers           16   handles of the two lanes, {@link TransactionTimer#lane}
 *   interval          4   the retransmit timer's present value
 *   merged            8   hash of From tag, Call-ID and CSeq
 *   links            12   the list of a connection's transactions; whose these columns are
 * </pre>
 *
 * <p>A non-INVITE server transaction answered at once costs, over UDP, its brief slot (24), an entry of the table (10
 * to 20), one of Timer J's queue (8), and its key and response in the log. Entries of a registrar are rate times 32
 * s: 50,000 a second make 1.6 million. One whose answer is deferred borrows an extended slot until it has one: {@link
 * #extension}.
 *
 * <p>Owned by its {@link TransactionLayer}.
 */
final class TransactionSlab {

    /** What kind of machine a slot belongs to. */
    enum Kind {
        NON_INVITE_SERVER,
        INVITE_SERVER,
        NON_INVITE_CLIENT,
        INVITE_CLIENT;

        private static final Kind[] ALL = values();
    }

    /** No slot. */
    static final int NONE = -1;

    /** Slots of a chunk, {@value}. */
    static final int CHUNK = 1 << 11;

    private static final int CHUNK_BITS = 11;
    private static final int CHUNK_MASK = CHUNK - 1;
    private static final int SPARE_MIN = 1;
    private static final SipMethod[] METHODS = SipMethod.values();

    // word   31          15 14    11  10    9      8      7     6    5    4 .. 2  1  0
    //       +--------------+--------+----+------+------+------+----+----+-------+------+
    //       |  generation  | method |fwd.|queued| int. |canc. |rel.|def.| state | kind |
    //       +--------------+--------+----+------+------+------+----+----+-------+------+
    private static final int KIND_MASK = 3;
    private static final int STATE_SHIFT = 2;
    private static final int STATE_MASK = 7;
    private static final int DEFERRED = 1 << 5;
    private static final int RELIABLE = 1 << 6;
    /** An INVITE client transaction that is to be cancelled, or is. */
    static final int CANCELLED = 1 << 7;
    /** A non-INVITE server transaction whose request has come again before anything was sent. */
    static final int REPEATED = CANCELLED;
    /** A client transaction of the layer's own, of which nobody is told: a CANCEL. */
    static final int INTERNAL = 1 << 8;
    /** A slot that Timer J's queue will name: it is not free before. */
    static final int QUEUED = 1 << 9;

    /** A client transaction whose request has more Vias than this side's: a proxy forwards it. */
    static final int FORWARDED = 1 << 10;

    private static final int METHOD_SHIFT = 11;
    private static final int METHOD_MASK = 15;
    private static final int GENERATION_SHIFT = 15;

    /** A generation is less than this, {@value}. */
    static final int GENERATIONS = 1 << 32 - GENERATION_SHIFT;

    private static final int GENERATION_MASK = -1 << GENERATION_SHIFT;

    private static class Chunk {
        final int number;
        final int[] hash = new int[CHUNK];
        final int[] word = new int[CHUNK];
        final long[] key = new long[CHUNK];
        final long[] message = new long[CHUNK];
        int freeHead = NONE;
        int fresh;
        int live;
        boolean listed;

        Chunk(int number) {
            this.number = number;
        }

        boolean isExtended() {
            return false;
        }
    }

    private static final class ExtendedChunk extends Chunk {
        final Flow[] flow = new Flow[CHUNK];
        final Object[] attachment = new Object[CHUNK];
        final long[] template = new long[CHUNK];
        final long[][] timers = {new long[CHUNK], new long[CHUNK]};
        final int[] interval = new int[CHUNK];
        final long[] merged = new long[CHUNK];
        final int[] nextOfFlow = new int[CHUNK];
        final int[] previousOfFlow = new int[CHUNK];
        final int[] owner = new int[CHUNK];

        ExtendedChunk(int number) {
            super(number);
        }

        @Override
        boolean isExtended() {
            return true;
        }
    }

    /** The chunks of one kind that have a free slot. */
    private static final class Available {
        Chunk[] chunks = new Chunk[4];
        int count;
        int empty;
        int total;

        void add(Chunk chunk) {
            if (count == chunks.length) {
                chunks = Arrays.copyOf(chunks, 2 * count);
            }
            chunk.listed = true;
            chunks[count++] = chunk;
        }

        void remove(Chunk chunk) {
            for (int i = count - 1; i >= 0; i--) {
                if (chunks[i] == chunk) {
                    chunks[i] = chunks[--count];
                    chunks[count] = null;
                    chunk.listed = false;
                    return;
                }
            }
        }
    }

    private Chunk[] chunks = new Chunk[8];
    private int[] vacant = new int[8];
    private int vacantCount;
    private int chunkCount;
    private final Available brief = new Available();
    private final Available extended = new Available();
    private int generation;

    /** Takes a slot for a server transaction answered at once, or {@link #NONE} when slot numbers are used up. */
    int acquireBrief() {
        return acquire(brief, false);
    }

    /** Takes a slot with the columns for a transaction that sends on its own. */
    int acquireExtended() {
        return acquire(extended, true);
    }

    private int acquire(Available available, boolean wide) {
        if (available.count == 0) {
            int number = vacantCount > 0 ? vacant[--vacantCount] : chunkCount++;
            if ((number + 1) << CHUNK_BITS > TransactionTable.MAX_SLOTS) {
                chunkCount--;
                return NONE;
            }
            if (number == chunks.length) {
                chunks = Arrays.copyOf(chunks, 2 * number);
                vacant = Arrays.copyOf(vacant, 2 * number);
            }
            chunks[number] = wide ? new ExtendedChunk(number) : new Chunk(number);
            available.add(chunks[number]);
            available.empty++;
            available.total++;
        }
        Chunk chunk = available.chunks[available.count - 1];
        int index = chunk.freeHead;
        if (index != NONE) {
            chunk.freeHead = chunk.hash[index];
        } else {
            index = chunk.fresh++;
        }
        if (chunk.live++ == 0) {
            available.empty--;
        }
        if (chunk.freeHead == NONE && chunk.fresh == CHUNK) {
            available.remove(chunk);
        }
        // Never 0: the word of a slot in use is not 0.
        generation = generation % (GENERATIONS - 1) + 1;
        chunk.word[index] = generation << GENERATION_SHIFT;
        return chunk.number << CHUNK_BITS | index;
    }

    /** Gives a slot back. Its records must be released before. */
    void release(int slot) {
        Chunk chunk = chunks[slot >>> CHUNK_BITS];
        int index = slot & CHUNK_MASK;
        chunk.key[index] = ByteLog.NONE;
        chunk.message[index] = ByteLog.NONE;
        chunk.word[index] = 0;
        chunk.hash[index] = chunk.freeHead;
        chunk.freeHead = index;
        boolean wide = chunk.isExtended();
        if (wide) {
            ExtendedChunk extendedChunk = (ExtendedChunk) chunk;
            extendedChunk.flow[index] = null;
            extendedChunk.attachment[index] = null;
            extendedChunk.template[index] = ByteLog.NONE;
            extendedChunk.timers[0][index] = TimerWheel.NONE;
            extendedChunk.timers[1][index] = TimerWheel.NONE;
            extendedChunk.merged[index] = 0;
        }
        Available available = wide ? extended : brief;
        if (!chunk.listed) {
            available.add(chunk);
        }
        if (--chunk.live == 0) {
            if (available.empty >= Math.max(SPARE_MIN, available.total >>> 4)) {
                available.remove(chunk);
                available.total--;
                chunks[chunk.number] = null;
                vacant[vacantCount++] = chunk.number;
            } else {
                available.empty++;
            }
        }
    }

    /** True when the slot is in use and was since it had this generation. */
    boolean isLive(int slot, int expectedGeneration) {
        int number = slot >>> CHUNK_BITS;
        if (slot < 0 || number >= chunkCount || chunks[number] == null) {
            return false;
        }
        int word = chunks[number].word[slot & CHUNK_MASK];
        return word != 0 && word >>> GENERATION_SHIFT == expectedGeneration;
    }

    int generation(int slot) {
        return word(slot) >>> GENERATION_SHIFT;
    }

    /** Says what a slot just acquired is for. */
    void init(int slot, Kind kind, SipMethod method, boolean reliable, int hash, long key) {
        Chunk chunk = chunks[slot >>> CHUNK_BITS];
        int index = slot & CHUNK_MASK;
        chunk.word[index] = chunk.word[index] & GENERATION_MASK
                | kind.ordinal()
                | (reliable ? RELIABLE : 0)
                | method.ordinal() << METHOD_SHIFT;
        chunk.hash[index] = hash;
        chunk.key[index] = key;
        if (chunk.isExtended()) {
            ((ExtendedChunk) chunk).owner[index] = slot;
        }
    }

    private int word(int slot) {
        return chunks[slot >>> CHUNK_BITS].word[slot & CHUNK_MASK];
    }

    Kind kind(int slot) {
        return Kind.ALL[word(slot) & KIND_MASK];
    }

    int state(int slot) {
        return word(slot) >>> STATE_SHIFT & STATE_MASK;
    }

    void state(int slot, int ordinal) {
        int[] words = chunks[slot >>> CHUNK_BITS].word;
        int index = slot & CHUNK_MASK;
        words[index] = words[index] & ~(STATE_MASK << STATE_SHIFT) | ordinal << STATE_SHIFT;
    }

    boolean isReliable(int slot) {
        return (word(slot) & RELIABLE) != 0;
    }

    SipMethod method(int slot) {
        return METHODS[word(slot) >>> METHOD_SHIFT & METHOD_MASK];
    }

    boolean has(int slot, int flag) {
        return (word(slot) & flag) != 0;
    }

    void set(int slot, int flag) {
        chunks[slot >>> CHUNK_BITS].word[slot & CHUNK_MASK] |= flag;
    }

    void clear(int slot, int flag) {
        chunks[slot >>> CHUNK_BITS].word[slot & CHUNK_MASK] &= ~flag;
    }

    int hash(int slot) {
        return chunks[slot >>> CHUNK_BITS].hash[slot & CHUNK_MASK];
    }

    long key(int slot) {
        return chunks[slot >>> CHUNK_BITS].key[slot & CHUNK_MASK];
    }

    void key(int slot, long record) {
        chunks[slot >>> CHUNK_BITS].key[slot & CHUNK_MASK] = record;
    }

    /** The record of the message to send again; none while a brief slot is deferred. */
    long message(int slot) {
        Chunk chunk = chunks[slot >>> CHUNK_BITS];
        int index = slot & CHUNK_MASK;
        return (chunk.word[index] & DEFERRED) != 0 ? ByteLog.NONE : chunk.message[index];
    }

    void message(int slot, long record) {
        assert !has(slot, DEFERRED);
        chunks[slot >>> CHUNK_BITS].message[slot & CHUNK_MASK] = record;
    }

    /** The slot whose extended columns belong to this transaction: itself, the one it borrows, or {@link #NONE}. */
    int extension(int slot) {
        Chunk chunk = chunks[slot >>> CHUNK_BITS];
        if (chunk.isExtended()) {
            return slot;
        }
        int index = slot & CHUNK_MASK;
        return (chunk.word[index] & DEFERRED) != 0 ? (int) chunk.message[index] : NONE;
    }

    /** Lends an extended slot to a brief one until {@link #returnExtension}. */
    void borrowExtension(int slot, int extension) {
        Chunk chunk = chunks[slot >>> CHUNK_BITS];
        int index = slot & CHUNK_MASK;
        assert chunk.message[index] == ByteLog.NONE && !chunk.isExtended();
        extendedChunk(extension).owner[extension & CHUNK_MASK] = slot;
        chunk.message[index] = extension;
        chunk.word[index] |= DEFERRED;
    }

    /** Ends the loan; the caller releases the extended slot. */
    void returnExtension(int slot) {
        Chunk chunk = chunks[slot >>> CHUNK_BITS];
        int index = slot & CHUNK_MASK;
        chunk.word[index] &= ~DEFERRED;
        chunk.message[index] = ByteLog.NONE;
    }

    /** The transaction the extended columns belong to. */
    int owner(int extension) {
        return extendedChunk(extension).owner[extension & CHUNK_MASK];
    }

    private ExtendedChunk extendedChunk(int extension) {
        return (ExtendedChunk) chunks[extension >>> CHUNK_BITS];
    }

    Flow flow(int extension) {
        return extendedChunk(extension).flow[extension & CHUNK_MASK];
    }

    void flow(int extension, Flow flow) {
        extendedChunk(extension).flow[extension & CHUNK_MASK] = flow;
    }

    Object attachment(int extension) {
        return extendedChunk(extension).attachment[extension & CHUNK_MASK];
    }

    void attachment(int extension, Object attachment) {
        extendedChunk(extension).attachment[extension & CHUNK_MASK] = attachment;
    }

    long template(int extension) {
        return extendedChunk(extension).template[extension & CHUNK_MASK];
    }

    void template(int extension, long record) {
        extendedChunk(extension).template[extension & CHUNK_MASK] = record;
    }

    long timer(int extension, int lane) {
        return extendedChunk(extension).timers[lane][extension & CHUNK_MASK];
    }

    void timer(int extension, int lane, long handle) {
        extendedChunk(extension).timers[lane][extension & CHUNK_MASK] = handle;
    }

    int interval(int extension) {
        return extendedChunk(extension).interval[extension & CHUNK_MASK];
    }

    void interval(int extension, int millis) {
        extendedChunk(extension).interval[extension & CHUNK_MASK] = millis;
    }

    long merged(int extension) {
        return extendedChunk(extension).merged[extension & CHUNK_MASK];
    }

    void merged(int extension, long hash) {
        extendedChunk(extension).merged[extension & CHUNK_MASK] = hash;
    }

    int nextOfFlow(int extension) {
        return extendedChunk(extension).nextOfFlow[extension & CHUNK_MASK];
    }

    void nextOfFlow(int extension, int next) {
        extendedChunk(extension).nextOfFlow[extension & CHUNK_MASK] = next;
    }

    int previousOfFlow(int extension) {
        return extendedChunk(extension).previousOfFlow[extension & CHUNK_MASK];
    }

    void previousOfFlow(int extension, int previous) {
        extendedChunk(extension).previousOfFlow[extension & CHUNK_MASK] = previous;
    }

    /**
     * The transactions that wait for a final response: the user's, or a peer's; one that is deferred counts twice.
     * Looks at every slot: for a stack that is closing.
     *
     * @param server whether those that wait for the user are counted, or those that wait for a peer
     */
    int unfinished(boolean server) {
        int count = 0;
        for (int number = 0; number < chunkCount; number++) {
            if (chunks[number] == null) {
                continue;
            }
            for (int word : chunks[number].word) {
                // The states before the final response come first in every machine: one in the INVITE server's, two
                // in the others.
                int states = (word & KIND_MASK) == Kind.INVITE_SERVER.ordinal() ? 1 : 2;
                boolean isServer = (word & KIND_MASK) <= Kind.INVITE_SERVER.ordinal();
                if (word != 0 && isServer == server && (word >>> STATE_SHIFT & STATE_MASK) < states) {
                    count++;
                }
            }
        }
        return count;
    }

    /** The octets the columns occupy. */
    long footprint() {
        return brief.total * 24L * CHUNK + extended.total * 92L * CHUNK + 8L * chunks.length;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.rocksdb.RocksDBException;
import org.sipwire.transaction.SteadyClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bindings in memory and, by one writer thread, in an embedded RocksDB, so that a restart loses none. Every method may be called from any
 * thread and none waits for the disk.
 *
 * <p>Memory decides and answers ({@link InMemoryLocationService}); what it wrote goes to the writer, which takes all that has come, writes
 * the records as they stand by then in one batch, and completes. So a commit costs one wait for the disk however many registrations
 * share it. With {@code sync} a completion comes after its commit is on the disk: who has got a 200 is found after a power cut. Without
 * it a completion comes at once, and what the last moments before a crash brought may be lost; a clean stop loses nothing.
 *
 * <p>When the disk takes no more, updates complete with {@link LocationResult#UNAVAILABLE} and change nothing, until a write succeeds
 * again, which the writer tries once a second.
 *
 * <pre>{@code
 *   loop --- update ---> memory                        writer: take all - one batch - commit --+
 *     |                     |                            ^                                    |
 *     |                     +---- changed: queue --------+                                    |
 *     +<-- without sync, at once                loop <---- with sync, one task a loop --------+
 * }</pre>
 *
 * <p>Shared.
 */
public final class RocksDbLocationService implements LocationService {

    /** Updates that may wait for the disk before more are refused: about a second's worth. */
    static final int MAX_PENDING = 100_000;

    private static final Logger LOG = LoggerFactory.getLogger(RocksDbLocationService.class);
    private static final long RETRY_NANOS = 1_000_000_000L;

    /** One record to be written, and who waits for it. Written by who queues it, then owned by the writer, then by the loop. */
    private static final class Job {
        final long[] record;
        /** Null when the record's bindings ended by themselves. */
        final LocationResult result;

        final BindingUpdate update;
        final Completion completion;
        /** Taken when the job is made: the update is its loop's, which fills it with the next request while the writer works. */
        final Executor loop;

        Job next;

        Job(long[] record, LocationResult result, BindingUpdate update, Completion completion) {
            this.record = record;
            this.result = result;
            this.update = update;
            this.completion = completion;
            loop = update == null ? null : update.loop();
        }
    }

    private final InMemoryLocationService memory;
    private final RocksDbFile file;
    private final boolean sync;
    private final Thread writer;
    /** A stack of jobs, the newest on top: loops push, the writer takes all. A push publishes the job. */
    private final AtomicReference<Job> queue = new AtomicReference<>();

    private final AtomicInteger pending = new AtomicInteger();
    private final LongAdder failed = new LongAdder();
    private final Map<Executor, Completions> completions = new HashMap<>();
    private final List<long[]> unwritten = new ArrayList<>();
    private LocationListener listener = LocationListener.NONE;
    private volatile boolean failing;
    private volatile boolean closing;
    private volatile boolean parked;
    /** A fault to be met by the next commits, for tests: a disk cannot be filled in every build. */
    volatile RocksDBException fault;

    private RocksDbLocationService(RocksDbFile file, InMemoryLocationService memory, boolean sync) {
        this.file = file;
        this.memory = memory;
        this.sync = sync;
        memory.listener(new Expiries());
        writer = new Thread(this::write, "sipwire-bindings");
        writer.setDaemon(true);
    }

    /**
     * Opens a directory, or makes it, and loads its bindings.
     *
     * @param sync whether completions wait for the disk
     * @throws LocationStoreException when the directory is somebody else's, damaged, in use or not to be written to
     */
    public static RocksDbLocationService open(Path directory, boolean sync) throws LocationStoreException {
        return open(directory, sync, SteadyClock::millis);
    }

    static RocksDbLocationService open(Path directory, boolean sync, LongSupplier clockMillis)
            throws LocationStoreException {
        // The queue to the writer holds records that were replaced meanwhile.
        InMemoryLocationService memory = new InMemoryLocationService(clockMillis, 0);
        RocksDbFile file;
        try {
            file = new RocksDbFile(directory, sync);
        } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
            throw new LocationStoreException("RocksDB is not available on this machine: " + e.getMessage(), e);
        }
        try {
            file.load(memory::restore);
        } catch (LocationStoreException e) {
            file.close();
            throw e;
        }
        RocksDbLocationService service = new RocksDbLocationService(file, memory, sync);
        service.writer.start();
        return service;
    }

    @Override
    public void update(BindingUpdate update, Completion completion) {
        if (failing || pending.get() >= MAX_PENDING) {
            failed.increment();
            completion.completed(LocationResult.UNAVAILABLE, update.current.wrap(null, 0));
            return;
        }
        LocationResult result = memory.apply(update);
        // A request that came twice by different ways must not be answered before the commit of the first.
        boolean wait = result != LocationResult.UNCHANGED || update.contactCount() > 0;
        if (!result.isSuccess() || !wait) {
            completion.completed(result, update.current);
            return;
        }
        long[] record = update.current.record();
        if (sync) {
            push(new Job(record, result, update, completion));
        } else {
            push(new Job(record, result, null, null));
            completion.completed(result, update.current);
        }
    }

    private void push(Job job) {
        pending.getAndIncrement();
        do {
            job.next = queue.get();
        } while (!queue.compareAndSet(job.next, job));
        if (parked) {
            LockSupport.unpark(writer);
        }
    }

    // ---- the writer
    // -----------------------------------------------------------------------------------------------------------------

    private void write() {
        for (; ; ) {
            Job newest = queue.getAndSet(null);
            if (newest != null) {
                write(inOrder(newest));
            } else if (failing) {
                recover();
            } else if (closing) {
                return;
            } else {
                parked = true;
                if (queue.get() == null && !closing) {
                    LockSupport.park(this);
                }
                parked = false;
            }
            if (failing && closing) {
                return;
            }
        }
    }

    private static Job inOrder(Job newest) {
        Job first = null;
        for (Job job = newest; job != null; ) {
            Job next = job.next;
            job.next = first;
            first = job;
            job = next;
        }
        return first;
    }

    private void write(Job first) {
        boolean written = commit(first);
        int count = 0;
        for (Job job = first; job != null; ) {
            Job next = job.next;
            count++;
            if (job.completion != null) {
                completions.computeIfAbsent(job.loop, Completions::new).add(job);
            }
            // What ended by itself need not be made up for: it is not loaded either.
            if (!written && job.result != null) {
                unwritten.add(job.record);
            }
            job = next;
        }
        pending.getAndAdd(-count);
        completions.values().forEach(c -> c.send(written));
        // Executors of those who come and go are not kept.
        if (completions.size() > 256) {
            completions.clear();
        }
    }

    private boolean commit(Job first) {
        try {
            for (Job job = first; job != null; job = job.next) {
                put(job.record);
            }
            commit();
            return true;
        } catch (RocksDBException e) {
            if (!failing) {
                LOG.error("bindings cannot be written, registrations are refused: {}", RocksDbFile.reason(e));
            }
            failing = true;
            for (Job job = first; job != null; job = job.next) {
                failed.increment();
            }
            return false;
        }
    }

    /** What is stored is the record as it stands now, which may be newer than the job's. */
    private void put(long[] record) throws RocksDBException {
        long[] now = memory.current(record);
        file.put(now == null ? PackedRecord.emptied(record) : now);
    }

    private void commit() throws RocksDBException {
        if (fault != null) {
            throw fault;
        }
        file.commit();
    }

    /** The disk took no more. Memory may be ahead of it by the jobs that failed: they are written first of all. */
    private void recover() {
        LockSupport.parkNanos(this, RETRY_NANOS);
        try {
            if (fault == null) {
                file.reopen();
            }
            for (long[] record : unwritten) {
                put(record);
            }
            commit();
            unwritten.clear();
            failing = false;
            LOG.info("bindings can be written again");
        } catch (RocksDBException | LocationStoreException e) {
            LOG.debug("bindings still cannot be written", e);
        }
    }

    /** The completed jobs of one loop on their way to it. Filled by the writer, emptied by the loop. */
    private static final class Completions {
        private final Executor loop;
        private Job first;
        private Job last;

        Completions(Executor loop) {
            this.loop = loop;
        }

        void add(Job job) {
            job.next = null;
            if (first == null) {
                first = job;
            } else {
                last.next = job;
            }
            last = job;
        }

        void send(boolean written) {
            Job all = first;
            if (all == null) {
                return;
            }
            first = null;
            last = null;
            try {
                loop.execute(() -> complete(all, written));
            } catch (RejectedExecutionException e) {
                LOG.debug("a loop ended before its registrations were committed", e);
            }
        }

        private static void complete(Job all, boolean written) {
            for (Job job = all; job != null; ) {
                Job next = job.next;
                // On the loop no update is under way, so its cursor is free.
                Bindings current = job.update.current;
                try {
                    if (written) {
                        job.completion.completed(job.result, current.wrap(job.record, job.update.nowSeconds()));
                    } else {
                        job.completion.completed(LocationResult.UNAVAILABLE, current.wrap(null, 0));
                    }
                } catch (RuntimeException e) {
                    // The others of the batch are committed too and must hear of it.
                    LOG.error("a completion failed", e);
                }
                job = next;
            }
        }
    }

    // ---- the rest is memory's
    // -------------------------------------------------------------------------------------------------------

    /** Bindings that end by themselves go from the disk too. */
    private final class Expiries implements LocationListener {
        @Override
        public void expired(Bindings lapsed, Bindings left) {
            push(new Job(lapsed.record(), null, null, null));
            listener.expired(lapsed, left);
        }

        @Override
        public void removed(Bindings removed) {
            listener.removed(removed);
        }
    }

    @Override
    public void lookup(byte[] aor, int offset, int length, Bindings cursor, Executor loop, Completion completion) {
        memory.lookup(aor, offset, length, cursor, loop, completion);
    }

    @Override
    public void remove(byte[] aor, int offset, int length, Bindings cursor, Executor loop, Completion completion) {
        if (failing) {
            failed.increment();
            completion.completed(LocationResult.UNAVAILABLE, cursor.wrap(null, 0));
            return;
        }
        memory.remove(aor, offset, length, cursor, loop, (result, removed) -> {
            if (result != LocationResult.REMOVED) {
                completion.completed(result, removed);
                return;
            }
            BindingUpdate waiting = new BindingUpdate().loop(loop);
            push(new Job(
                    removed.record(),
                    result,
                    waiting,
                    (outcome, ignored) -> completion.completed(outcome, cursor.rewind())));
        });
    }

    @Override
    public void page(byte[] after, int offset, int length, PageRequest request) {
        memory.page(after, offset, length, request);
    }

    @Override
    public int expire(long nowMillis, int budget) {
        return memory.expire(nowMillis, budget);
    }

    @Override
    public long bindingCount() {
        return memory.bindingCount();
    }

    @Override
    public long addressCount() {
        return memory.addressCount();
    }

    @Override
    public void listener(LocationListener locationListener) {
        listener = locationListener;
    }

    @Override
    public int pendingCalls() {
        return pending.get();
    }

    @Override
    public long failedCalls() {
        return failed.sum();
    }

    @Override
    public boolean isAvailable() {
        return !failing;
    }

    /** Writes what is queued and closes the directory. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(writer);
        boolean interrupted = false;
        while (writer.isAlive()) {
            try {
                writer.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        file.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

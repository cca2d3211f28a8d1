/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import io.lettuce.core.KeyValue;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.sipwire.codec.SipHash;
import org.sipwire.transaction.SteadyClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bindings in Redis, shared by a fleet of registrars. Every method may be called from any thread; none waits for the network.
 *
 * <pre>
 *   sipwire:b:ADDRESS-OF-RECORD     the {@link RedisRecord} of one address-of-record, expiring with its last binding
 *   sipwire:aors:0 ... 63           sorted sets of all of them, for pages; members whose record is gone are dropped when met
 *   sipwire:node:1 ... 127          who has which number, for a minute at a time
 *   sipwire:mail:1 ... 127          channels on which registrars hand requests to each other: {@link FleetMail}
 * </pre>
 *
 * <p>An update reads the record, decides by the same rules as memory does, and writes by a script that compares the version first: if
 * another registrar was faster, the script returns what it wrote and the update decides anew. So the order of requests holds across
 * registrars, and no update is lost or half done. Each binding is tagged with the number of the registrar that has its flow
 * ({@link Bindings#node}), which is where a request for a device behind a connection has to leave from.
 *
 * <p>While Redis is away every update and lookup completes with {@link LocationResult#UNAVAILABLE}: at once, or after two seconds when the
 * answer is on its way or a cluster's member is away. The client connects again by itself, waiting longer each time. Counts, and who is told of expired bindings, are this registrar's share: what was registered here
 * is remembered here, and looked up in Redis before it is called expired, for the device may have moved.
 *
 * <p>Shared.
 */
public final class RedisLocationService implements LocationService {

    /** Calls that may wait for Redis before more are refused. */
    static final int MAX_PENDING = 50_000;

    private static final Logger LOG = LoggerFactory.getLogger(RedisLocationService.class);
    private static final String PREFIX = "sipwire:b:";
    /** Sets of a cluster lie on its shards as evenly as the records do; one set would be one shard's whole load. */
    private static final int INDEXES = 64;

    private static final byte[][] INDEX = new byte[INDEXES][];

    static {
        for (int i = 0; i < INDEXES; i++) {
            INDEX[i] = ascii("sipwire:aors:" + i);
        }
    }

    private static final int MAX_TRIES = 1_000;
    private static final long LOG_EVERY_NANOS = 10_000_000_000L;

    /** Writes, or deletes, if the version is the expected one; else says what is there. */
    private static final byte[] REPLACE = ascii("""
            if redis.call('GETRANGE', KEYS[1], 1, 8) ~= ARGV[1] then return {0, redis.call('GET', KEYS[1])} end
            if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
            return {1}
            """);

    private static final byte[] TAKE =
            ascii("local v = redis.call('GET', KEYS[1]) redis.call('DEL', KEYS[1]) return v");

    private final RedisConnection connection;
    private final RedisClusterAsyncCommands<byte[], byte[]> redis;
    private final InMemoryLocationService mine;
    private final FleetMail mail = new Mail();
    private final LongSupplier clockMillis;
    private final AtomicInteger pending = new AtomicInteger();
    private final AtomicLong failures = new AtomicLong();
    private final AtomicLong loggedNanos = new AtomicLong(System.nanoTime() - LOG_EVERY_NANOS);
    private LocationListener listener = LocationListener.NONE;
    /** What became of the last call: written by whoever hears of its end, read by who shows it. */
    private volatile boolean away;

    private RedisLocationService(RedisConnection connection, LongSupplier clockMillis) {
        this.connection = connection;
        this.clockMillis = clockMillis;
        redis = connection.commands();
        mine = new InMemoryLocationService(clockMillis, 0);
        mine.listener(new Expiries());
    }

    /**
     * Connects to Redis and takes a node number.
     *
     * @param uri {@code redis://[user:password@]host:port[/database]}, {@code rediss://} for TLS,
     *     {@code redis-sentinel://host:port,..#master}, {@code redis-cluster://host:port,..}, {@code rediss-cluster://}
     * @throws LocationStoreException when it cannot be reached or all numbers are taken
     */
    public static RedisLocationService open(String uri) throws LocationStoreException {
        return open(uri, SteadyClock::millis);
    }

    static RedisLocationService open(String uri, LongSupplier clockMillis) throws LocationStoreException {
        return new RedisLocationService(RedisConnection.open(uri, 2 * MAX_PENDING), clockMillis);
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] redisKey(byte[] aor, int offset, int length) {
        byte[] key = Arrays.copyOf(ascii(PREFIX), PREFIX.length() + length);
        System.arraycopy(aor, offset, key, PREFIX.length(), length);
        return key;
    }

    private long nowSeconds() {
        return Math.floorDiv(clockMillis.getAsLong(), 1000L);
    }

    /** The number of this registrar in its fleet, 1..127. */
    public int node() {
        return connection.node();
    }

    @Override
    public FleetMail mail() {
        return mail;
    }

    /** Mail by Redis' channels, one a node: no connection between registrars, and no address they would have to know. */
    private final class Mail implements FleetMail {
        @Override
        public int node() {
            return connection.node();
        }

        @Override
        public void send(int node, byte[] letter, Runnable lost) {
            call(
                    commands -> commands.publish(RedisConnection.mailbox(node), letter),
                    receivers -> {
                        if (receivers == 0 && connection.countsReceivers()) {
                            lost.run();
                        }
                    },
                    lost);
        }

        @Override
        public void receive(Consumer<byte[]> reader) {
            connection.receive(reader);
        }
    }

    @Override
    public int pendingCalls() {
        return pending.get();
    }

    @Override
    public long failedCalls() {
        return failures.get();
    }

    @Override
    public boolean isAvailable() {
        return !away;
    }

    // ---- update
    // ---------------------------------------------------------------------------------------------------------------------

    @Override
    public void update(BindingUpdate update, Completion completion) {
        if (pending.get() >= MAX_PENDING) {
            failures.incrementAndGet();
            completion.completed(LocationResult.UNAVAILABLE, update.current.wrap(null, 0));
            return;
        }
        new Attempt(update.copy(connection.node()), completion).read();
    }

    /** One update on its way: read, decide, write, and again if another was faster. */
    private final class Attempt {
        private final BindingUpdate update;
        private final Completion completion;
        private final byte[] key;
        private int tries;

        Attempt(BindingUpdate update, Completion completion) {
            this.update = update;
            this.completion = completion;
            key = redisKey(update.key(), 0, update.keyLength());
        }

        void read() {
            call(commands -> commands.get(key), this::decide, this::fail);
        }

        private void decide(byte[] value) {
            long[] record = RedisRecord.decode(update.key(), update.keyLength(), value);
            LocationResult result = update.merge.plan(record);
            if (result.ordinal() >= LocationResult.UNCHANGED.ordinal()) {
                complete(result, record);
                return;
            }
            if (tries++ == MAX_TRIES) {
                fail();
                return;
            }
            long[] replacement = update.merge.build(0, Long.MAX_VALUE, null);
            byte[] written = result == LocationResult.REMOVED
                    ? new byte[0]
                    : RedisRecord.encode(
                            replacement, ThreadLocalRandom.current().nextLong());
            long millis = Math.max(1, (RedisRecord.latestExpiry(replacement) - update.nowSeconds()) * 1000);
            call(
                    commands -> commands.<List<Object>>eval(
                            REPLACE,
                            ScriptOutputType.MULTI,
                            new byte[][] {key},
                            RedisRecord.version(value),
                            written,
                            ascii(Long.toString(millis))),
                    answer -> written(answer, result, replacement),
                    this::fail);
        }

        private void written(List<Object> answer, LocationResult result, long[] replacement) {
            if (((Number) answer.get(0)).longValue() == 0) {
                decide(answer.size() > 1 ? (byte[]) answer.get(1) : null);
                return;
            }
            byte[] member = Arrays.copyOf(update.key(), update.keyLength());
            boolean listed = result == LocationResult.REFRESHED && mine.knows(member, 0, member.length);
            if (result == LocationResult.REMOVED || listed) {
                mine.adopt(replacement);
                if (result == LocationResult.REMOVED) {
                    unlist(member);
                }
                complete(result, replacement);
                return;
            }
            // Only what is listed is granted: else a Redis lost between the two would leave a binding no page shows. A
            // device new to
            // this registrar is listed again, should the one that registered it have come no further than the record.
            call(
                    commands -> commands.zadd(index(member), 0, member),
                    ignored -> {
                        mine.adopt(replacement);
                        complete(result, replacement);
                    },
                    this::fail);
        }

        private void fail() {
            complete(LocationResult.UNAVAILABLE, null);
        }

        private void complete(LocationResult result, long[] record) {
            onLoop(update.loop(), () -> completion.completed(result, update.current.wrap(record, update.nowSeconds())));
        }
    }

    /** Calls Redis; exactly one of the two ends is called, on a thread of the client's or, when it is away, on this one. */
    private <T> void call(
            Function<RedisClusterAsyncCommands<byte[], byte[]>, RedisFuture<T>> command,
            Consumer<T> answered,
            Runnable failed) {
        pending.getAndIncrement();
        RedisFuture<T> future;
        try {
            future = command.apply(redis);
        } catch (RedisException e) {
            pending.getAndDecrement();
            note(e);
            failed.run();
            return;
        }
        future.whenComplete((value, failure) -> {
            pending.getAndDecrement();
            if (failure != null) {
                note(failure);
                failed.run();
            } else {
                if (away) {
                    away = false;
                    LOG.info("Redis answers again");
                }
                answered.accept(value);
            }
        });
    }

    private void note(Throwable failure) {
        away = true;
        long count = failures.incrementAndGet();
        long now = System.nanoTime();
        long last = loggedNanos.get();
        if (now - last >= LOG_EVERY_NANOS && loggedNanos.compareAndSet(last, now)) {
            LOG.error(
                    "Redis does not answer, registrations are answered 503 ({} so far): {}", count, failure.toString());
        }
    }

    private static void onLoop(Executor loop, Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("a loop ended before Redis answered it", e);
        }
    }

    private static byte[] index(byte[] aor) {
        return INDEX[indexOf(aor, 0, aor.length)];
    }

    /** The same at every registrar, so with no key of its own: a skewed set costs a longer page and nothing else. */
    private static int indexOf(byte[] aor, int offset, int length) {
        return (int) SipHash.hash(0, 0, aor, offset, length) & INDEXES - 1;
    }

    /** Takes an address-of-record from the list, and puts it back when somebody has registered it meanwhile. */
    private void unlist(byte[] aor) {
        byte[] key = redisKey(aor, 0, aor.length);
        Consumer<Long> relist = there -> {
            if (there > 0) {
                call(commands -> commands.zadd(index(aor), 0, aor), ignored -> {}, () -> {});
            }
        };
        call(
                commands -> commands.zrem(index(aor), aor),
                ignored -> call(commands -> commands.exists(key), relist, () -> {}),
                () -> {});
    }

    // ---- the rest
    // -------------------------------------------------------------------------------------------------------------------

    @Override
    public void lookup(byte[] aor, int offset, int length, Bindings cursor, Executor loop, Completion completion) {
        byte[] key = Arrays.copyOfRange(aor, offset, offset + length);
        call(
                commands -> commands.get(redisKey(key, 0, length)),
                value -> onLoop(
                        loop,
                        () -> completion.completed(
                                LocationResult.UNCHANGED,
                                cursor.wrap(RedisRecord.decode(key, length, value), nowSeconds()))),
                () -> onLoop(loop, () -> completion.completed(LocationResult.UNAVAILABLE, cursor.wrap(null, 0))));
    }

    @Override
    public void remove(byte[] aor, int offset, int length, Bindings cursor, Executor loop, Completion completion) {
        byte[] key = Arrays.copyOfRange(aor, offset, offset + length);
        call(
                commands ->
                        commands.<byte[]>eval(TAKE, ScriptOutputType.VALUE, new byte[][] {redisKey(key, 0, length)}),
                value -> onLoop(
                        loop,
                        () -> removed(
                                key, cursor.wrap(RedisRecord.decode(key, length, value), nowSeconds()), completion)),
                () -> onLoop(loop, () -> completion.completed(LocationResult.UNAVAILABLE, cursor.wrap(null, 0))));
    }

    private void removed(byte[] key, Bindings cursor, Completion completion) {
        if (cursor.isEmpty()) {
            completion.completed(LocationResult.UNCHANGED, cursor);
            return;
        }
        mine.adopt(PackedRecord.emptied(cursor.record()));
        unlist(key);
        listener.removed(cursor);
        completion.completed(LocationResult.REMOVED, cursor.rewind());
    }

    @Override
    public void page(byte[] after, int offset, int length, PageRequest request) {
        byte[] last = Arrays.copyOfRange(after, offset, offset + length);
        list(length == 0 ? 0 : indexOf(last, 0, length), last, new ArrayList<>(), request);
    }

    /** Collects what a page shows, set after set, and one more to know whether another follows. */
    private void list(int index, byte[] after, List<byte[]> found, PageRequest request) {
        Range<byte[]> rest = after.length == 0
                ? Range.unbounded()
                : Range.from(Range.Boundary.excluding(after), Range.Boundary.unbounded());
        int wanted = request.limit() + 1 - found.size();
        call(
                commands -> commands.zrangebylex(INDEX[index], rest, Limit.create(0, wanted)),
                aors -> {
                    found.addAll(aors);
                    if (aors.size() < wanted && index + 1 < INDEXES) {
                        list(index + 1, new byte[0], found, request);
                    } else {
                        fetch(found, request);
                    }
                },
                () -> onLoop(request.loop(), () -> request.end(LocationResult.UNAVAILABLE, false)));
    }

    private void fetch(List<byte[]> found, PageRequest request) {
        boolean more = found.size() > request.limit();
        List<byte[]> shown = more ? found.subList(0, request.limit()) : found;
        if (shown.isEmpty()) {
            onLoop(request.loop(), () -> request.end(LocationResult.UNCHANGED, false));
            return;
        }
        byte[][] keys = shown.stream().map(a -> redisKey(a, 0, a.length)).toArray(byte[][]::new);
        call(
                commands -> commands.mget(keys),
                values -> onLoop(request.loop(), () -> show(shown, values, more, request)),
                () -> onLoop(request.loop(), () -> request.end(LocationResult.UNAVAILABLE, false)));
    }

    private void show(List<byte[]> aors, List<KeyValue<byte[], byte[]>> values, boolean more, PageRequest request) {
        Bindings cursor = new Bindings();
        for (int i = 0; i < aors.size(); i++) {
            byte[] aor = aors.get(i);
            long[] record = RedisRecord.decode(aor, aor.length, values.get(i).getValueOrElse(null));
            if (record == null) {
                unlist(aor);
            } else if (!cursor.wrap(record, nowSeconds()).isEmpty()) {
                request.entry(cursor);
            }
        }
        request.end(LocationResult.UNCHANGED, more);
    }

    /** What was registered here is out of time, unless the device has refreshed with another registrar. */
    private final class Expiries implements LocationListener {
        @Override
        public void expired(Bindings lapsed, Bindings left) {
            long[] record = lapsed.record();
            byte[] key = PackedRecord.key(record);
            long now = nowSeconds();
            call(
                    commands -> commands.get(redisKey(key, 0, key.length)),
                    value -> {
                        long[] current = RedisRecord.decode(key, key.length, value);
                        Bindings there = new Bindings().wrap(current, now);
                        if (there.isEmpty()) {
                            unlist(key);
                            listener.expired(new Bindings().wrap(record, 0, now), there);
                        }
                    },
                    () -> {});
        }
    }

    @Override
    public int expire(long nowMillis, int budget) {
        return mine.expire(nowMillis, budget);
    }

    @Override
    public long bindingCount() {
        return mine.bindingCount();
    }

    @Override
    public long addressCount() {
        return mine.addressCount();
    }

    @Override
    public void listener(LocationListener locationListener) {
        listener = locationListener;
    }

    @Override
    public void close() {
        connection.close();
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A connection to one Redis, a Sentinel's master or a cluster, and the node number held there. Owned by the service. */
final class RedisConnection implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final Duration NODE_LEASE = Duration.ofSeconds(60);
    private static final String CLUSTER = "redis-cluster://";

    /** Holds a number that is free or one's own; another's is left alone. */
    private static final byte[] KEEP = RedisLocationService.ascii("""
            local v = redis.call('GET', KEYS[1])
            if v and v ~= ARGV[1] then return 0 end
            redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
            return 1
            """);

    private final AbstractRedisClient client;
    private final AutoCloseable connection;
    private final RedisClusterAsyncCommands<byte[], byte[]> commands;
    private final byte[] owner = RedisLocationService.ascii(UUID.randomUUID().toString());
    private int node;

    private RedisConnection(
            AbstractRedisClient client, AutoCloseable connection, RedisClusterAsyncCommands<byte[], byte[]> commands) {
        this.client = client;
        this.connection = connection;
        this.commands = commands;
    }

    static RedisConnection open(String uri, ClientOptions.DisconnectedBehavior away, int queue)
            throws LocationStoreException {
        AbstractRedisClient client = null;
        try {
            boolean cluster = uri.startsWith(CLUSTER);
            RedisURI parsed = RedisURI.create(cluster ? "redis://" + uri.substring(CLUSTER.length()) : uri);
            parsed.setTimeout(TIMEOUT);
            RedisConnection opened;
            if (cluster) {
                RedisClusterClient fleet = RedisClusterClient.create(parsed);
                client = fleet;
                fleet.setOptions(ClusterClientOptions.builder()
                        .disconnectedBehavior(away)
                        .timeoutOptions(TimeoutOptions.enabled(TIMEOUT))
                        .requestQueueSize(queue)
                        .build());
                StatefulRedisClusterConnection<byte[], byte[]> made = fleet.connect(ByteArrayCodec.INSTANCE);
                opened = new RedisConnection(client, made, made.async());
            } else {
                RedisClient one = RedisClient.create();
                client = one;
                one.setOptions(ClientOptions.builder()
                        .disconnectedBehavior(away)
                        .timeoutOptions(TimeoutOptions.enabled(TIMEOUT))
                        .requestQueueSize(queue)
                        .build());
                StatefulRedisConnection<byte[], byte[]> made = one.connect(ByteArrayCodec.INSTANCE, parsed);
                opened = new RedisConnection(client, made, made.async());
            }
            opened.takeNode();
            return opened;
        } catch (RedisException | IllegalArgumentException | LocationStoreException e) {
            if (client != null) {
                client.shutdown(0, 2, TimeUnit.SECONDS);
            }
            throw e instanceof LocationStoreException l
                    ? l
                    : new LocationStoreException(
                            "Redis cannot be reached: "
                                    + String.valueOf(e.getMessage())
                                            .lines()
                                            .findFirst()
                                            .orElse(""),
                            e);
        }
    }

    /** Takes the lowest number nobody holds, and holds it by taking it again in time. */
    private void takeNode() throws LocationStoreException {
        for (int n = 1; n <= PackedRecord.MAX_NODE; n++) {
            if (await(commands.set(nodeKey(n), owner, SetArgs.Builder.nx().px(NODE_LEASE))) != null) {
                node = n;
                long period = NODE_LEASE.toMillis() / 3;
                client.getResources()
                        .eventExecutorGroup()
                        .scheduleAtFixedRate(this::keepNode, period, period, TimeUnit.MILLISECONDS);
                return;
            }
        }
        throw new LocationStoreException("All " + PackedRecord.MAX_NODE + " node numbers in Redis are taken");
    }

    private static byte[] nodeKey(int n) {
        return RedisLocationService.ascii("sipwire:node:" + n);
    }

    private void keepNode() {
        try {
            commands.eval(
                    KEEP,
                    ScriptOutputType.INTEGER,
                    new byte[][] {nodeKey(node)},
                    owner,
                    RedisLocationService.ascii(Long.toString(NODE_LEASE.toMillis())));
        } catch (RedisException e) {
            // Away: when it is back, the number is taken again unless another registrar has it by then.
            return;
        }
    }

    private static <T> T await(io.lettuce.core.RedisFuture<T> future) throws LocationStoreException {
        try {
            return future.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LocationStoreException("Interrupted while Redis was asked for a node number", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new LocationStoreException("Redis gives no node number: " + e.getMessage(), e);
        }
    }

    RedisClusterAsyncCommands<byte[], byte[]> commands() {
        return commands;
    }

    int node() {
        return node;
    }

    @Override
    public void close() {
        try {
            commands.del(nodeKey(node));
        } catch (RedisException e) {
            // Away: the number comes free by itself.
        }
        try {
            connection.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        client.shutdown(0, 2, TimeUnit.SECONDS);
    }
}

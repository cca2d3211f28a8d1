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
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections to one Redis, a Sentinel's master or a cluster, and the node number held there with its mailbox. Owned by the service.
 *
 * <p>The number is held for a minute at a time. Who was away for longer and finds it taken takes another: bindings with the old number
 * are then the other registrar's, which has none of their connections and says so.
 */
final class RedisConnection implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RedisConnection.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final Duration FIRST_RETRY = Duration.ofMillis(20);
    private static final Duration LAST_RETRY = Duration.ofSeconds(2);
    private static final Duration NODE_LEASE = Duration.ofSeconds(60);
    private static final Duration TOPOLOGY_PERIOD = Duration.ofSeconds(30);
    private static final Pattern CLUSTER = Pattern.compile("redis(s?)-cluster://([^@/]*@)?([^/?#@]+)(.*)");

    /** Holds a number that is free or one's own; another's is left alone. */
    private static final byte[] KEEP = RedisLocationService.ascii("""
            local v = redis.call('GET', KEYS[1])
            if v and v ~= ARGV[1] then return 0 end
            redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
            return 1
            """);

    private final ClientResources resources;
    private final AbstractRedisClient client;
    private final AutoCloseable connection;
    private final RedisClusterAsyncCommands<byte[], byte[]> commands;
    private final StatefulRedisPubSubConnection<byte[], byte[]> letters;
    private final byte[] owner = RedisLocationService.ascii(UUID.randomUUID().toString());
    /** Written by the client's thread that takes a number, read by all. */
    private volatile int node;

    private RedisConnection(
            ClientResources resources,
            AbstractRedisClient client,
            AutoCloseable connection,
            StatefulRedisPubSubConnection<byte[], byte[]> letters,
            RedisClusterAsyncCommands<byte[], byte[]> commands) {
        this.resources = resources;
        this.letters = letters;
        this.client = client;
        this.connection = connection;
        this.commands = commands;
    }

    static RedisConnection open(String uri, int queue) throws LocationStoreException {
        AbstractRedisClient client = null;
        // From the first try on twice as long each time, and never all registrars of a fleet in the same moment.
        ClientResources resources = ClientResources.builder()
                .reconnectDelay(
                        Delay.fullJitter(FIRST_RETRY, LAST_RETRY, FIRST_RETRY.toMillis(), TimeUnit.MILLISECONDS))
                .build();
        try {
            List<RedisURI> parsed = parse(uri);
            RedisConnection opened;
            if (isCluster(uri)) {
                RedisClusterClient fleet = RedisClusterClient.create(resources, parsed);
                client = fleet;
                fleet.setOptions(ClusterClientOptions.builder()
                        .topologyRefreshOptions(ClusterTopologyRefreshOptions.builder()
                                .enablePeriodicRefresh(TOPOLOGY_PERIOD)
                                .build())
                        // Connections to members are made when first needed, and commands wait for that.
                        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.ACCEPT_COMMANDS)
                        .timeoutOptions(TimeoutOptions.enabled(TIMEOUT))
                        .requestQueueSize(queue)
                        .build());
                StatefulRedisClusterConnection<byte[], byte[]> made = fleet.connect(ByteArrayCodec.INSTANCE);
                opened = new RedisConnection(
                        resources, client, made, fleet.connectPubSub(ByteArrayCodec.INSTANCE), made.async());
            } else {
                RedisClient one = RedisClient.create(resources);
                client = one;
                one.setOptions(ClientOptions.builder()
                        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                        .timeoutOptions(TimeoutOptions.enabled(TIMEOUT))
                        .requestQueueSize(queue)
                        .build());
                StatefulRedisConnection<byte[], byte[]> made = one.connect(ByteArrayCodec.INSTANCE, parsed.get(0));
                opened = new RedisConnection(
                        resources,
                        client,
                        made,
                        one.connectPubSub(ByteArrayCodec.INSTANCE, parsed.get(0)),
                        made.async());
            }
            opened.takeNode();
            return opened;
        } catch (RedisException | IllegalArgumentException | LocationStoreException e) {
            if (client != null) {
                client.shutdown(0, 2, TimeUnit.SECONDS);
            }
            resources.shutdown(0, 2, TimeUnit.SECONDS);
            throw e instanceof LocationStoreException l
                    ? l
                    : new LocationStoreException("Redis cannot be reached: " + reason(e), e);
        }
    }

    /** In one line what went wrong, and what was at the bottom of it. */
    private static String reason(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String all = root == failure ? "" + failure.getMessage() : failure.getMessage() + ": " + root.getMessage();
        return all.lines().findFirst().orElse("");
    }

    private static boolean isCluster(String uri) {
        return CLUSTER.matcher(uri).matches();
    }

    /** One URI, or of a cluster one for each of the hosts named, any of which tells the others. */
    static List<RedisURI> parse(String uri) {
        Matcher cluster = CLUSTER.matcher(uri);
        List<RedisURI> parsed = new ArrayList<>();
        if (cluster.matches()) {
            String user = cluster.group(2) == null ? "" : cluster.group(2);
            for (String host : cluster.group(3).split(",")) {
                parsed.add(RedisURI.create("redis" + cluster.group(1) + "://" + user + host + cluster.group(4)));
            }
        } else {
            parsed.add(RedisURI.create(uri));
        }
        parsed.forEach(each -> each.setTimeout(TIMEOUT));
        return parsed;
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
            commands.<Long>eval(
                            KEEP,
                            ScriptOutputType.INTEGER,
                            new byte[][] {nodeKey(node)},
                            owner,
                            RedisLocationService.ascii(Long.toString(NODE_LEASE.toMillis())))
                    .thenAccept(kept -> {
                        if (kept == 0) {
                            takeAnother(1);
                        }
                    });
        } catch (RedisException e) {
            // Away: when it is back, the number is taken again unless another registrar has it by then.
            return;
        }
    }

    /** The number was taken while Redis was away: the lowest free one from a number on is taken instead. */
    private void takeAnother(int n) {
        if (n > PackedRecord.MAX_NODE) {
            LOG.error("all {} node numbers in Redis are taken", PackedRecord.MAX_NODE);
            return;
        }
        commands.set(nodeKey(n), owner, SetArgs.Builder.nx().px(NODE_LEASE)).thenAccept(taken -> {
            if (taken == null) {
                takeAnother(n + 1);
                return;
            }
            LOG.warn("node number {} was taken by another registrar meanwhile, this one is now {}", node, n);
            letters.async().unsubscribe(mailbox(node));
            node = n;
            letters.async().subscribe(mailbox(n));
        });
    }

    static byte[] mailbox(int n) {
        return RedisLocationService.ascii("sipwire:mail:" + n);
    }

    /** Subscribes to this node's mail; again by itself whenever the connection was lost. */
    void receive(Consumer<byte[]> reader) {
        letters.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(byte[] channel, byte[] letter) {
                reader.accept(letter);
            }
        });
        letters.async().subscribe(mailbox(node));
    }

    /** Whether Redis knows how many got a letter: a cluster's member counts those at itself alone. */
    boolean countsReceivers() {
        return client instanceof RedisClient;
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
        letters.close();
        try {
            connection.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        client.shutdown(0, 2, TimeUnit.SECONDS);
        resources.shutdown(0, 2, TimeUnit.SECONDS);
    }
}

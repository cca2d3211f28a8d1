/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Users from Redis: one hash a user, whose fields are algorithms and whose values are HA1.
 *
 * <pre>
 *   HSET sipwire:user:34020000:34020000001320000003 MD5 5f4d...  SHA-256 9b1c...
 *        prefix       realm    user
 * </pre>
 *
 * May be called from any loop: questions are pipelined on one connection and never wait on a loop. Answers are remembered for a while; while
 * the connection is lost, or more questions wait than allowed, requests are answered 503. Lettuce connects again by itself. Shared;
 * {@link #close} ends the connection.
 */
public final class RedisCredentialStore implements CredentialStore {

    /** What keys begin with unless said. */
    public static final String DEFAULT_PREFIX = "sipwire:user:";

    private static final Logger LOG = LoggerFactory.getLogger(RedisCredentialStore.class);
    private static final int MAX_WAITING = 10_000;
    private static final int CACHE_SLOTS = 1 << 16;
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final long LOG_EVERY_NANOS = 10_000_000_000L;

    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;
    private final String prefix;
    private final CredentialCache cache;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong questions = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private final AtomicLong loggedNanos = new AtomicLong(System.nanoTime() - LOG_EVERY_NANOS);

    private RedisCredentialStore(RedisClient client, String prefix, int cacheSeconds) {
        this.client = client;
        this.prefix = prefix;
        connection = client.connect();
        cache = new CredentialCache(CACHE_SLOTS, cacheSeconds);
    }

    /**
     * Connects to a server.
     *
     * @param uri {@code redis://[user:password@]host:port[/database]}
     * @param prefix what keys begin with
     * @param cacheSeconds how long an answer is remembered
     * @throws IllegalStateException if the server cannot be reached; the message names it
     */
    public static RedisCredentialStore open(String uri, String prefix, int cacheSeconds) {
        RedisURI parsed = RedisURI.create(uri);
        parsed.setTimeout(TIMEOUT);
        RedisClient client = RedisClient.create(parsed);
        client.setOptions(ClientOptions.builder()
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .timeoutOptions(TimeoutOptions.enabled(TIMEOUT))
                .requestQueueSize(2 * MAX_WAITING)
                .build());
        try {
            return new RedisCredentialStore(client, prefix, cacheSeconds);
        } catch (RedisException e) {
            client.shutdown(0, 2, TimeUnit.SECONDS);
            throw new IllegalStateException(
                    "Cannot reach the credential store at redis://" + parsed.getHost() + ":" + parsed.getPort(), e);
        }
    }

    @Override
    public int ha1(CredentialQuery query, byte[] ha1) {
        return query.isHashed() ? UNKNOWN : cache.get(query, ha1, System.nanoTime());
    }

    @Override
    public void load(CredentialQuery query, Listener listener) {
        if (waiting.incrementAndGet() > MAX_WAITING) {
            answer(listener, UNAVAILABLE, null, "too many questions wait");
            return;
        }
        questions.incrementAndGet();
        String key = prefix + new String(query.realm(), StandardCharsets.UTF_8) + ":"
                + query.username().toUtf8();
        try {
            connection.async().hget(key, query.algorithm().token()).whenComplete((value, failure) -> {
                if (failure != null) {
                    answer(listener, UNAVAILABLE, null, failure.toString());
                    return;
                }
                byte[] ha1 = CredentialCache.ha1Of(value, query.algorithm());
                cache.put(query, ha1, System.nanoTime());
                answer(listener, ha1 == null ? UNKNOWN : FOUND, ha1, null);
            });
        } catch (RedisException e) {
            answer(listener, UNAVAILABLE, null, e.toString());
        }
    }

    private void answer(Listener listener, int result, byte[] ha1, String failure) {
        waiting.decrementAndGet();
        if (failure != null) {
            failures.incrementAndGet();
            long now = System.nanoTime();
            long last = loggedNanos.get();
            if (now - last >= LOG_EVERY_NANOS && loggedNanos.compareAndSet(last, now)) {
                LOG.error(
                        "Credentials cannot be read, requests are answered 503 ({} so far): {}",
                        failures.get(),
                        failure);
            }
        }
        listener.loaded(result, ha1);
    }

    /** Questions put to the server so far. */
    public long questions() {
        return questions.get();
    }

    /** Questions that were not answered. */
    public long failures() {
        return failures.get();
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown(0, 2, TimeUnit.SECONDS);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Users from the {@code subscriber} table of Kamailio or OpenSIPS, or any table like it. May be called from any loop; the database is asked on
 * threads of this store, never on a loop.
 *
 * <p>HA1 is read, never a password: column {@code ha1} for MD5 and, as OpenSIPS names them, {@code ha1_sha256} and {@code ha1_sha512t256}.
 * The user is looked for by {@code username} and, unless {@link Builder#domainColumn} says null, {@code domain}, which is the realm.
 *
 * <p>Answers are remembered for a while (see {@link Builder#cacheSeconds}); a registrar whose devices refresh more often asks the database
 * seldom. When more questions wait than {@link Builder#queueLength}, or the database does not answer in time, requests are answered 503 and
 * nobody waits. Shared; {@link #close} ends threads and connections.
 */
public final class JdbcCredentialStore implements CredentialStore {

    private static final Logger LOG = LoggerFactory.getLogger(JdbcCredentialStore.class);
    private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)?");
    private static final long LOG_EVERY_NANOS = 10_000_000_000L;

    private final HikariDataSource connections;
    private final ThreadPoolExecutor threads;
    private final CredentialCache cache;
    private final Map<DigestAlgorithm, String> statements = new EnumMap<>(DigestAlgorithm.class);
    private final boolean byDomain;
    private final int timeoutSeconds;
    private final AtomicLong questions = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private final AtomicLong loggedNanos = new AtomicLong(System.nanoTime() - LOG_EVERY_NANOS);

    private JdbcCredentialStore(Builder builder) {
        byDomain = builder.domainColumn != null;
        timeoutSeconds = builder.timeoutSeconds;
        builder.ha1Columns.forEach((algorithm, column) -> statements.put(
                algorithm,
                "SELECT " + column + " FROM " + builder.table + " WHERE " + builder.usernameColumn + " = ?"
                        + (byDomain ? " AND " + builder.domainColumn + " = ?" : "")));
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(builder.url);
        config.setUsername(builder.user);
        config.setPassword(builder.password);
        config.setReadOnly(true);
        config.setMaximumPoolSize(builder.connections);
        config.setConnectionTimeout(builder.timeoutSeconds * 1_000L);
        config.setPoolName("sipwire-users");
        // Down at start is as good as down later: requests are answered 503 until the database is there.
        config.setInitializationFailTimeout(-1);
        connections = new HikariDataSource(config);
        cache = new CredentialCache(builder.cacheSlots, builder.cacheSeconds);
        AtomicInteger number = new AtomicInteger();
        threads = new ThreadPoolExecutor(
                builder.connections,
                builder.connections,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(builder.queueLength),
                task -> {
                    Thread thread = new Thread(task, "sipwire-users-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
    }

    /** A store of the database at a JDBC URL. */
    public static Builder builder(String url) {
        return new Builder(url);
    }

    @Override
    public int ha1(CredentialQuery query, byte[] ha1) {
        if (query.isHashed() || !statements.containsKey(query.algorithm())) {
            return UNKNOWN;
        }
        return cache.get(query, ha1, System.nanoTime());
    }

    @Override
    public void load(CredentialQuery query, Listener listener) {
        try {
            threads.execute(new Question(this, query, listener));
        } catch (RejectedExecutionException e) {
            refuse(listener);
        }
    }

    private void refuse(Listener listener) {
        failed("too many questions wait, or the store is closed");
        listener.loaded(UNAVAILABLE, null);
    }

    /** A question that waits for a thread. */
    private record Question(JdbcCredentialStore store, CredentialQuery query, Listener listener) implements Runnable {
        @Override
        public void run() {
            store.ask(query, listener);
        }
    }

    private void ask(CredentialQuery query, Listener listener) {
        int result = UNAVAILABLE;
        byte[] ha1 = null;
        try {
            // Somebody else may have asked for the same user while this question waited.
            byte[] known = new byte[DigestResponse.MAX_HEX];
            result = cache.get(query, known, System.nanoTime());
            if (result == FOUND) {
                ha1 = known;
            } else if (result == PENDING) {
                result = UNAVAILABLE;
                ha1 = select(query);
                cache.put(query, ha1, System.nanoTime());
                result = ha1 == null ? UNKNOWN : FOUND;
            }
        } catch (SQLException | RuntimeException e) {
            failed(e.toString());
        } finally {
            listener.loaded(result, ha1);
        }
    }

    private byte[] select(CredentialQuery query) throws SQLException {
        questions.incrementAndGet();
        try (Connection connection = connections.getConnection();
                PreparedStatement statement = connection.prepareStatement(statements.get(query.algorithm()))) {
            statement.setQueryTimeout(timeoutSeconds);
            statement.setString(1, query.username().toUtf8());
            if (byDomain) {
                statement.setString(2, new String(query.realm(), java.nio.charset.StandardCharsets.UTF_8));
            }
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? CredentialCache.ha1Of(rows.getString(1), query.algorithm()) : null;
            }
        }
    }

    /** One line in ten seconds: a database that is down must not fill the disk too. */
    private void failed(String why) {
        failures.incrementAndGet();
        long now = System.nanoTime();
        long last = loggedNanos.get();
        if (now - last >= LOG_EVERY_NANOS && loggedNanos.compareAndSet(last, now)) {
            LOG.error(
                    "Credentials cannot be read, requests are answered 503 ({} so far): {}",
                    failures.get(),
                    why.replace('\n', ' '));
        }
    }

    /** Questions put to the database so far. */
    public long questions() {
        return questions.get();
    }

    /** Questions that were not answered. */
    public long failures() {
        return failures.get();
    }

    @Override
    public void close() {
        threads.shutdown();
        // What still waits is answered, else its request would wait for ever.
        for (Runnable waiting = threads.getQueue().poll();
                waiting != null;
                waiting = threads.getQueue().poll()) {
            refuse(((Question) waiting).listener());
        }
        connections.close();
    }

    /** Collects what the store needs. Confined to one thread. */
    public static final class Builder {
        private final String url;
        private String user;
        private String password;
        private String table = "subscriber";
        private String usernameColumn = "username";
        private String domainColumn = "domain";
        private final Map<DigestAlgorithm, String> ha1Columns = new EnumMap<>(Map.of(
                DigestAlgorithm.MD5, "ha1",
                DigestAlgorithm.SHA_256, "ha1_sha256",
                DigestAlgorithm.SHA_512_256, "ha1_sha512t256"));
        private int connections = 4;
        private int timeoutSeconds = 5;
        private int queueLength = 10_000;
        private int cacheSlots = 1 << 16;
        private int cacheSeconds = 300;

        private Builder(String url) {
            this.url = Objects.requireNonNull(url, "url");
        }

        /** Who reads the table. */
        public Builder login(String name, String secret) {
            user = name;
            password = secret;
            return this;
        }

        /** The table, {@code subscriber} unless said. */
        public Builder table(String name) {
            table = identifier(name);
            return this;
        }

        /** The column of the user's name. */
        public Builder usernameColumn(String name) {
            usernameColumn = identifier(name);
            return this;
        }

        /** The column that the realm is compared with; null when users are told apart by name alone, as Kamailio does by default. */
        public Builder domainColumn(String name) {
            domainColumn = name == null ? null : identifier(name);
            return this;
        }

        /** The column of an algorithm's HA1. */
        public Builder ha1Column(DigestAlgorithm algorithm, String name) {
            ha1Columns.put(algorithm.base(), identifier(name));
            return this;
        }

        /** Connections, and threads that ask. */
        public Builder connections(int value) {
            connections = value;
            return this;
        }

        /** How long a question may take. */
        public Builder timeoutSeconds(int value) {
            timeoutSeconds = value;
            return this;
        }

        /** How many questions may wait. */
        public Builder queueLength(int value) {
            queueLength = value;
            return this;
        }

        /** How many answers are remembered: rounded up to a power of two. */
        public Builder cacheSlots(int value) {
            cacheSlots = value <= 1 ? 1 : Integer.highestOneBit(value - 1) << 1;
            return this;
        }

        /** How long an answer is remembered; a changed password is seen after this time at the latest. */
        public Builder cacheSeconds(int value) {
            cacheSeconds = value;
            return this;
        }

        /** The store. The database need not be there yet. */
        public JdbcCredentialStore build() {
            return new JdbcCredentialStore(this);
        }

        private static String identifier(String name) {
            if (!IDENTIFIER.matcher(name).matches()) {
                throw new IllegalArgumentException("Not the name of a table or column: " + name);
            }
            return name;
        }
    }
}

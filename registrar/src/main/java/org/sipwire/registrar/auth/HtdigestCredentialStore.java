/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.SipHash;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Users from a file of {@code htdigest} lines: {@code user:realm:HA1[:ALGORITHM]}, MD5 when no algorithm is named; blank lines and lines
 * that begin with {@code #} say nothing. A user may have a line for each algorithm. May be called from any loop.
 *
 * <p>The file is looked at once a second and read again when it has changed; a file with a malformed line is not taken and the error, which
 * names file and line, is logged once, while the users of before stay. Loops see either all of the old users or all of the new.
 *
 * <p>Users of other realms are left out. Users are found by their hash too (RFC 7616 §3.4.4).
 *
 * <p>Shared; {@link #close} ends the thread that looks at the file.
 */
public final class HtdigestCredentialStore implements CredentialStore {

    private static final Logger LOG = LoggerFactory.getLogger(HtdigestCredentialStore.class);
    private static final long LOOK_MILLIS = 1_000;

    private final Path file;
    private final byte[] realm;
    private final long k0;
    private final long k1;
    private final Thread watcher = new Thread(this::watch, "sipwire-users");

    /** Written by the watcher, read by the loops: the table is complete before it is published, and never changes after. */
    private volatile Table table;

    private volatile boolean closed;

    // Confined to whoever looks at the file.
    private Object stamp;
    private Object refused;

    private HtdigestCredentialStore(Path file, String realm) throws IOException {
        this.file = file;
        this.realm = realm.getBytes(StandardCharsets.UTF_8);
        SecureRandom random = new SecureRandom();
        k0 = random.nextLong();
        k1 = random.nextLong();
        stamp = stampOf(file);
        table = read();
    }

    /**
     * Reads the users of a realm.
     *
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if a line is malformed; the message names file and line
     */
    public static HtdigestCredentialStore open(Path file, String realm) throws IOException {
        HtdigestCredentialStore store = unwatched(file, realm);
        store.watcher.setDaemon(true);
        store.watcher.start();
        return store;
    }

    /** A store whose file is read again only by {@link #look}. */
    static HtdigestCredentialStore unwatched(Path file, String realm) throws IOException {
        return new HtdigestCredentialStore(file, realm);
    }

    @Override
    public int ha1(CredentialQuery query, byte[] ha1) {
        Table now = table;
        AsciiView name = query.username();
        int at = now.find(hash(name.array(), name.offset(), name.length(), query.algorithm(), query.isHashed()), query);
        if (at < 0) {
            return UNKNOWN;
        }
        System.arraycopy(now.ha1[at], 0, ha1, 0, now.ha1[at].length);
        query.resolve(now.names[at], 0, now.names[at].length);
        return FOUND;
    }

    @Override
    public boolean findsHashedUsers() {
        return true;
    }

    /** How many HA1 values are known. */
    public int size() {
        return table.size;
    }

    /** Ends the watching; the users stay known. */
    @Override
    public void close() {
        closed = true;
        watcher.interrupt();
    }

    private long hash(byte[] a, int off, int len, DigestAlgorithm algorithm, boolean hashed) {
        return SipHash.hash(k0 + algorithm.ordinal() * 2L + (hashed ? 1 : 0), k1, a, off, len);
    }

    private void watch() {
        while (!closed) {
            try {
                Thread.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
            look();
        }
    }

    /** Reads the file again if it has changed. For the watcher, and for tests instead of it. */
    void look() {
        try {
            Object now = stampOf(file);
            if (now.equals(stamp) || now.equals(refused)) {
                return;
            }
            try {
                table = read();
                stamp = now;
                LOG.info("Read {} users' credentials from {}", table.size, file);
            } catch (IllegalArgumentException e) {
                refused = now;
                LOG.error("The users of before stay: {}", e.getMessage());
            }
        } catch (IOException e) {
            if (!e.toString().equals(refused)) {
                refused = e.toString();
                LOG.error("The users of before stay: cannot read {}: {}", file, e.toString());
            }
        }
    }

    private static Object stampOf(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return Arrays.asList(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
    }

    private Table read() throws IOException {
        List<String> lines = new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                .lines()
                .toList();
        Table read = new Table(Math.max(16, Integer.highestOneBit(Math.max(1, lines.size())) * 8));
        DigestHasher hasher = new DigestHasher();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (!line.isBlank() && !line.startsWith("#")) {
                add(read, line, i + 1, hasher);
            }
        }
        return read;
    }

    private void add(Table to, String line, int number, DigestHasher hasher) {
        String[] parts = line.split(":", -1);
        check(parts.length == 3 || parts.length == 4, number, "is not user:realm:HA1[:ALGORITHM]");
        check(!parts[0].isEmpty(), number, "has no user");
        DigestAlgorithm algorithm = DigestAlgorithm.MD5;
        if (parts.length == 4) {
            byte[] token = AuthText.ascii(parts[3].strip());
            algorithm = DigestAlgorithm.of(token, 0, token.length);
            check(
                    algorithm != null && !algorithm.isSession(),
                    number,
                    "names no algorithm of MD5, SHA-256, SHA-512-256");
        }
        byte[] ha1 = AuthText.ascii(parts[2].strip().toLowerCase(java.util.Locale.ROOT));
        check(
                ha1.length == algorithm.hexLength() && AuthText.isLowerCaseHex(ha1, 0, ha1.length),
                number,
                "has an HA1 that is not " + algorithm.hexLength() + " hexadecimal digits");
        byte[] lineRealm = AuthText.ascii(parts[1]);
        if (Arrays.equals(lineRealm, realm)) {
            byte[] user = AuthText.ascii(parts[0]);
            boolean added = to.add(hash(user, 0, user.length, algorithm, false), user, ha1);
            check(added, number, "repeats user " + parts[0] + " in this realm and algorithm");
            byte[] userhash = new byte[algorithm.hexLength()];
            hasher.begin(algorithm).put(user, 0, user.length).put((byte) ':').put(realm, 0, realm.length);
            hasher.finishHex(userhash, 0);
            to.add(hash(userhash, 0, userhash.length, algorithm, true), user, ha1);
            to.size++;
        }
    }

    private void check(boolean holds, int number, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(file + " line " + number + " " + otherwise);
        }
    }

    /**
     * An open-addressing table by keyed hash. A hash of 64 bits under a secret key stands for the name: a second name with the same one
     * cannot be found on purpose, and by chance not among a million users.
     */
    private static final class Table {
        final long[] hashes;
        final byte[][] names;
        final byte[][] ha1;
        int size;

        Table(int slots) {
            hashes = new long[slots];
            names = new byte[slots][];
            ha1 = new byte[slots][];
        }

        int find(long hash, CredentialQuery query) {
            int mask = hashes.length - 1;
            for (int i = (int) hash & mask; names[i] != null; i = i + 1 & mask) {
                if (hashes[i] == hash && (query.isHashed() || query.username().contentEquals(names[i]))) {
                    return i;
                }
            }
            return -1;
        }

        boolean add(long hash, byte[] name, byte[] value) {
            int mask = hashes.length - 1;
            int i = (int) hash & mask;
            while (names[i] != null) {
                if (hashes[i] == hash) {
                    return false;
                }
                i = i + 1 & mask;
            }
            hashes[i] = hash;
            names[i] = name;
            ha1[i] = value;
            return true;
        }
    }
}

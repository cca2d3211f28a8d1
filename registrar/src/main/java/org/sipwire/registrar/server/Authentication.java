/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.CredentialStore;
import org.sipwire.registrar.auth.DigestAlgorithm;
import org.sipwire.registrar.auth.GuardLimits;
import org.sipwire.registrar.auth.HtdigestCredentialStore;
import org.sipwire.registrar.auth.JdbcCredentialStore;
import org.sipwire.registrar.auth.RedisCredentialStore;
import org.sipwire.registrar.auth.SharedPasswordStore;

/** Makes of the options how requests are authenticated, and by whose passwords. */
final class Authentication {
    private static final int MIN_KEY_OCTETS = 16;

    private Authentication() {}

    /** How to authenticate. */
    static AuthConfig config(ServerOptions options) throws BadOption {
        List<DigestAlgorithm> algorithms = new ArrayList<>();
        for (String name : options.algorithms) {
            try {
                algorithms.add(DigestAlgorithm.parse(name));
            } catch (IllegalArgumentException e) {
                throw new BadOption("--algorithms: " + e.getMessage());
            }
        }
        String realm = options.effectiveRealm();
        AuthConfig.Builder builder = options.gb28181 != null ? AuthConfig.gb28181(realm) : AuthConfig.builder(realm);
        try {
            return builder.algorithms(algorithms)
                    .qop(options.offersQop() ? Set.of(AuthConfig.Qop.AUTH) : Set.of())
                    .nonceLifetimeSeconds(options.nonceLifetimeSeconds)
                    .nonceKey(key(options))
                    .fleetNonces(options.auth.fleetNonces)
                    .authenticationInfo(options.auth.authenticationInfo)
                    .userhash(options.auth.userhash)
                    .guard(GuardLimits.of(
                            options.auth.guardFailures, options.auth.guardSeconds, options.auth.guardSourceFailures))
                    .build();
        } catch (IllegalArgumentException e) {
            throw new BadOption(e.getMessage());
        }
    }

    /** The secret of nonces and temporary GRUUs, or null for a random one. What is refused is not repeated: it may be a secret. */
    static byte[] key(ServerOptions options) throws BadOption {
        String given = options.auth.nonceKey;
        if (given == null) {
            return null;
        }
        byte[] key = given.startsWith("@") ? keyIn(given.substring(1)) : given.getBytes(StandardCharsets.UTF_8);
        if (key.length < MIN_KEY_OCTETS) {
            throw new BadOption(
                    "--nonce-key has " + key.length + " octets: at least " + MIN_KEY_OCTETS + " are needed");
        }
        return key;
    }

    private static byte[] keyIn(String file) throws BadOption {
        try {
            byte[] octets = Files.readAllBytes(Path.of(file));
            int length = octets.length;
            // An editor ends a file with a newline, which is no part of the secret.
            while (length > 0 && (octets[length - 1] == '\n' || octets[length - 1] == '\r')) {
                length--;
            }
            return Arrays.copyOf(octets, length);
        } catch (IOException | InvalidPathException e) {
            throw new BadOption(
                    "--nonce-key: the file cannot be read: " + e.getClass().getSimpleName());
        }
    }

    /** Whose passwords; the caller closes it. */
    static CredentialStore users(ServerOptions options) throws BadOption {
        CredentialStore store = open(options);
        if (options.auth.userhash && !store.findsHashedUsers()) {
            store.close();
            throw new BadOption("--userhash needs a file of --users: no other store finds a user by a hash");
        }
        return store;
    }

    private static CredentialStore open(ServerOptions options) throws BadOption {
        if (options.password != null) {
            return new SharedPasswordStore(options.password);
        }
        if (options.users.startsWith("jdbc:")) {
            return database(options);
        }
        if (options.users.startsWith("redis")) {
            return redis(options);
        }
        try {
            return HtdigestCredentialStore.open(Path.of(options.users), options.effectiveRealm());
        } catch (NoSuchFileException e) {
            throw new BadOption("--users " + options.users + " does not exist");
        } catch (IOException e) {
            throw new BadOption("--users " + options.users + " cannot be read: " + e.getMessage());
        } catch (IllegalArgumentException e) {
            throw new BadOption("--users " + e.getMessage());
        }
    }

    // A URI may hold a password, so that no refusal repeats it.

    private static CredentialStore database(ServerOptions options) throws BadOption {
        try {
            DriverManager.getDriver(options.users);
        } catch (SQLException e) {
            throw new BadOption("--users jdbc:...: no driver for this database is on the class path;"
                    + " SIPWIRE_CLASS_PATH adds its jar");
        }
        try {
            return JdbcCredentialStore.builder(options.users)
                    .table(options.auth.usersTable)
                    .domainColumn(options.auth.usersDomain ? "domain" : null)
                    .cacheSeconds(options.auth.usersCacheSeconds)
                    .build();
        } catch (IllegalArgumentException e) {
            throw new BadOption("--users-table: " + e.getMessage());
        }
    }

    private static CredentialStore redis(ServerOptions options) throws BadOption {
        try {
            return RedisCredentialStore.open(
                    options.users, RedisCredentialStore.DEFAULT_PREFIX, options.auth.usersCacheSeconds);
        } catch (IllegalStateException e) {
            throw new BadOption("--users: " + e.getMessage());
        } catch (IllegalArgumentException e) {
            throw new BadOption("--users redis:...: not of the form redis://[USER:PASSWORD@]HOST:PORT[/DATABASE]");
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.CredentialStore;
import org.sipwire.registrar.auth.DigestAlgorithm;
import org.sipwire.registrar.auth.HtdigestCredentialStore;
import org.sipwire.registrar.auth.SharedPasswordStore;

/** Makes of the options how requests are authenticated, and by whose passwords. */
final class Authentication {
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
                    .build();
        } catch (IllegalArgumentException e) {
            throw new BadOption(e.getMessage());
        }
    }

    /** Whose passwords; the caller closes it. */
    static CredentialStore users(ServerOptions options) throws BadOption {
        if (options.password != null) {
            return new SharedPasswordStore(options.password);
        }
        try {
            return HtdigestCredentialStore.open(options.users, options.effectiveRealm());
        } catch (NoSuchFileException e) {
            throw new BadOption("--users " + options.users + " does not exist");
        } catch (IOException e) {
            throw new BadOption("--users " + options.users + " cannot be read: " + e.getMessage());
        } catch (IllegalArgumentException e) {
            throw new BadOption("--users " + e.getMessage());
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import java.nio.charset.StandardCharsets;

/**
 * One password for every user: the habit of GB/T 28181 platforms. May be called from any loop; nothing is kept but the password, and HA1 is
 * computed for each request. Shared: immutable.
 */
public final class SharedPasswordStore implements CredentialStore {

    private final byte[] password;

    /** A store in which every user has this password. */
    public SharedPasswordStore(String password) {
        this.password = password.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public int ha1(CredentialQuery query, byte[] ha1) {
        if (query.isHashed()) {
            // Nobody is listed, so nobody can be found by a hash. Computed all the same: it shall take as long.
            compute(query, ha1);
            return UNKNOWN;
        }
        compute(query, ha1);
        return FOUND;
    }

    private void compute(CredentialQuery query, byte[] ha1) {
        byte[] realm = query.realm();
        DigestHasher hasher =
                query.hasher().begin(query.algorithm()).put(query.username()).put((byte) ':');
        hasher.put(realm, 0, realm.length)
                .put((byte) ':')
                .put(password, 0, password.length)
                .finishHex(ha1, 0);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import org.sipwire.registrar.auth.CredentialQuery;
import org.sipwire.registrar.auth.CredentialStore;

/**
 * Users that may be exchanged for others while the server runs.
 *
 * <p>Thread: asked on loops of SIP, exchanged by whoever reloads. Owned: close it.
 */
final class SwappedCredentials implements CredentialStore {
    /** Written by whoever reloads, read by the loops; publishes a store that is complete. */
    private volatile CredentialStore present;

    SwappedCredentials(CredentialStore first) {
        present = first;
    }

    /** Asks another store from now on; the one before is closed and answers what it was asked. */
    void swap(CredentialStore next) {
        CredentialStore before = present;
        present = next;
        before.close();
    }

    @Override
    public int ha1(CredentialQuery query, byte[] ha1) {
        return present.ha1(query, ha1);
    }

    @Override
    public void load(CredentialQuery query, Listener listener) {
        present.load(query, listener);
    }

    @Override
    public boolean findsHashedUsers() {
        return present.findsHashedUsers();
    }

    @Override
    public void close() {
        present.close();
    }
}

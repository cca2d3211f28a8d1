/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import org.sipwire.codec.AsciiView;

/**
 * Whose HA1 is wanted. Confined to the loop that asks, unless it is a {@link #copy}.
 *
 * <p>Borrowed: one a loop, valid until {@link CredentialStore#ha1} returns; a copy is Owned by whoever has it.
 */
public final class CredentialQuery {

    private final byte[] realm;
    private final DigestHasher hasher;
    private final AsciiView username = new AsciiView();
    private final AsciiView plainUsername = new AsciiView();
    private DigestAlgorithm algorithm = DigestAlgorithm.MD5;
    private boolean hashed;

    CredentialQuery(byte[] realm, DigestHasher hasher) {
        this.realm = realm;
        this.hasher = hasher;
    }

    CredentialQuery wrap(AsciiView name, boolean isHashed, DigestAlgorithm wanted) {
        username.wrap(name.array(), name.offset(), name.length());
        plainUsername.wrap(name.array(), name.offset(), name.length());
        hashed = isHashed;
        algorithm = wanted.base();
        return this;
    }

    /** The user's name as sent, without quotes, nothing unescaped; or its hash, see {@link #isHashed}. */
    public AsciiView username() {
        return username;
    }

    /** True when the user's name is the lower-case hexadecimal hash of username ":" realm (RFC 7616 §3.4.4). */
    public boolean isHashed() {
        return hashed;
    }

    /** A store that found a hashed user says here who it is; the octets must outlive the request. */
    public void resolve(byte[] a, int offset, int length) {
        plainUsername.wrap(a, offset, length);
    }

    /** The user's name, resolved when it was hashed. */
    AsciiView plainUsername() {
        return plainUsername;
    }

    /** The realm as octets; not to be changed. */
    public byte[] realm() {
        return realm;
    }

    /** The algorithm, never a {@code -sess} one. */
    public DigestAlgorithm algorithm() {
        return algorithm;
    }

    /** The loop's hashes, for stores that compute HA1; null in a copy, which has left its loop. */
    public DigestHasher hasher() {
        return hasher;
    }

    /** A copy to keep, which may go to another thread. */
    public CredentialQuery copy() {
        byte[] name = new byte[username.length()];
        username.copyTo(name, 0);
        CredentialQuery copy = new CredentialQuery(realm, null);
        copy.username.wrap(name, 0, name.length);
        copy.plainUsername.wrap(name, 0, name.length);
        copy.hashed = hashed;
        copy.algorithm = algorithm;
        return copy;
    }
}

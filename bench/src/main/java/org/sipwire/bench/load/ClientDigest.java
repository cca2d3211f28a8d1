/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The client's side of Digest (RFC 2617, RFC 7616, RFC 8760): the response to a challenge for a user whose password is the run's.
 *
 * <p>One thread. Owned by the engine.
 */
final class ClientDigest {
    private static final byte[] CNONCE = Scratch.ascii("0a4f113b");
    private static final byte[] AUTH = Scratch.ascii("auth");
    private static final String[] NAMES = {"", "MD5", "SHA-256", "SHA-512-256"};
    private static final byte[][] NAME_BYTES = {
        {}, Scratch.ascii(NAMES[1]), Scratch.ascii(NAMES[2]), Scratch.ascii(NAMES[3])
    };
    private static final byte[] AUTHORIZATION = Scratch.ascii("Authorization: Digest username=\"");
    private static final byte[] PROXY_AUTHORIZATION = Scratch.ascii("Proxy-Authorization: Digest username=\"");
    private static final byte[] REALM = Scratch.ascii("\", realm=\"");
    private static final byte[] NONCE = Scratch.ascii("\", nonce=\"");
    private static final byte[] URI = Scratch.ascii("\", uri=\"");
    private static final byte[] RESPONSE = Scratch.ascii("\", response=\"");
    private static final byte[] ALGORITHM = Scratch.ascii("\", algorithm=");
    private static final byte[] QOP = Scratch.ascii(", cnonce=\"0a4f113b\", qop=auth, nc=");
    private static final byte[] OPAQUE = Scratch.ascii(", opaque=\"");

    private final UserNames users;
    private final byte[] password;
    private final MessageDigest[] digests = new MessageDigest[NAMES.length];
    private final byte[] raw = new byte[64];
    private final byte[] ha1 = new byte[64];
    private final byte[] ha2 = new byte[64];
    private final byte[] response = new byte[64];
    private final Scratch text = new Scratch(4096);

    ClientDigest(UserNames users, String password) {
        this.users = users;
        this.password = password.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        try {
            digests[Challenges.MD5] = MessageDigest.getInstance("MD5");
            digests[Challenges.SHA_256] = MessageDigest.getInstance("SHA-256");
            digests[Challenges.SHA_512_256] = MessageDigest.getInstance("SHA-512/256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Appends the whole header line which answers challenge {@code entry}; {@code count} is the nonce count. */
    void authorization(Scratch out, Challenges from, int entry, int user, byte[] method, byte[] uri, int count) {
        int digits = compute(from, entry, user, method, uri, count);
        byte[] chunk = from.chunk(entry);
        out.put(from.proxy(entry) ? PROXY_AUTHORIZATION : AUTHORIZATION).user(users, user);
        out.put(REALM).put(chunk, from.realmOffset(entry), from.realmLength(entry));
        out.put(NONCE).put(chunk, from.nonceOffset(entry), from.nonceLength(entry));
        out.put(URI).put(uri).put(RESPONSE).put(response, 0, digits);
        out.put(ALGORITHM).put(NAME_BYTES[from.algorithm(entry)]);
        if (from.qopAuth(entry)) {
            out.put(QOP).hex(count, 8);
        }
        if (from.opaqueLength(entry) > 0) {
            out.put(OPAQUE)
                    .put(chunk, from.opaqueOffset(entry), from.opaqueLength(entry))
                    .put('"');
        }
        out.put('\r').put('\n');
    }

    private int compute(Challenges from, int entry, int user, byte[] method, byte[] uri, int count) {
        MessageDigest digest = digests[from.algorithm(entry)];
        byte[] chunk = from.chunk(entry);
        text.clear().user(users, user).put(':').put(chunk, from.realmOffset(entry), from.realmLength(entry));
        int digits = hash(digest, text.put(':').put(password), ha1);
        hash(digest, text.clear().put(method).put(':').put(uri), ha2);
        text.clear().put(ha1, 0, digits).put(':').put(chunk, from.nonceOffset(entry), from.nonceLength(entry));
        text.put(':');
        if (from.qopAuth(entry)) {
            text.hex(count, 8).put(':').put(CNONCE).put(':').put(AUTH).put(':');
        }
        hash(digest, text.put(ha2, 0, digits), response);
        return digits;
    }

    private int hash(MessageDigest digest, Scratch input, byte[] hex) {
        digest.update(input.array(), 0, input.length());
        try {
            int length = digest.digest(raw, 0, digest.getDigestLength());
            return Scratch.hex(raw, length, hex, 0);
        } catch (DigestException e) {
            throw new IllegalStateException(e);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.sipwire.codec.AsciiView;

/**
 * The hashes of one event loop: the JDK's, made once and used again. Confined to one thread.
 *
 * <p>{@code begin(algorithm).put(..).put(..).finishHex(out, at)} hashes what was put. The pieces are gathered first, so that a hash of
 * eight pieces is one call into the JDK and not eight. Nothing is allocated. Owned by the loop.
 */
public final class DigestHasher {

    /** Enough for the longest ordinary input; what is longer goes to the hash in steps. */
    private static final int GATHERED = 512;

    private final MessageDigest md5 = create(DigestAlgorithm.MD5);
    private final MessageDigest sha256 = create(DigestAlgorithm.SHA_256);
    private final MessageDigest sha512To256 = create(DigestAlgorithm.SHA_512_256);
    private final byte[] input = new byte[GATHERED];
    private final byte[] raw = new byte[32];
    private int length;
    private MessageDigest digest = md5;
    private int octets;
    private long passes;

    /** The hashes for one thread. */
    public DigestHasher() {}

    private static MessageDigest create(DigestAlgorithm algorithm) {
        try {
            return MessageDigest.getInstance(algorithm.jdkName());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This Java runtime has no " + algorithm.jdkName(), e);
        }
    }

    /** Begins a hash; one begun before and not finished is dropped. Returns this. */
    public DigestHasher begin(DigestAlgorithm algorithm) {
        length = 0;
        octets = algorithm.octets();
        digest = switch (algorithm.base()) {
            case SHA_256 -> sha256;
            case SHA_512_256 -> sha512To256;
            default -> md5;
        };
        return this;
    }

    /** Adds one octet. Returns this. */
    public DigestHasher put(byte octet) {
        if (length == GATHERED) {
            flush();
        }
        input[length++] = octet;
        return this;
    }

    /** Adds a range. Returns this. */
    public DigestHasher put(byte[] a, int off, int len) {
        if (len > GATHERED - length) {
            flush();
            if (len > GATHERED) {
                digest.update(a, off, len);
                return this;
            }
        }
        System.arraycopy(a, off, input, length, len);
        length += len;
        return this;
    }

    /** Adds the octets of a view; an absent one adds nothing. Returns this. */
    public DigestHasher put(AsciiView view) {
        return view.isPresent() ? put(view.array(), view.offset(), view.length()) : this;
    }

    private void flush() {
        digest.update(input, 0, length);
        length = 0;
    }

    /** Ends the hash and writes it as lower-case hexadecimal text. Returns the position behind it. */
    public int finishHex(byte[] dst, int at) {
        flush();
        try {
            digest.digest(raw, 0, octets);
        } catch (DigestException e) {
            throw new IllegalStateException(e);
        }
        passes++;
        AuthText.writeHex(raw, octets, dst, at);
        return at + octets * 2;
    }

    /** The hashes finished so far: work that tests compare where a clock would mislead. */
    long passes() {
        return passes;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import org.sipwire.codec.AsciiView;
import org.sipwire.codec.SipHash;

/**
 * One nonce, as a flyweight that issues and reads them. Confined to one event loop.
 *
 * <p>A nonce carries all that is needed to judge it, so no table of them is kept (RFC 7616 §3.3 suggests the form): when it was made, by
 * which process and loop, its running number there, and a tag that only the holder of the key can compute. The tag also covers the realm
 * and, by {@link AuthConfig.NonceBinding#SOURCE}, the address the challenge was sent to; it does not cover the Call-ID, for cameras change
 * theirs between challenge and answer.
 *
 * <pre>
 *   word 0  63               24 23    16 15        0      word 1  39                 0      tag  63                  0
 *          +-------------------+--------+-----------+            +--------------------+         +--------------------+
 *          |  made at, millis  |  loop  | instance  |            |   running number   |         |    SipHash-2-4     |
 *          +-------------------+--------+-----------+            +--------------------+         +--------------------+
 * </pre>
 *
 * These 168 bits are written as 28 digits of base64url: letters, digits, {@code -} and {@code _} pass through every device as they are. The
 * length is chosen: with it the answer to a {@code qop=auth} challenge, with a cnonce of eight digits, fits two blocks of MD5 or SHA-256; two
 * more digits would cost every registration a third. Owned by the loop's authenticator; nothing is allocated.
 */
final class Nonce {

    /** The octets of a nonce as text. */
    static final int LENGTH = 28;

    /** The bits of a running number: at 50,000 challenges a second a loop begins anew after 254 days. */
    static final int NUMBER_BITS = 40;

    /** {@link #read}: made by this process, for this source, and within its life time. */
    static final int CURRENT = 0;
    /** {@link #read}: made by the holder of the key for this source, but too long ago, or by another process that is not trusted with it. */
    static final int EXPIRED = 1;
    /** {@link #read}: made by somebody else, or for another source or realm, or altered. */
    static final int FOREIGN = 2;

    private static final byte[] DIGITS =
            AuthText.ascii("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    private static final byte[] VALUES = new byte[256];

    static {
        java.util.Arrays.fill(VALUES, (byte) -1);
        for (int i = 0; i < DIGITS.length; i++) {
            VALUES[DIGITS[i]] = (byte) i;
        }
    }

    private static final long LOW_20 = (1L << 20) - 1;
    private static final long LOW_22 = (1L << 22) - 1;
    private static final long LOW_40 = (1L << NUMBER_BITS) - 1;
    private static final long LOW_42 = (1L << 42) - 1;
    private static final int DIGITS_A_WORD = 7;

    private final NonceFactory factory;
    private final int loop;
    private final byte[] tagged = new byte[32];
    private long issued;
    private long word;
    private long number;
    private long tag;

    /** A flyweight for the loop with this number. */
    Nonce(NonceFactory factory, int loop, long realm) {
        this.factory = factory;
        this.loop = loop;
        AuthText.putLong(tagged, 24, realm);
    }

    /**
     * Issues the loop's next nonce.
     *
     * @param source the address it is for, as {@link Source} hashes it; 0 when nonces are not bound
     * @return the position behind it
     */
    int write(byte[] dst, int at, long nanoTime, long source) {
        word = factory.millis(nanoTime) << 24 | (long) loop << 16 | factory.instance();
        number = ++issued & LOW_40;
        tag = tagOf(source);
        digits(word >>> 22, dst, at);
        digits((word & LOW_22) << 20 | number >>> 20, dst, at + DIGITS_A_WORD);
        digits((number & LOW_20) << 22 | tag >>> 42, dst, at + 2 * DIGITS_A_WORD);
        digits(tag & LOW_42, dst, at + 3 * DIGITS_A_WORD);
        return at + LENGTH;
    }

    /** Reads a nonce and says what it is worth: {@link #CURRENT}, {@link #EXPIRED} or {@link #FOREIGN}. */
    int read(AsciiView text, long nanoTime, long source) {
        if (text.length() != LENGTH) {
            return FOREIGN;
        }
        byte[] a = text.array();
        int at = text.offset();
        long w0 = value(a, at);
        long w1 = value(a, at + DIGITS_A_WORD);
        long w2 = value(a, at + 2 * DIGITS_A_WORD);
        long w3 = value(a, at + 3 * DIGITS_A_WORD);
        if ((w0 | w1 | w2 | w3) < 0) {
            return FOREIGN;
        }
        word = w0 << 22 | w1 >>> 20;
        number = (w1 & LOW_20) << 20 | w2 >>> 22;
        tag = w2 << 42 | w3;
        // Whole words are compared: there is no first difference that a clock could find.
        if (tagOf(source) != tag) {
            return FOREIGN;
        }
        return factory.isCurrent(word >>> 24, instance(), nanoTime) ? CURRENT : EXPIRED;
    }

    /** Puts the use {@code nc} of the nonce read last on record: a code of {@link NonceCount}. */
    int claim(long nc) {
        return factory.claim(this, nc);
    }

    /** Puts the only use of the nonce read last on record, for an answer without {@code nc}: a code of {@link NonceCount}. */
    int claimOnce() {
        return factory.claimOnce(this);
    }

    /** When the nonce was made, in the factory's milliseconds. */
    long madeAtMillis() {
        return word >>> 24;
    }

    int loop() {
        return (int) (word >>> 16) & 0xFF;
    }

    int instance() {
        return (int) word & 0xFFFF;
    }

    long number() {
        return number;
    }

    long tag() {
        return tag;
    }

    private long tagOf(long source) {
        AuthText.putLong(tagged, 0, word);
        AuthText.putLong(tagged, 8, number);
        AuthText.putLong(tagged, 16, source);
        return SipHash.hash(factory.key0(), factory.key1(), tagged, 0, tagged.length);
    }

    private static void digits(long value, byte[] dst, int at) {
        for (int i = DIGITS_A_WORD - 1, shift = 0; i >= 0; i--, shift += 6) {
            dst[at + i] = DIGITS[(int) (value >>> shift) & 63];
        }
    }

    /** The 42 bits of seven digits; negative when one is none. */
    private static long value(byte[] a, int at) {
        // Two chains and not one: each digit waits for the one before it.
        long high = VALUES[a[at] & 0xFF] << 12 | VALUES[a[at + 1] & 0xFF] << 6 | VALUES[a[at + 2] & 0xFF];
        int low = VALUES[a[at + 3] & 0xFF] << 18 | VALUES[a[at + 4] & 0xFF] << 12 | VALUES[a[at + 5] & 0xFF] << 6;
        return high << 24 | (low | VALUES[a[at + 6] & 0xFF]);
    }
}

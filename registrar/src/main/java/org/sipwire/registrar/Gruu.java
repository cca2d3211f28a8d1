/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.SipHash;
import org.sipwire.codec.SipUri;
import org.sipwire.registrar.location.Bindings;

/**
 * Globally routable user agent URIs (RFC 5627): one flyweight that writes and reads them. Confined to one thread.
 *
 * <pre>
 *   sip:alice@example.com;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6         public: the address and the instance, for all to see
 *   sip:tgruu.HYnMmQ...@example.com;gr                                             temporary: tells nobody whose it is
 *             ^ base64url of  tag (16) | sealed: serial (8) | owner (8) | length (1) | user | zeroes up to a multiple of 24
 * </pre>
 *
 * <p>No table of temporary GRUUs is kept: each carries what it stands for, sealed under the registrar's key. {@code owner} is a keyed hash
 * of instance and Call-ID. A temporary GRUU is good as long as a binding has both, so all of an instance's end together when it registers
 * under a new Call-ID, and when its last contact goes, as RFC 5627 §5.1 asks; a Call-ID that is used again after a time without a
 * registration brings them back, which only a table could prevent.
 *
 * <p>The seal is a synthetic-IV mode (as RFC 5297) whose pseudo-random function is SipHash-2-4: the tag is two keyed hashes of the content
 * and of the host, and the content is covered by keyed hashes of the tag and a block number. The serial makes every content a new one, so
 * two GRUUs of a user have nothing in common but their length, which is rounded. Nothing is allocated.
 *
 * <p>Owned by its creator.
 */
public final class Gruu {

    /** {@link #read}: not a GRUU of this registrar. */
    public static final int NONE = 0;
    /** {@link #read}: one that names address and instance. */
    public static final int PUBLIC = 1;
    /** {@link #read}: one that only the holder of the key understands. */
    public static final int TEMPORARY = 2;

    /** The longest user part and the longest instance that get a GRUU, in octets: {@value}. */
    static final int MAX_TEXT = 255;

    private static final byte[] PREFIX = "tgruu.".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DIGITS =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] VALUES = new byte[128];
    private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

    /** What needs no escape in a user part whose escapes are canonical already, and in a URI parameter's value (RFC 3261 §25.1). */
    private static final boolean[] USER = plain("-_.!~*'()&=+$,;?/%");

    private static final boolean[] VALUE = plain("-_.!~*'()[]/:&+$");

    private static final int TAG = 16;
    private static final int USER_AT = 17;
    private static final int QUANTUM = 24;

    static {
        Arrays.fill(VALUES, (byte) -1);
        for (int i = 0; i < DIGITS.length; i++) {
            VALUES[DIGITS[i]] = (byte) i;
        }
    }

    private final long[] keys;
    private final byte[] sealed = new byte[TAG + USER_AT + MAX_TEXT + QUANTUM];
    private final byte[] joined = new byte[3 * MAX_TEXT + USER_AT];
    private final byte[] block = new byte[TAG + 1];
    private final byte[] instance = new byte[3 * MAX_TEXT];
    private byte[] text = new byte[512];
    private byte[] aor = new byte[256];
    private int textLength;
    private int aorLength;
    private int instanceLength;
    private long owner;
    private long tag0;
    private long tag1;
    private long serial = new SecureRandom().nextLong();

    /** A flyweight under keys of {@link #keys}; null for public GRUUs alone. */
    Gruu(long[] keys) {
        this.keys = keys;
    }

    /** A flyweight that writes and reads public GRUUs, for which no key is needed. */
    public Gruu() {
        this(null);
    }

    private static boolean[] plain(String marks) {
        boolean[] is = new boolean[128];
        for (int c = 0; c < 128; c++) {
            is[c] = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || marks.indexOf(c) >= 0;
        }
        return is;
    }

    /** The keys that a secret gives; random ones for null. */
    static long[] keys(byte[] secret) {
        byte[] octets = new byte[64];
        if (secret == null) {
            new SecureRandom().nextBytes(octets);
        } else {
            try {
                MessageDigest sha512 = MessageDigest.getInstance("SHA-512");
                sha512.update("sipwire temporary GRUUs".getBytes(StandardCharsets.US_ASCII));
                octets = sha512.digest(secret);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("This Java runtime has no SHA-512", e);
            }
        }
        long[] keys = new long[8];
        ByteBuffer.wrap(octets).asLongBuffer().get(keys);
        return keys;
    }

    // ---------------------------------------------------------------- writing

    /**
     * Writes the public GRUU of an instance of an address-of-record into {@link #text}.
     *
     * @param instanceAt where the value of {@code +sip.instance} begins, without quotes; its angle brackets are left out
     * @return its length, or 0 when the texts are too long for one
     */
    public int writePublic(boolean secure, AddressOfRecord of, byte[] a, int instanceAt, int length) {
        if (of.length() > 2 * MAX_TEXT || length > MAX_TEXT) {
            return 0;
        }
        begin(secure, of.length() + length);
        escape(of.array(), of.offset(), of.userLength(), USER);
        host(of);
        put(";gr=");
        boolean bracketed = length > 1 && a[instanceAt] == '<' && a[instanceAt + length - 1] == '>';
        escape(a, bracketed ? instanceAt + 1 : instanceAt, bracketed ? length - 2 : length, VALUE);
        return textLength;
    }

    /**
     * Writes one more temporary GRUU for the binding that a cursor is on into {@link #text}.
     *
     * @return its length, or 0 when the texts are too long for one
     */
    int writeTemporary(boolean secure, AddressOfRecord of, Bindings at) {
        int user = of.userLength();
        if (user == 0 || user > MAX_TEXT || of.hostLength() > MAX_TEXT || !hashOwner(at)) {
            return 0;
        }
        // The tag is the first two words; what it seals begins behind it.
        int sealedLength = (TAG + USER_AT + user + QUANTUM - 1) / QUANTUM * QUANTUM;
        Arrays.fill(sealed, TAG, sealedLength, (byte) 0);
        putLong(sealed, TAG, serial++);
        putLong(sealed, TAG + 8, owner);
        sealed[TAG + 16] = (byte) user;
        System.arraycopy(of.array(), of.offset(), sealed, TAG + USER_AT, user);
        tag(sealedLength, of.array(), of.hostOffset(), of.hostLength());
        putLong(sealed, 0, tag0);
        putLong(sealed, 8, tag1);
        cover(sealedLength);
        begin(secure, of.length() + sealedLength);
        put(PREFIX, 0, PREFIX.length);
        for (int i = 0; i < sealedLength; i += 3) {
            int bits = (sealed[i] & 0xFF) << 16 | (sealed[i + 1] & 0xFF) << 8 | sealed[i + 2] & 0xFF;
            for (int shift = 18; shift >= 0; shift -= 6) {
                text[textLength++] = DIGITS[bits >>> shift & 63];
            }
        }
        host(of);
        put(";gr");
        return textLength;
    }

    /** What was written last, from 0. */
    public byte[] text() {
        return text;
    }

    private void begin(boolean secure, int octets) {
        int most = 64 + 3 * octets;
        if (text.length < most) {
            text = new byte[most];
        }
        textLength = 0;
        put(secure ? "sips:" : "sip:");
    }

    private void host(AddressOfRecord of) {
        text[textLength++] = '@';
        put(of.array(), of.hostOffset(), of.hostLength());
    }

    private void put(String ascii) {
        for (int i = 0; i < ascii.length(); i++) {
            text[textLength++] = (byte) ascii.charAt(i);
        }
    }

    private void put(byte[] a, int off, int len) {
        System.arraycopy(a, off, text, textLength, len);
        textLength += len;
    }

    private void escape(byte[] a, int off, int len, boolean[] plain) {
        for (int i = off; i < off + len; i++) {
            if (a[i] >= 0 && plain[a[i]]) {
                text[textLength++] = a[i];
            } else {
                text[textLength++] = '%';
                text[textLength++] = HEX[a[i] >>> 4 & 15];
                text[textLength++] = HEX[a[i] & 15];
            }
        }
    }

    // ---------------------------------------------------------------- the seal

    /** Computes the tag of what lies open behind it, and of the host in lower case. */
    private void tag(int sealedLength, byte[] a, int hostAt, int hostLength) {
        int length = sealedLength - TAG;
        System.arraycopy(sealed, TAG, joined, 0, length);
        for (int i = 0; i < hostLength; i++) {
            int c = a[hostAt + i];
            joined[length + i] = (byte) (c >= 'A' && c <= 'Z' ? c + 32 : c);
        }
        tag0 = SipHash.hash(keys[0], keys[1], joined, 0, length + hostLength);
        tag1 = SipHash.hash(keys[2], keys[3], joined, 0, length + hostLength);
    }

    /** Covers what lies open behind the tag, or uncovers it. */
    private void cover(int sealedLength) {
        System.arraycopy(sealed, 0, block, 0, TAG);
        for (int at = TAG, number = 0; at < sealedLength; at += 8, number++) {
            block[TAG] = (byte) number;
            putLong(sealed, at, getLong(sealed, at) ^ SipHash.hash(keys[4], keys[5], block, 0, block.length));
        }
    }

    /** Hashes instance and Call-ID of the binding a cursor is on; false when they are too long. */
    private boolean hashOwner(Bindings at) {
        int first = at.instanceLength();
        int second = at.callIdLength();
        if (first == 0 || first > MAX_TEXT || second > MAX_TEXT) {
            return false;
        }
        System.arraycopy(at.array(), at.instanceOffset(), joined, 0, first);
        joined[first] = 0;
        System.arraycopy(at.array(), at.callIdOffset(), joined, first + 1, second);
        owner = SipHash.hash(keys[6], keys[7], joined, 0, first + 1 + second);
        return true;
    }

    private static void putLong(byte[] a, int at, long value) {
        for (int i = 0; i < 8; i++) {
            a[at + i] = (byte) (value >>> 56 - 8 * i);
        }
    }

    private static long getLong(byte[] a, int at) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = value << 8 | a[at + i] & 0xFF;
        }
        return value;
    }

    // ---------------------------------------------------------------- reading

    /**
     * Reads a URI: {@link #PUBLIC}, {@link #TEMPORARY}, or {@link #NONE} when it is no GRUU or one that this registrar did not make.
     * Afterwards {@link #aor} and {@link #names} are about it.
     */
    int read(SipUri uri) {
        if (uri.error() != 0 || !uri.isSip() || !uri.user().isPresent() || !uri.hasParameter("gr")) {
            return NONE;
        }
        AsciiView gr = uri.parameter("gr");
        if (gr.length() > 0) {
            return unescape(gr) && writeAor(uri) ? PUBLIC : NONE;
        }
        return keys != null && open(uri) ? TEMPORARY : NONE;
    }

    private boolean unescape(AsciiView gr) {
        if (gr.length() > instance.length) {
            return false;
        }
        byte[] a = gr.array();
        int end = gr.offset() + gr.length();
        instanceLength = 0;
        for (int i = gr.offset(); i < end; i++) {
            if (a[i] == '%' && i + 2 < end) {
                instance[instanceLength++] =
                        (byte) (Character.digit(a[i + 1], 16) << 4 | Character.digit(a[i + 2], 16));
                i += 2;
            } else {
                instance[instanceLength++] = a[i];
            }
        }
        return true;
    }

    private boolean writeAor(SipUri uri) {
        if (aor.length < uri.length()) {
            aor = new byte[uri.length()];
        }
        aorLength = uri.writeAddressOfRecord(aor, 0);
        return true;
    }

    private boolean open(SipUri uri) {
        AsciiView user = uri.user();
        byte[] a = user.array();
        int at = user.offset() + PREFIX.length;
        int digits = user.length() - PREFIX.length;
        int length = digits / 4 * 3;
        if (digits < 0
                || digits % 32 != 0
                || length < TAG + USER_AT
                || length > sealed.length
                || uri.host().length() > MAX_TEXT
                || !Arrays.equals(a, user.offset(), at, PREFIX, 0, PREFIX.length)) {
            return false;
        }
        for (int i = 0; i < length; i += 3, at += 4) {
            int bits = value(a[at]) << 18 | value(a[at + 1]) << 12 | value(a[at + 2]) << 6 | value(a[at + 3]);
            if (bits < 0) {
                return false;
            }
            sealed[i] = (byte) (bits >>> 16);
            sealed[i + 1] = (byte) (bits >>> 8);
            sealed[i + 2] = (byte) bits;
        }
        cover(length);
        AsciiView host = uri.host();
        tag(length, host.array(), host.offset(), host.length());
        // Whole words: there is no first difference that a clock could find.
        if ((tag0 ^ getLong(sealed, 0) | tag1 ^ getLong(sealed, 8)) != 0) {
            return false;
        }
        owner = getLong(sealed, TAG + 8);
        int userLength = sealed[TAG + 16] & 0xFF;
        if (aor.length < userLength + 1 + host.length()) {
            aor = new byte[userLength + 1 + host.length()];
        }
        System.arraycopy(sealed, TAG + USER_AT, aor, 0, userLength);
        aor[userLength] = '@';
        System.arraycopy(joined, length - TAG, aor, userLength + 1, host.length());
        aorLength = userLength + 1 + host.length();
        return true;
    }

    private static int value(byte digit) {
        return digit < 0 ? -1 : VALUES[digit];
    }

    /** Wraps the address-of-record of the GRUU read last; valid until the next call. */
    AddressOfRecord aor(AddressOfRecord into) {
        return into.wrap(aor, 0, aorLength);
    }

    /** True when the GRUU read last, of this kind, was made for the instance, and the Call-ID, of the binding a cursor is on. */
    boolean names(int kind, Bindings at) {
        if (kind == TEMPORARY) {
            long wanted = owner;
            boolean same = hashOwner(at) && owner == wanted;
            owner = wanted;
            return same;
        }
        int from = at.instanceOffset();
        int length = at.instanceLength();
        byte[] a = at.array();
        if (length > 1 && a[from] == '<' && a[from + length - 1] == '>') {
            from++;
            length -= 2;
        }
        return length > 0 && Arrays.equals(a, from, from + length, instance, 0, instanceLength);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

/**
 * Digest challenges by number (a cycle's slot, or a user): realm, nonce and opaque packed into slabs that appear when they are first
 * written, so that a million users cost memory only when they hold a nonce.
 *
 * <pre>
 *  0          1    2      3         4         6         8          ...
 *  algorithm  qop  proxy  realm(1)  nonce(2)  opaque(2) realm nonce opaque
 * </pre>
 *
 * <p>One thread. Owned by the engine.
 */
final class Challenges {
    static final int NONE = 0;
    static final int MD5 = 1;
    static final int SHA_256 = 2;
    static final int SHA_512_256 = 3;

    private static final int HEAD = 8;
    private static final int CHUNK_SHIFT = 10;

    private final int entryBytes;
    private final byte[][] chunks;
    private int valueOffset;
    private int valueLength;

    Challenges(int entries, int entryBytes) {
        this.entryBytes = entryBytes;
        this.chunks = new byte[(entries >> CHUNK_SHIFT) + 1][];
    }

    /** Keeps the first challenge of the message that can be answered; false when none can. */
    boolean store(int entry, WireMessage message) {
        for (int i = 0; i < message.challengeCount(); i++) {
            if (store(
                    entry,
                    message.array(),
                    message.challengeOffset(i),
                    message.challengeLength(i),
                    message.proxyChallenge())) {
                return true;
            }
        }
        return false;
    }

    private boolean store(int entry, byte[] from, int offset, int length, boolean proxy) {
        if (length < 7 || !matches(from, offset, "digest")) {
            return false;
        }
        int algorithm = algorithm(from, offset, length);
        int qop = qop(from, offset, length);
        if (algorithm == NONE || qop < 0 || !parameter(from, offset, length, "nonce")) {
            return false;
        }
        int nonce = valueOffset;
        int nonceLength = valueLength;
        int realmLength = parameter(from, offset, length, "realm") ? valueLength : 0;
        int realm = valueOffset;
        int opaqueLength = parameter(from, offset, length, "opaque") ? valueLength : 0;
        int opaque = valueOffset;
        if (realmLength > 255 || HEAD + realmLength + nonceLength + opaqueLength > entryBytes) {
            return false;
        }
        byte[] chunk = chunk(entry);
        int at = at(entry);
        chunk[at] = (byte) algorithm;
        chunk[at + 1] = (byte) qop;
        chunk[at + 2] = (byte) (proxy ? 1 : 0);
        chunk[at + 3] = (byte) realmLength;
        putShort(chunk, at + 4, nonceLength);
        putShort(chunk, at + 6, opaqueLength);
        System.arraycopy(from, realm, chunk, at + HEAD, realmLength);
        System.arraycopy(from, nonce, chunk, at + HEAD + realmLength, nonceLength);
        System.arraycopy(from, opaque, chunk, at + HEAD + realmLength + nonceLength, opaqueLength);
        return true;
    }

    /** Whether the challenge says that only the nonce was too old (RFC 7616 §3.3 {@code stale}). */
    boolean stale(WireMessage message) {
        for (int i = 0; i < message.challengeCount(); i++) {
            if (parameter(message.array(), message.challengeOffset(i), message.challengeLength(i), "stale")
                    && valueLength == 4
                    && matches(message.array(), valueOffset, "true")) {
                return true;
            }
        }
        return false;
    }

    void clear(int entry) {
        byte[] chunk = chunks[entry >> CHUNK_SHIFT];
        if (chunk != null) {
            chunk[at(entry)] = NONE;
        }
    }

    boolean copy(Challenges from, int fromEntry, int toEntry) {
        int length = from.used(fromEntry);
        if (length > entryBytes) {
            clear(toEntry);
            return false;
        }
        System.arraycopy(from.chunk(fromEntry), from.at(fromEntry), chunk(toEntry), at(toEntry), length);
        return true;
    }

    boolean has(int entry) {
        return chunks[entry >> CHUNK_SHIFT] != null && algorithm(entry) != NONE;
    }

    int algorithm(int entry) {
        return chunk(entry)[at(entry)];
    }

    boolean qopAuth(int entry) {
        return chunk(entry)[at(entry) + 1] == 1;
    }

    boolean proxy(int entry) {
        return chunk(entry)[at(entry) + 2] == 1;
    }

    int realmOffset(int entry) {
        return at(entry) + HEAD;
    }

    int realmLength(int entry) {
        return chunk(entry)[at(entry) + 3] & 0xff;
    }

    int nonceOffset(int entry) {
        return realmOffset(entry) + realmLength(entry);
    }

    int nonceLength(int entry) {
        return getShort(chunk(entry), at(entry) + 4);
    }

    int opaqueOffset(int entry) {
        return nonceOffset(entry) + nonceLength(entry);
    }

    int opaqueLength(int entry) {
        return getShort(chunk(entry), at(entry) + 6);
    }

    /** The bytes which the offsets of {@code entry} count in. */
    byte[] chunk(int entry) {
        int index = entry >> CHUNK_SHIFT;
        byte[] chunk = chunks[index];
        if (chunk == null) {
            chunk = new byte[entryBytes << CHUNK_SHIFT];
            chunks[index] = chunk;
        }
        return chunk;
    }

    private int at(int entry) {
        return (entry & (1 << CHUNK_SHIFT) - 1) * entryBytes;
    }

    private int used(int entry) {
        return HEAD + realmLength(entry) + nonceLength(entry) + opaqueLength(entry);
    }

    private int algorithm(byte[] from, int offset, int length) {
        if (!parameter(from, offset, length, "algorithm")) {
            return MD5;
        }
        return valueIs(from, "md5")
                ? MD5
                : valueIs(from, "sha-256") ? SHA_256 : valueIs(from, "sha-512-256") ? SHA_512_256 : NONE;
    }

    /** 0 none asked for, 1 auth offered, -1 only others. */
    private int qop(byte[] from, int offset, int length) {
        if (!parameter(from, offset, length, "qop")) {
            return 0;
        }
        int start = valueOffset;
        for (int i = valueOffset; i <= valueOffset + valueLength; i++) {
            if (i == valueOffset + valueLength || from[i] == ',' || from[i] == ' ') {
                if (i - start == 4 && matches(from, start, "auth")) {
                    return 1;
                }
                start = i + 1;
            }
        }
        return -1;
    }

    /** Finds {@code name=value} outside quotes; the value's span is left in {@link #valueOffset}, without quotes. */
    private boolean parameter(byte[] from, int offset, int length, String name) {
        int end = offset + length;
        boolean start = false;
        for (int i = offset; i < end; i++) {
            if (from[i] == '"') {
                i = quoteEnd(from, i + 1, end);
                continue;
            }
            boolean separator = from[i] == ' ' || from[i] == ',' || from[i] == '\t';
            if (start
                    && !separator
                    && i + name.length() < end
                    && matches(from, i, name)
                    && from[i + name.length()] == '=') {
                value(from, i + name.length() + 1, end);
                return true;
            }
            start = separator;
        }
        return false;
    }

    private void value(byte[] from, int at, int end) {
        if (at < end && from[at] == '"') {
            valueOffset = at + 1;
            valueLength = quoteEnd(from, at + 1, end) - at - 1;
            return;
        }
        int i = at;
        while (i < end && from[i] != ',' && from[i] != ' ') {
            i++;
        }
        valueOffset = at;
        valueLength = i - at;
    }

    private static int quoteEnd(byte[] from, int at, int end) {
        int i = at;
        while (i < end && from[i] != '"') {
            i += from[i] == '\\' ? 2 : 1;
        }
        return Math.min(i, end);
    }

    private boolean valueIs(byte[] from, String lowerCase) {
        return valueLength == lowerCase.length() && matches(from, valueOffset, lowerCase);
    }

    private static boolean matches(byte[] from, int at, String lowerCase) {
        for (int i = 0; i < lowerCase.length(); i++) {
            byte b = at + i < from.length ? from[at + i] : 0;
            if ((b >= 'A' && b <= 'Z' ? b | 0x20 : b) != lowerCase.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static void putShort(byte[] to, int at, int value) {
        to[at] = (byte) (value >> 8);
        to[at + 1] = (byte) value;
    }

    private static int getShort(byte[] from, int at) {
        return (from[at] & 0xff) << 8 | from[at + 1] & 0xff;
    }
}

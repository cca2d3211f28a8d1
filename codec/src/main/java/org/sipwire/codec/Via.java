/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import org.sipwire.codec.internal.Ascii;

/**
 * One value of a Via header field (RFC 3261 section 20.42, RFC 3581). One thread at a time. Borrowed.
 *
 * <pre>
 *   SIP/2.0/UDP 192.168.35.165:5080;rport;branch=z9hG4bK648439518
 *   ^       ^   ^                  ^             ^
 *   offset  |   sentBy             parameters    branch
 *           transport
 * </pre>
 */
public final class Via {

    private static final long SIP_2_0 = Ascii.wordOf("sip/2.0/");
    private static final long BRANCH_IS = Ascii.wordOf("branch=");
    private static final long SIP_2_0_CAPITAL = Ascii.wordOf("SIP/2.0/");
    private static final long UDP = Ascii.wordOf("UDP ");
    private static final long TCP = Ascii.wordOf("TCP ");
    private static final long TLS = Ascii.wordOf("TLS ");
    private static final long FOUR_OCTETS = 0xFFFF_FFFFL;
    private static final long FIVE_OCTETS = 0xFF_FFFF_FFFFL;
    private static final long SEVEN_OCTETS = 0xFF_FFFF_FFFF_FFFFL;
    static final long BRANCH = Ascii.wordOf("branch");
    static final long RPORT = Ascii.wordOf("rport");
    static final long RECEIVED = Ascii.wordOf("received");
    static final long MADDR = Ascii.wordOf("maddr");
    static final long TTL = Ascii.wordOf("ttl");

    private final HostPort sentBy = new HostPort();
    private final Parameters parameters = new Parameters();
    private final AsciiView transport = new AsciiView();
    private final AsciiView branch = new AsciiView();
    private final AsciiView received = new AsciiView();
    private final AsciiView maddr = new AsciiView();
    private final AsciiView named = new AsciiView();
    private byte[] array = new byte[0];
    private int offset;
    private int length;
    private int protocolLength;
    private int transportOffset;
    private int transportLength;
    private int parametersOffset;
    private int branchOffset;
    private int branchLength;
    private int receivedOffset;
    private int receivedLength;
    private int maddrOffset;
    private int maddrLength;
    private int rportLength;
    private int rport;
    private int ttl;
    private int error;

    /** A view of nothing, to be {@link #wrap wrapped}. */
    public Via() {}

    /** Reads the whole range as one value. Returns this. */
    public Via wrap(byte[] a, int off, int len) {
        int end = parse(a, off, off + len);
        if (error == 0 && Ascii.skipBlanks(a, end, off + len) != off + len) {
            error = ParseError.VIA.code();
        }
        return this;
    }

    /** Reads the first value of the range; returns the index after it: at a comma or the end when all is well. */
    int parse(byte[] a, int off, int end) {
        if (array != a) {
            array = a;
        }
        offset = off;
        length = 0;
        error = 0;
        branchLength = -1;
        receivedLength = -1;
        maddrLength = -1;
        rportLength = -2;
        rport = -1;
        ttl = -1;
        if (frequent(a, off, end)) {
            return end;
        }
        int i = protocol(a, off, end);
        if (i < 0) {
            return fail(ParseError.VIA.code(), off);
        }
        transportOffset = i;
        i = Ascii.skip(a, i, end, Ascii.TOKEN);
        transportLength = i - transportOffset;
        int host = Ascii.skipBlanks(a, i, end);
        if (transportLength == 0 || host == i) {
            return fail(ParseError.VIA.code(), off);
        }
        i = sentBy.parse(a, host, end);
        if (sentBy.error() != 0) {
            return fail(sentBy.error(), off);
        }
        parametersOffset = i;
        parameters.error = 0;
        int k;
        while ((k = parameters.next(a, i, end)) >= 0) {
            i = k;
            take(a);
        }
        if (parameters.error != 0) {
            return fail(parameters.error, off);
        }
        length = i - off;
        return Ascii.skipBlanks(a, i, end);
    }

    /** Reads {@code SIP SLASH 2.0 SLASH}, where blanks may stand around each slash; returns the index of the transport or -1. */
    private int protocol(byte[] a, int off, int end) {
        if (off + 8 < end && Ascii.fold(Ascii.word(a, off, 8)) == SIP_2_0 && a[off + 8] > ' ') {
            protocolLength = 7;
            return off + 8;
        }
        int name = Ascii.skip(a, off, end, Ascii.TOKEN);
        int slash = Ascii.skipBlanks(a, name, end);
        if (name == off || slash >= end || a[slash] != '/') {
            return -1;
        }
        int from = Ascii.skipBlanks(a, slash + 1, end);
        int version = Ascii.skip(a, from, end, Ascii.TOKEN);
        slash = Ascii.skipBlanks(a, version, end);
        if (version == from || slash >= end || a[slash] != '/') {
            return -1;
        }
        protocolLength = version - off;
        return Ascii.skipBlanks(a, slash + 1, end);
    }

    /**
     * Reads the shape that nearly all values have in one go, right to the end; false, and nothing of weight noted, when it is another.
     *
     * <pre>
     *   SIP/2.0/UDP 192.168.35.165:5080;rport=5080;branch=z9hG4bK648439518
     *   ^           ^             ^    ^           ^
     *   off         host          |    parameters  i
     *                             hostEnd
     * </pre>
     */
    private boolean frequent(byte[] a, int off, int end) {
        if (off + 16 > end || Ascii.word(a, off) != SIP_2_0_CAPITAL) {
            return false;
        }
        long w = Ascii.word(a, off + 8) & FOUR_OCTETS;
        if (w != UDP && w != TCP && w != TLS) {
            return false;
        }
        int host = off + 12;
        int hostEnd = Ascii.skip(a, host, end, Ascii.HOST);
        int i = hostEnd;
        int port = -1;
        if (i < end && a[i] == ':') {
            port = 0;
            while (++i < end && a[i] >= '0' && a[i] <= '9' && port < 100_000) {
                port = port * 10 + a[i] - '0';
            }
        }
        if (hostEnd == host || port > 65_535 || i - hostEnd == 1) {
            return false;
        }
        int from = i;
        while (i < end) {
            i = frequentParameter(a, i, end);
            if (i < 0) {
                branchLength = -1;
                rportLength = -2;
                rport = -1;
                return false;
            }
        }
        sentBy.fill(a, host, hostEnd, port, from);
        protocolLength = 7;
        transportOffset = off + 8;
        transportLength = 3;
        parametersOffset = from;
        length = end - off;
        return true;
    }

    /** Reads branch, or rport with a value or without, at {@code i}; the index after it, or -1 when it is another or odd. */
    private int frequentParameter(byte[] a, int i, int end) {
        if (a[i] != ';' || i + 9 > a.length) {
            return -1;
        }
        long w = Ascii.word(a, i + 1);
        if ((w & SEVEN_OCTETS) == BRANCH_IS) {
            int to = Ascii.indexOfValueEnd(a, i + 8, end);
            if (to <= i + 8 || to < end && a[to] != ';') {
                return -1;
            }
            branchOffset = i + 8;
            branchLength = to - branchOffset;
            return to;
        }
        if ((w & FIVE_OCTETS) != RPORT || i + 6 > end) {
            return -1;
        }
        if (i + 6 == end || a[i + 6] == ';') {
            rportLength = -1;
            rport = -1;
            return i + 6;
        }
        int k = i + 6;
        int n = 0;
        if (a[k] == '=') {
            while (++k < end && a[k] >= '0' && a[k] <= '9' && n < 100_000) {
                n = n * 10 + a[k] - '0';
            }
        }
        if (k < i + 8 || n > 65_535 || k < end && a[k] != ';') {
            return -1;
        }
        rportLength = k - i - 7;
        rport = n;
        return k;
    }

    private void take(byte[] a) {
        Parameters p = parameters;
        int n = p.nameLength;
        if (n > 8 || n < 3) {
            return;
        }
        long word = p.nameWord(a);
        if (word == BRANCH) {
            branchOffset = p.valueOffset;
            branchLength = Math.max(p.valueLength, 0);
        } else if (word == RPORT) {
            rportLength = p.valueLength;
            long value = Ascii.parseUnsigned(a, p.valueOffset, p.valueLength);
            rport = value >= 0 && value <= 65_535 ? (int) value : -1;
        } else if (word == RECEIVED) {
            receivedOffset = p.valueOffset;
            receivedLength = Math.max(p.valueLength, 0);
        } else if (word == MADDR) {
            maddrOffset = p.valueOffset;
            maddrLength = Math.max(p.valueLength, 0);
        } else if (word == TTL) {
            long value = Ascii.parseUnsigned(a, p.valueOffset, p.valueLength);
            ttl = value >= 0 && value <= 255 ? (int) value : -1;
        }
    }

    private int fail(int code, int at) {
        error = code;
        return at;
    }

    /** Protocol name and version, for example {@code SIP/2.0}, as written. */
    public AsciiView protocol() {
        return named.wrap(array, offset, protocolLength);
    }

    /** The transport as written, for example {@code UDP}; capital and small letters mean the same. */
    public AsciiView transport() {
        return transport.wrap(array, transportOffset, transportLength);
    }

    /** Host and port the sender wrote. */
    public HostPort sentBy() {
        return sentBy;
    }

    /** Host of {@link #sentBy()}. */
    public AsciiView host() {
        return sentBy.host();
    }

    /** Port of {@link #sentBy()}, -1 when none is written. */
    public int port() {
        return sentBy.port();
    }

    /** The branch; absent when there is none. */
    public AsciiView branch() {
        return branch.wrap(array, branchOffset, branchLength);
    }

    /** Whether the branch begins with {@code z9hG4bK} and goes on (RFC 3261 section 8.1.1.7). */
    public boolean hasMagicCookie() {
        return branchLength > 7 && Ascii.fold(Ascii.word(array, branchOffset, 7)) == MAGIC_COOKIE;
    }

    private static final long MAGIC_COOKIE = Ascii.wordOf("z9hg4bk");

    /** The received address; absent when there is none. An IPv6 address may come without brackets. */
    public AsciiView received() {
        return received.wrap(array, receivedOffset, receivedLength);
    }

    /** The maddr; absent when there is none. */
    public AsciiView maddr() {
        return maddr.wrap(array, maddrOffset, maddrLength);
    }

    /** The ttl, or -1. */
    public int ttl() {
        return ttl;
    }

    /** Whether rport is there, with or without a value (RFC 3581). */
    public boolean hasRport() {
        return rportLength != -2;
    }

    /** The value of rport, or -1 when it is absent, empty or no port. */
    public int rport() {
        return rport;
    }

    /** Whether the value holds what only the receiver may write: received, or an rport with a value. */
    boolean isFilledBySender() {
        return receivedLength >= 0 || rportLength >= 0;
    }

    /** The parameter cursor, for the writer. */
    Parameters cursor() {
        return parameters;
    }

    /** The named parameter's value: empty when it has none, absent when it is not there. Valid until the next call. */
    public AsciiView parameter(CharSequence name) {
        return parameters.find(array, parametersOffset, offset + length, name, named);
    }

    /** Index of the first semicolon, or of the value's end. */
    public int parametersOffset() {
        return parametersOffset;
    }

    /** The array beneath. */
    public byte[] array() {
        return array;
    }

    /** Index of the value's first octet. */
    public int offset() {
        return offset;
    }

    /** Octets of the value; 0 after an error. */
    public int length() {
        return length;
    }

    /** 0, or the code of the {@link ParseError}. */
    public int error() {
        return error;
    }
}

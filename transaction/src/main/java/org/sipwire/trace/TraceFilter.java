/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.trace;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.sipwire.codec.internal.Ascii;
import org.sipwire.transport.Flow;

/**
 * Which messages a trace keeps.
 *
 * <p>A device and an address-of-record are looked for in the octets, not in parsed fields, so that malformed messages are found too: the
 * device's ID as a whole word; {@code user@host} as it is written in a URI, in capital and small letters alike. Where:
 * <ul>
 *   <li>in the start line, From and To of a message without a body: most of REGISTER and its answers is never looked at
 *   <li>in all of a message that has a body, as MANSCDP names devices there, or that has no From and To
 * </ul>
 * The search skips over most octets (Boyer-Moore-Horspool).
 *
 * <p>Shared: immutable. {@link #matches} allocates nothing.
 */
public final class TraceFilter {
    private static final int MAX_TEXT = 255;
    private static final byte[] FROM = {'f', 'r', 'o', 'm'};
    private static final byte[] TO = {'t', 'o'};

    /** What a filter goes by. */
    public enum Kind {
        /** Every message. */
        ALL,
        /** Messages that hold an ID. */
        DEVICE,
        /** Messages with a URI of this {@code user@host}. */
        AOR,
        /** Messages from and to an IP address, of one port or any. */
        SOURCE
    }

    private final Kind kind;
    private final String text;
    private final byte[] word;
    /** Octets of the word before the sign {@code @} that is in it or follows it. */
    private final int userLength;

    private final int[] skip;
    private final byte[] ip;
    private final int port;

    private TraceFilter(Kind kind, String text, byte[] word, byte[] ip, int port) {
        this.kind = kind;
        this.text = text;
        this.word = word;
        this.ip = ip;
        this.port = port;
        skip = word == null ? null : skips(word);
        userLength = kind == Kind.AOR ? text.indexOf('@') : text.length();
    }

    /** Every message. */
    public static TraceFilter all() {
        return new TraceFilter(Kind.ALL, "", null, null, 0);
    }

    /**
     * The messages that hold a device's ID.
     *
     * @throws IllegalArgumentException with one line when it is none
     */
    public static TraceFilter device(String id) {
        if (!id.matches("[0-9A-Za-z._-]{1,64}")) {
            throw new IllegalArgumentException("a device's ID has 1..64 letters, digits, '.', '_' and '-'");
        }
        return new TraceFilter(Kind.DEVICE, id, folded(id), null, 0);
    }

    /**
     * The messages that name an address-of-record.
     *
     * @param aor {@code user@host}, with or without its scheme
     * @throws IllegalArgumentException with one line when it is none
     */
    public static TraceFilter aor(String aor) {
        String plain = aor.startsWith("sip:") ? aor.substring(4) : aor.startsWith("sips:") ? aor.substring(5) : aor;
        int at = plain.indexOf('@');
        if (at < 1 || at == plain.length() - 1 || plain.length() > MAX_TEXT || !plain.matches("[!-~&&[^<>\"]]+")) {
            throw new IllegalArgumentException("an address-of-record is user@host, of " + MAX_TEXT + " octets at most");
        }
        return new TraceFilter(Kind.AOR, plain, folded(plain), null, 0);
    }

    /**
     * The messages from and to an address.
     *
     * @param source {@code 192.0.2.1}, {@code 192.0.2.1:5060}, {@code 2001:db8::1}, {@code [2001:db8::1]:5060}
     * @throws IllegalArgumentException with one line when it is none; names are not looked up
     */
    public static TraceFilter source(String source) {
        boolean ipv6 = source.chars().filter(c -> c == ':').count() > 1;
        String host = source;
        String portText = "0";
        int colon = source.lastIndexOf(':');
        if (ipv6 && source.startsWith("[")) {
            int close = source.indexOf(']');
            host = close < 0 ? "" : source.substring(1, close);
            portText = close == source.length() - 1 ? "0" : source.substring(Math.min(source.length(), close + 2));
        } else if (!ipv6 && colon > 0) {
            host = source.substring(0, colon);
            portText = source.substring(colon + 1);
        }
        boolean numbers = ipv6
                ? host.matches("[0-9a-fA-F:.]{2,45}")
                : host.matches("(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?:\\.(?!$)|$)){4}");
        if (!numbers || !portText.matches("[0-9]{1,5}") || Integer.parseInt(portText) > 65_535) {
            throw new IllegalArgumentException("a source is an IP address, with a port or without");
        }
        try {
            return new TraceFilter(
                    Kind.SOURCE, source, null, InetAddress.getByName(host).getAddress(), Integer.parseInt(portText));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("a source is an IP address, with a port or without", e);
        }
    }

    /** What it goes by. */
    public Kind kind() {
        return kind;
    }

    /** The text it was made of, without the scheme; empty for all. */
    public String text() {
        return text;
    }

    /**
     * Whether a message is to be kept.
     *
     * @param scratch of 16 octets at least
     */
    boolean matches(byte[] bytes, int offset, int length, Flow flow, byte[] scratch) {
        return switch (kind) {
            case ALL -> true;
            case SOURCE -> {
                int n = flow.writeRemoteIp(scratch, 0);
                yield (port == 0 || port == flow.remotePort()) && Arrays.equals(scratch, 0, n, ip, 0, ip.length);
            }
            case DEVICE, AOR ->
                endsWithEmptyLine(bytes, offset, length)
                        ? isAbout(bytes, offset, offset + length)
                        : holds(bytes, offset, offset + length);
        };
    }

    private static boolean endsWithEmptyLine(byte[] a, int offset, int length) {
        int end = offset + length;
        return length >= 4 && a[end - 1] == '\n' && (a[end - 2] == '\n' || a[end - 3] == '\n');
    }

    /** Whether it is in the start line, From or To; where one of these is missing, anywhere. */
    private boolean isAbout(byte[] a, int from, int end) {
        // A status line names nobody.
        int next = a[from + 3] == '/' ? Ascii.indexOf(a, from, end, '\n') + 1 : endOfLineWithout(a, from, end);
        boolean fromSeen = false;
        boolean toSeen = false;
        while (next >= 0 && next < end) {
            int at = next;
            int first = a[at] | 0x20;
            boolean isFrom = first == 'f' && isCalled(a, at, end, FROM);
            if (isFrom || first == 't' && isCalled(a, at, end, TO)) {
                do {
                    next = endOfLineWithout(a, next, end);
                } while (next >= 0 && next < end && (a[next] == ' ' || a[next] == '\t'));
                fromSeen |= isFrom;
                toSeen |= !isFrom;
                if (fromSeen && toSeen) {
                    return next < 0;
                }
            } else {
                next = Ascii.indexOf(a, at, end, '\n') + 1;
            }
        }
        return next < 0 || holds(a, from, end);
    }

    /**
     * Looks for the user, or the user and host, of a URI in a line; where there is no such URI, for the word anywhere in it.
     *
     * @return where the next line begins; -1 when the word is in this one
     */
    private int endOfLineWithout(byte[] a, int from, int end) {
        int i = Ascii.indexOf(a, from, end, '@', '\n');
        if (i == end || a[i] == '\n') {
            return holds(a, from, i) ? -1 : i + 1;
        }
        while (i < end && a[i] == '@') {
            int at = i - userLength;
            // The names of a fleet differ in their last octets.
            if (at >= from && fold(a[i - 1]) == word[userLength - 1] && isWhole(a, from, end, at)) {
                return -1;
            }
            i = Ascii.indexOf(a, i + 1, end, '@', '\n');
        }
        return i + 1;
    }

    /** Whether the whole word is at a position, and no part of another name. */
    private boolean isWhole(byte[] a, int from, int end, int at) {
        int after = at + word.length;
        return after <= end
                && Ascii.equalsIgnoreCase(a, at, word, 0, word.length)
                && (at == from || !isOfName(a[at - 1]))
                && (after == end || !isOfName(a[after]));
    }

    /** Whether a line's header field has this name, or its compact form: the first letter of it. */
    private static boolean isCalled(byte[] a, int at, int end, byte[] name) {
        int i = at + 1;
        if (i < end && (a[i] | 0x20) == name[1]) {
            i = at + name.length;
            if (i > end || !Ascii.equalsIgnoreCase(a, at, name, 0, name.length)) {
                return false;
            }
        }
        i = Ascii.skipBlanks(a, i, end);
        return i < end && a[i] == ':';
    }

    private boolean holds(byte[] a, int from, int end) {
        int last = word.length - 1;
        int at = from;
        while (at + last < end) {
            if (fold(a[at + last]) == word[last] && isWhole(a, from, end, at)) {
                return true;
            }
            at += skip[a[at + last] & 0xFF];
        }
        return false;
    }

    /** An octet that continues an ID, a user or a host's label: what was found is only a part of another name then. */
    private static boolean isOfName(byte b) {
        int lower = b | 0x20;
        return lower >= 'a' && lower <= 'z' || b >= '0' && b <= '9' || b == '-' || b == '_' || b == '.' || b == '+';
    }

    private static byte[] folded(String text) {
        byte[] octets = text.getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < octets.length; i++) {
            octets[i] = (byte) fold(octets[i]);
        }
        return octets;
    }

    private static int fold(byte b) {
        return b >= 'A' && b <= 'Z' ? b + 32 : b;
    }

    private static int[] skips(byte[] word) {
        int[] skips = new int[256];
        Arrays.fill(skips, word.length);
        for (int i = 0; i < word.length - 1; i++) {
            int distance = word.length - 1 - i;
            skips[word[i] & 0xFF] = distance;
            if (word[i] >= 'a' && word[i] <= 'z') {
                skips[word[i] - 32] = distance;
            }
        }
        return skips;
    }
}

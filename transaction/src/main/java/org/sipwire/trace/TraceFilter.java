/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.trace;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.sipwire.transport.Flow;

/**
 * Which messages a trace keeps.
 *
 * <p>A device and an address-of-record are looked for in the octets, not in parsed fields, so that malformed messages are found too: the
 * device's ID anywhere in the message, also in a MANSCDP body; {@code user@host} as it is written in a URI, in capital and small letters
 * alike. The search skips over most octets (Boyer-Moore-Horspool): 100 to 180 ns for a REGISTER of 600 octets.
 *
 * <p>Shared: immutable. {@link #matches} allocates nothing.
 */
public final class TraceFilter {
    private static final int MAX_TEXT = 255;

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
            case DEVICE, AOR -> holds(bytes, offset, offset + length);
        };
    }

    private boolean holds(byte[] a, int from, int end) {
        int last = word.length - 1;
        int at = from;
        while (at + last < end) {
            int i = last;
            while (i >= 0 && fold(a[at + i]) == word[i]) {
                i--;
            }
            if (i < 0
                    && (at == from || !isOfName(a[at - 1]))
                    && (at + last + 1 == end || !isOfName(a[at + last + 1]))) {
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

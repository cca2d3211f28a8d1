/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

/**
 * Overwrites what a message must not tell: every octet of a secret becomes {@value #MASK}, so that lengths stay what Content-Length and
 * sequence numbers say.
 *
 * <table>
 *   <caption>what is a secret</caption>
 *   <tr><td>{@code response="..."} and {@code rspauth="..."} in the header section</td><td>an MD5 answer can be searched for the
 *       password without asking anybody</td></tr>
 *   <tr><td>{@code <Password>} and every element whose name contains it</td><td>what MANSCDP says of devices below a device</td></tr>
 *   <tr><td>{@code sip:user:password@host}</td><td>RFC 3261 §19.1.1 advises against it, some do it</td></tr>
 *   <tr><td>{@code inline:} of SDP's {@code a=crypto}, and {@code k=}</td><td>the keys of media (RFC 4568, RFC 4566 §5.12)</td></tr>
 * </table>
 *
 * <p>It does not ask whether the message is well formed: what cannot be read may hold a secret too. Where a secret has no end, everything
 * up to the end of its line or element is masked. Any thread.
 */
public final class SecretMask {
    /** What stands where a secret stood. */
    public static final char MASK = 'x';

    private SecretMask() {}

    /** Masks a message in place. */
    public static void mask(byte[] octets, int offset, int length) {
        int end = offset + length;
        int body = bodyOf(octets, offset, end);
        maskParameters(octets, offset, body, "response");
        maskParameters(octets, offset, body, "rspauth");
        maskUserInfo(octets, offset, body);
        maskElements(octets, body, end);
        maskKeys(octets, body, end);
    }

    /** Where the body begins: behind the first empty line, or at the end. */
    private static int bodyOf(byte[] a, int from, int end) {
        for (int i = from; i + 1 < end; i++) {
            if (a[i] == '\n' && (a[i + 1] == '\n' || a[i + 1] == '\r' && i + 2 < end && a[i + 2] == '\n')) {
                return i + 1;
            }
        }
        return end;
    }

    private static void maskParameters(byte[] a, int from, int end, String name) {
        for (int i = from + 1; i + name.length() < end; i++) {
            if (isWordOctet(a[i - 1]) || !matches(a, i, end, name)) {
                continue;
            }
            int at = skipBlanks(a, i + name.length(), end);
            if (at >= end || a[at] != '=') {
                continue;
            }
            at = skipBlanks(a, at + 1, end);
            if (at < end && a[at] == '"') {
                i = maskQuoted(a, at + 1, end);
            } else {
                while (at < end && a[at] > ' ' && a[at] != ',' && a[at] != ';') {
                    a[at++] = MASK;
                }
                i = at;
            }
        }
    }

    private static int maskQuoted(byte[] a, int from, int end) {
        int i = from;
        while (i < end && a[i] != '"' && a[i] != '\r' && a[i] != '\n') {
            boolean escaped = a[i] == '\\' && i + 1 < end && a[i + 1] != '\r' && a[i + 1] != '\n';
            a[i++] = MASK;
            if (escaped) {
                a[i++] = MASK;
            }
        }
        return i;
    }

    private static void maskUserInfo(byte[] a, int from, int end) {
        for (int i = from; i + 4 < end; i++) {
            if (!matches(a, i, end, "sip")) {
                continue;
            }
            int at = i + 3;
            if ((a[at] | 0x20) == 's') {
                at++;
            }
            if (a[at] != ':') {
                continue;
            }
            int colon = -1;
            int j = at + 1;
            while (j < end && a[j] > ' ' && a[j] != '@' && a[j] != '>' && a[j] != '"' && a[j] != '<') {
                if (a[j] == ':' && colon < 0) {
                    colon = j;
                }
                j++;
            }
            if (j < end && a[j] == '@' && colon >= 0) {
                fill(a, colon + 1, j);
            }
            i = at;
        }
    }

    private static void maskElements(byte[] a, int from, int end) {
        for (int i = from; i < end; i++) {
            if (a[i] != '<' || i + 1 < end && a[i + 1] == '/') {
                continue;
            }
            boolean secret = false;
            int j = i + 1;
            while (j < end && a[j] != '>' && a[j] != '<') {
                secret |= matches(a, j, end, "password");
                j++;
            }
            if (secret && j < end && a[j] == '>' && a[j - 1] != '/') {
                int value = j + 1;
                int stop = value;
                while (stop < end && a[stop] != '<') {
                    stop++;
                }
                fill(a, value, stop);
                j = stop;
            }
            i = j - 1;
        }
    }

    private static void maskKeys(byte[] a, int from, int end) {
        boolean lineStart = true;
        for (int i = from; i < end; i++) {
            if (lineStart && i + 1 < end && a[i] == 'k' && a[i + 1] == '=') {
                i = maskLine(a, i + 2, end);
            } else if ((a[i] | 0x20) == 'i' && matches(a, i, end, "inline:")) {
                i = maskLine(a, i + 7, end);
            }
            lineStart = i < end && a[i] == '\n';
        }
    }

    private static int maskLine(byte[] a, int from, int end) {
        int stop = from;
        while (stop < end && a[stop] != '\r' && a[stop] != '\n') {
            stop++;
        }
        fill(a, from, stop);
        return stop;
    }

    private static void fill(byte[] a, int from, int end) {
        for (int i = from; i < end; i++) {
            a[i] = MASK;
        }
    }

    private static int skipBlanks(byte[] a, int from, int end) {
        int i = from;
        while (i < end && (a[i] == ' ' || a[i] == '\t' || a[i] == '\r' || a[i] == '\n')) {
            i++;
        }
        return i;
    }

    private static boolean isWordOctet(byte b) {
        int folded = b | 0x20;
        return folded >= 'a' && folded <= 'z' || b >= '0' && b <= '9' || b == '-' || b == '_';
    }

    private static boolean matches(byte[] a, int at, int end, String lowerCase) {
        int n = lowerCase.length();
        if (end - at < n) {
            return false;
        }
        for (int i = 0; i < n; i++) {
            char c = lowerCase.charAt(i);
            int b = a[at + i];
            if ((c >= 'a' && c <= 'z' ? b | 0x20 : b) != c) {
                return false;
            }
        }
        return true;
    }
}

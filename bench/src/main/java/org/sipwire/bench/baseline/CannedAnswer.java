/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.baseline;

import java.nio.charset.StandardCharsets;

/**
 * The cheapest answer that a registering client takes: no parsing but a search for the Digest credentials, 200 when they are there
 * and 401 when not, with the first lines of the request repeated (Via, From, To, Call-ID, CSeq, and Contact when it comes sixth).
 *
 * <p>One thread. Borrowed: the answer holds until the next one.
 */
final class CannedAnswer {
    private static final byte[] DIGEST = ascii("\nAuthorization: Digest");
    private static final byte[] MESSAGE = ascii("MESSAGE ");
    private static final byte[] CONTACT = ascii("Contact:");
    private static final byte[] OK = ascii("SIP/2.0 200 OK\r\n");
    private static final byte[] UNAUTHORIZED = ascii("SIP/2.0 401 Unauthorized\r\n");
    private static final byte[] CHALLENGE =
            ascii("WWW-Authenticate: Digest realm=\"34020000\",algorithm=MD5,nonce=\"16165707031616570703\"\r\n");
    private static final byte[] END = ascii("Date: 2021-03-24T15:25:03.259\r\nContent-Length: 0\r\n\r\n");
    private static final int ECHOED_LINES = 5;

    private final byte[] answer = new byte[8192];
    private int length;

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    byte[] array() {
        return answer;
    }

    /** Length of the answer to a whole request, 0 when it is none. */
    int answer(byte[] request, int offset, int count) {
        int end = offset + count;
        int line = nextLine(request, offset, end);
        if (line < 0 || count > answer.length - 512) {
            return 0;
        }
        boolean proven = find(request, line, end, DIGEST) || startsWith(request, offset, end, MESSAGE);
        length = 0;
        put(proven ? OK : UNAUTHORIZED, 0, (proven ? OK : UNAUTHORIZED).length);
        int from = line;
        for (int i = 0; i < ECHOED_LINES && line >= 0; i++) {
            line = nextLine(request, line, end);
        }
        if (line < 0) {
            return 0;
        }
        if (proven && startsWith(request, line, end, CONTACT)) {
            line = Math.max(line, nextLine(request, line, end));
        }
        put(request, from, line - from);
        if (!proven) {
            put(CHALLENGE, 0, CHALLENGE.length);
        }
        put(END, 0, END.length);
        return length;
    }

    private void put(byte[] from, int offset, int count) {
        System.arraycopy(from, offset, answer, length, count);
        length += count;
    }

    private static int nextLine(byte[] bytes, int from, int end) {
        for (int i = from; i < end; i++) {
            if (bytes[i] == '\n') {
                return i + 1;
            }
        }
        return -1;
    }

    private static boolean find(byte[] bytes, int from, int end, byte[] text) {
        for (int i = from; i <= end - text.length; i++) {
            if (bytes[i] == '\n' && startsWith(bytes, i, end, text)) {
                return true;
            }
        }
        return false;
    }

    private static boolean startsWith(byte[] bytes, int from, int end, byte[] text) {
        return end - from >= text.length
                && java.util.Arrays.equals(bytes, from, from + text.length, text, 0, text.length);
    }
}

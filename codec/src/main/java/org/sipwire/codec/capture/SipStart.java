/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

/** Tells octets that begin a SIP message from others. Any thread. */
final class SipStart {
    static final int NO = 0;
    static final int YES = 1;
    /** The octets end before it can be told. */
    static final int MAYBE = 2;

    private static final String VERSION = "SIP/2.0";
    private static final int MAX_METHOD = 32;

    private SipStart() {}

    /** Whether a status line or a request line begins at {@code from}. */
    static int look(byte[] a, int from, int end) {
        int same = 0;
        while (same < VERSION.length() && from + same < end && a[from + same] == VERSION.charAt(same)) {
            same++;
        }
        if (same == VERSION.length()) {
            return YES;
        }
        if (from + same == end) {
            return MAYBE;
        }
        int blank = from;
        while (blank < end && isToken(a[blank]) && blank - from <= MAX_METHOD) {
            blank++;
        }
        if (blank == end) {
            return MAYBE;
        }
        if (blank == from || a[blank] != ' ') {
            return NO;
        }
        int lineEnd = blank;
        while (lineEnd < end && a[lineEnd] != '\r' && a[lineEnd] != '\n') {
            lineEnd++;
        }
        if (lineEnd == end) {
            return MAYBE;
        }
        for (int i = 1; i <= VERSION.length(); i++) {
            if (lineEnd - i <= blank || a[lineEnd - i] != VERSION.charAt(VERSION.length() - i)) {
                return NO;
            }
        }
        return YES;
    }

    private static boolean isToken(byte b) {
        int folded = b | 0x20;
        return folded >= 'a' && folded <= 'z' || b >= '0' && b <= '9' || "-.!%*_+`'~".indexOf(b) >= 0;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

/**
 * What the generator needs of a message it received: a parser of its own, so that the generator cannot share a mistake with the
 * server it measures. Reads each line once; folded lines are not unfolded (no registrar folds what is read here).
 *
 * <p>One thread. Borrowed: holds offsets into the bytes last parsed.
 */
final class WireMessage {
    private static final int MAX_LINES = 16;

    private byte[] bytes;
    private int end;
    private int status;
    private int startOffset;
    private int startLength;
    private int callIdOffset;
    private int callIdLength;
    private int branchOffset;
    private int branchLength;
    private long cseq;
    private int contentLength;
    private int bodyOffset;
    private int bodyLength;
    private boolean proxyChallenge;
    private final Lines challenges = new Lines();
    private final Lines contacts = new Lines();
    private final Lines echoed = new Lines();
    private int toLine;
    private boolean toTag;

    /** Spans in the message. */
    private static final class Lines {
        final int[] offset = new int[MAX_LINES];
        final int[] length = new int[MAX_LINES];
        int count;

        void add(int from, int to) {
            if (count < MAX_LINES) {
                offset[count] = from;
                length[count++] = to - from;
            }
        }
    }

    /** Reads one whole message; false when it is none. */
    boolean parse(byte[] from, int offset, int length) {
        bytes = from;
        end = offset + length;
        status = 0;
        callIdLength = branchLength = -1;
        cseq = contentLength = toLine = -1;
        toTag = proxyChallenge = false;
        challenges.count = contacts.count = echoed.count = 0;
        int lineEnd = lineEnd(offset);
        if (lineEnd < 0 || !startLine(offset, lineEnd)) {
            return false;
        }
        int at = lineEnd + 2;
        while (true) {
            lineEnd = lineEnd(at);
            if (lineEnd < 0) {
                return false;
            }
            if (lineEnd == at) {
                break;
            }
            header(at, lineEnd);
            at = lineEnd + 2;
        }
        bodyOffset = at + 2;
        bodyLength = contentLength < 0 ? end - bodyOffset : contentLength;
        return bodyLength <= end - bodyOffset && callIdLength > 0 && branchLength > 0 && cseq >= 0;
    }

    private boolean startLine(int from, int to) {
        startOffset = from;
        startLength = to - from;
        if (!startsWith(from, to, "SIP/2.0 ")) {
            return to - from > 8 && startsWith(to - 8, to, " SIP/2.0");
        }
        if (to - from < 12) {
            return false;
        }
        status = (bytes[from + 8] - '0') * 100 + (bytes[from + 9] - '0') * 10 + bytes[from + 10] - '0';
        return status >= 100 && status < 700;
    }

    private void header(int from, int to) {
        int colon = from;
        while (colon < to && bytes[colon] != ':') {
            colon++;
        }
        int nameEnd = colon;
        while (nameEnd > from && blank(bytes[nameEnd - 1])) {
            nameEnd--;
        }
        int value = Math.min(colon + 1, to);
        while (value < to && blank(bytes[value])) {
            value++;
        }
        switch (bytes[from] | 0x20) {
            case 'v' -> {
                if (named(from, nameEnd, "via", 'v')) {
                    via(value, to);
                    echoed.add(from, to);
                }
            }
            case 'f' -> {
                if (named(from, nameEnd, "from", 'f')) {
                    echoed.add(from, to);
                }
            }
            case 't' -> {
                if (named(from, nameEnd, "to", 't')) {
                    toLine = echoed.count;
                    toTag = find(value, to, ";tag=") >= 0;
                    echoed.add(from, to);
                }
            }
            case 'i', 'c', 'm', 'l' -> identity(from, nameEnd, value, to);
            case 'w', 'p' -> challenge(from, nameEnd, value, to);
            default -> {
                // Nothing that the generator looks at.
            }
        }
    }

    private void identity(int from, int nameEnd, int value, int to) {
        if (named(from, nameEnd, "call-id", 'i')) {
            callIdOffset = value;
            callIdLength = to - value;
            echoed.add(from, to);
        } else if (named(from, nameEnd, "cseq", '\0')) {
            cseq = number(value, to);
            echoed.add(from, to);
        } else if (named(from, nameEnd, "contact", 'm')) {
            contacts.add(value, to);
        } else if (named(from, nameEnd, "content-length", 'l')) {
            contentLength = (int) number(value, to);
        }
    }

    private void challenge(int from, int nameEnd, int value, int to) {
        boolean proxy = named(from, nameEnd, "proxy-authenticate", '\0');
        if (proxy || named(from, nameEnd, "www-authenticate", '\0')) {
            proxyChallenge = proxy;
            challenges.add(value, to);
        }
    }

    private void via(int value, int to) {
        if (branchLength >= 0) {
            return;
        }
        int at = find(value, to, "branch=");
        if (at < 0) {
            return;
        }
        branchOffset = at + 7;
        int i = branchOffset;
        while (i < to && bytes[i] != ';' && bytes[i] != ',' && !blank(bytes[i])) {
            i++;
        }
        branchLength = i - branchOffset;
    }

    byte[] array() {
        return bytes;
    }

    /** Status of a response, 0 for a request. */
    int status() {
        return status;
    }

    long cseq() {
        return cseq;
    }

    int branchOffset() {
        return branchOffset;
    }

    int branchLength() {
        return branchLength;
    }

    int callIdOffset() {
        return callIdOffset;
    }

    int callIdLength() {
        return callIdLength;
    }

    int bodyOffset() {
        return bodyOffset;
    }

    int bodyLength() {
        return bodyLength;
    }

    int challengeCount() {
        return challenges.count;
    }

    int challengeOffset(int i) {
        return challenges.offset[i];
    }

    int challengeLength(int i) {
        return challenges.length[i];
    }

    /** Whether the challenges came as {@code Proxy-Authenticate}. */
    boolean proxyChallenge() {
        return proxyChallenge;
    }

    boolean requestIs(String method) {
        return status == 0
                && startLength > method.length()
                && startsWith(startOffset, startOffset + startLength, method)
                && bytes[startOffset + method.length()] == ' ';
    }

    /** The user in the Request-URI as a number, or -1. */
    int requestUser(UserNames users) {
        int from = find(startOffset, startOffset + startLength, "sip:");
        if (from < 0) {
            return -1;
        }
        int to = from + 4;
        while (to < startOffset + startLength && bytes[to] != '@' && bytes[to] != ' ') {
            to++;
        }
        return users.indexOf(bytes, from + 4, to - from - 4);
    }

    /** Whether one of the Contact lines holds {@code needle}. */
    boolean contactHolds(byte[] needle, int length) {
        for (int i = 0; i < contacts.count; i++) {
            int last = contacts.offset[i] + contacts.length[i] - length;
            for (int at = contacts.offset[i]; at <= last; at++) {
                if (bytes[at] == needle[0] && java.util.Arrays.equals(bytes, at, at + length, needle, 0, length)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether there are more Contact lines than were kept, so that {@link #contactHolds} cannot tell. */
    boolean contactsOverflow() {
        return contacts.count == MAX_LINES;
    }

    /** The lines which a response repeats (RFC 3261 §8.2.6.2), with a To tag where the request had none. */
    void writeEchoed(Scratch out, byte[] tag) {
        for (int i = 0; i < echoed.count; i++) {
            out.put(bytes, echoed.offset[i], echoed.length[i]);
            if (i == toLine && !toTag) {
                out.put(tag);
            }
            out.put('\r').put('\n');
        }
    }

    /** The text between {@code <name>} and {@code </} in the body as a number, or -1: enough for an SN. */
    long bodyNumber(String element) {
        int at = find(bodyOffset, bodyOffset + bodyLength, "<" + element + ">");
        return at < 0 ? -1 : number(at + element.length() + 2, bodyOffset + bodyLength);
    }

    boolean bodyHolds(String text) {
        return find(bodyOffset, bodyOffset + bodyLength, text) >= 0;
    }

    /** Offset of the CR that ends the line, or -1. */
    private int lineEnd(int from) {
        for (int i = from; i + 1 < end; i++) {
            if (bytes[i] == '\r' && bytes[i + 1] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private boolean startsWith(int from, int to, String text) {
        if (to - from < text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (bytes[from + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private boolean named(int from, int to, String lowerCase, char compact) {
        if (to - from == 1) {
            return (bytes[from] | 0x20) == compact;
        }
        if (to - from != lowerCase.length()) {
            return false;
        }
        for (int i = 0; i < lowerCase.length(); i++) {
            byte b = bytes[from + i];
            if ((b >= 'A' && b <= 'Z' ? b | 0x20 : b) != lowerCase.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private int find(int from, int to, String text) {
        for (int i = from; i + text.length() <= to; i++) {
            if (startsWith(i, to, text)) {
                return i;
            }
        }
        return -1;
    }

    private long number(int from, int to) {
        long value = 0;
        int i = from;
        while (i < to && bytes[i] >= '0' && bytes[i] <= '9' && value < 1L << 40) {
            value = value * 10 + bytes[i++] - '0';
        }
        return i == from ? -1 : value;
    }

    private static boolean blank(byte b) {
        return b == ' ' || b == '\t';
    }
}

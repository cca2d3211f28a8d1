/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Makes of a body as deployed equipment sends it one that an XML parser takes: UTF-8, from the root's angle to the last
 * one. The prolog goes (its encoding lies, or it is broken), and so does what stands after the last {@code >}: blank
 * lines, NULs. Control characters are dropped, an ampersand that begins no entity is escaped, octets that are none of
 * the charset become U+FFFD.
 *
 * <p>Most bodies are clean ASCII and are then not copied at all: one pass finds that out. One thread; Borrowed.
 */
final class BodyText {
    private static final int KEPT_SCRATCH = 1 << 18;
    private static final Charset GB = ManscdpCharset.GB18030.charset();

    private final CharsetDecoder gb = lenient(GB);
    private final CharsetDecoder utf8 = lenient(StandardCharsets.UTF_8);
    private char[] chars = new char[0];
    private byte[] scratch = new byte[0];

    private byte[] array = scratch;
    private int offset;
    private int length;
    private ManscdpCharset verdict = ManscdpCharset.GB18030;

    byte[] array() {
        return array;
    }

    int offset() {
        return offset;
    }

    int length() {
        return length;
    }

    /** The charset that was taken for the octets above 127; null when there was none. */
    ManscdpCharset verdict() {
        return verdict;
    }

    /** Prepares a body; null when it worked. */
    ManscdpError prepare(byte[] body, int from, int count, ManscdpCharset charset) {
        if (count == 0) {
            return ManscdpError.EMPTY;
        }
        verdict = null;
        int end = from + count;
        while (end > from && body[end - 1] != '>') {
            end--;
        }
        int start = root(body, from, end);
        if (start < 0) {
            return start == DOCTYPE ? ManscdpError.DOCTYPE : ManscdpError.NOT_MANSCDP;
        }
        int found = scan(body, start, end);
        if ((found & HIGH) != 0) {
            verdict = charset == ManscdpCharset.AUTO ? ManscdpCharset.of(body, start, end - start) : charset;
        }
        boolean asIs = (found & DIRTY) == 0
                && (verdict == null || charset == ManscdpCharset.AUTO && verdict == ManscdpCharset.UTF_8);
        if (asIs) {
            array = body;
            offset = start;
            length = end - start;
        } else {
            decode(body, start, end - start);
        }
        return null;
    }

    private static final int DOCTYPE = -2;

    /** Where the first element begins; -1 when none does; {@link #DOCTYPE}. */
    private static int root(byte[] body, int from, int end) {
        for (int i = from; i + 1 < end; i++) {
            if (body[i] != '<') {
                continue;
            }
            int next = body[i + 1];
            if ((next | 0x20) >= 'a' && (next | 0x20) <= 'z') {
                return i;
            }
            if (next == '!') {
                if (i + 3 >= end || body[i + 2] != '-') {
                    return DOCTYPE;
                }
                i = afterComment(body, i + 4, end);
            }
        }
        return -1;
    }

    private static int afterComment(byte[] body, int from, int end) {
        for (int i = from; i + 2 < end; i++) {
            if (body[i] == '-' && body[i + 1] == '-' && body[i + 2] == '>') {
                return i + 2;
            }
        }
        return end;
    }

    private static final int HIGH = 1;
    private static final int DIRTY = 2;

    private static int scan(byte[] body, int start, int end) {
        int found = 0;
        for (int i = start; i < end; i++) {
            int b = body[i];
            if (b < 0) {
                found |= HIGH;
                // U+FFFE and U+FFFF are no characters of XML: EF BF BE, EF BF BF.
                if (b == (byte) 0xef && i + 2 < end && body[i + 1] == (byte) 0xbf && body[i + 2] >= (byte) 0xbe) {
                    found |= DIRTY;
                }
            } else if (b < ' ') {
                if (b != '\n' && b != '\r' && b != '\t') {
                    found |= DIRTY;
                }
            } else if (b == '&' || b == ']') {
                found |= DIRTY;
            }
        }
        return found;
    }

    private void decode(byte[] body, int start, int count) {
        if (chars.length < count || chars.length > KEPT_SCRATCH && count < KEPT_SCRATCH) {
            chars = new char[Math.max(count, 1024)];
        }
        CharsetDecoder decoder = verdict == ManscdpCharset.GB18030 ? gb : utf8;
        CharBuffer out = CharBuffer.wrap(chars);
        decoder.reset();
        decoder.decode(ByteBuffer.wrap(body, start, count), out, true);
        decoder.flush(out);
        int most = out.position() * 3 + 16;
        if (scratch.length < most || scratch.length > 3 * KEPT_SCRATCH && most < 3 * KEPT_SCRATCH) {
            scratch = new byte[most];
        }
        offset = 0;
        length = clean(out.position());
        array = scratch;
    }

    /** Writes the decoded characters as UTF-8 that XML allows; the octets. */
    private int clean(int count) {
        int at = 0;
        int i = 0;
        while (i < count) {
            char c = chars[i];
            if (at + 16 > scratch.length) {
                scratch = Arrays.copyOf(scratch, scratch.length * 2);
            }
            if (c == '<' && isAt("<![CDATA[", i, count)) {
                int end = endOfCdata(i, count);
                at = cdata(i, end, at);
                i = end;
                continue;
            }
            if (c == '&' && !isEntity(i, count)) {
                at = ascii("&amp;", at);
            } else if (c == ']' && isAt("]]>", i, count)) {
                at = ascii("]]&gt;", at);
                i += 2;
            } else if (isXml(c)) {
                boolean pair = Character.isHighSurrogate(c) && i + 1 < count;
                at = Utf8.put(pair ? Character.toCodePoint(c, chars[i + 1]) : c, scratch, at);
                i += pair ? 1 : 0;
            }
            i++;
        }
        return at;
    }

    private static boolean isXml(char c) {
        return c >= ' ' ? c < '\ufffe' : c == '\n' || c == '\r' || c == '\t';
    }

    private int cdata(int from, int to, int target) {
        int at = target;
        for (int i = from; i < to; i++) {
            if (at + 16 > scratch.length) {
                scratch = Arrays.copyOf(scratch, scratch.length * 2);
            }
            char c = chars[i];
            if (isXml(c)) {
                boolean pair = Character.isHighSurrogate(c) && i + 1 < to;
                at = Utf8.put(pair ? Character.toCodePoint(c, chars[i + 1]) : c, scratch, at);
                i += pair ? 1 : 0;
            }
        }
        return at;
    }

    private int endOfCdata(int from, int count) {
        for (int i = from; i + 2 < count; i++) {
            if (chars[i] == ']' && chars[i + 1] == ']' && chars[i + 2] == '>') {
                return i + 3;
            }
        }
        return count;
    }

    private boolean isAt(String text, int at, int count) {
        if (at + text.length() > count) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (chars[at + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** One of the five entities of XML, or a reference to a character that XML allows. */
    private boolean isEntity(int at, int count) {
        if (at + 2 < count && chars[at + 1] == '#') {
            return isReference(at + 2, count);
        }
        return isAt("&amp;", at, count)
                || isAt("&lt;", at, count)
                || isAt("&gt;", at, count)
                || isAt("&quot;", at, count)
                || isAt("&apos;", at, count);
    }

    private boolean isReference(int from, int count) {
        boolean hex = chars[from] == 'x';
        int value = 0;
        int i = hex ? from + 1 : from;
        int first = i;
        for (; i < count && i - first < 8; i++) {
            int digit = Character.digit(chars[i], hex ? 16 : 10);
            if (digit < 0 || chars[i] > 'f') {
                break;
            }
            value = value * (hex ? 16 : 10) + digit;
        }
        boolean allowed = value > 0xffff
                ? value <= Character.MAX_CODE_POINT
                : isXml((char) value) && !Character.isSurrogate((char) value);
        return i > first && i < count && chars[i] == ';' && allowed;
    }

    private int ascii(String text, int target) {
        int at = target;
        for (int i = 0; i < text.length(); i++) {
            scratch[at++] = (byte) text.charAt(i);
        }
        return at;
    }

    private static CharsetDecoder lenient(Charset charset) {
        return charset.newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE);
    }
}

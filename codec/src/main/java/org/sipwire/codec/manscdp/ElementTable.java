/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import com.fasterxml.aalto.AsyncXMLStreamReader;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * The elements of one body in document order, as columns: name, where its text stands in one pool of characters, and
 * which element follows its last descendant. A record is then made by name and not by order, and what nobody asks for
 * costs no String.
 *
 * <p>Reused from body to body by its reader. One thread; Borrowed.
 */
final class ElementTable {
    private static final int KEPT_ELEMENTS = 1 << 14;
    private static final int KEPT_CHARACTERS = 1 << 18;

    private String[] names = new String[64];
    private int[] textStarts = new int[64];
    private int[] textEnds = new int[64];
    private int[] nexts = new int[64];
    private int count;
    private char[] pool = new char[2048];
    private int pooled;
    private final int[] open;
    private final ManscdpLimits limits;

    ElementTable(ManscdpLimits limits) {
        this.limits = limits;
        this.open = new int[limits.maxDepth()];
    }

    /** Reads a document to its end; null when it was well-formed and within the limits. */
    ManscdpError fill(XMLStreamReader reader) {
        clear();
        int depth = 0;
        try {
            int event;
            while ((event = reader.next()) != XMLStreamConstants.END_DOCUMENT) {
                if (event == XMLStreamConstants.START_ELEMENT) {
                    if (depth == open.length) {
                        return ManscdpError.TOO_DEEP;
                    }
                    if (count == limits.maxElements()) {
                        return ManscdpError.TOO_MANY;
                    }
                    open[depth++] = start(reader.getLocalName());
                } else if (event == XMLStreamConstants.END_ELEMENT) {
                    end(open[--depth]);
                } else if ((event == XMLStreamConstants.CHARACTERS || event == XMLStreamConstants.CDATA)
                        && depth > 0
                        && open[depth - 1] == count - 1) {
                    append(reader);
                } else if (event == AsyncXMLStreamReader.EVENT_INCOMPLETE) {
                    // The whole body was fed, so it broke off.
                    return ManscdpError.MALFORMED;
                }
            }
            return depth == 0 && count > 0 ? null : ManscdpError.MALFORMED;
        } catch (XMLStreamException | RuntimeException refused) {
            // aalto tells of bad characters late, by an unchecked exception out of a text accessor.
            return ManscdpError.MALFORMED;
        }
    }

    int count() {
        return count;
    }

    String name(int element) {
        return names[element];
    }

    /** The element after the last descendant of this one. */
    int next(int element) {
        return nexts[element];
    }

    boolean isLeaf(int element) {
        return nexts[element] == element + 1;
    }

    /** The child of that name, the first if there are several; -1 when there is none. */
    int child(int parent, String name) {
        int stop = nexts[parent];
        for (int i = parent + 1; i < stop; i = nexts[i]) {
            if (names[i].equals(name)) {
                return i;
            }
        }
        return -1;
    }

    /** The text of a leaf, trimmed. */
    String text(int element) {
        return element < 0 || !isLeaf(element)
                ? ""
                : new String(pool, textStarts[element], textEnds[element] - textStarts[element]);
    }

    /** The text of the child of that name; empty when there is none. */
    String text(int parent, String name) {
        return text(child(parent, name));
    }

    int textLength(int element) {
        return isLeaf(element) ? textEnds[element] - textStarts[element] : 0;
    }

    /** The leading decimal digits of the child's text; -1 when it has none. */
    long number(int parent, String name) {
        int element = child(parent, name);
        if (element < 0 || !isLeaf(element)) {
            return -1;
        }
        long value = 0;
        int i = textStarts[element];
        int first = i;
        for (; i < textEnds[element] && i - first < 18; i++) {
            int digit = pool[i] - '0';
            if (digit < 0 || digit > 9) {
                break;
            }
            value = value * 10 + digit;
        }
        return i == first ? -1 : value;
    }

    int integer(int parent, String name) {
        return (int) Math.min(Integer.MAX_VALUE, number(parent, name));
    }

    /** The child's text as a number with a fraction; NaN when it is none. */
    double decimal(int parent, String name) {
        String text = text(parent, name);
        if (text.isEmpty()) {
            return Double.NaN;
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException noNumber) {
            return Double.NaN;
        }
    }

    /** The leaves under an element by name, nested names joined by a slash, repeated ones numbered. */
    Map<String, String> leaves(int parent, String... except) {
        Map<String, String> fields = new LinkedHashMap<>();
        collect(parent, "", fields, except);
        return fields;
    }

    private void collect(int parent, String prefix, Map<String, String> fields, String... except) {
        int stop = nexts[parent];
        for (int i = parent + 1; i < stop; i = nexts[i]) {
            if (Arrays.asList(except).contains(names[i])) {
                continue;
            }
            String path = prefix + names[i];
            if (isLeaf(i)) {
                String free = path;
                for (int n = 2; fields.containsKey(free); n++) {
                    free = path + '#' + n;
                }
                fields.put(free, text(i));
            } else {
                collect(i, path + '/', fields);
            }
        }
    }

    /** Writes an element's text as UTF-8; the position after it. The target has three octets a character. */
    int writeUtf8(int element, byte[] target, int position) {
        int at = position;
        int stop = textEnds[element];
        for (int i = textStarts[element]; i < stop; i++) {
            char c = pool[i];
            if (Character.isHighSurrogate(c) && i + 1 < stop) {
                at = Utf8.put(Character.toCodePoint(c, pool[++i]), target, at);
            } else {
                at = Utf8.put(c, target, at);
            }
        }
        return at;
    }

    private void clear() {
        if (names.length > KEPT_ELEMENTS) {
            names = new String[64];
            textStarts = new int[64];
            textEnds = new int[64];
            nexts = new int[64];
        }
        if (pool.length > KEPT_CHARACTERS) {
            pool = new char[2048];
        }
        count = 0;
        pooled = 0;
    }

    private int start(String name) {
        if (count == names.length) {
            names = Arrays.copyOf(names, count * 2);
            textStarts = Arrays.copyOf(textStarts, count * 2);
            textEnds = Arrays.copyOf(textEnds, count * 2);
            nexts = Arrays.copyOf(nexts, count * 2);
        }
        names[count] = name;
        textStarts[count] = pooled;
        textEnds[count] = pooled;
        return count++;
    }

    private void end(int element) {
        nexts[element] = count;
        if (isLeaf(element)) {
            int start = textStarts[element];
            int stop = pooled;
            while (start < stop && isBlank(pool[start])) {
                start++;
            }
            while (stop > start && isBlank(pool[stop - 1])) {
                stop--;
            }
            textStarts[element] = start;
            textEnds[element] = stop;
        }
    }

    private static boolean isBlank(char c) {
        return c <= ' ' || c == '\u3000' || c == '\u00a0';
    }

    private void append(XMLStreamReader reader) {
        int length = reader.getTextLength();
        while (pooled + length > pool.length) {
            pool = Arrays.copyOf(pool, pool.length * 2);
        }
        System.arraycopy(reader.getTextCharacters(), reader.getTextStart(), pool, pooled, length);
        pooled += length;
    }
}

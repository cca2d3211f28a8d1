/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Unmodifiable maps that keep the order of the document, and their form for logs. */
final class Blocks {
    private Blocks() {}

    static Map<String, String> ordered(Map<String, String> fields) {
        return fields.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    static Map<String, Map<String, String>> copy(Map<String, Map<String, String>> blocks) {
        Map<String, Map<String, String>> copy = new LinkedHashMap<>();
        blocks.forEach((name, fields) -> copy.put(name, ordered(fields)));
        return Collections.unmodifiableMap(copy);
    }

    /** The same with every password starred out. */
    static Map<String, Map<String, String>> masked(Map<String, Map<String, String>> blocks) {
        Map<String, Map<String, String>> copy = new LinkedHashMap<>();
        blocks.forEach((name, fields) -> {
            Map<String, String> shown = new LinkedHashMap<>(fields);
            shown.replaceAll((field, value) -> field.endsWith("Password") ? "***" : value);
            copy.put(name, shown);
        });
        return copy;
    }
}

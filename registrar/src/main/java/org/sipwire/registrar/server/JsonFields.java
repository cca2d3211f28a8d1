/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The fields of a JSON object that an operator sent, taken one by one. Each refusal is an {@link IllegalArgumentException} whose message
 * names the field; {@link #end} refuses what nobody took, so that a misspelt field is no silent default. Confined to one thread.
 */
final class JsonFields {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int MAX_DEPTH = 4;

    /** What may stand in a Request-URI and an XML body as it is. */
    private static final Pattern ID = Pattern.compile("[\\w.-]{1,64}");

    private final Map<String, Object> fields;

    private JsonFields(Map<String, Object> fields) {
        this.fields = fields;
    }

    /** The object of a body; an empty body is an empty object. */
    static JsonFields read(byte[] body) {
        if (body.length == 0) {
            return new JsonFields(new LinkedHashMap<>());
        }
        try (JsonParser parser = JSON.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException("the body must be a JSON object");
            }
            Map<String, Object> fields = object(parser, 0);
            if (parser.nextToken() != null) {
                throw new IllegalArgumentException("there is more in the body than a JSON object");
            }
            return new JsonFields(fields);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "the body is not JSON: "
                            + e.getOriginalMessage().lines().findFirst().orElse(""),
                    e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Object> object(JsonParser parser, int depth) throws IOException {
        if (depth >= MAX_DEPTH) {
            throw new IllegalArgumentException("the body's objects lie too deep in each other");
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            Object value =
                    switch (parser.nextToken()) {
                        case START_OBJECT -> object(parser, depth + 1);
                        case VALUE_TRUE -> true;
                        case VALUE_FALSE -> false;
                        case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getText();
                        case VALUE_NULL -> null;
                        default -> throw new IllegalArgumentException("'" + name + "' must not be a list");
                    };
            if (fields.put(name, value) != null) {
                throw new IllegalArgumentException("'" + name + "' is given twice");
            }
        }
        return fields;
    }

    private Object take(String name) {
        return fields.remove(name);
    }

    /** A text or number as text; null without it. */
    private String optional(String name) {
        Object value = take(name);
        if (value != null && !(value instanceof String)) {
            throw new IllegalArgumentException("'" + name + "' must be a text or a number");
        }
        return (String) value;
    }

    String text(String name, String byDefault) {
        String value = optional(name);
        return value == null ? byDefault : value;
    }

    String text(String name) {
        String value = optional(name);
        if (value == null) {
            throw new IllegalArgumentException("'" + name + "' is missing");
        }
        return value;
    }

    /** A text of a form. */
    String text(String name, String byDefault, Pattern form) {
        String value = byDefault == null ? text(name) : text(name, byDefault);
        if (!value.equals(byDefault) && !form.matcher(value).matches()) {
            throw new IllegalArgumentException("'" + name + "' is not of the form " + form + ": '" + value + "'");
        }
        return value;
    }

    /** An ID of a device or channel. */
    String id(String name, String byDefault) {
        return text(name, byDefault, ID);
    }

    /** One of some words. */
    String word(String name, String byDefault, List<String> known) {
        String value = byDefault == null ? text(name) : text(name, byDefault);
        if (!known.contains(value)) {
            throw new IllegalArgumentException(
                    "'" + name + "' must be one of " + String.join(", ", known) + ", not '" + value + "'");
        }
        return value;
    }

    /** A whole number within bounds; without it the default, or a refusal when that is out of bounds. */
    int number(String name, int byDefault, int least, int most) {
        String value = optional(name);
        if (value == null && byDefault >= least && byDefault <= most) {
            return byDefault;
        }
        if (value != null && value.matches("-?\\d{1,9}")) {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        }
        throw new IllegalArgumentException("'" + name + "' must be a whole number within " + least + ".." + most);
    }

    boolean flag(String name) {
        Object value = take(name);
        if (!(value instanceof Boolean flag)) {
            throw new IllegalArgumentException("'" + name + "' must be true or false");
        }
        return flag;
    }

    boolean has(String name) {
        return fields.get(name) != null;
    }

    /** An object of objects of texts, as configuration is. */
    Map<String, Map<String, String>> blocks(String name) {
        Map<String, Map<String, String>> blocks = new LinkedHashMap<>();
        if (!(take(name) instanceof Map<?, ?> outer) || outer.isEmpty()) {
            throw new IllegalArgumentException("'" + name + "' must be an object of objects");
        }
        outer.forEach((block, inner) -> {
            if (!(inner instanceof Map<?, ?> values)) {
                throw new IllegalArgumentException("'" + block + "' must be an object");
            }
            Map<String, String> texts = new LinkedHashMap<>();
            values.forEach((key, value) -> texts.put(element((String) key), String.valueOf(value)));
            blocks.put(element((String) block), texts);
        });
        return blocks;
    }

    private static String element(String name) {
        if (!name.matches("[A-Za-z]\\w{0,63}")) {
            throw new IllegalArgumentException("'" + name + "' is no name of an element");
        }
        return name;
    }

    /** Refuses what nobody took. */
    void end() {
        if (!fields.isEmpty()) {
            throw new IllegalArgumentException(
                    "unknown field '" + fields.keySet().iterator().next() + "'");
        }
    }
}

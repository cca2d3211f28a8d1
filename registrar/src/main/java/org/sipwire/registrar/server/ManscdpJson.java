/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.sipwire.codec.manscdp.CatalogField;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.codec.manscdp.CmdType;
import org.sipwire.codec.manscdp.Manscdp;

/**
 * Shows what devices say as JSON: a record is an object of its components, in their order. Passwords, which devices do tell their platform,
 * are left out: what a device tells its platform is not for everyone who may look. Without state.
 */
final class ManscdpJson {
    private ManscdpJson() {}

    /** Writes a body, a part of one, or a value. */
    static void write(JsonGenerator json, Object value) throws IOException {
        if (value instanceof CatalogItem item) {
            item(json, item);
        } else if (value instanceof Record fields) {
            fields(json, fields);
        } else if (value instanceof List<?> list) {
            json.writeStartArray();
            for (Object element : list) {
                write(json, element);
            }
            json.writeEndArray();
        } else if (value instanceof Map<?, ?> map) {
            map(json, map);
        } else if (value instanceof CmdType type) {
            json.writeString(type.element());
        } else if (value instanceof Enum<?> word) {
            json.writeString(word.name().toLowerCase(Locale.ROOT));
        } else if (value instanceof Double number) {
            if (Double.isFinite(number)) {
                json.writeNumber(number);
            } else {
                json.writeNull();
            }
        } else if (value instanceof Number number) {
            json.writeNumber(number.longValue());
        } else if (value instanceof Boolean flag) {
            json.writeBoolean(flag);
        } else {
            json.writeString(String.valueOf(value));
        }
    }

    private static void fields(JsonGenerator json, Record fields) throws IOException {
        json.writeStartObject();
        if (fields instanceof Manscdp body && !(body instanceof Manscdp.Result)) {
            json.writeStringField("cmdType", body.cmdType().element());
        }
        for (RecordComponent component : fields.getClass().getRecordComponents()) {
            Object value;
            try {
                value = component.getAccessor().invoke(fields);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
            if (!component.getName().equals("root")) {
                json.writeFieldName(component.getName());
                write(json, value);
            }
        }
        json.writeEndObject();
    }

    private static void map(JsonGenerator json, Map<?, ?> map) throws IOException {
        json.writeStartObject();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            String name = String.valueOf(entry.getKey());
            if (!name.toLowerCase(Locale.ROOT).contains("password")) {
                json.writeFieldName(name);
                write(json, entry.getValue());
            }
        }
        json.writeEndObject();
    }

    private static void item(JsonGenerator json, CatalogItem item) throws IOException {
        json.writeStartObject();
        itemFields(json, item);
        json.writeEndObject();
    }

    /** Writes the fields of a channel into an object that is open. */
    static void itemFields(JsonGenerator json, CatalogItem item) throws IOException {
        for (Map.Entry<CatalogField, String> field : item.fields().entrySet()) {
            if (field.getKey() != CatalogField.PASSWORD) {
                json.writeStringField(name(field.getKey().element()), field.getValue());
            }
        }
        json.writeBooleanField("on", item.isOn());
    }

    /** {@code DeviceID} as JSON has it, {@code deviceId}; {@code IPAddress} is {@code ipAddress}. */
    private static String name(String element) {
        String word = element.replace("ID", "Id");
        int capitals = 0;
        while (capitals < word.length() && Character.isUpperCase(word.charAt(capitals))) {
            capitals++;
        }
        int lower = capitals > 1 && capitals < word.length() ? capitals - 1 : capitals;
        return word.substring(0, lower).toLowerCase(Locale.ROOT) + word.substring(lower);
    }
}

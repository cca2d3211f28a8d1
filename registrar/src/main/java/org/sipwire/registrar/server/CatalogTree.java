/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sipwire.codec.manscdp.CatalogField;
import org.sipwire.codec.manscdp.CatalogItem;

/**
 * A catalogue as the tree its ParentIDs make. Devices name parents that are not there, the platform, themselves, or each other in a
 * circle, and several joined by slashes: an entry hangs below the first parent that is in the catalogue, or at the top. Confined to one
 * thread.
 */
final class CatalogTree {
    /** Entries deeper than this are shown at the top, as are those of a circle. */
    private static final int MAX_DEPTH = 32;

    private final Map<String, CatalogItem> byId = new HashMap<>();
    private final Map<String, List<CatalogItem>> children = new HashMap<>();
    private final List<CatalogItem> top = new ArrayList<>();

    CatalogTree(List<CatalogItem> items) {
        items.forEach(item -> byId.putIfAbsent(item.deviceId(), item));
        for (CatalogItem item : items) {
            String parent = parent(item);
            if (parent == null || isTooDeep(item)) {
                top.add(item);
            } else {
                children.computeIfAbsent(parent, id -> new ArrayList<>()).add(item);
            }
        }
    }

    private String parent(CatalogItem item) {
        for (String parent : item.get(CatalogField.PARENT_ID).split("/")) {
            if (byId.containsKey(parent) && !parent.equals(item.deviceId())) {
                return parent;
            }
        }
        return null;
    }

    private boolean isTooDeep(CatalogItem item) {
        CatalogItem at = item;
        for (int depth = 0; depth < MAX_DEPTH; depth++) {
            String parent = parent(at);
            if (parent == null) {
                return false;
            }
            at = byId.get(parent);
        }
        return true;
    }

    void write(JsonGenerator json) throws IOException {
        write(json, top);
    }

    private void write(JsonGenerator json, List<CatalogItem> items) throws IOException {
        json.writeStartArray();
        for (CatalogItem item : items) {
            json.writeStartObject();
            ManscdpJson.itemFields(json, item);
            List<CatalogItem> below = children.get(item.deviceId());
            if (below != null) {
                json.writeFieldName("children");
                write(json, below);
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}

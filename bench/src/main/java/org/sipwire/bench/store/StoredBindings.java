/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.store;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Reads bindings from a server's HTTP endpoint. Static. */
final class StoredBindings {
    private static final JsonFactory JSON = new JsonFactory();

    /** A loop reads its clock before it reads what came, and on a busy machine a clock without steps is some milliseconds ahead of the wall's. */
    private static final long SLACK_SECONDS = 1;

    /**
     * What a server says of an address-of-record with one binding, or of the last of several.
     *
     * @param earliestEnd the wall clock second at which it ends if it was read at once, less {@value #SLACK_SECONDS}
     * @param latestEnd the same if it was read at the moment the answer came, and {@value #SLACK_SECONDS} more
     */
    record Stored(String callId, long earliestEnd, long latestEnd) {}

    private StoredBindings() {}

    /** All addresses-of-record of a server, page by page. */
    static Map<String, Stored> all(ServerProcess server) throws IOException {
        Map<String, Stored> found = new HashMap<>();
        String after = "";
        while (after != null) {
            long before = System.currentTimeMillis() / 1000;
            String page =
                    server.get("/v1/bindings?limit=1000&after=" + URLEncoder.encode(after, StandardCharsets.UTF_8));
            after = read(page, before, System.currentTimeMillis() / 1000, found);
        }
        return found;
    }

    /** Reads a page, or one address-of-record; returns what to ask for next, or null. */
    static String read(String json, long before, long now, Map<String, Stored> into) throws IOException {
        String next = null;
        String aor = null;
        String callId = "";
        long expires = 0;
        try (JsonParser parser = JSON.createParser(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.VALUE_NULL || !token.isScalarValue()) {
                    continue;
                }
                String name = String.valueOf(parser.currentName());
                switch (name) {
                    case "next" -> next = parser.getText();
                    case "aor" -> aor = parser.getText();
                    case "expires" -> expires = parser.getLongValue();
                    case "callId" -> {
                        callId = parser.getText();
                        into.put(
                                aor,
                                new Stored(callId, before + expires - SLACK_SECONDS, now + expires + SLACK_SECONDS));
                    }
                    default -> {}
                }
            }
        }
        return next;
    }
}

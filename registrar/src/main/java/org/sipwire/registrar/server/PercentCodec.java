/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Percent-decoding of RFC 3986 §2.1. A plus sign stays what it is, in a query too: addresses-of-record begin with it where users are
 * telephone numbers.
 */
final class PercentCodec {
    private PercentCodec() {}

    /**
     * The octets of an encoded text.
     *
     * @throws IllegalArgumentException when a percent sign is not followed by two hexadecimal digits
     */
    static byte[] decode(String text) {
        ByteArrayOutputStream octets = new ByteArrayOutputStream(text.length());
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < encoded.length; i++) {
            if (encoded[i] != '%') {
                octets.write(encoded[i]);
                continue;
            }
            boolean complete = i + 2 < encoded.length;
            int high = complete ? Character.digit(encoded[i + 1], 16) : -1;
            int low = complete ? Character.digit(encoded[i + 2], 16) : -1;
            if (high < 0 || low < 0) {
                throw new IllegalArgumentException("'" + text + "' is not well percent-encoded");
            }
            octets.write(high << 4 | low);
            i += 2;
        }
        return octets.toByteArray();
    }

    /** An encoded text as text. */
    static String decodeText(String text) {
        return new String(decode(text), StandardCharsets.UTF_8);
    }

    /** The parameters of a query, the last of a name. */
    static Map<String, String> query(String query) {
        Map<String, String> parameters = new HashMap<>();
        for (String pair : query.isEmpty() ? new String[0] : query.split("&")) {
            int equal = pair.indexOf('=');
            String name = equal < 0 ? pair : pair.substring(0, equal);
            parameters.put(decodeText(name), equal < 0 ? "" : decodeText(pair.substring(equal + 1)));
        }
        return parameters;
    }
}

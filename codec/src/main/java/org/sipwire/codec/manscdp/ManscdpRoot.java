/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import java.nio.charset.StandardCharsets;

/** The root element of a MANSCDP body, which says who asks and who answers. Shared. */
public enum ManscdpRoot {
    /** The platform asks. */
    QUERY("Query"),
    /** The platform commands. */
    CONTROL("Control"),
    /** Either side tells what nobody asked for. */
    NOTIFY("Notify"),
    /** The answer to a query, or to a control that has one. */
    RESPONSE("Response");

    private static final ManscdpRoot[] VALUES = values();

    private final String element;
    private final byte[] bytes;

    ManscdpRoot(String element) {
        this.element = element;
        this.bytes = element.getBytes(StandardCharsets.US_ASCII);
    }

    /** The element's name as the standard spells it. */
    public String element() {
        return element;
    }

    /** The root of that exact name, or null. Allocates nothing. */
    static ManscdpRoot find(byte[] name, int offset, int length) {
        for (ManscdpRoot root : VALUES) {
            if (root.bytes.length == length && CmdType.matches(root.bytes, name, offset)) {
                return root;
            }
        }
        return null;
    }

    /** The root of that exact name, or null. */
    static ManscdpRoot find(String name) {
        for (ManscdpRoot root : VALUES) {
            if (root.element.equals(name)) {
                return root;
            }
        }
        return null;
    }
}

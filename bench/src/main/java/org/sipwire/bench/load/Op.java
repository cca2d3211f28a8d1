/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

/** What one cycle does, from its first request to its final answer. */
enum Op {
    /** REGISTER without credentials, the challenge, REGISTER with Digest, 200; a fresh Call-ID each time. */
    REGISTER("register"),
    /** REGISTER of a device that is registered: the same Call-ID, CSeq one higher, the last challenge answered in advance. */
    REFRESH("refresh"),
    /** REGISTER with {@code Contact: *} and {@code Expires: 0}: the user has gone. */
    UNREGISTER("unregister"),
    /** MESSAGE with a MANSCDP Keepalive. */
    KEEPALIVE("keepalive"),
    /** MESSAGE with a part of the answer to a Catalog query; no arrival of the schedule, the server asked for it. */
    CATALOG("catalog part");

    private final String label;

    Op(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    boolean isRegister() {
        return this == REGISTER || this == REFRESH || this == UNREGISTER;
    }
}

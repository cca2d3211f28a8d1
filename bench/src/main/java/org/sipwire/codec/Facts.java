/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

/**
 * What a registrar reads of a message, as text: the same of all parsers, or the comparison of their times means nothing. Absent values
 * are null, absent numbers -1.
 */
record Facts(
        Via via,
        String fromTag,
        String toUser,
        String callId,
        long cseq,
        String contactUser,
        long expires,
        Credentials credentials) {

    record Via(String branch, String host, int port, boolean hasRport) {}

    record Credentials(
            String scheme,
            String username,
            String realm,
            String nonce,
            String uri,
            String response,
            String algorithm) {}
}

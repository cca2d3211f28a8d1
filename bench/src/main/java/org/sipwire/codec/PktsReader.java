/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import io.pkts.packet.sip.SipMessage;
import io.pkts.packet.sip.address.SipURI;
import io.pkts.packet.sip.header.ContactHeader;
import io.pkts.packet.sip.header.ExpiresHeader;
import io.pkts.packet.sip.header.ViaHeader;
import java.io.IOException;

/**
 * Reads what a registrar needs by pkts-sip, which has no type for credentials: they are left out, to its advantage. Confined to one
 * thread.
 */
final class PktsReader {

    Facts facts(byte[] message) {
        try {
            // pkts-sip keeps the array, so it gets its own as from a socket.
            SipMessage m = SipMessage.frame(message.clone());
            ViaHeader via = m.getViaHeader();
            ContactHeader contact = m.getContactHeader();
            ExpiresHeader expires = m.getExpiresHeader();
            return new Facts(
                    new Facts.Via(via.getBranch().toString(), via.getHost().toString(), via.getPort(), via.hasRPort()),
                    m.getFromHeader().getTag().toString(),
                    user(m.getToHeader().getAddress().getURI()),
                    m.getCallIDHeader().getValue().toString(),
                    m.getCSeqHeader().getSeqNumber(),
                    contact == null ? null : user(contact.getAddress().getURI()),
                    expires == null ? -1 : expires.getExpires(),
                    null);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String user(io.pkts.packet.sip.address.URI uri) {
        return ((SipURI) uri).getUser().map(Object::toString).orElse(null);
    }
}

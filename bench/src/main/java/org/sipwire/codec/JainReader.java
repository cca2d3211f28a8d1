/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import gov.nist.javax.sip.header.CSeq;
import gov.nist.javax.sip.message.SIPMessage;
import gov.nist.javax.sip.parser.StringMsgParser;
import java.text.ParseException;
import javax.sip.address.SipURI;
import javax.sip.header.AuthorizationHeader;
import javax.sip.header.ContactHeader;
import javax.sip.header.ExpiresHeader;

/** Reads what a registrar needs by JAIN-SIP. Confined to one thread. */
final class JainReader {

    private final StringMsgParser parser = new StringMsgParser();

    Facts facts(byte[] message) {
        try {
            SIPMessage m = parser.parseSIPMessage(message, true, false, null);
            gov.nist.javax.sip.header.Via via = m.getTopmostVia();
            SipURI to = (SipURI) m.getTo().getAddress().getURI();
            ContactHeader contact = m.getContactHeader();
            ExpiresHeader expires = m.getExpires();
            return new Facts(
                    new Facts.Via(via.getBranch(), via.getHost(), via.getPort(), via.hasParameter("rport")),
                    m.getFrom().getTag(),
                    to.getUser(),
                    m.getCallId().getCallId(),
                    ((CSeq) m.getCSeq()).getSeqNumber(),
                    contact == null ? null : ((SipURI) contact.getAddress().getURI()).getUser(),
                    expires == null ? -1 : expires.getExpires(),
                    credentials((AuthorizationHeader) m.getHeader(AuthorizationHeader.NAME)));
        } catch (ParseException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Facts.Credentials credentials(AuthorizationHeader a) {
        if (a == null) {
            return null;
        }
        return new Facts.Credentials(
                a.getScheme(),
                a.getUsername(),
                a.getRealm(),
                a.getNonce(),
                a.getURI() == null ? null : a.getURI().toString(),
                a.getResponse(),
                a.getAlgorithm());
    }
}

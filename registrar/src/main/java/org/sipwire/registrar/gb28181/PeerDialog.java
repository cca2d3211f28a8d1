/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.nio.charset.StandardCharsets;
import org.sipwire.codec.Contact;
import org.sipwire.codec.HeaderValues;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipParser;
import org.sipwire.codec.SipRequest;

/**
 * A dialog that the peer began, by an INVITE or a SUBSCRIBE (RFC 3261 §12.1.1). Requests go over the agent's flow, so the remote target is
 * only what the Request-URI says. Confined to the agent's loop once made; its constant fields are not.
 */
final class PeerDialog {
    final String callId;
    private final String localTag;
    private final String localUri;
    private final String remoteAddress;
    private final byte[] remoteTarget;
    private long cseq;

    /**
     * The dialog of a request that is being answered.
     *
     * @param response its 2xx, written to the end but for the body
     */
    PeerDialog(SipRequest request, ResponseWriter response) {
        callId = request.callId().toString();
        localUri = request.to().uri().toString();
        String from = request.from().uri().toString();
        String tag = request.from().tag().isPresent() ? ";tag=" + request.from().tag() : "";
        remoteAddress = '<' + from + '>' + tag;
        localTag = request.to().tag().isPresent() ? request.to().tag().toString() : tagOf(response);
        remoteTarget = contact(request, from).getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The To tag that the transaction layer has put into a response. Ends the response. */
    private static String tagOf(ResponseWriter response) {
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
        byte[] copy = java.util.Arrays.copyOf(response.array(), response.end());
        return parser.parseDatagram(copy, 0, copy.length) > 0
                ? parser.response().to().tag().toString()
                : "";
    }

    private static String contact(SipRequest request, String otherwise) {
        HeaderValues values = request.values(SipHeader.CONTACT);
        if (values.next()) {
            Contact contact = new Contact().wrap(values.array(), values.offset(), values.length());
            if (contact.error() == 0 && contact.uri().isSip()) {
                return contact.uri().toString();
            }
        }
        return otherwise;
    }

    /** Writes the head of the next request, up to its CSeq. */
    void begin(RequestWriter writer, SipMethod method) {
        writer.begin(method, remoteTarget);
        writer.header(SipHeader.FROM, '<' + localUri + ">;tag=" + localTag);
        writer.header(SipHeader.TO, remoteAddress);
        writer.header(SipHeader.CALL_ID, callId);
        writer.header(SipHeader.CSEQ, ++cseq + " " + method.name());
    }
}

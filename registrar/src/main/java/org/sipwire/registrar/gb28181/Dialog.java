/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import org.sipwire.codec.Contact;
import org.sipwire.codec.HeaderValues;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipResponse;

/**
 * A dialog that this side began (RFC 3261 §12): by a SUBSCRIBE or an INVITE to a device. Requests always go over the device's flow, so
 * the remote target is only what the Request-URI says, and there is no route set. Confined to the device's home loop, except that the head
 * of a request is written on the flow's loop, one request at a time.
 */
final class Dialog {
    final String callId;
    private final String localTag;
    private String remoteTag = "";
    private String remoteTarget = "";
    private long cseq;

    Dialog(MessageFactory messages) {
        callId = messages.newCallId();
        localTag = messages.newTag();
    }

    /** What a response tells about the dialog. */
    record Remote(String tag, String target, long expires, byte[] body) {}

    /** Takes what {@link #establish} needs; on the flow's loop. */
    static Remote remote(SipResponse response) {
        String target = "";
        if (response.has(SipHeader.CONTACT)) {
            HeaderValues values = response.values(SipHeader.CONTACT);
            if (values.next()) {
                Contact contact = new Contact().wrap(values.array(), values.offset(), values.length());
                target = contact.error() == 0 ? contact.uri().toString() : "";
            }
        }
        byte[] body = java.util.Arrays.copyOfRange(
                response.array(), response.bodyOffset(), response.bodyOffset() + response.bodyLength());
        return new Remote(response.to().tag().toString(), target, response.expires(), body);
    }

    /** The peer has answered 2xx. */
    void establish(Remote remote) {
        remoteTag = remote.tag();
        remoteTarget = remote.target();
    }

    boolean isEstablished() {
        return !remoteTag.isEmpty();
    }

    String localTag() {
        return localTag;
    }

    String remoteTag() {
        return remoteTag;
    }

    /** The number of the next request. */
    long nextCseq() {
        return ++cseq;
    }

    long cseq() {
        return cseq;
    }

    /** Writes the head of a request in this dialog, up to its CSeq. */
    RequestWriter begin(MessageFactory messages, RequestWriter writer, SipMethod method, long number) {
        return messages.target(remoteTarget).begin(writer, method, localTag, callId, number, remoteTag);
    }
}

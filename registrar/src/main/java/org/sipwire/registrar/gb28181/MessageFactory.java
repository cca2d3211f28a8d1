/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.nio.charset.StandardCharsets;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.manscdp.ManscdpTime;
import org.sipwire.transport.Flow;

/**
 * Writes the head of a request as the captured platform writes it, in its order: devices were tested with nothing else.
 *
 * <pre>
 *   MESSAGE sip:34020000001320000003@192.168.35.165:5080 SIP/2.0        the device, at the contact it registered
 *   From: &lt;sip:34020000002000000001@3402000000&gt;;tag=..                  exactly the platform the device was configured with
 *   To: &lt;sip:34020000001320000003@192.168.35.165:5080&gt;                  without a tag: some choke on one
 *   Call-ID, CSeq, Content-Type, Max-Forwards, User-Agent, Date
 * </pre>
 *
 * The Via is the transaction layer's. Confined to one loop.
 */
final class MessageFactory {
    static final String MANSCDP = "Application/MANSCDP+xml";

    private static final byte[] SIP = "sip:".getBytes(StandardCharsets.US_ASCII);
    static final String USER_AGENT = "Sipwire";

    private final String from;
    private final java.util.SplittableRandom random = new java.util.SplittableRandom();
    private byte[] uri = new byte[128];
    private int uriLength;
    private byte[] target;
    private boolean tagged;
    private final byte[] local = new byte[256];
    private final String ownId;

    MessageFactory(String ownId, String domain) {
        this.ownId = ownId;
        from = "<sip:" + ownId + '@' + domain + ">;tag=";
    }

    /** The device's or channel's URI at a contact: host and port, or a domain. */
    MessageFactory to(String id, byte[] contact) {
        int n = SIP.length + id.length() + 1 + contact.length;
        if (uri.length < n) {
            uri = new byte[n];
        }
        System.arraycopy(SIP, 0, uri, 0, SIP.length);
        int at = SIP.length;
        for (int i = 0; i < id.length(); i++) {
            uri[at++] = (byte) id.charAt(i);
        }
        uri[at++] = '@';
        System.arraycopy(contact, 0, uri, at, contact.length);
        uriLength = at + contact.length;
        return this;
    }

    /** A request outside any dialog, up to its CSeq. */
    RequestWriter begin(RequestWriter writer, SipMethod method) {
        return begin(writer, method, newTag(), newCallId(), 20, tagged ? newTag() : "");
    }

    /** Has the To of the next request outside a dialog bear a tag, which a few platforms insist on. */
    MessageFactory tagged(boolean value) {
        tagged = value;
        return this;
    }

    /** Has the Request-URI of a request in a dialog be the peer's own Contact; without one it stays the URI of {@link #to}. */
    MessageFactory target(String contact) {
        target = contact.startsWith("sip:") ? contact.getBytes(StandardCharsets.ISO_8859_1) : null;
        return this;
    }

    /** A request with these, up to its CSeq. */
    RequestWriter begin(
            RequestWriter writer, SipMethod method, String tag, String callId, long cseq, String remoteTag) {
        if (target == null) {
            writer.begin(method, uri, 0, uriLength);
        } else {
            writer.begin(method, target);
            target = null;
        }
        writer.headerStart(SipHeader.FROM).put(from).put(tag).headerEnd();
        writer.headerStart(SipHeader.TO).put((byte) '<').put(uri, 0, uriLength).put((byte) '>');
        if (!remoteTag.isEmpty()) {
            writer.put(";tag=").put(remoteTag);
        }
        writer.headerEnd();
        writer.header(SipHeader.CALL_ID, callId);
        writer.headerStart(SipHeader.CSEQ)
                .put(cseq)
                .put((byte) ' ')
                .put(method.name())
                .headerEnd();
        return writer;
    }

    /** This side's Contact as the device reaches it: the host and port of its flow. */
    RequestWriter contact(RequestWriter writer, Flow flow) {
        int length = flow.writeLocalHost(local, 0);
        boolean v6 = false;
        for (int i = 0; i < length; i++) {
            v6 |= local[i] == ':';
        }
        writer.headerStart(SipHeader.CONTACT).put("<sip:").put(ownId).put((byte) '@');
        writer.put(v6 ? "[" : "").put(local, 0, length).put(v6 ? "]" : "");
        return writer.put((byte) ':').put(flow.localPort()).put((byte) '>').headerEnd();
    }

    /** The rest of the head. */
    RequestWriter common(RequestWriter writer, long nowMillis) {
        writer.header(SipHeader.MAX_FORWARDS, 70);
        writer.header(SipHeader.USER_AGENT, USER_AGENT);
        writer.header(SipHeader.DATE, date(nowMillis));
        return writer;
    }

    String newTag() {
        return Long.toString(random.nextLong(1L << 32));
    }

    String newCallId() {
        return Long.toUnsignedString(random.nextLong());
    }

    private static String date(long nowMillis) {
        return ManscdpTime.format(
                        java.time.LocalDateTime.ofEpochSecond(Math.floorDiv(nowMillis, 1000L), 0, ManscdpTime.BEIJING))
                + '.'
                + String.valueOf(1000 + Math.floorMod(nowMillis, 1000L)).substring(1);
    }
}

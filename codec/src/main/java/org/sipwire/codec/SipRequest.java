/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

/** A request (RFC 3261 section 7.1). Confined to the thread of its parser. Borrowed. */
public final class SipRequest extends SipMessage {

    private final AsciiView methodName = new AsciiView();

    SipRequest(Head head) {
        super(head);
    }

    @Override
    public SipMethod method() {
        return head.method;
    }

    /** The method's token. */
    public AsciiView methodName() {
        return methodName.wrap(head.array, head.base, head.methodLength);
    }

    /** The Request-URI, read when it is first asked for. */
    public SipUri uri() {
        return head.requestUri();
    }

    /** Index of the Request-URI's first octet. */
    public int uriOffset() {
        return head.uriOffset;
    }

    /** Octets of the Request-URI. */
    public int uriLength() {
        return head.uriLength;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

/** A response (RFC 3261 section 7.2). Confined to the thread of its parser. Borrowed. */
public final class SipResponse extends SipMessage {

    private final AsciiView reason = new AsciiView();

    SipResponse(Head head) {
        super(head);
    }

    @Override
    public SipMethod method() {
        return head.cseq.method();
    }

    /** The status code, 100 to 699. */
    public int status() {
        return head.status;
    }

    /** The reason phrase, maybe empty: UTF-8. */
    public AsciiView reason() {
        return reason.wrap(head.array, head.reasonOffset, head.reasonLength);
    }
}

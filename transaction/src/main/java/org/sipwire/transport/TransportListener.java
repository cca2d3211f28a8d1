/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport;

import org.sipwire.codec.SipParser;

/**
 * What a transport tells the layer above it. Every method is called on the flow's event loop, in the order things arrived on the flow.
 *
 * <p>All arguments are Borrowed: valid until the method returns.
 */
public interface TransportListener {

    /** A well-formed message: {@link SipParser#message()}. */
    void onMessage(SipParser parser, Flow flow);

    /**
     * Octets that are no SIP message. {@link SipParser#answerable()} says whether {@link SipParser#message()} was understood well enough
     * for an answer.
     *
     * @param error the code of a {@link org.sipwire.codec.ParseError}
     */
    void onMalformed(SipParser parser, int error, Flow flow);

    /**
     * A connection was not accepted, or is about to be closed since its peer did not do its part.
     *
     * @param reason a word for labels and people
     */
    default void onGivenUp(String reason, Flow flow) {}

    /** A connection is lost or was closed; nothing can be sent on this flow any more. Called once a flow. */
    void onFlowClosed(Flow flow);
}

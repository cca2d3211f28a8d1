/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.io.IOException;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipResponse;
import org.sipwire.transport.Flow;

/**
 * The transaction user (RFC 3261 §5): a registrar, a gateway, a client. The one interface to implement.
 *
 * <p>Every method is called on the event loop of the flow it concerns, and several loops call one instance at the
 * same time; whoever keeps state for each loop finds it by {@link RequestContext#loopIndex()}. A method must not
 * block: all traffic of its loop waits meanwhile. An exception it throws is counted, logged and answered 500.
 *
 * <p>All arguments are Borrowed: valid until the method returns. Keep a {@link Flow#toShared()}, a {@link
 * ServerTransaction#handle()} or copied octets.
 */
public interface TransactionUser {

    /** The stack is about to listen. Called once, before any other method, on the thread that starts the stack. */
    default void onStart(SipStack stack) {}

    /** The stack has stopped; no method is called any more. */
    default void onStop() {}

    /**
     * A request that matches no transaction, and the ACK to a 2xx, which is a transaction of its own (RFC 3261
     * §13.2.2.4).
     *
     * <p>Either {@link RequestContext#respondStateless()}, or {@link RequestContext#accept()} and {@link
     * ServerTransaction#respond()}, now or later. A request that is neither answered nor accepted is dropped, and so
     * is an ACK.
     */
    void onRequest(SipRequest request, RequestContext context);

    /**
     * A response to a request of this side: every provisional one, the final one once. An INVITE may get several 2xx,
     * one for each branch of a fork and again until the ACK arrives (RFC 6026 §7.2): the user sends an ACK to each.
     */
    default void onResponse(SipResponse response, ClientTransaction transaction) {}

    /** Nobody answered: timer B or F fired. The transaction ends. */
    default void onTimeout(ClientTransaction transaction) {}

    /** The request could not be sent or its connection was lost. The transaction ends. */
    default void onTransportError(ClientTransaction transaction) {}

    /**
     * A request to a {@link org.sipwire.transport.Destination} reached nobody, and there is no transaction to be told of: its host is not
     * known, or no connection could be opened.
     *
     * @param attachment what was given to {@link SipStack#send(int, org.sipwire.transport.Destination, RequestSource, Object)}
     */
    default void onUnreachable(Object attachment, IOException cause) {}

    /**
     * An INVITE that has no final response yet is cancelled. The CANCEL is answered by the layer, which also answers
     * the INVITE 487 when this method returns without having answered it (RFC 3261 §9.2).
     */
    default void onCancel(ServerTransaction invite) {}

    /**
     * A server transaction ends without what it waited for: the ACK (timer H), or the user's own answer, which a
     * non-INVITE request gets no more (RFC 4320 §4.2) and an INVITE gets as 408.
     */
    default void onTimeout(ServerTransaction transaction) {}

    /**
     * A response could not be sent since the connection was lost. A non-INVITE transaction ends, an INVITE's waits
     * for its timer.
     */
    default void onTransportError(ServerTransaction transaction) {}

    /**
     * The stack refused something of a peer before this user could see it; what was counted is told here with its source. A flood makes it
     * be called as often: be brief.
     *
     * @param reason a word for labels and people: {@code malformed_} and the name of a {@link org.sipwire.codec.ParseError}, {@code
     *     server_capacity}, {@code connections}, {@code connections_of_source}, {@code slow}, {@code stalled}, {@code unanswered}
     * @param status what was answered; 0 when nothing was
     */
    default void onRefused(String reason, int status, Flow flow) {}

    /** A connection is lost; its transactions were told before. UDP has none to lose. */
    default void onFlowClosed(Flow flow) {}
}

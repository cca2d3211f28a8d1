/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.transaction.RequestContext;
import org.sipwire.transaction.ServerTransaction;
import org.sipwire.transport.Flow;

/**
 * The way a request is answered: without state as long as it is not accepted, through its transaction afterwards. One a loop, confined to
 * it. Borrowed: about one request at a time.
 */
final class Reply {

    private static final int UNKNOWN = -1;

    private RequestContext context;
    private ServerTransaction transaction;
    private Flow flow;
    private long nowMillis;
    private long nanoTime;
    private String gbVersion;
    private ResponseWriter writer;
    private int status;
    private int requestOctets;

    /** Answers the request of a context. Returns this. */
    Reply to(RequestContext newContext) {
        context = newContext;
        transaction = null;
        flow = newContext.flow();
        nowMillis = newContext.nowMillis();
        nanoTime = newContext.nanoTime();
        gbVersion = null;
        requestOctets = UNKNOWN;
        return this;
    }

    /** Answers a request that was accepted earlier. Returns this. */
    Reply to(ServerTransaction accepted, Flow itsFlow, long millis) {
        context = null;
        transaction = accepted;
        flow = itsFlow;
        nowMillis = millis;
        gbVersion = null;
        requestOctets = UNKNOWN;
        return this;
    }

    /**
     * Has refusals be bound by the length of their request, whose sender has proven nothing: together with a 100 Trying sent meanwhile,
     * unless the request came again. Returns this.
     */
    Reply unproven(int octetsOfRequest) {
        // What is bound is one and a half times this.
        int spent = (transaction.unaskedOctets() * 2 + 2) / 3;
        requestOctets = flow.transport().isReliable() ? UNKNOWN : Math.max(0, octetsOfRequest - spent);
        return this;
    }

    Flow flow() {
        return flow;
    }

    long nowMillis() {
        return nowMillis;
    }

    long nanoTime() {
        return nanoTime;
    }

    /** The transaction, or null when the request is not accepted yet. */
    ServerTransaction transaction() {
        return transaction;
    }

    /** Accepts the request unless it was. False when the stack is at capacity and has said so. */
    boolean accept() {
        if (transaction == null) {
            transaction = context.accept();
        }
        return transaction != null;
    }

    /** Has the answer name this edition of GB/T 28181 by X-GB-Ver; null for none. Returns this. */
    Reply gbVersion(String version) {
        gbVersion = version;
        return this;
    }

    /** The status of the answer begun last. */
    int status() {
        return status;
    }

    ResponseWriter begin(int newStatus) {
        status = newStatus;
        if (transaction == null) {
            writer = context.response(newStatus);
        } else {
            writer = transaction.response(newStatus).bound(newStatus < 300 ? UNKNOWN : requestOctets);
        }
        return writer;
    }

    void send() {
        if (gbVersion != null) {
            writer.header(SipHeader.X_GB_VER, gbVersion);
        }
        if (transaction == null) {
            context.respondStateless();
        } else {
            transaction.respond();
        }
    }
}

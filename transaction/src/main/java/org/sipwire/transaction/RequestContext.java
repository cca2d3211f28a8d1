/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import org.sipwire.codec.ResponseWriter;
import org.sipwire.transport.Flow;

/**
 * What a user may do with the request just passed to {@link TransactionUser#onRequest}. One a loop; all methods are
 * called on it.
 *
 * <p>Borrowed: valid until {@code onRequest} returns.
 */
public final class RequestContext {

    private final ServerTransactions server;
    private final LoopClock clock;
    private final int loopIndex;

    RequestContext(ServerTransactions server, LoopClock clock, int loopIndex) {
        this.server = server;
        this.clock = clock;
        this.loopIndex = loopIndex;
    }

    /** Where the request came from and its response goes. Borrowed; {@link Flow#toShared()} to keep it. */
    public Flow flow() {
        return server.currentFlow();
    }

    /** The event loop this is, 0..{@code loopCount - 1}: the index of what the user keeps for each loop. */
    public int loopIndex() {
        return loopIndex;
    }

    /** The wall clock without its steps ({@link SteadyClock}), read once a batch. */
    public long nowMillis() {
        return clock.wallMillis();
    }

    /** {@link System#nanoTime}, read once a batch. */
    public long nanoTime() {
        return clock.nanos();
    }

    /**
     * Begins a response to the request: status line, Via with received and rport, From, To with a tag, Call-ID and
     * CSeq are there; header fields and a body may follow. There is one writer for all responses of the loop, so one
     * response is written at a time.
     *
     * @param status 100..699
     * @return the loop's writer
     */
    public ResponseWriter response(int status) {
        return server.response(status);
    }

    /**
     * Sends what {@link #response} began and keeps nothing (RFC 3261 §8.2.7): for answers that change nothing and
     * come out the same for a retransmission, a challenge above all. To an ACK nothing is sent.
     *
     * <p>Over UDP the source of a request is whatever its sender wrote there, so such an answer has at most one and a
     * half times the octets of the request and is sent once: see {@link ResponseWriter#bound}.
     */
    public void respondStateless() {
        server.respondStateless();
    }

    /**
     * Makes a server transaction of the request, so that a retransmission gets the same response and is not seen by
     * the user. Its responses are as long as the user makes them, and over UDP a final one to an INVITE goes out up to
     * eleven times until it is acknowledged: accept what comes from somebody you know, and answer others without state.
     *
     * @return the loop's flyweight, or null when the stack is at capacity: the request is then answered 503 with
     *     Retry-After already
     * @throws IllegalStateException for an ACK, which has no transaction
     */
    public ServerTransaction accept() {
        return server.accept();
    }
}

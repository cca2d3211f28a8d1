/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import org.sipwire.codec.ParseError;
import org.sipwire.codec.SipMethod;
import org.sipwire.transport.Transport;
import org.sipwire.transport.TransportCounter;

/**
 * What a stack has counted, summed over its loops when asked. Any thread.
 *
 * <p>A sum is no snapshot: the loops go on counting while it is made. Each number by itself only grows, unless it is a level.
 *
 * <p>Shared.
 */
public final class StackCounters {
    private final LoopCounters[] transports;
    private final LoopCounters[] transactions;

    StackCounters(LoopCounters[] transports, LoopCounters[] transactions) {
        this.transports = transports;
        this.transactions = transactions;
    }

    /** The sum of a transport counter; of {@link TransportCounter#LAG_MICROS} and the like, the largest. */
    public long get(TransportCounter counter) {
        if (counter == TransportCounter.LAG_MICROS || counter == TransportCounter.LAG_MAX_MICROS) {
            long largest = 0;
            for (LoopCounters row : transports) {
                largest = Math.max(largest, row.get(counter));
            }
            return largest;
        }
        return sum(transports, counter.ordinal());
    }

    /** The sum of a transaction counter. */
    public long get(TransactionCounter counter) {
        return sum(transactions, counter.ordinal());
    }

    /** Octets received over a transport. */
    public long bytesReceived(Transport transport) {
        return sum(transports, TransportCounter.bytesReceived(transport));
    }

    /** Octets sent over a transport. */
    public long bytesSent(Transport transport) {
        return sum(transports, TransportCounter.bytesSent(transport));
    }

    /** Requests received, retransmissions included. */
    public long requestsReceived(Transport transport, SipMethod method) {
        return sum(transports, TransportCounter.requestsReceived(transport, method));
    }

    /** Requests sent, retransmissions included. */
    public long requestsSent(Transport transport, SipMethod method) {
        return sum(transports, TransportCounter.requestsSent(transport, method));
    }

    /** Responses received, retransmissions included. */
    public long responsesReceived(Transport transport, int status) {
        return sum(transports, TransportCounter.responsesReceived(transport, status));
    }

    /** Responses sent, retransmissions included. */
    public long responsesSent(Transport transport, int status) {
        return sum(transports, TransportCounter.responsesSent(transport, status));
    }

    /** Messages refused for this reason. */
    public long parseErrors(ParseError error) {
        return sum(transports, TransportCounter.parseErrors(error));
    }

    private static long sum(LoopCounters[] rows, int cell) {
        long sum = 0;
        for (LoopCounters row : rows) {
            sum += row.get(cell);
        }
        return sum;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.sipwire.transport.DetachedFlow;
import org.sipwire.transport.Transport;

/** A flow without a socket: keeps what is sent, or only counts it. */
final class FakeFlow extends DetachedFlow {

    private final List<String> sent = new ArrayList<>();
    private boolean counting;
    private long octets;
    private long messages;
    private int answer = SENT;

    FakeFlow(Transport transport, String host, int port) {
        super(transport, host, port);
    }

    static FakeFlow udp() {
        return new FakeFlow(Transport.UDP, "192.0.2.9", 5062);
    }

    static FakeFlow tcp() {
        return new FakeFlow(Transport.TCP, "192.0.2.9", 40_001);
    }

    /** Counts only, and so allocates nothing. */
    FakeFlow counting() {
        counting = true;
        return this;
    }

    /** From now on {@link #send} gives this. */
    void answers(int result) {
        answer = result;
    }

    /** What was sent since the last call. */
    List<String> taken() {
        List<String> all = List.copyOf(sent);
        sent.clear();
        return all;
    }

    /** The one message sent since the last call. */
    String only() {
        List<String> all = taken();
        if (all.size() != 1) {
            throw new AssertionError("one message expected: " + all);
        }
        return all.get(0);
    }

    long messages() {
        return messages;
    }

    long octets() {
        return octets;
    }

    @Override
    public boolean isOpen() {
        return answer == SENT;
    }

    @Override
    public int send(byte[] bytes, int offset, int length) {
        if (answer == SENT) {
            messages++;
            octets += length;
            if (!counting) {
                sent.add(new String(bytes, offset, length, StandardCharsets.ISO_8859_1));
            }
        }
        return answer;
    }
}

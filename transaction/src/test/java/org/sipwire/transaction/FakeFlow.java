/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.sipwire.codec.internal.Ascii;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/** A flow without a socket: keeps what is sent, or only counts it. */
final class FakeFlow extends Flow {

    private final Transport transport;
    private final String host;
    private final int port;
    private final List<String> sent = new ArrayList<>();
    private boolean counting;
    private long octets;
    private long messages;
    private int answer = SENT;

    FakeFlow(Transport transport, String host, int port) {
        this.transport = transport;
        this.host = host;
        this.port = port;
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
    public Transport transport() {
        return transport;
    }

    @Override
    public int loopIndex() {
        return 0;
    }

    @Override
    public boolean isOpen() {
        return answer == SENT;
    }

    @Override
    public long id() {
        return (long) host.hashCode() << 20 | (long) port << 4 | transport.ordinal() | 1L << 60;
    }

    @Override
    public int writeRemoteHost(byte[] dst, int at) {
        return Ascii.put(dst, at, host);
    }

    @Override
    public int remotePort() {
        return port;
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return InetSocketAddress.createUnresolved(host, port);
    }

    @Override
    public int writeLocalHost(byte[] dst, int at) {
        return Ascii.put(dst, at, host.indexOf(':') < 0 ? "192.0.2.1" : "2001:db8::1");
    }

    @Override
    public int localPort() {
        return 5060;
    }

    @Override
    public InetSocketAddress localAddress() {
        return InetSocketAddress.createUnresolved("192.0.2.1", 5060);
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

    @Override
    public Flow toShared() {
        return this;
    }

    @Override
    public void execute(Runnable task) {
        task.run();
    }
}

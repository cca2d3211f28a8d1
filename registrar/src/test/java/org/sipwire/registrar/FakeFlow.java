/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/** A flow of a test: what is sent is kept, tasks run at once or when the test says so. */
final class FakeFlow extends Flow {

    final List<String> sent = new ArrayList<>();
    private final Transport transport;
    private final long id;
    private final byte[] host;
    private final int port;
    boolean keep = true;
    int count;

    FakeFlow(Transport transport, long id, String host, int port) {
        this.transport = transport;
        this.id = id;
        this.host = host.getBytes(StandardCharsets.US_ASCII);
        this.port = port;
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
        return true;
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public int writeRemoteHost(byte[] dst, int at) {
        System.arraycopy(host, 0, dst, at, host.length);
        return at + host.length;
    }

    @Override
    public int remotePort() {
        return port;
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return InetSocketAddress.createUnresolved(new String(host, StandardCharsets.US_ASCII), port);
    }

    @Override
    public int writeLocalHost(byte[] dst, int at) {
        return writeRemoteHost(dst, at);
    }

    @Override
    public int localPort() {
        return 5060;
    }

    @Override
    public InetSocketAddress localAddress() {
        return remoteAddress();
    }

    @Override
    public int send(byte[] bytes, int offset, int length) {
        count++;
        if (keep) {
            sent.add(new String(bytes, offset, length, StandardCharsets.UTF_8));
        }
        return SENT;
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

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.trace;

import java.net.InetSocketAddress;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/** A flow between two addresses that sends nothing. */
final class TestFlow extends Flow {
    private final Transport transport;
    private final InetSocketAddress local;
    private final InetSocketAddress remote;

    TestFlow(Transport transport, String local, int localPort, String remote, int remotePort) {
        this.transport = transport;
        this.local = new InetSocketAddress(local, localPort);
        this.remote = new InetSocketAddress(remote, remotePort);
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
        return remote.hashCode() | 1L;
    }

    @Override
    public int writeRemoteHost(byte[] dst, int at) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int remotePort() {
        return remote.getPort();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return remote;
    }

    @Override
    public int writeLocalHost(byte[] dst, int at) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int localPort() {
        return local.getPort();
    }

    @Override
    public InetSocketAddress localAddress() {
        return local;
    }

    @Override
    public int send(byte[] bytes, int offset, int length) {
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

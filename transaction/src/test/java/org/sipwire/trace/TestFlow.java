/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.trace;

import java.net.InetSocketAddress;
import org.sipwire.transport.DetachedFlow;
import org.sipwire.transport.Transport;

/** A detached flow that says where this side of it is. */
final class TestFlow extends DetachedFlow {
    private final InetSocketAddress local;

    TestFlow(Transport transport, String local, int localPort, String remote, int remotePort) {
        super(transport, remote, remotePort);
        this.local = new InetSocketAddress(local, localPort);
    }

    @Override
    public int localPort() {
        return local.getPort();
    }

    @Override
    public InetSocketAddress localAddress() {
        return local;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells systemd how the server is, by the protocol of {@code sd_notify(3)}: one datagram to the Unix socket that {@code NOTIFY_SOCKET}
 * names. Java has no datagrams of that family, Netty's native transport has; without it, and without the variable, nobody is told.
 *
 * <p>Thread: any. Shared.
 */
final class ServiceManager {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceManager.class);
    private static final String VARIABLE = "NOTIFY_SOCKET";

    private final byte[] path;

    private ServiceManager(byte[] path) {
        this.path = path;
    }

    /** The one that the environment names. */
    static ServiceManager of(Map<String, String> environment) {
        String name = environment.get(VARIABLE);
        if (name == null || name.isEmpty()) {
            return new ServiceManager(null);
        }
        byte[] path = name.getBytes(StandardCharsets.UTF_8);
        if (path[0] == '@') {
            // A name of the abstract namespace, which begins with a zero (unix(7)).
            path[0] = 0;
        }
        return new ServiceManager(path);
    }

    /** The server serves. */
    void ready(String status) {
        tell("READY=1\nSTATUS=" + status);
    }

    /** The server drains and ends. */
    void stopping() {
        tell("STOPPING=1\nSTATUS=draining");
    }

    private void tell(String state) {
        if (path == null) {
            return;
        }
        if (!Epoll.isAvailable()) {
            LOG.warn("{} is set, but there is no native transport to tell it by", VARIABLE);
            return;
        }
        byte[] octets = state.getBytes(StandardCharsets.UTF_8);
        ByteBuffer buffer = ByteBuffer.allocateDirect(octets.length).put(octets);
        try {
            Socket socket = Socket.newSocketDomainDgram();
            try {
                socket.sendToDomainSocket(buffer, 0, octets.length, path);
            } finally {
                socket.close();
            }
        } catch (IOException e) {
            LOG.warn("Cannot tell {}: {}", VARIABLE, e.getMessage());
        }
    }
}

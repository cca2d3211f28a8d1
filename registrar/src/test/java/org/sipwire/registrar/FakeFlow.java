/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.sipwire.transport.DetachedFlow;
import org.sipwire.transport.Transport;

/** A flow of a test: what is sent is kept. */
final class FakeFlow extends DetachedFlow {

    final List<String> sent = new ArrayList<>();
    boolean keep = true;
    int count;

    FakeFlow(Transport transport, long id, String host, int port) {
        super(transport, id, host, port);
    }

    @Override
    public int send(byte[] bytes, int offset, int length) {
        count++;
        if (keep) {
            sent.add(new String(bytes, offset, length, StandardCharsets.UTF_8));
        }
        return SENT;
    }
}

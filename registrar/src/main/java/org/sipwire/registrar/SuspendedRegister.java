/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.util.Arrays;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipParser;
import org.sipwire.codec.SipRequest;
import org.sipwire.transport.Flow;

/** A REGISTER that waits for the credentials of its user. Owned by the callback that waits. */
final class SuspendedRegister {

    private final byte[] octets;
    private final long handle;
    private final Flow flow;

    SuspendedRegister(SipRequest request, long handle, Flow flow) {
        octets = Arrays.copyOfRange(request.array(), request.offset(), request.offset() + request.length());
        this.handle = handle;
        this.flow = flow;
    }

    /** The request as it was, in a parser of its own. */
    SipRequest parse() {
        // It was parsed before by what the stack is configured to accept, so the lenient reading cannot find anything
        // wrong with it.
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
        // A datagram need not have a Content-Length, and of a stream's message it is what was found.
        int consumed = parser.parseDatagram(octets, 0, octets.length);
        assert consumed > 0 : consumed;
        return parser.request();
    }

    /** Octets of the request. */
    int octets() {
        return octets.length;
    }

    long handle() {
        return handle;
    }

    Flow flow() {
        return flow;
    }
}

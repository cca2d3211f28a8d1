/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import org.sipwire.codec.RequestWriter;
import org.sipwire.transport.Flow;

/** Writes a request once it is known which way it goes: for a Contact that names the address the peer can answer to. */
@FunctionalInterface
public interface RequestSource {
    /**
     * Writes all but the top Via. Called on the flow's loop, and again for the next server, or when a request turns out to be too long for
     * a datagram: it has to write the same request then.
     *
     * @param writer has not begun
     * @param flow the way to the peer; Borrowed
     */
    void write(RequestWriter writer, Flow flow);
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.util.ArrayList;
import java.util.List;
import org.sipwire.registrar.location.Bindings;
import org.sipwire.transport.Transport;

/**
 * One binding of an address-of-record to a contact, in the form to keep.
 *
 * @param contact the contact's URI
 * @param parameters the contact's other header parameters, each with its semicolon
 * @param instance the value of {@code +sip.instance} without its quotes, or empty
 * @param regId the reg-id, or 0
 * @param q the preference in thousandths, or -1 when none was given
 * @param expiresAtSeconds the wall clock second at which it ends
 * @param order what orders requests about it
 * @param source where its last REGISTER came from
 *
 * <p>Shared.
 */
public record Binding(
        String contact,
        String parameters,
        String instance,
        int regId,
        int q,
        long expiresAtSeconds,
        Order order,
        Source source) {

    /** The Call-ID and sequence number of the last REGISTER. */
    public record Order(String callId, long cseq) {}

    /**
     * Where the last REGISTER came from.
     *
     * @param host the peer's address as text
     * @param path the Path values, joined by commas
     */
    public record Source(Transport transport, String host, int port, long flowId, String path, String userAgent) {}

    private static final Transport[] TRANSPORTS = Transport.values();

    /** All bindings under a cursor, which is rewound before and after. */
    public static List<Binding> listOf(Bindings bindings) {
        List<Binding> list = new ArrayList<>(bindings.count());
        bindings.rewind();
        while (bindings.next()) {
            list.add(of(bindings));
        }
        bindings.rewind();
        return list;
    }

    /** The binding a cursor stands on. */
    public static Binding of(Bindings b) {
        return new Binding(
                b.text(b.contactOffset(), b.contactLength()),
                b.text(b.parametersOffset(), b.parametersLength()),
                b.text(b.instanceOffset(), b.instanceLength()),
                b.regId(),
                b.q(),
                b.expiresAtSeconds(),
                new Order(b.text(b.callIdOffset(), b.callIdLength()), b.cseq()),
                new Source(
                        TRANSPORTS[b.transport()],
                        b.text(b.receivedHostOffset(), b.receivedHostLength()),
                        b.receivedPort(),
                        b.flowId(),
                        b.text(b.pathOffset(), b.pathLength()),
                        b.text(b.userAgentOffset(), b.userAgentLength())));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.util.List;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.registrar.location.Bindings;
import org.sipwire.transaction.SteadyClock;

/**
 * Writes the 200 to a REGISTER (RFC 3261 §10.3 step 8). One a loop, confined to it; allocates nothing.
 */
final class RegisterAnswer {

    private static final byte[] EXPIRES = RegistrarConfig.octets(">;expires=");

    private final RegistrarConfig config;
    private final byte[][] serviceRoutes;
    private final Gruu gruu;
    private final BeijingDate date = new BeijingDate();

    RegisterAnswer(RegistrarConfig config, Gruu gruu) {
        this.config = config;
        this.gruu = gruu;
        List<String> routes = config.serviceRoutes();
        serviceRoutes = new byte[routes.size()][];
        for (int i = 0; i < serviceRoutes.length; i++) {
            serviceRoutes[i] = RegistrarConfig.octets(routes.get(i));
        }
    }

    /** Writes what the bindings are now. */
    void write(ResponseWriter writer, Bindings bindings, RegisterRequest request, long nowMillis) {
        long nowSeconds = Math.floorDiv(nowMillis, 1000L);
        bindings.rewind();
        while (bindings.next()) {
            contact(writer, bindings, request, nowSeconds);
        }
        if (request.granted() >= 0) {
            writer.header(SipHeader.EXPIRES, request.granted());
        }
        if (request.pathLength() > 0) {
            // RFC 3327 §5.3: the registrar MUST copy the Path values into a Path header field of the 200.
            writer.header(SipHeader.PATH, request.path(), 0, request.pathLength());
        }
        // RFC 3608 §6.1: Service-Route in a 200 only, the same for every contact, in an order that is kept.
        for (byte[] route : serviceRoutes) {
            writer.header(SipHeader.SERVICE_ROUTE, route, 0, route.length);
        }
        if (request.isOutbound()) {
            // RFC 5626 §6: the registrar MUST include the option tag in a Require of its answer to a registration it
            // handled so, and
            // MAY name by Flow-Timer how long it waits for a keep-alive.
            writer.header(SipHeader.REQUIRE, "outbound");
            if (config.flowTimerSeconds() > 0) {
                writer.header(SipHeader.FLOW_TIMER, config.flowTimerSeconds());
            }
        }
        if (config.beijingDate()) {
            date.write(writer, SteadyClock.toDate(nowMillis));
        }
    }

    private void contact(ResponseWriter writer, Bindings b, RegisterRequest request, long nowSeconds) {
        writer.headerStart(SipHeader.CONTACT).put((byte) '<');
        writer.put(b.array(), b.contactOffset(), b.contactLength());
        if (b.q() >= 0) {
            q(writer.put((byte) '>'), b.q());
        }
        // RFC 3261 §10.3 step 8: each Contact value MUST feature an "expires" parameter indicating its expiration
        // interval.
        int angle = b.q() >= 0 ? 1 : 0;
        writer.put(EXPIRES, angle, EXPIRES.length - angle).put(Math.max(0, b.expiresAtSeconds() - nowSeconds));
        if (b.instanceLength() > 0) {
            writer.put(";+sip.instance=\"")
                    .put(b.array(), b.instanceOffset(), b.instanceLength())
                    .put((byte) '"');
            if (request.wantsGruu()) {
                gruus(writer, b, request);
            }
        }
        if (b.regId() > 0) {
            writer.put(";reg-id=").put((long) b.regId());
        }
        writer.put(b.array(), b.parametersOffset(), b.parametersLength()).headerEnd();
    }

    // RFC 5627 §5.2: each Contact of an instance has its GRUUs, the temporary one being the newest.
    private void gruus(ResponseWriter writer, Bindings b, RegisterRequest request) {
        int length =
                gruu.writePublic(request.isSecure(), request.aor(), b.array(), b.instanceOffset(), b.instanceLength());
        if (length > 0) {
            writer.put(";pub-gruu=\"").put(gruu.text(), 0, length).put((byte) '"');
        }
        length = gruu.writeTemporary(request.isSecure(), request.aor(), b);
        if (length > 0) {
            writer.put(";temp-gruu=\"").put(gruu.text(), 0, length).put((byte) '"');
        }
    }

    private static void q(ResponseWriter writer, int thousandths) {
        writer.put(";q=").put((long) (thousandths / 1000)).put((byte) '.');
        int fraction = thousandths % 1000;
        writer.put((byte) ('0' + fraction / 100));
        if (fraction % 100 != 0) {
            writer.put((byte) ('0' + fraction / 10 % 10));
            if (fraction % 10 != 0) {
                writer.put((byte) ('0' + fraction % 10));
            }
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.nio.charset.StandardCharsets;

/** One contact registered for an hour, as the stress cases do it. Stateless: any thread. */
final class Registrations {

    private Registrations() {}

    static void register(LocationService locations, byte[] aor, String contact, String callId, long cseq) {
        register(locations, new BindingUpdate(), aor, contact, callId, cseq);
    }

    static void register(
            LocationService locations, BindingUpdate update, byte[] aor, String contact, String callId, long cseq) {
        byte[] uri = contact.getBytes(StandardCharsets.US_ASCII);
        byte[] call = callId.getBytes(StandardCharsets.US_ASCII);
        update.begin(aor, 0, aor.length, 0).request(call, 0, call.length, cseq);
        update.beginContact(uri, 0, uri.length).endContact(3600);
        locations.update(update, (result, current) -> {});
    }
}

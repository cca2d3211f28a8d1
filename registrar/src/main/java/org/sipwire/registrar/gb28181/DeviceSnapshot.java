/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.transport.Transport;

/**
 * What is known of a device at one moment. Shared.
 *
 * @param id its ID: 20 digits as a rule
 * @param online whether it lives by the rules of its keep-alive
 * @param registered whether its registration stands; an offline device may still be registered
 * @param address where it last registered from
 * @param contact the URI it is addressed by
 * @param userAgent how its firmware calls itself
 * @param gbVersion its X-GB-Ver: 1.0 is 2011, 1.1 with the supplement, 2.0 2016, 3.0 2022; empty when it sends none
 * @param registeredAtMillis wall clock of its last registration
 * @param lastSeenMillis wall clock of its last keep-alive or registration
 * @param expiresAtMillis wall clock at which its registration ends
 * @param keepaliveTimeoutSeconds how long it may be silent
 * @param catalog how far its catalogue is known
 * @param channels entries of its catalogue
 * @param info its answer to DeviceInfo, or null
 */
public record DeviceSnapshot(
        String id,
        boolean online,
        boolean registered,
        Address address,
        String contact,
        String userAgent,
        String gbVersion,
        long registeredAtMillis,
        long lastSeenMillis,
        long expiresAtMillis,
        int keepaliveTimeoutSeconds,
        CatalogState catalog,
        int channels,
        Manscdp.DeviceInfo info) {

    /** The peer of a flow. */
    public record Address(Transport transport, String host, int port) {}
}

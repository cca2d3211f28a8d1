/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Registering at somebody else's registrar (RFC 3261 §10.2, RFC 5626): what a gateway needs towards its upstream, and a device or a lower
 * platform of GB/T 28181 towards the platform above.
 *
 * <p>Called by programs that embed a {@link org.sipwire.transaction.SipStack}. One {@link
 * org.sipwire.registrar.client.RegistrationClient} serves a stack and any number of registrations, each of which belongs to one event loop;
 * events are told on it.
 */
package org.sipwire.registrar.client;

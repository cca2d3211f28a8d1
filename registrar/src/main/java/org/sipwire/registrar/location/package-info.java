/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Location services (RFC 3261 §10.1): which contacts an address-of-record is reached at, for how long, and over which flow.
 *
 * <p>The registrar calls {@link org.sipwire.registrar.location.LocationService} on its event loops; whoever shows bindings to people may
 * call it from any thread. Completions come on the caller's executor; from the in-memory service they come at once. A packed record
 * lives until its address-of-record is written again; {@link org.sipwire.registrar.location.Bindings} passed to a completion are
 * Borrowed.
 *
 * <p>Access modes are in the names: {@code ..Acquire}, {@code ..Opaque} and {@code cas..} say how a shared word is touched.
 */
package org.sipwire.registrar.location;

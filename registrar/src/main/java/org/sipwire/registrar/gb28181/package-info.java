/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A GB/T 28181 platform over a registrar: devices, their liveness, catalogues, commands, subscriptions and media sessions; and the
 * other side, a {@code DeviceAgent} that behaves like a camera.
 *
 * <p>{@link org.sipwire.registrar.gb28181.Gb28181Platform} is what a server builds and an application calls. It hears of registrations
 * and gets the requests that a registrar does not serve itself; whom a device is, the registrar has authenticated.
 *
 * <p>Threads: a device has a home, the event loop of the flow it first registered from. What changes of it changes there; what arrives
 * on another loop is handed over. {@link org.sipwire.registrar.gb28181.DeviceRegistry} may be read on any thread: it shows immutable
 * snapshots. Devices live until they are forgotten, requests to them until they are answered or time out.
 */
package org.sipwire.registrar.gb28181;

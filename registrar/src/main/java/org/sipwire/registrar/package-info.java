/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A registrar (RFC 3261 §10) as a transaction user. {@link org.sipwire.registrar.Registrar} is called by the stack on the event loop of the
 * request's flow and keeps what belongs to a loop in a {@link org.sipwire.registrar.RegisterHandler} of that loop; nothing in here is
 * shared between loops but the configuration and the location service. Listeners are called on the same loop, after the answer was sent.
 * Requests, contexts and bindings passed around are Borrowed: they live until the callback returns.
 */
package org.sipwire.registrar;

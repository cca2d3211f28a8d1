/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Digest authentication of requests (RFC 3261 §22, RFC 2617, RFC 7616, RFC 8760): nonces without a table, stores of HA1 values, and the
 * limits on failed attempts.
 *
 * <p>Called by the registrar, and by any transaction user that wants requests authenticated.
 * {@link org.sipwire.registrar.auth.DigestAuthenticator} and what it holds belong to one event loop each.
 * {@link org.sipwire.registrar.auth.AuthConfig}, {@link org.sipwire.registrar.auth.NonceFactory},
 * {@link org.sipwire.registrar.auth.Guard} and the credential stores are Shared: one of each serves all loops and lives as long as the
 * registrar.
 *
 * <p>Nothing on the way of a request allocates, locks or blocks. Stores that have to ask another machine do so off the loop and come back to
 * it by the request's flow.
 */
package org.sipwire.registrar.auth;

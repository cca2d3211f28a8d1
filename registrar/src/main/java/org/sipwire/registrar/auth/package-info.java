/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Digest authentication (RFC 2617, 7616, 8760). One authenticator a loop; credential stores are Shared.
 */
package org.sipwire.registrar.auth;

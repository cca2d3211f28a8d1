/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Transports, listening points and flows (RFC 3261 section 18, RFC 5626). A flow is used on its own event loop.
 */
package org.sipwire.transport;

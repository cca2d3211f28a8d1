/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A registrar (RFC 3261 section 10) as a transaction user. Called on the event loop of the request's flow.
 */
package org.sipwire.registrar;

/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SIP transactions (RFC 3261 section 17). Every type is confined to one event loop unless its comment says otherwise;
 * messages are Borrowed.
 */
package org.sipwire.transaction;

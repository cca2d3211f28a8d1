/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The transports on Netty; not exported. Everything here is confined to one event loop, whose LoopContext owns it.
 */
package org.sipwire.transport.netty;

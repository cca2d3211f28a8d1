/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Looks at a running stack: {@link org.sipwire.trace.MessageTrace} keeps the recent messages of a device, an address-of-record or a
 * source, {@link org.sipwire.trace.HepExporter} sends all of them, or some, to a Homer collector. Both work by the stack's
 * {@link org.sipwire.transport.MessageListener}: nothing is locked, nothing is allocated a message, and what is off costs a null check.
 */
package org.sipwire.trace;

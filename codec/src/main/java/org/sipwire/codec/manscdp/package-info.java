/* SPDX-License-Identifier: Apache-2.0 */
/**
 * MANSCDP, the XML bodies of GB/T 28181: {@link org.sipwire.codec.manscdp.ManscdpPeek peeked} straight from the bytes,
 * {@link org.sipwire.codec.manscdp.ManscdpReader read} into {@link org.sipwire.codec.manscdp.Manscdp records} and
 * {@link org.sipwire.codec.manscdp.ManscdpWriter written} in GB18030 or UTF-8.
 *
 * <p>Anybody may call it; nothing here knows SIP, a channel or a clock. A peek, a reader and a writer belong to one
 * thread at a time and live as long as their owner; records are Shared: immutable, and valid for ever. The peek and the
 * writer load without aalto-xml; only the reader needs it.
 */
package org.sipwire.codec.manscdp;

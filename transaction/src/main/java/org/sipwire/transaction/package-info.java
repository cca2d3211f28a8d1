/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SIP transactions (RFC 3261 §17 as amended by RFC 4320 and RFC 6026) and the stack they run in.
 *
 * <p><b>Who calls.</b> A program makes a {@link org.sipwire.transaction.SipStack} and implements
 * {@link org.sipwire.transaction.TransactionUser}; the transports call
 * {@link org.sipwire.transaction.TransactionLayer}, one a loop, which users do not.
 *
 * <p><b>On which thread.</b> Every type is confined to one event loop unless its comment says otherwise. Nothing is
 * shared between loops: no lock, no queue but the one that hands a stray response home, and one {@code VarHandle}, of
 * {@link org.sipwire.transaction.LoopCounters}, which any thread may read.
 *
 * <p><b>What lives how long.</b> Messages, contexts and transactions passed to a user are Borrowed: valid until the
 * callback returns. A handle names a transaction as long as it lives, which over UDP is 32 s after the final response
 * (Timer J) and over reliable transports until it. The octets of responses are the slab's.
 */
package org.sipwire.transaction;

/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A callee for foreign clients: what a gateway built on the stack does with INVITE, CANCEL, ACK and BYE, so that SIPp can judge the
 * transactions of both kinds over every transport. Uses the public API alone.
 */
package org.sipwire.bench.uas;

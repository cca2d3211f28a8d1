/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SIP messages as bytes and meaning (RFC 3261 sections 7, 19, 20 and 25). Any thread may use an instance, one at a time; views are Borrowed.
 */
package org.sipwire.codec;

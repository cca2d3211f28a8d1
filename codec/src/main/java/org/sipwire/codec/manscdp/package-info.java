/* SPDX-License-Identifier: Apache-2.0 */
/**
 * GB/T 28181 MANSCDP bodies: peeked, read and written. Any thread, one at a time; records are Shared.
 */
package org.sipwire.codec.manscdp;

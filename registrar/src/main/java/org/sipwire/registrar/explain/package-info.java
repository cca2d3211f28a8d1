/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Explains captured messages to people: groups them by call flow, says what each message is for and what each of its fields means, whether
 * a Digest fits a password, and why a registration failed. Knows neither file nor socket: the server's trace and the reader of capture files
 * use it alike.
 *
 * <p>Any thread; objects are Shared once made.
 */
package org.sipwire.registrar.explain;

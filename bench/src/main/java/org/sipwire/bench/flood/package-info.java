/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Hostile traffic against a server of one's own, to see that it keeps answering the others. Plain sockets; none of the project's own code
 * is used here.
 */
package org.sipwire.bench.flood;

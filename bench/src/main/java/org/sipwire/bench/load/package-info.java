/* SPDX-License-Identifier: Apache-2.0 */
/**
 * An open-loop load generator for any SIP registrar. Arrivals are fixed in advance ({@link org.sipwire.bench.load.Schedule}) and do
 * not wait for answers, and latency counts from the intended moment, so a stalled server cannot hide its stall (coordinated omission).
 *
 * <p>{@link org.sipwire.bench.load.LoadEngine} is the protocol: it sees bytes and the clock, never a socket. {@link
 * org.sipwire.bench.load.LoadWire} is Netty. All of a run happens on one event loop; a cycle lives in primitive arrays by slot number
 * ({@link org.sipwire.bench.load.Cycles}) from its arrival to its last answer; {@link org.sipwire.bench.load.LoadStats} outlives the run.
 */
package org.sipwire.bench.load;

/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The command {@code soak}: a mixed load for a long time, and a look at what the server holds every few seconds. What grows with time
 * and not with the load is a leak.
 *
 * <pre>
 *   LoadGenerator x 3 ---SIP--- server ---/metrics, /proc--- Probe --- Series --- Trend, by Gauge --- verdict
 * </pre>
 *
 * <p>Everything runs on the thread that starts the command, but for the generators, which have their own; loads and servers it starts
 * end with it.
 */
package org.sipwire.bench.soak;

/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Commands that put the registrar's stores to the test from outside, as processes: {@code kill} ends the server at random moments
 * and looks for what it had acknowledged, {@code restart} times a start with a million bindings, {@code stores} compares throughput
 * and latency, {@code outage} takes Redis away from a fleet, {@code sizing} checks the formulae of the 10<sup>8</sup> page.
 *
 * <p>Every command runs on the thread that starts it; loads and servers it starts end with it.
 */
package org.sipwire.bench.store;

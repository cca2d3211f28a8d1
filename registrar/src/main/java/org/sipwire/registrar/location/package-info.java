/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Location services (RFC 3261 §10.1): which contacts an address-of-record is reached at, for how long, and over which flow.
 *
 * <p>The registrar calls {@link org.sipwire.registrar.location.LocationService} on its event loops; whoever shows bindings to people may
 * call it from any thread. Completions come on the caller's executor; from the in-memory service they come at once. A packed record
 * lives until its address-of-record is written again; {@link org.sipwire.registrar.location.Bindings} passed to a completion are
 * Borrowed.
 *
 * <p>Access modes are in the names: {@code ..Acquire}, {@code ..Opaque} and {@code cas..} say how a shared word is touched.
 *
 * <h2>A fleet for 10<sup>8</sup> devices</h2>
 *
 * <p>Nodes hold connections, Redis Cluster holds bindings, and no node knows of another but by a binding's
 * {@linkplain org.sipwire.registrar.location.Bindings#node() node number}:
 *
 * <pre>
 *   devices --- anycast, or a 302 from any node ---&gt; 40 nodes (SO_REUSEPORT: one socket a loop) ---&gt; Redis Cluster, 20 masters
 *                                                      |     ^                                        16,384 slots, by address-of-record
 *                                                      +-----+ requests to devices of another node: {@link org.sipwire.registrar.location.FleetMail}
 * </pre>
 *
 * <p>The arithmetic, for N = 10<sup>8</sup> devices that are granted E = 3600 s with a jitter of j = 20 %, refresh at f = 50 % of it and
 * send a keep-alive each 60 s. {@code bench/run sizing} prints it for other figures and checks each formula by a simulation:
 *
 * <ul>
 *   <li>Refreshes: N / (f E (1 - j/2)) = 61,728 a second, 1,543 a node; keep-alives N / 60 = 1.67 million a second. At 14 and 8 us of a
 *       core each and cores half busy that is 28 cores in all: 40 nodes of two cores have room for a third of them to be lost.
 *   <li>Memory: 245 B a binding, so 0.61 GB a node for the bindings it made itself; 501 B for 32 s a completed transaction over UDP
 *       (Timer J), 1.0 GB in the whole fleet. In Redis 490 B a binding with key and list: 2.5 GB a master, and as much a replica.
 *   <li>Redis: a refresh is two calls, one that reads and one script that replaces: 6,200 a second a master. The script compares the
 *       version it read, so that two nodes never mix up one device's requests. The list of all addresses lies on 64 keys.
 *   <li>Sharding: by the slot of the address-of-record's key. The fullest of M shards is 1 + sqrt(2 M ln M / N) times the mean: 0.1 %
 *       more for M = 20. Slots move while the cluster serves; records know nothing of it.
 *   <li>A node lost: with rendezvous hashing in the anycast routers 1/40 of the devices get to another node, with a hash modulo nodes
 *       39/40 would. Over UDP their next request just arrives elsewhere and the binding's node changes with it. 2.5 million
 *       connections come again, which 39 nodes that grant 25,000 a second each take within 3 s.
 *   <li>All lost (a power cut): n devices that all want to register, at a capacity C beside refreshes R, are back after n / (C - R): 100 s
 *       for C = 10<sup>6</sup>. What is too much gets 503 with Retry-After without state; a 302 ({@code RegistrarConfig.redirect})
 *       sends devices to nodes that have room.
 *   <li>Storms come again: who registered within W seconds refreshes within W seconds, at N / max(W, j f E): 10<sup>6</sup> a second without
 *       jitter, 278,000 with 20 %. Wave k is a bell with a variance of (W<sup>2</sup> + k (j f E)<sup>2</sup>) / 12: wider each time, until
 *       the rate is even. So {@code --expires-jitter} is what keeps one storm from being many.
 * </ul>
 *
 * <p>What does not grow further so: node numbers end at 127, and a Redis Cluster tells all members of each letter, which is meant for
 * requests of operators and calls, not for each keep-alive. Beyond that, fleets of such fleets by domain.
 */
package org.sipwire.registrar.location;

/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The evidence: what the project claims about itself is measured or provoked from here, and none of it is published. {@link
 * org.sipwire.bench.BenchMain} is what {@code bench/run} starts; nothing else calls in here. The load generator of {@code load} and
 * the floors of {@code baseline} use none of the project's own code, so that they cannot share its mistakes.
 */
package org.sipwire.bench;

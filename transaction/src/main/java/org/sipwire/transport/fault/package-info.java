/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Loss, duplication, reordering, delay and corruption by seed, as a decorator of a flow; for tests of systems that embed the stack.
 */
package org.sipwire.transport.fault;

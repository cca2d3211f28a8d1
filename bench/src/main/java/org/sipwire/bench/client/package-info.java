/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The registration client at work: many users registered from one process at any registrar, kept there, and taken out again. Run by {@code
 * bench/run register}; lives as long as the command.
 */
package org.sipwire.bench.client;

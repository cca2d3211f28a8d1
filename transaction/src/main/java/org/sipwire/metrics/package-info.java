/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Micrometer binders for the stack's counters; the only package here that needs Micrometer.
 */
package org.sipwire.metrics;

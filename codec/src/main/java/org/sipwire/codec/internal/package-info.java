/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Scans, case folding, keyed hashes and the header table beneath the codec. Any thread; static or confined to the caller.
 */
package org.sipwire.codec.internal;

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

/**
 * What a reader accepts at most. Shared.
 *
 * @param maxBytes octets of a body; {@value #DEFAULT_MAX_BYTES} by default
 * @param maxDepth nested elements, the root being the first; {@value #DEFAULT_MAX_DEPTH} by default
 * @param maxElements elements in all; {@value #DEFAULT_MAX_ELEMENTS} by default
 * @param maxItems items of a list; {@value #DEFAULT_MAX_ITEMS} by default, which is the standard's own bound (Annex N)
 */
public record ManscdpLimits(int maxBytes, int maxDepth, int maxElements, int maxItems) {
    /** {@value}. */
    public static final int DEFAULT_MAX_BYTES = 4 << 20;
    /** {@value}. */
    public static final int DEFAULT_MAX_DEPTH = 16;
    /** {@value}. */
    public static final int DEFAULT_MAX_ELEMENTS = 400_000;
    /** {@value}. */
    public static final int DEFAULT_MAX_ITEMS = 10_000;

    public static final ManscdpLimits DEFAULT =
            new ManscdpLimits(DEFAULT_MAX_BYTES, DEFAULT_MAX_DEPTH, DEFAULT_MAX_ELEMENTS, DEFAULT_MAX_ITEMS);
}

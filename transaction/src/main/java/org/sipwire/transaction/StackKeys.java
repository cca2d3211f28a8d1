/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.security.SecureRandom;

/**
 * The random words of a stack: the key of its tables, To tags and branches. All loops of a stack share them, so that
 * a retransmission which lands on another loop gets the same To tag.
 *
 * <p>Shared: immutable.
 *
 * @param k0 half of a SipHash key
 * @param k1 the other half
 */
public record StackKeys(long k0, long k1) {

    /** Words nobody can guess. */
    public static StackKeys random() {
        SecureRandom random = new SecureRandom();
        return new StackKeys(random.nextLong(), random.nextLong());
    }

    /** Keys of the same stack for another purpose, so that a value of one purpose says nothing about another's. */
    StackKeys forPurpose(int purpose) {
        return new StackKeys(k0 ^ 0x9E3779B97F4A7C15L * purpose, Long.rotateLeft(k1, 7 * purpose));
    }

    /** Does not show the keys. */
    @Override
    public String toString() {
        return "StackKeys";
    }
}

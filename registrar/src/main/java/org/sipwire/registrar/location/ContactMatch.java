/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.util.Arrays;

/**
 * Whether two contact URIs name the same contact (RFC 3261 §10.3 step 7: URI comparison rules of §19.1.4). Confined to one thread.
 */
final class ContactMatch {

    boolean same(byte[] a, int aOffset, int aLength, byte[] b, int bOffset, int bLength) {
        return Arrays.equals(a, aOffset, aOffset + aLength, b, bOffset, bOffset + bLength);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.util.Arrays;
import org.sipwire.codec.SipUri;

/** Whether two contact URIs name the same contact. Confined to one thread. */
final class ContactMatch {

    private final SipUri one = new SipUri();
    private final SipUri other = new SipUri();

    boolean same(byte[] a, int aOffset, int aLength, byte[] b, int bOffset, int bLength) {
        // RFC 3261 §10.3 step 7: for each address, the registrar then searches the list of current bindings using the
        // URI comparison
        // rules (§19.1.4). Octets that are the same need no rules, and a URI no rule applies to is only the same as
        // itself.
        return Arrays.equals(a, aOffset, aOffset + aLength, b, bOffset, bOffset + bLength)
                || one.wrap(a, aOffset, aLength).equalsUri(other.wrap(b, bOffset, bLength));
    }
}

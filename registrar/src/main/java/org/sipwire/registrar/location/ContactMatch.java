/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.util.Arrays;
import org.sipwire.codec.SipUri;

/** Whether two contact URIs name the same contact. Confined to one thread. */
final class ContactMatch {

    /** The octets of {@code sip:}. */
    private static final int MIN_PREFIX = 4;

    private static final int END = -1;

    private final SipUri one = new SipUri();
    private final SipUri other = new SipUri();

    boolean same(byte[] a, int aOffset, int aLength, byte[] b, int bOffset, int bLength) {
        // RFC 3261 §10.3 step 7: for each address, the registrar then searches the list of current bindings using the
        // URI comparison
        // rules (§19.1.4). Octets that are the same need no rules, and a URI no rule applies to is only the same as
        // itself.
        int prefix = Arrays.mismatch(a, aOffset, aOffset + aLength, b, bOffset, bOffset + bLength);
        return prefix < 0
                || !differByNumber(a, aOffset, aLength, b, bOffset, bLength, prefix)
                        && one.wrap(a, aOffset, aLength).equalsUri(other.wrap(b, bOffset, bLength));
    }

    /**
     * Whether two SIP URIs that agree in their first {@code prefix} octets surely differ, as no rule makes the numbers equal in which the
     * octets disagree: most contacts of one user differ by a port, a digit of an address or of a name. Says no when in doubt.
     *
     * <pre>
     *   sip:34020000001320000001@192.0.2.7:5060          sip:bob@192.0.2.1           sip:bob@192.0.2.1:05061   in doubt:
     *   sip:34020000001320000001@192.0.2.7:40112         sip:bob@192.0.2.15          sip:bob@192.0.2.1:5061    leading zero
     *   |------------- prefix -----------| ^ differ      |---- prefix ---| ^ differ
     * </pre>
     */
    static boolean differByNumber(byte[] a, int aOffset, int aLength, byte[] b, int bOffset, int bLength, int prefix) {
        int first = prefix < aLength ? a[aOffset + prefix] : END;
        int second = prefix < bLength ? b[bOffset + prefix] : END;
        boolean digits = isDigit(first) ? isDigit(second) || endsNumber(second) : isDigit(second) && endsNumber(first);
        if (!digits || prefix < MIN_PREFIX || !isSip(a, aOffset)) {
            return false;
        }
        // A leading zero may mean nothing, a digit of an escape is half an octet, and parameters and headers have rules
        // of their own.
        int start = prefix;
        while (isDigit(a[aOffset + start - 1])) {
            start--;
        }
        if (start < prefix ? a[aOffset + start] == '0' : first == '0' || second == '0') {
            return false;
        }
        for (int i = aOffset + MIN_PREFIX; i < aOffset + prefix; i++) {
            if (a[i] == ';' || a[i] == '?' || a[i] == '%') {
                return false;
            }
        }
        return true;
    }

    private static boolean isSip(byte[] a, int at) {
        return a[at] == 's' && a[at + 1] == 'i' && a[at + 2] == 'p' && a[at + 3] == ':';
    }

    private static boolean isDigit(int octet) {
        return octet >= '0' && octet <= '9';
    }

    private static boolean endsNumber(int octet) {
        return octet == END || octet == ':' || octet == '@' || octet == ';' || octet == '.';
    }
}

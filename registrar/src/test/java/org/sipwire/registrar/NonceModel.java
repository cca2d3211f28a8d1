/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** All nonces ever handed out and all their uses: what a registrar that keeps neither has to agree with. */
final class NonceModel {

    private static final long LIFETIME_MILLIS = 300_000;
    private static final int WINDOW = 24;
    private static final int LARGEST_COUNT = 65_534;

    private static final class Issued {
        final String host;
        final long atMillis;
        final Set<Long> used = new HashSet<>();
        long highest;
        boolean usedUp;

        Issued(String host, long atMillis) {
            this.host = host;
            this.atMillis = atMillis;
        }
    }

    private final Map<String, Issued> all = new HashMap<>();
    private final List<String> inOrder = new ArrayList<>();
    private final boolean once;

    /** Whether a nonce is good for one answer without a count, or for any number. */
    NonceModel(boolean once) {
        this.once = once;
    }

    void issued(String nonce, String host, long nowMillis) {
        if (all.put(nonce, new Issued(host, nowMillis)) != null) {
            throw new AssertionError("a nonce was issued twice: " + nonce);
        }
        inOrder.add(nonce);
    }

    /** The nonce issued so many before the last, or null. */
    String recent(int back) {
        return back < inOrder.size() ? inOrder.get(inOrder.size() - 1 - back) : null;
    }

    /** A count not used yet. */
    long nextCount(String nonce) {
        return all.containsKey(nonce) ? all.get(nonce).highest + 1 : 1;
    }

    /** Whether a nonce was handed to this host and is not too old. */
    boolean isCurrent(String nonce, String host, long nowMillis) {
        Issued issued = all.get(nonce);
        return issued != null && issued.host.equals(host) && nowMillis - issued.atMillis < LIFETIME_MILLIS;
    }

    /** Whether a right answer with this nonce is to be accepted; notes the use. A count below 0 stands for none. */
    boolean claim(String nonce, long count, String host, long nowMillis) {
        if (!isCurrent(nonce, host, nowMillis)) {
            return false;
        }
        Issued issued = all.get(nonce);
        if (count < 0) {
            boolean fresh = !once || !issued.usedUp && issued.used.isEmpty();
            issued.usedUp |= once;
            return fresh;
        }
        if (issued.usedUp || count > LARGEST_COUNT || count <= issued.highest - WINDOW || !issued.used.add(count)) {
            return false;
        }
        issued.highest = Math.max(issued.highest, count);
        return true;
    }

    /** Takes a nonce out of use: nobody can say what became of it. */
    void retire(String nonce) {
        inOrder.remove(nonce);
    }
}

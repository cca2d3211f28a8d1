/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.util.Arrays;

/**
 * What a run remembers of each user: bits for busy and registered, and, where the scenario speaks to a user more than once, the last
 * CSeq, the last challenge and how often it was answered. About 21 octets a user, and the challenge once there is one.
 *
 * <p>One thread. Owned by the engine.
 */
final class UserStates {
    private static final int CHALLENGE_BYTES = 192;

    private final long[] busy;
    private final long[] registered;
    private final int[] cseq;
    private final int[] nonceCount;
    private final int[] lastQuery;
    private final Challenges challenges;

    UserStates(int users, boolean remember) {
        busy = new long[(users + 63) / 64];
        registered = new long[(users + 63) / 64];
        cseq = new int[remember ? users : 0];
        nonceCount = new int[remember ? users : 0];
        lastQuery = new int[remember ? users : 0];
        challenges = new Challenges(remember ? users : 0, CHALLENGE_BYTES);
    }

    boolean isBusy(int user) {
        return (busy[user >> 6] >>> user & 1) != 0;
    }

    void busy(int user, boolean on) {
        set(busy, user, on);
    }

    boolean isRegistered(int user) {
        return (registered[user >> 6] >>> user & 1) != 0;
    }

    void registered(int user, boolean on) {
        set(registered, user, on);
    }

    int nextCseq(int user) {
        return ++cseq[user];
    }

    /** Hands the remembered challenge to a cycle, as its next use; false when there is none. */
    boolean recall(int user, Cycles cycles, Challenges into, int slot) {
        if (!challenges.has(user)) {
            return false;
        }
        into.copy(challenges, user, slot);
        cycles.nonceCount[slot] = ++nonceCount[user];
        return true;
    }

    void remember(int user, Cycles cycles, Challenges from, int slot) {
        if (from.has(slot) && challenges.copy(from, slot, user)) {
            nonceCount[user] = cycles.nonceCount[slot];
        }
    }

    void forget(int user) {
        challenges.clear(user);
    }

    /** Whether this is another query than the user's last one, told by a hash of its branch: a resent one asks for nothing new. */
    boolean isNewQuery(int user, int branchHash) {
        boolean isNew = lastQuery[user] != branchHash;
        lastQuery[user] = branchHash;
        return isNew;
    }

    /** Every device has lost its power: nobody is registered or busy, and no challenge is known. */
    void cut() {
        Arrays.fill(busy, 0);
        Arrays.fill(registered, 0);
        for (int user = 0; user < cseq.length; user++) {
            challenges.clear(user);
        }
    }

    int registeredCount() {
        int count = 0;
        for (long word : registered) {
            count += Long.bitCount(word);
        }
        return count;
    }

    private static void set(long[] bits, int user, boolean on) {
        if (on) {
            bits[user >> 6] |= 1L << user;
        } else {
            bits[user >> 6] &= ~(1L << user);
        }
    }
}

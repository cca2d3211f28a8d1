/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

/**
 * The durations of RFC 3261 Table 4 as amended by RFC 6026, in milliseconds. They belong to a stack, not to a class:
 * a test and a stack over satellite links run with their own.
 *
 * <p>Shared: immutable.
 *
 * @param t1Millis T1, the round-trip time estimate
 * @param t2Millis T2, the longest retransmit interval of non-INVITE requests and INVITE responses
 * @param t4Millis T4, the longest time a message remains in the network
 * @param tryingMillis when an INVITE the user has not answered is answered 100 (§17.2.1)
 * @param proceedingMillis Timer C and its counterpart on the server side: how long an INVITE may stay without a final
 *     response
 */
public record TransactionTimers(int t1Millis, int t2Millis, int t4Millis, int tryingMillis, int proceedingMillis) {

    /** T1 {@value} ms. */
    public static final int DEFAULT_T1_MILLIS = 500;
    /** T2 {@value} ms. */
    public static final int DEFAULT_T2_MILLIS = 4_000;
    /** T4 {@value} ms. */
    public static final int DEFAULT_T4_MILLIS = 5_000;
    /** 100 Trying after {@value} ms. */
    public static final int DEFAULT_TRYING_MILLIS = 200;
    /** Timer C {@value} ms; RFC 3261 §16.6 asks for more than three minutes. */
    public static final int DEFAULT_PROCEEDING_MILLIS = 190_000;

    /** What RFC 3261 says. */
    public static final TransactionTimers DEFAULT = new TransactionTimers(
            DEFAULT_T1_MILLIS, DEFAULT_T2_MILLIS, DEFAULT_T4_MILLIS, DEFAULT_TRYING_MILLIS, DEFAULT_PROCEEDING_MILLIS);

    /** Checks that the durations can be timers. */
    public TransactionTimers {
        if (t1Millis < 1 || t2Millis < t1Millis || t4Millis < 1 || tryingMillis < 1 || proceedingMillis < 1) {
            throw new IllegalArgumentException(
                    "T1, T4, the 100 Trying and the proceeding time must be 1 ms or more, T2 at least T1: "
                            + "T1 " + t1Millis + " T2 " + t2Millis + " T4 " + t4Millis + " trying " + tryingMillis
                            + " proceeding "
                            + proceedingMillis);
        }
        if (t1Millis > 60_000) {
            throw new IllegalArgumentException("T1 of " + t1Millis + " ms is longer than a minute");
        }
    }

    /** 64*T1: timers B, F, H, J over UDP, L and M. */
    int sixtyFourT1() {
        return 64 * t1Millis;
    }

    /**
     * Timer D: 64*T1 over UDP, which is the 32 s RFC 3261 asks for at least when T1 is not shortened; 0 over reliable
     * transports.
     */
    int d(boolean reliable) {
        return reliable ? 0 : sixtyFourT1();
    }

    /** Timer J: 64*T1 over UDP, 0 over reliable transports. */
    int j(boolean reliable) {
        return reliable ? 0 : sixtyFourT1();
    }

    /** Timers I and K: T4 over UDP, 0 over reliable transports. */
    int t4(boolean reliable) {
        return reliable ? 0 : t4Millis;
    }

    /** Timers E and G: the interval after the given one. */
    int doubledToT2(int millis) {
        return Math.min(2 * millis, t2Millis);
    }

    /**
     * RFC 4320 §4.1: the time it takes a client transaction's Timer E to be reset to T2. It fires after T1, 2*T1,
     * 4*T1.. and is set to T2 by the firing whose doubled interval would reach it.
     */
    int lateTrying() {
        int elapsed = 0;
        int interval = t1Millis;
        while (interval < t2Millis) {
            elapsed += interval;
            interval = doubledToT2(interval);
        }
        return Math.max(elapsed, t1Millis);
    }
}

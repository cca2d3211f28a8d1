/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

/**
 * How many wrong answers {@link Guard} hears before it stops listening, and how fast it forgets them. Shared: immutable.
 *
 * @param pairFailures wrong answers of one source for one user until that pair is refused; 0 turns the guard off
 * @param pairLeakSeconds after this many seconds one of them is forgotten
 * @param sourceFailures wrong answers of one source for whatever users until the source is refused
 * @param sourceLeakSeconds after this many seconds one of them is forgotten
 * @param userFailures wrong answers for one user from whatever sources until sources that have failed for this user are refused
 * @param userLeakSeconds after this many seconds one of them is forgotten
 * @param slots the entries of each of the four tables, eight octets each: a power of two, at least 1,024
 */
public record GuardLimits(
        int pairFailures,
        int pairLeakSeconds,
        int sourceFailures,
        int sourceLeakSeconds,
        int userFailures,
        int userLeakSeconds,
        int slots) {

    /** Five wrong answers a device, one more a minute; two hundred a source, one more in five seconds; fifty a user. */
    public static final GuardLimits DEFAULT = new GuardLimits(5, 60, 200, 5, 50, 10, 1 << 15);

    /** Every attempt is heard. */
    public static final GuardLimits OFF = new GuardLimits(0, 60, 200, 5, 50, 10, 1 << 10);

    /** The most that a limit may be: {@value}. */
    public static final int MAX_FAILURES = 800;

    /** Checks the values. */
    public GuardLimits {
        check("pairFailures", pairFailures, 0, MAX_FAILURES);
        check("sourceFailures", sourceFailures, 1, MAX_FAILURES);
        check("userFailures", userFailures, 1, MAX_FAILURES);
        check("pairLeakSeconds", pairLeakSeconds, 1, 3600);
        check("sourceLeakSeconds", sourceLeakSeconds, 1, 3600);
        check("userLeakSeconds", userLeakSeconds, 1, 3600);
        check("slots", slots, 1 << 10, 1 << 24);
        if (Integer.bitCount(slots) != 1) {
            throw new IllegalArgumentException("slots is not a power of two: " + slots);
        }
    }

    private static void check(String name, int value, int from, int to) {
        if (value < from || value > to) {
            throw new IllegalArgumentException(name + " is not within " + from + ".." + to + ": " + value);
        }
    }

    /**
     * The usual limits but for these three.
     *
     * @param failures wrong answers of one source for one user until that pair is refused; 0 turns the guard off
     * @param leakSeconds after this many seconds one of them is forgotten
     * @param sourceFailures wrong answers of one source for whatever users until the source is refused
     */
    public static GuardLimits of(int failures, int leakSeconds, int sourceFailures) {
        return new GuardLimits(
                failures,
                leakSeconds,
                sourceFailures,
                DEFAULT.sourceLeakSeconds,
                DEFAULT.userFailures,
                DEFAULT.userLeakSeconds,
                failures == 0 ? OFF.slots : DEFAULT.slots);
    }

    /** These limits, with another number of wrong answers until a source is refused for a user. */
    public GuardLimits withPairFailures(int failures) {
        return new GuardLimits(
                failures, pairLeakSeconds, sourceFailures, sourceLeakSeconds, userFailures, userLeakSeconds, slots);
    }
}

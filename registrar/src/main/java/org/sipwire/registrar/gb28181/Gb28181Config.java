/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.Objects;

/**
 * How a platform behaves towards its devices.
 *
 * <table>
 * <caption>Defaults</caption>
 * <tr><th>what</th><th>default</th></tr>
 * <tr><td>keep-alive interval, s</td><td>{@value #KEEPALIVE_INTERVAL_SECONDS}</td></tr>
 * <tr><td>keep-alives missed before a device is offline</td><td>{@value #KEEPALIVE_COUNT}</td></tr>
 * <tr><td>answer to a query, s</td><td>{@value #ANSWER_TIMEOUT_SECONDS}</td></tr>
 * <tr><td>first part of a catalogue, s</td><td>{@value #FIRST_PART_TIMEOUT_SECONDS}</td></tr>
 * <tr><td>silence that ends a list, s</td><td>{@value #IDLE_COMPLETION_SECONDS}</td></tr>
 * <tr><td>a device that is not registered is forgotten after, s</td><td>{@value #FORGET_SECONDS}</td></tr>
 * <tr><td>catalogue queries of the platform itself in the air, each loop</td><td>{@value #CATALOG_WINDOW}</td></tr>
 * </table>
 *
 * @param platformId the ID that devices are configured with; requests come from it and from no other
 * @param domain the host part of the platform's address: commonly the first ten digits of its ID
 * @param keepaliveIntervalSeconds how often a device is expected, unless its configuration says otherwise
 * @param keepaliveCount how many keep-alives it may miss
 * @param catalogOnRegister whether the catalogue is asked for after a device's first registration
 * @param readmit whether a device that is known by a living registration alone may come back by a keep-alive: for those that never
 *     register again
 * @param timing times of queries
 *
 * <p>Shared.
 */
public record Gb28181Config(
        String platformId,
        String domain,
        int keepaliveIntervalSeconds,
        int keepaliveCount,
        boolean catalogOnRegister,
        boolean readmit,
        Timing timing) {

    /** {@value} s. */
    public static final int KEEPALIVE_INTERVAL_SECONDS = 60;
    /** {@value}. */
    public static final int KEEPALIVE_COUNT = 3;
    /** {@value} s. */
    public static final int ANSWER_TIMEOUT_SECONDS = 15;
    /** {@value} s: some recorders ask each camera first. */
    public static final int FIRST_PART_TIMEOUT_SECONDS = 120;
    /** {@value} s. */
    public static final int IDLE_COMPLETION_SECONDS = 5;
    /** {@value}. */
    public static final int CATALOG_WINDOW = 512;

    /** A device that is not registered is forgotten after {@value} s: a week. */
    public static final int FORGET_SECONDS = 7 * 24 * 3600;

    /** The shortest silence that makes a device offline, whatever it is configured with: {@value} s. */
    static final int MIN_TIMEOUT_SECONDS = 30;
    /** The longest: {@value} s. */
    static final int MAX_TIMEOUT_SECONDS = 3600;

    /**
     * Times of queries.
     *
     * @param answerSeconds an answer of one part
     * @param firstPartSeconds the first part of a list
     * @param idleSeconds silence after which a list is taken for complete although fewer items came than announced
     * @param catalogWindow the queries of the platform itself that may be unanswered at a time, each loop
     */
    public record Timing(int answerSeconds, int firstPartSeconds, int idleSeconds, int catalogWindow) {
        /** The standard's and the field's. */
        public static final Timing DEFAULT =
                new Timing(ANSWER_TIMEOUT_SECONDS, FIRST_PART_TIMEOUT_SECONDS, IDLE_COMPLETION_SECONDS, CATALOG_WINDOW);
    }

    /** Checks that nothing is missing. */
    public Gb28181Config {
        Objects.requireNonNull(timing, "timing");
        if (platformId.isEmpty() || platformId.length() > DeviceId.MAX_LENGTH || !isPlain(platformId)) {
            throw new IllegalArgumentException(
                    "The platform's ID is empty, too long or no token: '" + platformId + "'");
        }
        if (domain.isEmpty() || !isPlain(domain)) {
            throw new IllegalArgumentException("The domain is empty or no host: '" + domain + "'");
        }
        if (keepaliveIntervalSeconds < 1 || keepaliveCount < 1) {
            throw new IllegalArgumentException("A keep-alive interval or count below one");
        }
    }

    /** A platform as the standard describes it, in the domain that its ID names. */
    public static Gb28181Config of(String platformId) {
        return of(platformId, platformId.substring(0, Math.min(10, platformId.length())));
    }

    /** A platform as the standard describes it. */
    public static Gb28181Config of(String platformId, String domain) {
        return new Gb28181Config(
                platformId, domain, KEEPALIVE_INTERVAL_SECONDS, KEEPALIVE_COUNT, true, false, Timing.DEFAULT);
    }

    /** The same with another expectation of keep-alives. */
    public Gb28181Config withKeepalive(int intervalSeconds, int count) {
        return new Gb28181Config(platformId, domain, intervalSeconds, count, catalogOnRegister, readmit, timing);
    }

    /** The same with or without re-admission by keep-alive. */
    public Gb28181Config withReadmit(boolean value) {
        return new Gb28181Config(
                platformId, domain, keepaliveIntervalSeconds, keepaliveCount, catalogOnRegister, value, timing);
    }

    /** The same with other times. */
    public Gb28181Config withTiming(Timing value) {
        return new Gb28181Config(
                platformId, domain, keepaliveIntervalSeconds, keepaliveCount, catalogOnRegister, readmit, value);
    }

    /** The same with or without the query after a first registration. */
    public Gb28181Config withCatalogOnRegister(boolean value) {
        return new Gb28181Config(platformId, domain, keepaliveIntervalSeconds, keepaliveCount, value, readmit, timing);
    }

    /** How long a device of this configuration may be silent. */
    int keepaliveTimeoutSeconds() {
        return (int) Math.min(MAX_TIMEOUT_SECONDS, (long) keepaliveIntervalSeconds * keepaliveCount);
    }

    /** What a device says of itself, interval x count, within sane bounds: devices report 0, nothing and 9999. */
    static int clampTimeout(long intervalSeconds, long count) {
        long interval = intervalSeconds < 1 ? KEEPALIVE_INTERVAL_SECONDS : intervalSeconds;
        long missed = count < 1 ? KEEPALIVE_COUNT : Math.min(count, 100);
        return (int) Math.max(MIN_TIMEOUT_SECONDS, Math.min(MAX_TIMEOUT_SECONDS, interval * missed));
    }

    private static boolean isPlain(String text) {
        return text.chars().allMatch(c -> c > ' ' && c < 0x7f && "<>@;,\"?".indexOf(c) < 0);
    }
}

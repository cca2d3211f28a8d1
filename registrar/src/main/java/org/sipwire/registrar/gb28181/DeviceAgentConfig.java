/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.net.InetSocketAddress;
import java.util.Objects;
import org.sipwire.codec.manscdp.ManscdpCharset;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.Transport;

/**
 * Who a {@link DeviceAgent} is and where it registers. Made by {@link #builder}, which has the standard's defaults.
 *
 * @param deviceId its own ID: a camera's (type 132), a recorder's (118) or, for a cascade, a platform's (200)
 * @param platformId the platform it registers with
 * @param domain the host part of both addresses: commonly the first ten digits of the platform's ID
 * @param transport UDP, TCP or TLS; big catalogues want TCP
 * @param upstream the platform's address, resolved
 * @param username what it authenticates as; its ID as a rule
 * @param password its password
 * @param timing when it registers, keeps alive and tries again
 * @param itemsPerPart channels, or recordings, in one MESSAGE of a list; two stay below the MTU of a datagram
 * @param charset what bodies with text that is not ASCII are written in
 * @param gbVersion X-GB-Ver as of 2022: 2.0 is the edition of 2016, 3.0 that of 2022; empty sends none
 *
 * <p>Shared.
 */
public record DeviceAgentConfig(
        String deviceId,
        String platformId,
        String domain,
        Transport transport,
        InetSocketAddress upstream,
        String username,
        String password,
        Timing timing,
        int itemsPerPart,
        ManscdpCharset charset,
        String gbVersion) {

    /**
     * Times of an agent.
     *
     * @param expiresSeconds how long a registration shall stand
     * @param keepaliveMillis between two keep-alives
     * @param keepaliveCount keep-alives that may fail in a row before it registers again
     * @param retryMillis the least wait after a registration failed; up to half as much is added by chance, so that a fleet that lost its
     *     platform does not come back in one moment (GB/T 28181-2016 9.1.2: a random time, not below 60 s)
     */
    public record Timing(int expiresSeconds, long keepaliveMillis, int keepaliveCount, long retryMillis) {
        /** One hour, keep-alives of {@value Gb28181Config#KEEPALIVE_INTERVAL_SECONDS} s of which three may fail, a minute. */
        public static final Timing DEFAULT = new Timing(3600, 60_000, 3, 60_000);

        /** Checks the bounds. */
        public Timing {
            if (expiresSeconds < 1 || keepaliveMillis < 1 || keepaliveCount < 1 || retryMillis < 1) {
                throw new IllegalArgumentException("Times and counts of a device must be above 0");
            }
        }
    }

    /** Checks that nothing is missing. */
    public DeviceAgentConfig {
        plain("device's ID", deviceId);
        plain("platform's ID", platformId);
        plain("domain", domain);
        plain("user name", username);
        Objects.requireNonNull(password, "password");
        Objects.requireNonNull(timing, "timing");
        Objects.requireNonNull(charset, "charset");
        if (transport.isWebSocket()) {
            throw new IllegalArgumentException("A device registers over UDP, TCP or TLS, not " + transport);
        }
        if (upstream.isUnresolved()) {
            throw new IllegalArgumentException("Unknown host: " + upstream.getHostString());
        }
        if (itemsPerPart < 1 || itemsPerPart > 10_000) {
            throw new IllegalArgumentException("One MESSAGE carries 1 to 10000 items, not " + itemsPerPart);
        }
        if (!gbVersion.isEmpty()) {
            plain("X-GB-Ver", gbVersion);
        }
    }

    private static void plain(String what, String text) {
        if (text.isEmpty() || !text.chars().allMatch(c -> c > ' ' && c < 0x7f && "<>@;,\"?".indexOf(c) < 0)) {
            throw new IllegalArgumentException("The " + what + " is empty or no token: '" + text + "'");
        }
    }

    /** Who and where, without the password. */
    @Override
    public String toString() {
        return deviceId + " at " + transport.scheme() + "://" + upstream.getHostString() + ':' + upstream.getPort();
    }

    /**
     * A builder.
     *
     * @param upstream {@code udp://H:P}, {@code tcp://H:P} or {@code tls://H:P}; a name is resolved here, on the caller's thread
     * @throws IllegalArgumentException with one line when it is no such address
     */
    public static Builder builder(String deviceId, String platformId, String upstream) {
        return new Builder(deviceId, platformId, ListeningPoint.parse(upstream));
    }

    /** Collects the parts; confined to one thread. */
    public static final class Builder {
        private final String deviceId;
        private final String platformId;
        private final Transport transport;
        private final InetSocketAddress upstream;
        private String domain;
        private String username;
        private String password = "12345678";
        private Timing timing = Timing.DEFAULT;
        private int itemsPerPart = 2;
        private ManscdpCharset charset = ManscdpCharset.GB18030;
        private String gbVersion = "";

        private Builder(String deviceId, String platformId, ListeningPoint at) {
            this.deviceId = deviceId;
            this.platformId = platformId;
            transport = at.transport();
            upstream = new InetSocketAddress(at.host(), at.port());
            domain = platformId.substring(0, Math.min(10, platformId.length()));
            username = deviceId;
        }

        /** Sets the domain; default the first ten digits of the platform's ID. */
        public Builder domain(String value) {
            domain = value;
            return this;
        }

        /** Sets the user name; default the device's ID. */
        public Builder username(String value) {
            username = value;
            return this;
        }

        /** Sets the password; default what the field's platforms ship with, 12345678. */
        public Builder password(String value) {
            password = value;
            return this;
        }

        /** Sets the times; default {@link Timing#DEFAULT}. */
        public Builder timing(Timing value) {
            timing = value;
            return this;
        }

        /** Sets the items of one MESSAGE; default 2. */
        public Builder itemsPerPart(int items) {
            itemsPerPart = items;
            return this;
        }

        /** Sets the charset of bodies; default GB18030 under the label GB2312. */
        public Builder charset(ManscdpCharset value) {
            charset = value;
            return this;
        }

        /** Sends X-GB-Ver; default none. */
        public Builder gbVersion(String value) {
            gbVersion = value;
            return this;
        }

        /**
         * The configuration.
         *
         * @throws IllegalArgumentException with one line that says what is wrong
         */
        public DeviceAgentConfig build() {
            return new DeviceAgentConfig(
                    deviceId,
                    platformId,
                    domain,
                    transport,
                    upstream,
                    username,
                    password,
                    timing,
                    itemsPerPart,
                    charset,
                    gbVersion);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/**
 * How a registrar registers: domains, expiries, bounds and each leniency by name. Built once by {@link #builder} or {@link #gb28181},
 * which refuse what cannot work.
 *
 * <table>
 * <caption>Defaults</caption>
 * <tr><th>what</th><th>default</th></tr>
 * <tr><td>shortest expiry granted, s</td><td>{@value #MIN_EXPIRES}</td></tr>
 * <tr><td>expiry when none is asked for, s</td><td>{@value #DEFAULT_EXPIRES}</td></tr>
 * <tr><td>longest expiry granted, s</td><td>{@value #MAX_EXPIRES}</td></tr>
 * <tr><td>contacts of an address-of-record</td><td>{@value #MAX_CONTACTS}</td></tr>
 * </table>
 *
 * <p>Shared: immutable.
 */
public final class RegistrarConfig {

    /** The shortest expiry granted, in seconds: {@value}. */
    public static final int MIN_EXPIRES = 60;
    /** The expiry when none is asked for, in seconds: {@value}. */
    public static final int DEFAULT_EXPIRES = 3600;
    /** The longest expiry granted, in seconds: {@value}. */
    public static final int MAX_EXPIRES = 86_400;
    /** The most contacts of an address-of-record: {@value}. */
    public static final int MAX_CONTACTS = 10;

    /** A departure from the RFCs that deployed devices need; none is on by default, {@link #gb28181} names those it turns on. */
    public enum Leniency {
        /**
         * The user authenticated may register any address-of-record (RFC 3261 §10.3 step 4 asks for 403): cameras send {@code admin}, or
         * the server's own ID, as user name.
         */
        USERNAME_UNLIKE_AOR,
        /** The Request-URI may name a host that is not served: cameras fill in the server's address and port, or 127.0.0.1. */
        ANY_REQUEST_URI,
        /** A body of a REGISTER is ignored whatever it is (RFC 3261 §8.2.3 asks for 415). */
        ANY_BODY
    }

    /** What happens to the bindings of a connection when it is lost. */
    public enum LostFlow {
        /** Bindings made by RFC 5626 go with their flow, all others stay until their time is over. The default. */
        REMOVE_OUTBOUND,
        /** Every binding that came over the connection goes with it. */
        REMOVE_ALL
    }

    /** What happens to a contact beyond the bound. */
    public enum Overflow {
        /** The request is answered 403. The default. */
        REJECT,
        /** The binding that would end first makes room. */
        REPLACE_OLDEST
    }

    private final Builder values;

    private RegistrarConfig(Builder values) {
        this.values = values;
    }

    /** A registrar by the RFCs for any domain. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The profile of GB/T 28181 as deployed: the 200 has a Date in Beijing time, the device is known by its ID alone, and the leniencies
     * are those that captured devices need.
     *
     * @param domain the host part of every address-of-record: commonly the first ten digits of the platform's ID
     */
    public static Builder gb28181(String domain) {
        return new Builder()
                .beijingDate(true)
                .gbVersion("2.0")
                .canonicalHost(domain)
                .leniencies(EnumSet.allOf(Leniency.class));
    }

    /** The hosts served in small letters; empty for any. */
    public List<String> domains() {
        return values.domains;
    }

    /** The shortest expiry granted, in seconds. */
    public int minExpires() {
        return values.minExpires;
    }

    /** The expiry when none is asked for, in seconds. */
    public int defaultExpires() {
        return values.defaultExpires;
    }

    /** The longest expiry granted, in seconds. */
    public int maxExpires() {
        return values.maxExpires;
    }

    /** By how many percent at most an expiry is cut at random, so that devices that came together come apart. */
    public int expiresJitterPercent() {
        return values.expiresJitterPercent;
    }

    /** The most contacts of an address-of-record. */
    public int maxContacts() {
        return values.maxContacts;
    }

    /** What happens to a contact beyond the bound. */
    public Overflow overflow() {
        return values.overflow;
    }

    /** What happens to the bindings of a lost connection. */
    public LostFlow lostFlow() {
        return values.lostFlow;
    }

    /** True when a 200 to REGISTER has a Date in Beijing time. */
    public boolean beijingDate() {
        return values.beijingDate;
    }

    /** The host part every address-of-record is given whatever its To says, or null to keep it. */
    public String canonicalHost() {
        return values.canonicalHost;
    }

    /** The users who may register any address-of-record (third-party registration). */
    public Set<String> thirdParties() {
        return values.thirdParties;
    }

    /** The Service-Route values of a 200 (RFC 3608), with angle brackets; empty for none. */
    public List<String> serviceRoutes() {
        return values.serviceRoutes;
    }

    /** The Flow-Timer of a 200 to a registration of RFC 5626, in seconds; 0 for none. */
    public int flowTimerSeconds() {
        return values.flowTimerSeconds;
    }

    /** The edition of GB/T 28181 that answers to a REGISTER name by X-GB-Ver when the device names its own; null for silence. */
    public String gbVersion() {
        return values.gbVersion;
    }

    /** Where devices are sent by a 302 once they are authenticated (GB/T 28181-2022 9.1.2.3): a SIP URI, or null to serve them. */
    public String redirect() {
        return values.redirect;
    }

    /** The secret that temporary GRUUs are sealed with, or null for a random one at each start. */
    byte[] gruuKey() {
        return values.gruuKey;
    }

    /** True when the departure is allowed. */
    public boolean allows(Leniency leniency) {
        return values.leniencies.contains(leniency);
    }

    /** Collects the values; {@link #build} checks them. Confined to one thread. */
    public static final class Builder implements Cloneable {

        private List<String> domains = List.of();
        private int minExpires = MIN_EXPIRES;
        private int defaultExpires = DEFAULT_EXPIRES;
        private int maxExpires = MAX_EXPIRES;
        private int expiresJitterPercent;
        private int maxContacts = MAX_CONTACTS;
        private Overflow overflow = Overflow.REJECT;
        private LostFlow lostFlow = LostFlow.REMOVE_OUTBOUND;
        private boolean beijingDate;
        private String canonicalHost;
        private Set<String> thirdParties = Set.of();
        private List<String> serviceRoutes = List.of();
        private int flowTimerSeconds;
        private Set<Leniency> leniencies = Set.of();
        private String gbVersion;
        private String redirect;
        private byte[] gruuKey;

        private Builder() {}

        /** The hosts served in Request-URI and To; empty for any. */
        public Builder domains(List<String> value) {
            domains = value.stream().map(d -> d.toLowerCase(Locale.ROOT)).toList();
            return this;
        }

        /** The shortest, the default and the longest expiry, in seconds. */
        public Builder expires(int min, int byDefault, int max) {
            minExpires = min;
            defaultExpires = byDefault;
            maxExpires = max;
            return this;
        }

        /** By how many percent at most an expiry is cut at random. */
        public Builder expiresJitterPercent(int value) {
            expiresJitterPercent = value;
            return this;
        }

        /** The most contacts of an address-of-record, and what happens to one more. */
        public Builder maxContacts(int most, Overflow beyond) {
            maxContacts = most;
            overflow = Objects.requireNonNull(beyond);
            return this;
        }

        /** What happens to the bindings of a lost connection. */
        public Builder lostFlow(LostFlow value) {
            lostFlow = Objects.requireNonNull(value);
            return this;
        }

        /** Whether a 200 to REGISTER has a Date in Beijing time, by which GB/T 28181 devices set their clock. */
        public Builder beijingDate(boolean value) {
            beijingDate = value;
            return this;
        }

        /** The host part every address-of-record is given, or null to keep what To says. */
        public Builder canonicalHost(String value) {
            canonicalHost = value == null ? null : value.toLowerCase(Locale.ROOT);
            return this;
        }

        /** The users who may register any address-of-record. */
        public Builder thirdParties(Set<String> value) {
            thirdParties = Set.copyOf(value);
            return this;
        }

        /** The Service-Route values of a 200, with angle brackets. */
        public Builder serviceRoutes(List<String> value) {
            serviceRoutes = List.copyOf(value);
            return this;
        }

        /** The Flow-Timer of a 200 to a registration of RFC 5626, in seconds; 0 for none. */
        public Builder flowTimerSeconds(int value) {
            flowTimerSeconds = value;
            return this;
        }

        /** The edition to answer to those who name theirs: 2.0 is 2016, 3.0 is 2022; null for silence. */
        public Builder gbVersion(String value) {
            gbVersion = value;
            return this;
        }

        /** Where authenticated devices are sent, a SIP URI without brackets; null to serve them here. */
        public Builder redirect(String value) {
            redirect = value;
            return this;
        }

        /**
         * The secret that temporary GRUUs (RFC 5627) are sealed with, 16 octets or more: the same for every member of a fleet, and for a
         * registrar whose bindings outlive it. Without one they end with the process.
         */
        public Builder gruuKey(byte[] value) {
            gruuKey = value == null ? null : value.clone();
            return this;
        }

        /** The departures from the RFCs to allow. */
        public Builder leniencies(Set<Leniency> value) {
            leniencies = Set.copyOf(value);
            return this;
        }

        /** The configuration, or {@link IllegalArgumentException} with the reason why there can be none. */
        public RegistrarConfig build() {
            check(
                    minExpires >= 1 && minExpires <= defaultExpires && defaultExpires <= maxExpires,
                    "The expiries are not in order 1 <= min <= default <= max: " + minExpires + ", " + defaultExpires
                            + ", " + maxExpires);
            check(
                    expiresJitterPercent >= 0 && expiresJitterPercent <= 90,
                    "The jitter of expiries is not within 0..90 %: " + expiresJitterPercent);
            check(
                    maxContacts >= 1 && maxContacts <= 1000,
                    "The bound on contacts is not within 1..1000: " + maxContacts);
            check(flowTimerSeconds >= 0, "The Flow-Timer is negative: " + flowTimerSeconds);
            check(gruuKey == null || gruuKey.length >= 16, "The key of GRUUs is shorter than 16 octets");
            domains.forEach(d -> check(isText(d), "The domain is empty or has blanks: '" + d + "'"));
            check(
                    canonicalHost == null || isText(canonicalHost),
                    "The canonical host is empty or has blanks: '" + canonicalHost + "'");
            check(gbVersion == null || isText(gbVersion), "The GB version is empty or has blanks: '" + gbVersion + "'");
            check(
                    redirect == null
                            || redirect.startsWith("sip:")
                                    && redirect.chars().allMatch(c -> c > ' ' && c < 0x7F && c != '>'),
                    "The target of redirection is no SIP URI: '" + redirect + "'");
            serviceRoutes.forEach(r -> check(
                    r.startsWith("<sip") && r.indexOf('>') > 0 && r.indexOf('\r') < 0 && r.indexOf('\n') < 0,
                    "The Service-Route is not a SIP URI in angle brackets: " + r));
            try {
                return new RegistrarConfig((Builder) clone());
            } catch (CloneNotSupportedException e) {
                throw new AssertionError(e);
            }
        }

        private static boolean isText(String host) {
            return !host.isEmpty() && host.chars().allMatch(c -> c > ' ' && c < 0x7F && c != '@');
        }

        private static void check(boolean holds, String otherwise) {
            if (!holds) {
                throw new IllegalArgumentException(otherwise);
            }
        }
    }

    static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

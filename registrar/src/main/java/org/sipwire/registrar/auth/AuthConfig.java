/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * How a registrar authenticates: realm, algorithms, qop, nonces and each leniency by name. Built once by {@link #builder} or
 * {@link #gb28181}, which refuse what cannot work. May be used on any thread. Shared: immutable.
 */
public final class AuthConfig {

    /** A quality of protection that is offered (RFC 7616 §3.3); offering none is the form of RFC 2069. */
    public enum Qop {
        /** The answer has a cnonce and a count, so a use of a nonce can be told from a replay. */
        AUTH,
        /** The answer covers the body too. */
        AUTH_INT
    }

    /** To whom a nonce is bound. */
    public enum NonceBinding {
        /**
         * To the address the challenge was sent to (the /64 of an IPv6 address), through the tag. Somebody who saw a nonce cannot answer it
         * from elsewhere, and a right nonce proves that its bearer receives at that address, so wrong passwords can be held against the
         * address. A device whose address changes between challenge and answer is asked again ({@code stale=true}). The port is not bound:
         * NAT changes it. The default.
         */
        SOURCE,
        /** To nobody: for registrars behind several proxies, where challenge and answer may take different ones. */
        NONE
    }

    /**
     * How often a nonce may be used by answers <em>without</em> {@code nc}, which a replay cannot be told from. With {@code nc} each count is
     * accepted once, always.
     */
    public enum NonceReuse {
        /**
         * Once. A camera that sends its refresh or its removal with the nonce of before, as eXosip and iVMS do, is asked again with
         * {@code stale=true} and answers: both platforms seen in captures do that to them too, and with the default life time the nonce
         * is over by then anyway. A captured answer is worth nothing to whoever captured it. The default.
         */
        ONCE,
        /**
         * As often as it comes within the life time, from the source it is bound to: saves a round trip where devices refresh often, for
         * networks on which nobody can listen or forge a source address.
         */
        WITHIN_LIFETIME
    }

    /** What becomes of a nonce that another process made with the same key: another of a fleet, or this one before its restart. */
    public enum FleetNonces {
        /** A right answer is told {@code stale=true} and given a nonce of this process: no answer is ever accepted twice. The default. */
        STALE,
        /**
         * It is accepted for one use in each process: for fleets behind a balancer that sends challenge and answer to different members. An
         * answer can then be replayed once to each other member, and to a restarted one, within the life time.
         */
        ACCEPT
    }

    /** A departure from the RFCs that deployed devices need; none is on by default, {@link #gb28181} names those it turns on. */
    public enum Leniency {
        /** The {@code uri} may name something else than the Request-URI (RFC 7616 §3.4.6 asks for 400): iVMS sends its own AOR. */
        URI_UNLIKE_REQUEST_URI,
        /** An answer in the form of RFC 2069 is taken even if qop was offered. It is a downgrade: there is no count in it. */
        ANSWER_WITHOUT_QOP,
        /** A count of other than eight digits (sofia-sip's test set has one of nine); what was sent is what is hashed. */
        NC_OF_ANY_LENGTH
    }

    /** Whether a 200 bears Authentication-Info (RFC 7616 §3.5). */
    public enum AuthenticationInfo {
        /** It does not. The default. */
        OFF,
        /** With {@code rspauth}: the registrar proves that it knows the password too. Needs an answer with qop. */
        RSPAUTH,
        /** With {@code rspauth} and a {@code nextnonce}, which saves the next registration its 401. */
        NEXTNONCE
    }

    private static final int MAX_LIFETIME_SECONDS = 7 * 24 * 3600;

    private final Builder values;
    private final byte[] realm;
    private final List<DigestAlgorithm> algorithms;
    private final Set<Qop> qop;
    private final Set<Leniency> leniencies;

    private AuthConfig(Builder builder) {
        values = new Builder(builder);
        realm = builder.realm.getBytes(StandardCharsets.UTF_8);
        algorithms = List.copyOf(builder.algorithms);
        qop = builder.qop.isEmpty() ? EnumSet.noneOf(Qop.class) : EnumSet.copyOf(builder.qop);
        leniencies = builder.leniencies.isEmpty() ? EnumSet.noneOf(Leniency.class) : EnumSet.copyOf(builder.leniencies);
    }

    /** MD5, qop auth, every check on. */
    public static Builder builder(String realm) {
        return new Builder(realm);
    }

    /**
     * The profile of GB/T 28181 as deployed: MD5, no qop in the challenge (the form of RFC 2069 is what every camera speaks; an answer with
     * qop is accepted all the same), and the {@code uri} as devices fill it.
     */
    public static Builder gb28181(String realm) {
        return new Builder(realm)
                .qop(Set.of())
                .leniencies(Set.of(Leniency.URI_UNLIKE_REQUEST_URI, Leniency.ANSWER_WITHOUT_QOP));
    }

    /** The realm as text. */
    public String realm() {
        return values.realm;
    }

    /** The realm as octets of UTF-8; the array is the configuration's own. */
    byte[] realmBytes() {
        return realm;
    }

    /** The algorithms offered, the preferred first. */
    public List<DigestAlgorithm> algorithms() {
        return algorithms;
    }

    /** The qop values offered; empty for none. */
    public Set<Qop> qop() {
        return Set.copyOf(qop);
    }

    /** How long a nonce is good. */
    public int nonceLifetimeSeconds() {
        return values.nonceLifetimeSeconds;
    }

    /** The key of the nonces, or null for a random one at each start. */
    byte[] nonceKey() {
        return values.nonceKey;
    }

    /** The nonces of each loop whose use is remembered. */
    public int nonceSlots() {
        return values.nonceSlots;
    }

    /** To whom a nonce is bound. */
    public NonceBinding nonceBinding() {
        return values.nonceBinding;
    }

    /** How often a nonce may be used without {@code nc}. */
    public NonceReuse nonceReuse() {
        return values.nonceReuse;
    }

    /** What becomes of nonces of other processes with the same key. */
    public FleetNonces fleetNonces() {
        return values.fleetNonces;
    }

    /** True when the departure is allowed. */
    public boolean allows(Leniency leniency) {
        return leniencies.contains(leniency);
    }

    /** True when challenges offer {@code userhash} (RFC 7616 §3.4.4): the store must know the users' names. */
    public boolean userhash() {
        return values.userhash;
    }

    /** Whether a 200 bears Authentication-Info. */
    public AuthenticationInfo authenticationInfo() {
        return values.authenticationInfo;
    }

    /** How failed attempts are limited. */
    public GuardLimits guard() {
        return values.guard;
    }

    /** Collects the values; {@link #build} checks them. Confined to one thread. */
    public static final class Builder {

        private final String realm;
        private List<DigestAlgorithm> algorithms = List.of(DigestAlgorithm.MD5);
        private Set<Qop> qop = Set.of(Qop.AUTH);
        private int nonceLifetimeSeconds = 300;
        private byte[] nonceKey;
        private int nonceSlots = NonceFactory.DEFAULT_SLOTS;
        private NonceBinding nonceBinding = NonceBinding.SOURCE;
        private NonceReuse nonceReuse = NonceReuse.ONCE;
        private FleetNonces fleetNonces = FleetNonces.STALE;
        private Set<Leniency> leniencies = Set.of();
        private boolean userhash;
        private AuthenticationInfo authenticationInfo = AuthenticationInfo.OFF;
        private GuardLimits guard = GuardLimits.DEFAULT;

        private Builder(String realm) {
            this.realm = Objects.requireNonNull(realm, "realm");
        }

        private Builder(Builder other) {
            realm = other.realm;
            nonceLifetimeSeconds = other.nonceLifetimeSeconds;
            nonceKey = other.nonceKey;
            nonceSlots = other.nonceSlots;
            nonceBinding = other.nonceBinding;
            nonceReuse = other.nonceReuse;
            fleetNonces = other.fleetNonces;
            userhash = other.userhash;
            authenticationInfo = other.authenticationInfo;
            guard = other.guard;
        }

        /** The algorithms to offer, the preferred first (RFC 8760 §2.4: a challenge each, in this order). */
        public Builder algorithms(List<DigestAlgorithm> value) {
            algorithms = List.copyOf(value);
            return this;
        }

        /** The qop values to offer; empty for the form of RFC 2069. */
        public Builder qop(Set<Qop> value) {
            qop = Set.copyOf(value);
            return this;
        }

        /** How long a nonce is good, 1 second to 7 days. */
        public Builder nonceLifetimeSeconds(int value) {
            nonceLifetimeSeconds = value;
            return this;
        }

        /** The secret that nonces are made with, 16 octets or more, the same for every member of a fleet; null for a random one. */
        public Builder nonceKey(byte[] value) {
            nonceKey = value == null ? null : value.clone();
            return this;
        }

        /** How many nonces of each loop are remembered, eight octets each: a power of two, 65,536 to 16,777,216. */
        public Builder nonceSlots(int value) {
            nonceSlots = value;
            return this;
        }

        /** To whom a nonce is bound. */
        public Builder nonceBinding(NonceBinding value) {
            nonceBinding = Objects.requireNonNull(value);
            return this;
        }

        /** How often a nonce may be used without {@code nc}. */
        public Builder nonceReuse(NonceReuse value) {
            nonceReuse = Objects.requireNonNull(value);
            return this;
        }

        /** What becomes of nonces of other processes with the same key. */
        public Builder fleetNonces(FleetNonces value) {
            fleetNonces = Objects.requireNonNull(value);
            return this;
        }

        /** The departures from the RFCs to allow. */
        public Builder leniencies(Set<Leniency> value) {
            leniencies = Set.copyOf(value);
            return this;
        }

        /** Whether to offer {@code userhash}. */
        public Builder userhash(boolean value) {
            userhash = value;
            return this;
        }

        /** Whether a 200 bears Authentication-Info. */
        public Builder authenticationInfo(AuthenticationInfo value) {
            authenticationInfo = Objects.requireNonNull(value);
            return this;
        }

        /** How failed attempts are limited. */
        public Builder guard(GuardLimits value) {
            guard = Objects.requireNonNull(value);
            return this;
        }

        /** The configuration, or {@link IllegalArgumentException} with the reason why there can be none. */
        public AuthConfig build() {
            check(!realm.isBlank(), "The realm is empty");
            check(
                    realm.chars().allMatch(c -> c >= ' ' && c != 0x7F && c != '"' && c != '\\'),
                    "The realm has a quote, a backslash or a control character: " + realm);
            check(!algorithms.isEmpty(), "No Digest algorithm is offered");
            check(
                    algorithms.size() == Set.copyOf(algorithms).size(),
                    "A Digest algorithm is offered twice: " + algorithms);
            check(
                    !qop.isEmpty() || algorithms.stream().noneMatch(DigestAlgorithm::isSession),
                    "A session algorithm needs qop: without it an answer has no cnonce");
            check(
                    nonceLifetimeSeconds >= 1 && nonceLifetimeSeconds <= MAX_LIFETIME_SECONDS,
                    "The nonce life time is not within 1.." + MAX_LIFETIME_SECONDS + " s: " + nonceLifetimeSeconds);
            check(nonceKey == null || nonceKey.length >= 16, "The nonce key is shorter than 16 octets");
            check(
                    Integer.bitCount(nonceSlots) == 1 && nonceSlots >= 1 << 16 && nonceSlots <= 1 << 24,
                    "The number of nonce slots is not a power of two within 65536..16777216: " + nonceSlots);
            check(
                    fleetNonces == FleetNonces.STALE || nonceKey != null,
                    "Nonces of a fleet can only be accepted with a configured nonce key");
            return new AuthConfig(this);
        }

        private static void check(boolean holds, String otherwise) {
            if (!holds) {
                throw new IllegalArgumentException(otherwise);
            }
        }
    }
}

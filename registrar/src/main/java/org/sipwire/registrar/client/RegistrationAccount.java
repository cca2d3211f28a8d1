/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.client;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.sipwire.codec.SipUri;
import org.sipwire.transport.Destination;

/**
 * Who is to be registered, where and how. Made by {@link #builder}, or {@link #gb28181} for a device or platform of GB/T 28181.
 *
 * <p>Shared: immutable. It holds the password, which {@link #toString} does not show.
 *
 * @param addressOfRecord a sip or sips URI: From and To
 * @param registrar the Request-URI: the registrar's domain (RFC 3261 §10.2)
 * @param nextHop where requests are sent: the registrar's domain, or an outbound proxy or fixed address
 * @param username for Digest
 * @param password for Digest, null when none is needed
 * @param contact the Contact's URI, null: user, address and port of this side as the registrar can reach it
 * @param expiresSeconds for how long to ask
 * @param instance the URN of RFC 5626 §4.1, {@code urn:uuid:...}, null without outbound
 * @param userAgent the User-Agent field, null for none
 * @param keepAlive how the way to the registrar is kept open between registrations
 * @param keepAliveSeconds at most so long between two keep-alives; a Flow-Timer of the registrar shortens it
 * @param retryBaseMillis base-time of RFC 5626 §4.5
 * @param retryMaxMillis max-time of RFC 5626 §4.5
 */
public record RegistrationAccount(
        String addressOfRecord,
        String registrar,
        Destination nextHop,
        String username,
        String password,
        String contact,
        int expiresSeconds,
        String instance,
        String userAgent,
        KeepAlive keepAlive,
        int keepAliveSeconds,
        long retryBaseMillis,
        long retryMaxMillis) {

    /** An hour. */
    public static final int DEFAULT_EXPIRES_SECONDS = 3_600;

    /** RFC 5626 §4.4.1: over connections every 95 to 120 s. */
    public static final int DEFAULT_KEEP_ALIVE_SECONDS = 120;

    /** RFC 5626 §4.5: 30 s. */
    public static final long DEFAULT_RETRY_BASE_MILLIS = 30_000;

    /** RFC 5626 §4.5: 30 minutes. */
    public static final long DEFAULT_RETRY_MAX_MILLIS = 1_800_000;

    /** How the way to the registrar is kept open. */
    public enum KeepAlive {
        /** By registrations alone. */
        NONE,
        /** By double CRLFs over connections (RFC 5626 §3.5.1); over UDP not. */
        CRLF,
        /** By OPTIONS requests, over UDP too; one that nobody answers means that the way is lost. */
        OPTIONS
    }

    /** Checks the parts. */
    public RegistrationAccount {
        Objects.requireNonNull(nextHop, "nextHop");
        Objects.requireNonNull(username, "username");
        Objects.requireNonNull(keepAlive, "keepAlive");
        uri("address-of-record", addressOfRecord);
        uri("registrar", registrar);
        if (contact != null) {
            uri("contact", contact);
        }
        if (expiresSeconds < 1 || keepAliveSeconds < 1 || retryBaseMillis < 1 || retryMaxMillis < retryBaseMillis) {
            throw new IllegalArgumentException(
                    "expires, keep-alive and retry times must be 1 or more, and max not below base");
        }
        for (String text : new String[] {instance, userAgent}) {
            if (text != null && text.chars().anyMatch(c -> c < ' ' || c == '"')) {
                throw new IllegalArgumentException("'" + text + "' cannot stand in a header field");
            }
        }
    }

    private static SipUri uri(String what, String text) {
        byte[] octets = text.getBytes(StandardCharsets.UTF_8);
        SipUri uri = new SipUri().wrap(octets, 0, octets.length);
        if (!uri.isSip() || uri.error() != 0 || text.chars().anyMatch(c -> c <= ' ' || c == '<' || c == '>')) {
            throw new IllegalArgumentException("the " + what + " '" + text + "' is no sip or sips URI");
        }
        return uri;
    }

    /** The user part of the address-of-record; empty when it has none. */
    String user() {
        SipUri uri = uri("address-of-record", addressOfRecord);
        return uri.user().isPresent() ? uri.user().toString() : "";
    }

    /**
     * An account at the domain of its address-of-record: the registrar is {@code sip:domain}, found by the DNS.
     *
     * @throws IllegalArgumentException when it is no sip or sips URI
     */
    public static Builder builder(String addressOfRecord) {
        SipUri uri = uri("address-of-record", addressOfRecord);
        String registrar = uri.schemeName() + ":" + uri.host() + (uri.port() < 0 ? "" : ":" + uri.port());
        return new Builder(addressOfRecord, registrar);
    }

    /**
     * A device or lower platform of GB/T 28181: the host of its URIs is the number of the realm, which no DNS knows, so the platform above
     * has to be given as an address.
     *
     * @param id 20 digits
     * @param realm the domain, digits as a rule: the first ten of the platform's ID
     * @param platformId the platform above, 20 digits
     * @param nextHop its address, {@code sip:192.0.2.1:5060;transport=tcp}
     */
    public static Builder gb28181(String id, String realm, String platformId, String nextHop) {
        for (String number : new String[] {id, platformId}) {
            if (number.length() != 20 || number.chars().anyMatch(c -> c < '0' || c > '9')) {
                throw new IllegalArgumentException("'" + number + "' is no 20-digit ID");
            }
        }
        return new Builder("sip:" + id + "@" + realm, "sip:" + platformId + "@" + realm).nextHop(nextHop);
    }

    /** Collects the parts; confined to one thread. */
    public static final class Builder {
        private final String addressOfRecord;
        private String registrar;
        private Destination nextHop;
        private String username;
        private String password;
        private String contact;
        private int expiresSeconds = DEFAULT_EXPIRES_SECONDS;
        private String instance;
        private String userAgent;
        private KeepAlive keepAlive = KeepAlive.CRLF;
        private int keepAliveSeconds = DEFAULT_KEEP_ALIVE_SECONDS;
        private long retryBaseMillis = DEFAULT_RETRY_BASE_MILLIS;
        private long retryMaxMillis = DEFAULT_RETRY_MAX_MILLIS;

        private Builder(String addressOfRecord, String registrar) {
            this.addressOfRecord = addressOfRecord;
            this.registrar = registrar;
        }

        /** Sets the Request-URI; default: the domain of the address-of-record. */
        public Builder registrar(String uri) {
            registrar = uri;
            return this;
        }

        /** Sets where requests are sent, as a URI; default: where the registrar's URI leads. */
        public Builder nextHop(String uri) {
            nextHop = Destination.parse(uri);
            return this;
        }

        /** Sets the password; the user name is that of the address-of-record. */
        public Builder password(String text) {
            password = text;
            return this;
        }

        /** Sets user name and password. */
        public Builder credentials(String name, String text) {
            username = name;
            password = text;
            return this;
        }

        /** Sets the Contact's URI; default: user, address and port of this side on its way to the registrar. */
        public Builder contact(String uri) {
            contact = uri;
            return this;
        }

        /** Sets for how long to ask; default {@value #DEFAULT_EXPIRES_SECONDS}. */
        public Builder expires(int seconds) {
            expiresSeconds = seconds;
            return this;
        }

        /** Sets the instance's URN and asks for outbound (RFC 5626). */
        public Builder instance(String urn) {
            instance = urn;
            return this;
        }

        /** Sets the User-Agent field. */
        public Builder userAgent(String text) {
            userAgent = text;
            return this;
        }

        /** Sets how the way is kept open; default CRLF, at most {@value #DEFAULT_KEEP_ALIVE_SECONDS} s apart. */
        public Builder keepAlive(KeepAlive how, int seconds) {
            keepAlive = how;
            keepAliveSeconds = seconds;
            return this;
        }

        /** Sets the bounds of the time between attempts that fail; default those of RFC 5626 §4.5. */
        public Builder retry(long baseMillis, long maxMillis) {
            retryBaseMillis = baseMillis;
            retryMaxMillis = maxMillis;
            return this;
        }

        /**
         * The account.
         *
         * @throws IllegalArgumentException with one line that says which part is wrong
         */
        public RegistrationAccount build() {
            return new RegistrationAccount(
                    addressOfRecord,
                    registrar,
                    nextHop != null ? nextHop : Destination.of(uri("registrar", registrar)),
                    username != null
                            ? username
                            : uri("address-of-record", addressOfRecord).user().toString(),
                    password,
                    contact,
                    expiresSeconds,
                    instance,
                    userAgent,
                    keepAlive,
                    keepAliveSeconds,
                    retryBaseMillis,
                    retryMaxMillis);
        }
    }

    /** Without the password. */
    @Override
    public String toString() {
        return addressOfRecord + " at " + registrar + " by " + nextHop;
    }
}

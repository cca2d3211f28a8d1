/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

/** What authentication counts; the enum is the documentation. Shared: immutable. */
public enum AuthCounter {
    /** Requests whose credentials were right and new. */
    ACCEPTED("accepted", "Requests with right and new credentials"),
    /** Requests without Digest credentials for this realm. */
    NO_CREDENTIALS("no_credentials", "Requests without Digest credentials for the realm"),
    /** Right answers to a nonce that is too old or that was issued elsewhere. */
    STALE("stale", "Right answers to an old nonce"),
    /** Wrong answers: user, password or something the hash covers. */
    WRONG("wrong", "Wrong answers to a nonce of this registrar"),
    /** Wrong answers to a nonce that was not issued, or not to this source. */
    FOREIGN_NONCE("foreign_nonce", "Wrong answers to a nonce that was not issued to the source"),
    /** Right answers that were used before. */
    REPLAY("replay", "Right answers that had been used before"),
    /** Answers with an algorithm or a qop that was not offered. */
    DOWNGRADE("downgrade", "Answers with an algorithm or qop that was not offered"),
    /** Credentials in which a parameter is missing or improper. */
    MALFORMED("malformed", "Credentials with a parameter missing or improper"),
    /** Attempts refused by the guard, answered 403. */
    REFUSED_FORBIDDEN("refused_forbidden", "Attempts after too many failures, answered 403"),
    /** Attempts refused by the guard, answered 503. */
    REFUSED_BUSY("refused_busy", "Attempts after too many failures, answered 503"),
    /** Attempts refused by the guard without an answer. */
    REFUSED_SILENTLY("refused_silently", "Attempts after too many failures, not answered"),
    /** Requests that failed because the credential store did. */
    STORE_UNAVAILABLE("store_unavailable", "Requests for which the credential store did not answer");

    private final String outcome;
    private final String description;

    AuthCounter(String outcome, String description) {
        this.outcome = outcome;
        this.description = description;
    }

    /** The value of a metric's {@code outcome} label. */
    public String outcome() {
        return outcome;
    }

    /** One line for people. */
    public String description() {
        return description;
    }
}

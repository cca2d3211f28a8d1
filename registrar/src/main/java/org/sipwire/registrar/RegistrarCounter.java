/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

/**
 * What a registrar counts. {@link #outcome} is the label of {@code sip_registrar_requests_total}.
 *
 * <p>Shared: an immutable constant.
 */
public enum RegistrarCounter {
    /** Address-of-record that had no binding and got one. */
    REGISTERED("registered", "REGISTER that gave an address-of-record its first binding"),
    /** Bindings written where there were some. */
    REFRESHED("refreshed", "REGISTER that refreshed or changed bindings"),
    /** Address-of-record that lost its last binding. */
    REMOVED("removed", "REGISTER that removed the last binding"),
    /** Bindings asked for. */
    FETCHED("fetched", "REGISTER without Contact"),
    /** Nothing to write: the same request once more, or the removal of what is not there. */
    UNCHANGED("unchanged", "REGISTER that changed nothing"),
    /** 401. */
    CHALLENGED("challenged", "REGISTER answered 401"),
    /** 503 or 403 by the guard against guessing, or nothing at all. */
    THROTTLED("throttled", "REGISTER refused after too many failed attempts"),
    /** 403 to a user who does not own the address-of-record. */
    FORBIDDEN("forbidden", "REGISTER for another user's address-of-record"),
    /** 404. */
    NOT_FOUND("not_found", "REGISTER for a domain that is not served"),
    /** 302. */
    REDIRECTED("redirected", "REGISTER sent on to another server"),
    /** 400. */
    BAD_REQUEST("bad_request", "REGISTER with improper Contact, Expires, To or credentials"),
    /** 420. */
    BAD_EXTENSION("bad_extension", "Request that requires an extension not supported"),
    /** 423. */
    INTERVAL_TOO_BRIEF("interval_too_brief", "REGISTER with an expiry below the least one"),
    /** 439. */
    FIRST_HOP_LACKS_OUTBOUND("first_hop_lacks_outbound", "REGISTER by RFC 5626 through a proxy that does not do it"),
    /** 403 to one contact too many. */
    TOO_MANY_CONTACTS("too_many_contacts", "REGISTER beyond the bound on contacts"),
    /** 500 to a request older than the binding. */
    OUT_OF_ORDER("out_of_order", "REGISTER older than the binding it would change"),
    /** 503 since the store or the credentials cannot be reached. */
    UNAVAILABLE("unavailable", "REGISTER while the store was away"),
    /** OPTIONS answered. */
    OPTIONS("options", "OPTIONS answered"),
    /** MESSAGE and NOTIFY handed to the application. */
    MESSAGES("messages", "MESSAGE and NOTIFY handed on"),
    /** 405, 501, 416, 415. */
    NOT_SERVED("not_served", "Request with a method, scheme or body that is not served");

    private final String outcome;
    private final String description;

    RegistrarCounter(String outcome, String description) {
        this.outcome = outcome;
        this.description = description;
    }

    /** The value of the label. */
    public String outcome() {
        return outcome;
    }

    /** What is counted, for the metrics' help. */
    public String description() {
        return description;
    }
}

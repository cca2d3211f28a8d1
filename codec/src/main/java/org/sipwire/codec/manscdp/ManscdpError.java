/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

/** Why a body could not be read. Each is worth a 400 (GB/T 28181 has no finer answer), and a count. Shared. */
public enum ManscdpError {
    /** There is no body. */
    EMPTY("no body"),
    /** No element at all, or a root which is none of Query, Control, Notify, Response. */
    NOT_MANSCDP("not a MANSCDP body"),
    /** A DOCTYPE or an entity declaration: refused, whatever it declares. */
    DOCTYPE("DOCTYPE refused"),
    /** No CmdType in it. */
    NO_COMMAND("no CmdType"),
    /** Markup that could neither be read nor repaired. */
    MALFORMED("malformed XML"),
    /** Longer than {@link ManscdpLimits#maxBytes()}. */
    TOO_LONG("body too long"),
    /** Nested deeper than {@link ManscdpLimits#maxDepth()}. */
    TOO_DEEP("elements nested too deep"),
    /** More elements or list items than {@link ManscdpLimits} allows. */
    TOO_MANY("too many elements");

    private final String reason;

    ManscdpError(String reason) {
        this.reason = reason;
    }

    /** A phrase for a log or a Warning header. */
    public String reason() {
        return reason;
    }
}

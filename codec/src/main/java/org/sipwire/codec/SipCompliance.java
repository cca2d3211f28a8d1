/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.util.EnumSet;
import java.util.Set;

/**
 * How strictly a parser reads: the set of tolerated {@link Violation}s, and whether every known header field is checked against its
 * grammar while parsing or only those that every message needs. Immutable: any thread. Shared.
 */
public final class SipCompliance {

    /**
     * RFC 3261 to the letter: every known header field is checked. Tolerated is what the RFC itself wants tolerated of RFC 2543 senders
     * (sections 8.1.1.7, 12.1.1 and 17.2.3; RFC 4475 section 3.4), and what other RFCs take for granted (RFC 5118 section 4.5).
     */
    public static final SipCompliance RFC3261 = new SipCompliance(
            EnumSet.of(
                    Violation.MISSING_MAX_FORWARDS,
                    Violation.BRANCH_WITHOUT_COOKIE,
                    Violation.MISSING_BRANCH,
                    Violation.MISSING_FROM_TAG,
                    Violation.MISSING_TO_TAG,
                    Violation.CLIENT_FILLED_VIA,
                    Violation.DIGIT_HOST),
            true);

    /**
     * What deployed equipment needs: all named violations are tolerated, and only the start line, Via, From, To, Call-ID, CSeq,
     * Content-Length, the names and the number of header fields are checked while parsing. Other values are checked by their view.
     */
    public static final SipCompliance DEPLOYED = new SipCompliance(EnumSet.allOf(Violation.class), false);

    private final Set<Violation> tolerated;
    private final long bits;
    private final boolean checksAllHeaders;

    private SipCompliance(Set<Violation> tolerated, boolean checksAllHeaders) {
        this.tolerated = Set.copyOf(tolerated);
        long mask = 0;
        for (Violation v : tolerated) {
            mask |= v.bit();
        }
        bits = mask;
        this.checksAllHeaders = checksAllHeaders;
    }

    /** This compliance, which tolerates the violation as well. */
    public SipCompliance tolerating(Violation violation) {
        EnumSet<Violation> set = EnumSet.of(violation);
        set.addAll(tolerated);
        return new SipCompliance(set, checksAllHeaders);
    }

    /** This compliance, which refuses the violation. */
    public SipCompliance refusing(Violation violation) {
        EnumSet<Violation> set = EnumSet.noneOf(Violation.class);
        set.addAll(tolerated);
        set.remove(violation);
        return new SipCompliance(set, checksAllHeaders);
    }

    /** This compliance, which checks the grammar of every known header field while parsing, or only that of the needed ones. */
    public SipCompliance checkingAllHeaders(boolean all) {
        return new SipCompliance(tolerated, all);
    }

    /** Whether the violation is tolerated. */
    public boolean tolerates(Violation violation) {
        return (bits & violation.bit()) != 0;
    }

    /** The tolerated violations. */
    public Set<Violation> tolerated() {
        return tolerated;
    }

    /** Whether the grammar of every known header field is checked while parsing. */
    public boolean checksAllHeaders() {
        return checksAllHeaders;
    }
}
